import { promises as fs } from 'node:fs';
import path from 'node:path';
import { confinePath } from '../confine-path.ts';
import type { BlobStore } from './blob-store.ts';
import { type FileChange, type FileState, isSameState } from './file-change.ts';
import { stateOf } from './file-states.ts';
import { writeState } from './write-state.ts';

interface PutBackOptions {
  readonly workspace: string;
  readonly blobs: BlobStore;
  readonly read: (id: string) => Promise<Buffer | undefined>;
  /** `stop`: one file that is in the way keeps all as they are. `leave`: it alone stays. */
  readonly inTheWay: 'stop' | 'leave';
}

/**
 * Makes files what they were before their changes.
 * @returns the names of those that are neither as the change left them nor as it found them: somebody else's work, left alone
 */
export async function putBack(changes: readonly FileChange[], options: PutBackOptions): Promise<readonly string[]> {
  const { workspace, read } = options;
  const { due, blocked } = await judged(changes, options);
  const going = new Set(due.filter(({ before }) => before === null).map(({ name }) => name));
  const coming = due.flatMap(({ name, before, after }) => (before === null ? [] : [{ name, before, after }]));
  for (const { name, before, after } of coming) {
    const isRoom = after !== null || (await isFree(workspace, name, going));
    if (!isRoom || (await read(before.id)) === undefined) blocked.add(name);
  }
  if (blocked.size > 0 && options.inTheWay === 'stop') return [...blocked];
  // What goes makes room first: a folder may stand where a file was.
  const moves = [...due.filter(({ before }) => before === null), ...coming].filter(({ name }) => !blocked.has(name));
  const done: FileChange[] = [];
  try {
    for (const name of await moveAll(moves, options, done)) blocked.add(name);
  } catch (thrown) {
    await takeBack(done, options);
    throw thrown;
  }
  if (blocked.size > 0) await takeBack(done, options);
  return [...blocked];
}

/** @returns the names of those that somebody wrote while others were being written; with `stop`, of the first */
async function moveAll(
  moves: readonly FileChange[],
  { workspace, blobs, read, inTheWay }: PutBackOptions,
  done: FileChange[],
): Promise<readonly string[]> {
  const written: string[] = [];
  for (const move of moves) {
    if (isSameState(await stateOf(workspace, move.name, blobs), move.after)) {
      await put(workspace, move.name, { state: move.before, read });
      done.push(move);
    } else {
      written.push(move.name);
      if (inTheWay === 'stop') return written;
    }
  }
  return written;
}

/** All or nothing: as far as the disk lets it, nothing. */
async function takeBack(done: readonly FileChange[], { workspace, read, inTheWay }: PutBackOptions): Promise<void> {
  if (inTheWay === 'leave') return;
  for (const { name, after } of done.toReversed()) {
    await put(workspace, name, { state: after, read }).catch(() => undefined);
  }
}

async function put(
  workspace: string,
  name: string,
  { state, read }: Pick<PutBackOptions, 'read'> & { readonly state: FileState | null },
): Promise<void> {
  if (state === null) return remove(workspace, name);
  const bytes = await read(state.id);
  if (bytes !== undefined) await writeState(path.join(workspace, name), state, bytes);
}

/** Which are to be taken back, and which are somebody else's work by now. */
async function judged(
  changes: readonly FileChange[],
  { workspace, blobs }: PutBackOptions,
): Promise<{ readonly due: readonly FileChange[]; readonly blocked: Set<string> }> {
  const blocked = new Set<string>();
  const due: FileChange[] = [];
  for (const change of changes) {
    const now = await stateOf(workspace, change.name, blobs);
    if (isSameState(now, change.before)) continue;
    const isAsLeft = change.isMixed !== true && isSameState(now, change.after);
    if (isAsLeft && staysInside(workspace, change.name)) due.push(change);
    else blocked.add(change.name);
  }
  return { due, blocked };
}

/** Whether nothing stands at a name, or a folder of nothing but files that go. A pipe, say, is no file, but not nothing. */
async function isFree(workspace: string, name: string, going: ReadonlySet<string>): Promise<boolean> {
  const place = path.join(workspace, name);
  const stat = await fs.lstat(place).catch((thrown: unknown) => (thrown as NodeJS.ErrnoException).code);
  if (stat === 'ENOENT') return true;
  // A file stands where its folder was: there is room when that goes.
  if (stat === 'ENOTDIR') return parentsOf(name).some((parent) => going.has(parent));
  if (stat === undefined || typeof stat === 'string' || !stat.isDirectory()) return false;
  const inside = await fs.readdir(place, { recursive: true, withFileTypes: true });
  const names = inside.map((entry) => path.relative(workspace, path.join(entry.parentPath, entry.name)));
  const kept = names.flatMap((one) => (going.has(one) ? parentsOf(one) : []));
  const expected = new Set([...going, ...kept]);
  return names.length > 0 && names.every((one) => expected.has(one));
}

/** The folders above it, the workspace left out. */
function parentsOf(name: string): readonly string[] {
  const names = name.split('/');
  return names.slice(1).map((_one, index) => names.slice(0, index + 1).join('/'));
}

/** A folder on the way may have become a link since. */
function staysInside(workspace: string, name: string): boolean {
  try {
    const folder = path.dirname(path.join(workspace, name));
    return confinePath(workspace, folder) === folder;
  } catch {
    return false;
  }
}

async function remove(workspace: string, name: string): Promise<void> {
  await fs.rm(path.join(workspace, name), { force: true });
  // Folders that it alone kept go with it.
  for (let folder = path.dirname(name); folder !== '.'; folder = path.dirname(folder)) {
    const isGone = await fs.rmdir(path.join(workspace, folder)).then(
      () => true,
      () => false,
    );
    if (!isGone) return;
  }
}
