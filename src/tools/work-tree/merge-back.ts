import { randomBytes } from 'node:crypto';
import { promises as fs } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SECOND_MS } from '../../domain/time.ts';
import type { BlobStore } from './blob-store.ts';
import { type FileChange, type FileState, isSameState } from './file-change.ts';
import { stateOf } from './file-states.ts';
import { runGit } from './git-process.ts';
import { lineOfConflict } from './line-of-conflict.ts';
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
  /** The same for people, with the line at which two texts part: `a.txt (line 12)`. */
  readonly places: readonly string[];
  /** Of text: what both did is in it. */
  readonly merged: readonly string[];
}

/**
 * Makes files what changes left them, and leaves in them what somebody else did since: line by line, as git merges. All or
 * nothing.
 */
export async function mergeBack(changes: readonly FileChange[], options: MergeBackOptions): Promise<MergedBack> {
  // A folder that is gone would be made anew, of nothing but these.
  if (!(await isFolder(options.workspace))) {
    const names = changes.map(({ name }) => name);
    return { blocked: names, places: names, merged: [] };
  }
  const due: FileChange[] = [];
  const blocked: string[] = [];
  const places: string[] = [];
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
    if (both.kind === 'conflict') {
      blocked.push(name);
      places.push(both.line === undefined ? name : `${name} (line ${both.line})`);
      continue;
    }
    if (!isSameState(both.state, now)) due.push({ name, before: both.state, after: now });
    merged.push(name);
  }
  if (blocked.length > 0) return { blocked, places, merged: [] };
  const inTheWay = await putBack(due, { ...options, inTheWay: 'stop' });
  return { blocked: inTheWay, places: inTheWay, merged };
}

async function isFolder(place: string): Promise<boolean> {
  return fs.stat(place).then(
    (stat) => stat.isDirectory(),
    () => false,
  );
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

/** There is no saying what both meant. */
interface Conflict {
  readonly kind: 'conflict';
  /** In the text that stands there, where it is known. */
  readonly line: number | undefined;
}
type Both = { readonly kind: 'merged'; readonly state: FileState } | Conflict;

const CONFLICT: Conflict = { kind: 'conflict', line: undefined };

async function mergeOne(
  { before, after }: FileChange,
  now: FileState | null,
  options: MergeBackOptions,
): Promise<Both> {
  if (before === null || after === null || now === null) return CONFLICT;
  if ([before, after, now].some(({ mode }) => mode === '120000')) return CONFLICT;
  const mode = after.mode === before.mode ? now.mode : after.mode;
  const merged = await mergeBytes([now.id, before.id, after.id], options);
  return merged.kind === 'merged' ? { kind: 'merged', state: { ...now, mode, id: merged.id } } : merged;
}

/** @param ids theirs, what both began with, ours */
async function mergeBytes(
  ids: readonly [string, string, string],
  { blobs, read, git, path: searchPath }: MergeBackOptions,
): Promise<{ readonly kind: 'merged'; readonly id: string } | Conflict> {
  const [now, before, after] = ids;
  // One of both changed nothing but who may start it.
  if (now === before) return { kind: 'merged', id: after };
  if (after === before || after === now) return { kind: 'merged', id: now };
  const [theirs, base, ours] = await Promise.all(ids.map(async (id) => read(id)));
  if (git === undefined || theirs === undefined || base === undefined || ours === undefined) return CONFLICT;
  const merged = await mergeText([theirs, base, ours], { git, path: searchPath });
  return merged.kind === 'merged' ? { kind: 'merged', id: await blobs.keep(merged.bytes) } : merged;
}

type MergedText = { readonly kind: 'merged'; readonly bytes: Buffer } | Conflict;

/** @param texts theirs, what both began with, ours */
async function mergeText(
  texts: readonly [Buffer, Buffer, Buffer],
  { git, path: searchPath }: { readonly git: string; readonly path: string },
): Promise<MergedText> {
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
      GIT_CEILING_DIRECTORIES: path.dirname(folder),
    };
    const run = { git, cwd: folder, env, limitMs: 30 * SECOND_MS };
    // As many conflicts as there are is the exit code; binary files are an error.
    const bytes = await runGit(['merge-file', '-p', '-q', '0', '1', '2'], run);
    return bytes === undefined ? { kind: 'conflict', line: await lineOfConflict(run) } : { kind: 'merged', bytes };
  } finally {
    await fs.rm(folder, { recursive: true, force: true });
  }
}
