import path from 'node:path';
import { estimateTokens } from '../../domain/transcript.ts';
import { asNotes, OFFERED_TOKENS } from '../../memory/recall.ts';
import { confinePath } from '../../tools/confine-path.ts';
import type { RegisteredTool } from '../../tools/tool-registry.ts';
import { SURROUNDINGS, writeSurroundings } from '../context/surroundings.ts';
import { noteKey } from '../model/job-facts.ts';
import type { JobRun } from '../model/job-run.ts';
import { commandText, type Folder } from './commands/check-command.ts';
import { childrenOf, findChecks } from './commands/find-checks.ts';
import { openFolder } from './commands/open-folder.ts';

/** Where people write down for agents how a project is worked on; the first that is there is read. */
const NOTES = ['AGENTS.md', 'CLAUDE.md', 'GEMINI.md', '.github/copilot-instructions.md', '.cursorrules'];
const NESTED = ['AGENTS.md', 'CLAUDE.md'];
/** Of a repository with many parts. */
const MAX_DEPTH = 3;
const MAX_FOLDERS = 400;
const MAX_NESTED = 30;

/** Says where a job's work is done, once, when it begins. */
export async function lookAtWorkspace(run: JobRun): Promise<string> {
  const { services, entry } = run;
  const known = await services.journal.fact(entry.jobId, SURROUNDINGS);
  if (known !== undefined) return known;
  const { said, home } = services.checks;
  const root = openFolder(entry.request.workspace, '', home);
  const commands = findChecks(entry.request.workspace, { said, home });
  const text = writeSurroundings({
    date: new Date(entry.startedAt).toISOString().slice(0, 10),
    platform: process.platform,
    branch: branchOf(run.userFolder === undefined ? root : openFolder(run.userFolder, '', home)),
    checks: commands.map((command) => commandText(command)),
    notes: notesOf(run, root),
    nested: nestedNotes(root),
    remembered: await remembered(run),
  });
  return services.journal.settle(entry.jobId, SURROUNDINGS, text);
}

/** What the task most likely needs of what is remembered; what that is and costs is said. */
async function remembered(run: JobRun): Promise<string> {
  const { services, entry } = run;
  const found = await services
    .memoryOf(run.userFolder ?? entry.request.workspace)
    .recall(entry.request.task, OFFERED_TOKENS);
  if (found.length === 0) return '';
  const text = asNotes(found);
  const names = found.map(({ name }) => name).join(', ');
  const note = `remembered for it, ${estimateTokens(text)} tokens in each context: ${names}`;
  run.emit({ type: 'note', text: note });
  await services.journal.settle(entry.jobId, noteKey('remembered'), note);
  return text;
}

function branchOf(root: Folder): string | undefined {
  return /^ref: refs\/heads\/(\S+)\s*$/u.exec(root.read('.git/HEAD') ?? '')?.[1];
}

/** As a tool that reads would be judged. */
const READING: RegisteredTool = {
  spec: { name: 'notes', description: '', inputSchema: {} },
  server: 'pointsman',
  serverTool: 'read',
  risk: 'read-only',
};

/** Whether it is a link that leads out of the workspace, or into what is ours: nothing that the project says to agents. */
function leadsAway({ tools, entry }: Pick<JobRun, 'tools' | 'entry'>, name: string): boolean {
  try {
    confinePath(entry.request.workspace, name);
    return tools.refusal(READING, { path: name }) !== undefined;
  } catch {
    return true;
  }
}

function notesOf(run: JobRun, root: Folder): { readonly name: string; readonly text: string } | undefined {
  for (const name of NOTES) {
    const text = leadsAway(run, name) ? undefined : root.read(name);
    if (text !== undefined && text.trim() !== '') return { name, text };
  }
  return undefined;
}

function nestedNotes(root: Folder): readonly string[] {
  const found: string[] = [];
  let seen = 0;
  let level = childrenOf(root);
  for (let depth = 1; depth <= MAX_DEPTH && level.length > 0; depth += 1) {
    const next: string[] = [];
    for (const relative of level) {
      seen += 1;
      if (seen > MAX_FOLDERS || found.length >= MAX_NESTED) return found;
      const folder = openFolder(root.root, relative, root.home);
      const own = NESTED.find((name) => folder.names.has(name));
      if (own !== undefined) found.push(path.join(relative, own).split(path.sep).join('/'));
      next.push(...childrenOf(folder));
    }
    level = next;
  }
  return found;
}
