import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { JsonObject } from '../../domain/json.ts';
import { confinePath } from '../../tools/confine-path.ts';
import { factKey, type FactKey } from '../model/fact-key.ts';
import type { JobRun } from '../model/job-run.ts';
import { unifiedDiff } from './text-diff.ts';

/** Names that tools use for the files they touch. */
export const PATH_FIELDS: readonly string[] = ['path', 'file_path', 'source', 'destination', 'filename'];
const MAX_FILE_CHARS = 400_000;

function preimageKey(relative: string): FactKey<string> {
  return factKey(`preimage/${relative}`);
}

function touchedKey(index: number): FactKey<string> {
  return factKey(`touched/${index}`);
}

/**
 * Keeps what a file held before the job first wrote to it, so that the change of the job can be shown as a diff however
 * often the process died in between. Files that commands change by themselves are not seen.
 */
export async function keepPreimages(run: JobRun, input: JsonObject): Promise<void> {
  const { journal } = run.services;
  for (const field of PATH_FIELDS) {
    const named = input[field];
    if (typeof named !== 'string') continue;
    const file = path.resolve(run.entry.request.workspace, named);
    const relative = path.relative(run.entry.request.workspace, file);
    if (relative === '' || !staysInside(run.entry.request.workspace, named)) continue;
    const key = preimageKey(relative);
    if ((await journal.fact(run.entry.jobId, key)) !== undefined) continue;
    await journal.settle(run.entry.jobId, key, (await readText(file)) ?? '\u0000');
    for (let index = 0; (await journal.settle(run.entry.jobId, touchedKey(index), relative)) !== relative; index += 1);
  }
}

/** A link that leads out names a file that is nobody's business here. */
function staysInside(workspace: string, named: string): boolean {
  try {
    return confinePath(workspace, named) !== workspace;
  } catch {
    return false;
  }
}

/** Paths that the job wrote to, in the order of their first write. */
async function touchedFiles(run: Pick<JobRun, 'services' | 'entry'>): Promise<readonly string[]> {
  const files: string[] = [];
  for (let index = 0; ; index += 1) {
    const file = await run.services.journal.fact(run.entry.jobId, touchedKey(index));
    if (file === undefined) return files;
    files.push(file);
  }
}

/** The change of the whole job so far, as one unified diff; empty when nothing was written. */
export async function jobDiff(run: Pick<JobRun, 'services' | 'entry'>): Promise<string> {
  const diffs: string[] = [];
  for (const relative of [...(await touchedFiles(run))].sort()) {
    const before = await run.services.journal.fact(run.entry.jobId, preimageKey(relative));
    const after = await readText(path.join(run.entry.request.workspace, relative));
    const old = before === '\u0000' ? undefined : before;
    diffs.push(unifiedDiff(relative, old, after));
  }
  return diffs.filter((diff) => diff !== '').join('\n');
}

async function readText(file: string): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  return text === undefined || text.length > MAX_FILE_CHARS || text.includes('\u0000') ? undefined : text;
}
