import { estimateTokens } from '../../domain/transcript.ts';
import { asNotes, OFFERED_TOKENS } from '../../memory/recall.ts';
import { confinePath } from '../../tools/confine-path.ts';
import type { RegisteredTool } from '../../tools/tool-registry.ts';
import { SURROUNDINGS, writeSurroundings } from '../context/surroundings.ts';
import { noteKey } from '../model/job-facts.ts';
import type { JobRun } from '../model/job-run.ts';
import { commandText } from './commands/check-command.ts';
import { findChecks } from './commands/find-checks.ts';
import { headOf, notesAbove, notesBelow, notesIn } from './project-notes.ts';

/** Says where a job's work is done, once, when it begins. */
export async function lookAtWorkspace(run: JobRun): Promise<string> {
  const { services, entry } = run;
  const known = await services.journal.fact(entry.jobId, SURROUNDINGS);
  if (known !== undefined) return known;
  const { said, home } = services.checks;
  const { workspace } = entry.request;
  const place = run.userFolder ?? workspace;
  const commands = findChecks(workspace, { said, home });
  const own = notesIn(workspace, (name) => !leadsAway(run, name));
  const text = writeSurroundings({
    date: new Date(entry.startedAt).toISOString().slice(0, 10),
    platform: process.platform,
    head: headOf(place, home),
    checks: commands.map((command) => commandText(command)),
    notes: [...notesAbove(place, home), ...(own === undefined ? [] : [own])],
    nested: notesBelow(workspace),
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
