import { promises as fs } from 'node:fs';
import path from 'node:path';
import { confinePath } from '../confine-path.ts';
import type { BlobStore } from './blob-store.ts';
import { type FileChange, type FileState, isSameState } from './file-change.ts';

const EXECUTABLE = 0o111;

/** What stands at a name now, its bytes kept; `null`: no file and no link, or one that nobody can read. */
export async function stateOf(workspace: string, name: string, blobs: BlobStore): Promise<FileState | null> {
  const file = path.join(workspace, name);
  const stat = await fs.lstat(file).catch(() => undefined);
  if (stat?.isSymbolicLink() === true) {
    return { mode: '120000', id: await blobs.keep(Buffer.from(await fs.readlink(file))) };
  }
  if (stat?.isFile() !== true) return null;
  const bytes = await fs.readFile(file).catch(() => undefined);
  if (bytes === undefined) return null;
  const id = await blobs.keep(bytes);
  return { mode: (stat.mode & EXECUTABLE) === 0 ? '100644' : '100755', id };
}

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
  const { workspace, blobs } = options;
  const blocked: string[] = [];
  const due: FileChange[] = [];
  for (const change of changes) {
    const now = await stateOf(workspace, change.name, blobs);
    if (isSameState(now, change.before)) continue;
    if (isSameState(now, change.after) && staysInside(workspace, change.name)) due.push(change);
    else blocked.push(change.name);
  }
  if (blocked.length > 0 && options.inTheWay === 'stop') return blocked;
  // What goes makes room first: a folder may stand where a file was.
  for (const { name, before } of due) if (before === null) await remove(workspace, name);
  for (const { name, before } of due) {
    if (before === null) continue;
    const bytes = await options.read(before.id);
    if (bytes === undefined) blocked.push(name);
    else await write(path.join(workspace, name), before, bytes);
  }
  return blocked;
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

async function write(file: string, state: FileState, bytes: Buffer): Promise<void> {
  await fs.mkdir(path.dirname(file), { recursive: true });
  if (state.mode === '120000') {
    await fs.rm(file, { force: true });
    return fs.symlink(bytes.toString(), file);
  }
  const before = await fs.lstat(file).catch(() => undefined);
  if (before?.isSymbolicLink() === true) await fs.rm(file);
  await fs.writeFile(file, bytes);
  const mode = before?.isFile() === true ? before.mode : 0o644;
  return fs.chmod(file, state.mode === '100755' ? mode | EXECUTABLE : mode & ~EXECUTABLE);
}
