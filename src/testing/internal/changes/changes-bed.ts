import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { asId, type JobId } from '../../../domain/ids.ts';
import { changesOf, recordingChanges, rollBack } from '../../../orchestrator/calls/record-changes.ts';
import { handBack, openPlace } from '../../../orchestrator/job/job-place.ts';
import { createMemoryJournal } from '../../../orchestrator/journal/memory-journal.ts';
import { factKey } from '../../../orchestrator/model/fact-key.ts';
import type { JobEntry } from '../../../orchestrator/model/job-journal.ts';
import type { JobRun, JobServices } from '../../../orchestrator/model/job-run.ts';
import { changesOfJobs } from '../../../orchestrator/service/job-changes.ts';
import type { FileChange } from '../../../tools/work-tree/file-change.ts';
import { openJobTrees } from '../../../tools/work-tree/job-trees.ts';
import { openWorkTree } from '../../../tools/work-tree/work-tree.ts';

const env = { PATH: process.env['PATH'], HOME: tmpdir() };
export const git = (cwd: string, ...args: readonly string[]): string =>
  execFileSync(
    'git',
    ['-c', 'user.name=a', '-c', 'user.email=a@localhost', '-c', 'protocol.file.allow=always', ...args],
    { cwd, encoding: 'utf8', stdio: 'pipe' },
  );

export function put(folder: string, name: string, bytes: string | Buffer): void {
  mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
  writeFileSync(path.join(folder, name), bytes);
}

/** What stands at each name. */
export type FilesNow = Readonly<Record<string, string>>;

/** Every file and link below a folder, what git keeps included: its mode, and what it holds. */
export function everything(folder: string, isWanted = (_name: string): boolean => true): FilesNow {
  if (!existsSync(folder)) return {};
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .filter(isWanted)
    .sort();
  return Object.fromEntries(names.map((name) => [name, standsAt(path.join(folder, name))]));
}

function standsAt(place: string): string {
  const stat = lstatSync(place);
  if (stat.isSymbolicLink()) return `link ${readlinkSync(place)}`;
  return `${(stat.mode & 0o777).toString(8)} ${readFileSync(place).toString('latin1')}`;
}

export const isNoGit = (name: string): boolean => !/(?:^|\/)\.git(?:\/|$)/u.test(name);

/** What came of a job. */
interface Played {
  readonly jobId: JobId;
  readonly notes: readonly string[];
  /** What stood there before it came back. */
  readonly found: FilesNow;
  readonly isInPlace: boolean;
}

/** How the place of a job stood before an attempt, at the end of it, and once that was taken back. */
interface Attempt {
  readonly before: FilesNow;
  readonly changed: FilesNow;
  readonly after: FilesNow;
}

export interface ChangesBed extends ReturnType<typeof changesOfJobs> {
  readonly top: string;
  readonly workspace: string;
  readonly remove: () => void;
  readonly changes: (jobId: JobId) => Promise<readonly FileChange[]>;
  /** A job that does something to files as a command does, with what its user does before that comes back. */
  readonly play: (act: (folder: string) => void, meanwhile?: (folder: string) => void) => Promise<Played>;
  /** Attempts of a job at one step, each of several calls and each rejected. */
  readonly reject: (attempts: readonly (readonly ((folder: string) => void)[])[]) => Promise<readonly Attempt[]>;
}

/** A user's folder and the jobs in it, from their copies to the user's commands; no model, no server. */
export function openChangesBed(): ChangesBed {
  const top = realpathSync(mkdtempSync(path.join(tmpdir(), 'pointsman-changes-')));
  const workspace = path.join(top, 'workspace');
  mkdirSync(workspace);
  const options = { env, closed: [] };
  const services = {
    journal: createMemoryJournal(),
    clock: () => Date.now(),
    workTreeOf: (folder: string, copy?: Parameters<typeof openWorkTree>[1]['copy']) =>
      openWorkTree(folder, { ...options, dir: path.join(top, 'trees'), copy }),
    jobTrees: openJobTrees({ ...options, dir: path.join(top, 'cache'), now: Date.now }),
  } as unknown as JobServices;
  const entryOf = (jobId: JobId): JobEntry => ({ jobId, request: { workspace } }) as JobEntry;
  const jobs = changesOfJobs(services, async (jobId) => entryOf(jobId));
  let count = 0;
  return {
    top,
    workspace,
    remove: () => rmSync(top, { recursive: true, force: true }),
    ...jobs,
    changes: async (jobId: JobId) => changesOf({ services, entry: { jobId } }),
    play: async (act, meanwhile = () => undefined) => {
      const jobId = asId<JobId>(`job-${(count += 1)}`);
      const notes: string[] = [];
      const source = { services, entry: entryOf(jobId), onNote: (text: string) => void notes.push(text) };
      const place = await openPlace(source);
      const before = await place.workTree.before(undefined);
      act(place.workspace);
      const changes = await place.workTree.changesSince(before);
      await services.journal.settle(jobId, factKey<readonly FileChange[]>('changes/one/1/0'), changes);
      meanwhile(workspace);
      const found = everything(workspace);
      if (place.tree !== undefined) await handBack(source);
      await place.tree?.remove();
      return { jobId, notes, found, isInPlace: place.tree === undefined };
    },
    reject: async (attempts) => {
      const jobId = asId<JobId>(`job-${(count += 1)}`);
      return rejectAll({ services, entry: entryOf(jobId), onNote: () => undefined }, attempts);
    },
  };
}

async function rejectAll(
  source: Parameters<typeof openPlace>[0],
  attempts: readonly (readonly ((folder: string) => void)[])[],
): Promise<readonly Attempt[]> {
  const { workspace: folder, workTree, tree } = await openPlace(source);
  const entry = { ...source.entry, request: { workspace: folder } };
  const run = { services: source.services, entry, workTree, emit: () => undefined } as unknown as JobRun;
  const played: Attempt[] = [];
  for (const [attempt, calls] of attempts.entries()) {
    const before = everything(folder, isNoGit);
    for (const [index, call] of calls.entries())
      await recordingChanges(run, { at: `one/${attempt}/${index}` }, async () => call(folder));
    const changed = everything(folder, isNoGit);
    await rollBack(run, { stepId: 'one', attempt });
    played.push({ before, changed, after: everything(folder, isNoGit) });
  }
  await tree?.remove();
  return played;
}
