import {
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  futimesSync,
  mkdirSync,
  openSync,
  readlinkSync,
  readSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  type Stats,
} from 'node:fs';
import path from 'node:path';
import { inTurns } from './in-turns.ts';
import { lstatOf } from './look-at.ts';

/** From where to where; both real paths. */
export interface CopyBetween {
  readonly from: string;
  readonly to: string;
}

/** What a copy may take of the disk; counted down. */
export interface DiskRoom {
  byteCount: number;
}

/**
 * Copies files and links with their modes and times, without taking more of the disk where the system can share what is the
 * same. What is not there any more, or is neither file nor link, is left out.
 * @returns names of folders that stood where a file was expected; `undefined`: there is no room for all
 */
export async function copyFiles(
  names: readonly string[],
  between: CopyBetween,
  room: DiskRoom = { byteCount: Infinity },
): Promise<readonly string[] | undefined> {
  const folders = new Set(names.map((name) => path.posix.dirname(name)));
  await inTurns(folders, (folder) => mkdirSync(path.join(between.to, folder), { recursive: true }));
  const found: string[] = [];
  await inTurns(names, (name) => {
    if (room.byteCount >= 0 && copyOne(name, between, room) === 'folder') found.push(name);
  });
  return room.byteCount < 0 ? undefined : found;
}

function copyOne(name: string, between: CopyBetween, room: DiskRoom): 'copied' | 'folder' | 'left' {
  const [source, target] = [path.join(between.from, name), path.join(between.to, name)];
  const stat = lstatOf(source);
  if (stat === undefined) return 'left';
  if (stat.isDirectory()) return 'folder';
  if (stat.isSymbolicLink()) copyLink(name, between);
  else if (stat.isFile()) {
    room.byteCount -= stat.size;
    if (room.byteCount >= 0) copyFile(source, target, stat);
  } else return 'left';
  return 'copied';
}

/** Gone since it was listed, or readable by others alone: a job begins without it. */
const LEFT = new Set(['ENOENT', 'EACCES']);

/** A file of less is read and written: asked to copy one, the system takes twice as long. */
const small = Buffer.allocUnsafe(64 * 1024);

function copyFile(source: string, target: string, stat: Stats): void {
  try {
    if (stat.size < small.length && copySmall(source, target, stat)) return;
    copyFileSync(source, target, constants.COPYFILE_FICLONE);
  } catch (thrown) {
    if (LEFT.has((thrown as NodeJS.ErrnoException).code ?? '')) return;
    throw thrown;
  }
  // What is built is as old as it was beside what it is built from.
  utimesSync(target, stat.atime, stat.mtime);
}

/** @returns whether it was: it may have grown */
function copySmall(source: string, target: string, { mode, atime, mtime }: Stats): boolean {
  const byteCount = withFile(openSync(source, 'r'), (from) => readSync(from, small));
  if (byteCount === small.length) return false;
  withFile(openSync(target, 'w', mode), (to) => {
    writeFileSync(to, small.subarray(0, byteCount));
    fchmodSync(to, mode & 0o7777);
    futimesSync(to, atime, mtime);
  });
  return true;
}

function withFile<Found>(opened: number, act: (opened: number) => Found): Found {
  try {
    return act(opened);
  } finally {
    closeSync(opened);
  }
}

/**
 * A link means the same place as before; inside the folder, that of the copy. There it does not say where the copy lies: what is
 * brought back would lead to a place that is gone.
 */
export function copyLink(name: string, { from, to }: CopyBetween): void {
  const target = readlinkSync(path.join(from, name));
  const folder = path.dirname(path.join(from, name));
  const leads = path.resolve(folder, target);
  const inside = path.relative(from, leads);
  const isInside = inside !== '..' && !inside.startsWith(`..${path.sep}`) && !path.isAbsolute(inside);
  const written = isInside ? (path.isAbsolute(target) ? path.relative(folder, leads) || '.' : target) : leads;
  symlinkSync(written, path.join(to, name));
}
