import { randomBytes } from 'node:crypto';
import { promises as fs } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SECOND_MS } from '../../domain/time.ts';
import type { BlobStore } from './blob-store.ts';
import { type FileChange, type FileState, isSameState } from './file-change.ts';
import { stateOf } from './file-states.ts';
import { runGit } from './git-process.ts';
import { putBack } from './put-back.ts';

interface MergeBackOptions {
  readonly workspace: string;
  readonly blobs: BlobStore;
  readonly read: (id: string) => Promise<Buffer | undefined>;
  /** The program; `undefined`: nothing is merged. */
  readonly git: string | undefined;
  readonly path: string;
}

/** What came of bringing changes to where somebody else was at work meanwhile. */
export interface MergedBack {
  /** They cannot be put together with what stands there; where there is one, nothing was done. */
  readonly blocked: readonly string[];
  /** Of text: what both did is in it. */
  readonly merged: readonly string[];
}

/**
 * Makes files what changes left them, and leaves in them what somebody else did since: line by line, as git merges. All or
 * nothing.
 */
export async function mergeBack(changes: readonly FileChange[], options: MergeBackOptions): Promise<MergedBack> {
  const due: FileChange[] = [];
  const blocked: string[] = [];
  const merged: string[] = [];
  for (const change of changes) {
    const { name } = change;
    const now = await stateOf(options.workspace, name, options.blobs);
    if (isSameState(now, change.after)) continue;
    if (isSameState(now, change.before) || (await leadsAlike(change, now, options))) {
      due.push({ name, before: change.after, after: now });
      continue;
    }
    const both = await mergeOne(change, now, options);
    if (both === undefined) blocked.push(name);
    else if (!isSameState(both, now)) due.push({ name, before: both, after: now });
    if (both !== undefined) merged.push(name);
  }
  if (blocked.length > 0) return { blocked, merged: [] };
  return { blocked: await putBack(due, { ...options, inTheWay: 'stop' }), merged };
}

/** In a copy a link that leads out of it, or that names its user's folder, is spelled otherwise. */
async function leadsAlike(
  { name, before }: FileChange,
  now: FileState | null,
  { workspace, read }: MergeBackOptions,
): Promise<boolean> {
  if (before?.mode !== '120000' || now?.mode !== '120000') return false;
  const targets = await Promise.all([before, now].map(async ({ id }) => read(id)));
  const [was, is] = targets.map((target) =>
    target === undefined ? undefined : path.resolve(workspace, path.dirname(name), target.toString()),
  );
  return was !== undefined && was === is;
}

/** `undefined`: there is no saying what both meant. */
async function mergeOne(
  { before, after }: FileChange,
  now: FileState | null,
  { blobs, read, git, path: searchPath }: MergeBackOptions,
): Promise<FileState | undefined> {
  if (before === null || after === null || now === null || git === undefined) return undefined;
  if ([before, after, now].some(({ mode }) => mode === '120000')) return undefined;
  const [theirs, base, ours] = await Promise.all([now, before, after].map(async ({ id }) => read(id)));
  if (theirs === undefined || base === undefined || ours === undefined) return undefined;
  const bytes = await mergeText([theirs, base, ours], { git, path: searchPath });
  if (bytes === undefined) return undefined;
  const mode = after.mode === before.mode ? now.mode : after.mode;
  return { ...now, mode, id: await blobs.keep(bytes) };
}

/** @param texts theirs, what both began with, ours; `undefined`: they conflict, or are no text */
async function mergeText(
  texts: readonly [Buffer, Buffer, Buffer],
  { git, path: searchPath }: { readonly git: string; readonly path: string },
): Promise<Buffer | undefined> {
  const folder = path.join(tmpdir(), `pointsman-merge-${randomBytes(6).toString('hex')}`);
  await fs.mkdir(folder, { mode: 0o700 });
  try {
    for (const [index, text] of texts.entries())
      await fs.writeFile(path.join(folder, String(index)), text, { mode: 0o600 });
    const env = {
      PATH: searchPath,
      HOME: folder,
      LC_ALL: 'C',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
    };
    // As many conflicts as there are is the exit code; binary files are an error.
    return await runGit(['merge-file', '-p', '-q', '0', '1', '2'], { git, cwd: folder, env, limitMs: 30 * SECOND_MS });
  } finally {
    await fs.rm(folder, { recursive: true, force: true });
  }
}
