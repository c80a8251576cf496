import { constants, promises as fs, type Stats } from 'node:fs';
import path from 'node:path';

/** From where to where; both real paths. */
export interface CopyBetween {
  readonly from: string;
  readonly to: string;
}

/** Copies at once: each waits for the disk most of the time. */
const AT_ONCE = 24;

/**
 * Copies files and links with their modes and times, without taking more of the disk where the system can share what is the
 * same. What is not there any more, or is neither file nor link, is left out.
 * @returns names of folders that stood where a file was expected
 */
export async function copyFiles(names: readonly string[], between: CopyBetween): Promise<readonly string[]> {
  const folders = new Set(names.map((name) => path.posix.dirname(name)));
  for (const folder of folders) await fs.mkdir(path.join(between.to, folder), { recursive: true });
  const found: string[] = [];
  const rest = names.values();
  const work = async (): Promise<void> => {
    for (const name of rest) if ((await copyOne(name, between)) === 'folder') found.push(name);
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, names.length) }, work));
  return found;
}

async function copyOne(name: string, between: CopyBetween): Promise<'copied' | 'folder' | 'left'> {
  const [source, target] = [path.join(between.from, name), path.join(between.to, name)];
  const stat = await fs.lstat(source).catch(() => undefined);
  if (stat === undefined) return 'left';
  if (stat.isDirectory()) return 'folder';
  if (stat.isSymbolicLink()) await copyLink(name, between);
  else if (stat.isFile()) await copyFile(source, target, stat);
  else return 'left';
  return 'copied';
}

async function copyFile(source: string, target: string, stat: Stats): Promise<void> {
  await fs.copyFile(source, target, constants.COPYFILE_FICLONE);
  // What is built is as old as it was beside what it is built from.
  await fs.utimes(target, stat.atime, stat.mtime);
}

/** A link means the same place as before; inside the folder, that of the copy. */
export async function copyLink(name: string, { from, to }: CopyBetween): Promise<void> {
  const target = await fs.readlink(path.join(from, name));
  const folder = path.dirname(path.join(from, name));
  const leads = path.resolve(folder, target);
  const inside = path.relative(from, leads);
  const isInside = inside !== '..' && !inside.startsWith(`..${path.sep}`) && !path.isAbsolute(inside);
  const written = isInside ? (path.isAbsolute(target) ? path.join(to, inside) : target) : leads;
  await fs.symlink(written, path.join(to, name));
}
