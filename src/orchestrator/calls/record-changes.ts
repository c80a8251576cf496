import { lstat } from 'node:fs/promises';
import path from 'node:path';
import type { JsonObject } from '../../domain/json.ts';
import { confinePath, isInside } from '../../tools/confine-path.ts';
import { patchedPaths } from '../../tools/file-server/parse-patch.ts';
import type { RegisteredTool } from '../../tools/tool-registry.ts';
import { type FileChange, netChanges, reversed } from '../../tools/work-tree/file-change.ts';
import type { TreeBefore } from '../../tools/work-tree/work-tree.ts';
import { factKey, type FactFamily, type FactKey } from '../model/fact-key.ts';
import { noteKey } from '../model/job-facts.ts';
import type { JobEntry } from '../model/job-journal.ts';
import type { JobRun, JobServices } from '../model/job-run.ts';
import { unifiedDiff } from './text-diff.ts';
import { filesBelow } from './workspace-names.ts';

/** Names that tools use for the files they touch. */
const PATH_FIELDS: readonly string[] = ['path', 'file_path', 'source', 'destination', 'filename'];

/** Every file that a call of a tool names, as far as its arguments say. */
export function filesNamedBy(input: JsonObject): readonly string[] {
  const { patch } = input;
  const named = PATH_FIELDS.flatMap((field) => (typeof input[field] === 'string' ? [input[field]] : []));
  return typeof patch === 'string' ? [...named, ...patchedPaths(patch)] : named;
}

/** What calls did to the files of the workspace, in the order of the calls. */
const CHANGES: FactFamily<readonly FileChange[]> = { prefix: 'changes/' };

/** What attempts do in copies of their own, which changes nothing of the job's until one is adopted. */
const BESIDE: FactFamily<readonly FileChange[]> = { prefix: 'beside/' };

function changesKey(at: string, { prefix }: typeof CHANGES = CHANGES): FactKey<readonly FileChange[]> {
  return factKey(`${prefix}${at}`);
}

/**
 * Makes a call that may change files, and keeps what it did to them, whenever the process dies. Of our own server of files the
 * files are known; what a command, another server or a harness does is seen by looking at all of them before and after.
 * @param what.at step, attempt and place of the call, with slashes
 */
export async function recordingChanges<Result>(
  run: JobRun,
  what: { readonly at: string; readonly tool?: RegisteredTool; readonly input?: JsonObject },
  act: () => Promise<Result>,
): Promise<Result> {
  const { journal, clock } = run.services;
  const { jobId, request } = run.entry;
  const { at, tool, input } = what;
  const family = run.besideOf === undefined ? CHANGES : BESIDE;
  const begun: FactKey<TreeBefore> = factKey(`files-before/${at}`);
  const names = tool?.own === 'files' ? await touchedNames(request.workspace, input ?? {}) : undefined;
  const before =
    (await journal.fact(jobId, begun)) ?? (await journal.settle(jobId, begun, await run.workTree.before(names)));
  const keep = async (key: FactKey<readonly FileChange[]>): Promise<void> => {
    if ((await journal.fact(jobId, key)) !== undefined) return;
    await journal.settle(jobId, key, await run.workTree.changesSince(before));
  };
  let result: Result;
  try {
    result = await act();
  } catch (thrown) {
    // It may go on later: what it has done by then covers this.
    await keep(changesKey(`${at}/cut/${clock()}`, family)).catch(() => undefined);
    throw thrown;
  }
  await keep(changesKey(at, family));
  return result;
}

/** As they are spelled, and where that leads; of a folder that is moved all that lies in it. */
async function touchedNames(workspace: string, input: JsonObject): Promise<readonly string[]> {
  const names = new Set(filesNamedBy(input).flatMap((named) => placesOf(workspace, named)));
  const { source, destination } = input;
  if (typeof source !== 'string' || typeof destination !== 'string') return [...names];
  const folder = path.resolve(workspace, source);
  if ((await lstat(folder).catch(() => undefined))?.isDirectory() !== true) return [...names];
  for (const inside of await filesBelow(folder)) {
    for (const end of [source, destination])
      for (const place of placesOf(workspace, path.join(end, inside))) names.add(place);
  }
  return [...names];
}

