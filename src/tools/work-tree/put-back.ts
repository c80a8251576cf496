import { promises as fs } from 'node:fs';
import path from 'node:path';
import { confinePath } from '../confine-path.ts';
import type { BlobStore } from './blob-store.ts';
import { type FileChange, type FileState, isSameState } from './file-change.ts';
import { stateOf } from './file-states.ts';

const OWNER_MAY_WRITE = 0o200;

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
  const moves = [...due.filter(({ before }) => before === null), ...coming];
  const done: FileChange[] = [];
  try {
    for (const move of moves) {
      if (blocked.has(move.name)) continue;
      // Its user may have written it while others were being written.
      if (isSameState(await stateOf(workspace, move.name, options.blobs), move.after)) {
        await put(workspace, move.name, { state: move.before, read });
        done.push(move);
      } else {
        blocked.add(move.name);
        if (options.inTheWay === 'stop') break;
      }
    }
  } catch (thrown) {
    await takeBack(done, options);
    throw thrown;
  }
  if (blocked.size > 0) await takeBack(done, options);
  return [...blocked];
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
  if (bytes !== undefined) await write(path.join(workspace, name), state, bytes);
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

/** What a folder that is closed, or a name that is long, answers. A full disk is not among them: it would leave half a file. */
const BESIDE_REFUSED = new Set(['EACCES', 'EPERM', 'EROFS', 'ENAMETOOLONG', 'EXDEV', 'EBUSY', 'EEXIST']);

/** Whoever looks, or goes on after a process that was killed, finds all of the old or all of the new. */
async function write(file: string, state: FileState, bytes: Buffer): Promise<void> {
  await fs.mkdir(path.dirname(file), { recursive: true });
  const stat = await fs.lstat(file).catch(() => undefined);
  const before = stat?.isFile() === true ? stat : undefined;
  // Its other names mean it, too; and what another owns would be ours.
  if (before !== undefined && (before.nlink > 1 || before.uid !== process.getuid?.()))
    return writeInto(file, state, bytes);
  const beside = path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}.tmp`);
  try {
    if (state.mode === '120000') await fs.symlink(bytes.toString(), beside);
    else {
      await fs.writeFile(beside, bytes, { flag: 'wx', mode: state.permissions ?? 0o666 });
      await fs.chmod(beside, modeOf(state, before?.mode ?? state.permissions ?? (await fs.lstat(beside)).mode));
    }
    await fs.rename(beside, file);
  } catch (thrown) {
    await fs.rm(beside, { force: true });
    if (!BESIDE_REFUSED.has((thrown as NodeJS.ErrnoException).code ?? '')) throw thrown;
    await writeInto(file, state, bytes);
  }
}

async function writeInto(file: string, state: FileState, bytes: Buffer): Promise<void> {
  if (state.mode === '120000') {
    await fs.rm(file, { force: true });
    return fs.symlink(bytes.toString(), file);
  }
  const before = await fs.lstat(file).catch(() => undefined);
  if (before?.isSymbolicLink() === true) await fs.rm(file);
  if (before?.isFile() === true && (before.mode & OWNER_MAY_WRITE) === 0)
    await fs.chmod(file, before.mode | OWNER_MAY_WRITE);
  await fs.writeFile(file, bytes, { mode: state.permissions ?? 0o666 });
  const mode = before?.isFile() === true ? before.mode : (state.permissions ?? (await fs.lstat(file)).mode);
  return fs.chmod(file, modeOf(state, mode));
}

/** Whoever may read it may start it, too. */
function modeOf(state: FileState, mode: number): number {
  return (state.mode === '100755' ? mode | ((mode & 0o444) >> 2) : mode & ~0o111) & 0o7777;
}
