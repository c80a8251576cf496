import { promises as fs } from 'node:fs';
import path from 'node:path';
import type { FileState } from './file-change.ts';

const OWNER_MAY_WRITE = 0o200;

/** What a folder that is closed, or a name that is long, answers. A full disk is not among them: it would leave half a file. */
const BESIDE_REFUSED = new Set(['EACCES', 'EPERM', 'EROFS', 'ENAMETOOLONG', 'EXDEV', 'EBUSY', 'EEXIST']);

/** Makes a file or link what it was. Whoever looks, or goes on after a process that was killed, finds all of the old or of the new. */
export async function writeState(file: string, state: FileState, bytes: Buffer): Promise<void> {
  await fs.mkdir(path.dirname(file), { recursive: true });
  const stat = await fs.lstat(file).catch(() => undefined);
  const before = stat?.isFile() === true ? stat : undefined;
  // Its other names mean it, too; and what another owns would be ours.
  if (before !== undefined && (before.nlink > 1 || before.uid !== process.getuid?.()))
    return writeInto(file, state, bytes);
  const beside = path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}.tmp`);
  try {
    await writeNew(beside, state, { bytes, mode: before?.mode ?? state.permissions });
    await fs.rename(beside, file);
  } catch (thrown) {
    await fs.rm(beside, { force: true });
    if (!BESIDE_REFUSED.has((thrown as NodeJS.ErrnoException).code ?? '')) throw thrown;
    await writeInto(file, state, bytes);
  }
}

async function writeNew(
  file: string,
  state: FileState,
  { bytes, mode }: { readonly bytes: Buffer; readonly mode: number | undefined },
): Promise<void> {
  if (state.mode === '120000') return fs.symlink(bytes, file);
  await fs.writeFile(file, bytes, { flag: 'wx', mode: state.permissions ?? 0o666 });
  await fs.chmod(file, modeOf(state, mode ?? (await fs.lstat(file)).mode));
}

async function writeInto(file: string, state: FileState, bytes: Buffer): Promise<void> {
  if (state.mode === '120000') {
    await fs.rm(file, { force: true });
    return fs.symlink(bytes, file);
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