function placesOf(workspace: string, named: string): readonly string[] {
  try {
    const places = [path.resolve(workspace, named), confinePath(workspace, named)];
    const inside = places.filter((place) => place !== workspace && isInside(workspace, place));
    return inside.map((place) => path.relative(workspace, place).split(path.sep).join('/'));
  } catch {
    return [];
  }
}

/** What a job has come to so far, or one attempt of a step. */
export async function changesOf(
  run: { readonly services: Pick<JobServices, 'journal'>; readonly entry: Pick<JobEntry, 'jobId'> },
  attempt?: { readonly stepId: string; readonly attempt: number },
): Promise<readonly FileChange[]> {
  const at = attempt === undefined ? '' : `${attempt.stepId}/${attempt.attempt}/`;
  const family: typeof CHANGES = { prefix: `${CHANGES.prefix}${at}` };
  return netChanges((await run.services.journal.facts(run.entry.jobId, family)).flat());
}

interface OfAttempt {
  readonly stepId: string;
  readonly attempt: number;
}

/** What an attempt has done in a copy of its own. */
export async function besideChangesOf(
  run: Pick<JobRun, 'services' | 'entry'>,
  { stepId, attempt }: OfAttempt,
): Promise<readonly FileChange[]> {
  const family: typeof BESIDE = { prefix: `${BESIDE.prefix}${stepId}/${attempt}/` };
  return netChanges((await run.services.journal.facts(run.entry.jobId, family)).flat());
}

/** From now on these are changes of the job, and can be taken back as others can. */
export async function keepAdopted(
  run: Pick<JobRun, 'services' | 'entry'>,
  { stepId, attempt }: OfAttempt,
  changes: readonly FileChange[],
): Promise<void> {
  await run.services.journal.settle(run.entry.jobId, changesKey(`${stepId}/${attempt}/adopted`), changes);
}

/**
 * Makes files what these changes leave them, as part of what an attempt did; done once, however often it is asked for.
 * @param at step, attempt and place, with slashes
 * @returns the names of those where something else stands: they are left alone
 */
export async function recordAsMade(
  run: JobRun,
  at: string,
  changes: readonly FileChange[],
): Promise<readonly string[]> {
  const blocked = await run.workTree.putBack(reversed(changes), 'leave');
  const made = changes.filter(({ name }) => !blocked.includes(name));
  if (made.length > 0) await run.services.journal.settle(run.entry.jobId, changesKey(at), made);
  return blocked;
}

/** Takes back what an attempt did to files. What somebody else has changed since stays, and is said. */
export async function rollBack(
  run: JobRun,
  attempt: { readonly stepId: string; readonly attempt: number },
): Promise<void> {
  const { journal } = run.services;
  const key = changesKey(`${attempt.stepId}/${attempt.attempt}/taken-back`);
  if ((await journal.fact(run.entry.jobId, key)) !== undefined) return;
  const changes = await changesOf(run, attempt);
  const blocked = new Set(await run.workTree.putBack(changes, 'leave'));
  await journal.settle(run.entry.jobId, key, reversed(changes.filter(({ name }) => !blocked.has(name))));
  if (blocked.size === 0) return;
  const text = `What a rejected attempt did to ${[...blocked].join(', ')} was not taken back: somebody else has changed that since.`;
  run.emit({ type: 'note', text });
  await journal.settle(run.entry.jobId, noteKey(`taken-back/${attempt.stepId}/${attempt.attempt}`), text);
}

const MAX_FILE_CHARS = 400_000;

/** For models, the next steps: text files alone, as one unified diff. */
export async function textDiffOf(
  { workTree }: Pick<JobRun, 'workTree'>,
  changes: readonly FileChange[],
): Promise<string> {
  const diffs: string[] = [];
  for (const { name, before, after } of changes) {
    const [old, now] = await Promise.all([textOf(workTree, before), textOf(workTree, after)]);
    diffs.push(unifiedDiff(name, old, now));
  }
  return diffs.filter((diff) => diff !== '').join('\n');
}

async function textOf(workTree: JobRun['workTree'], state: FileChange['before']): Promise<string | undefined> {
  const bytes = state === null ? undefined : await workTree.read(state);
  const text = bytes?.toString('utf8');
  return text === undefined || text.length > MAX_FILE_CHARS || text.includes('\u0000') ? undefined : text;
}
