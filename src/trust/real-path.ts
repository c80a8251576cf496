import { realpathSync } from 'node:fs';
import path from 'node:path';

/** Where a path really leads, in the disk's own spelling; as it is written, absolute, where nothing is there yet. */
export function realPath(file: string): string {
  try {
    return realpathSync.native(file);
  } catch {
    return path.resolve(file);
  }
}

/** Whether a place is the folder or lies in it, by their names. */
export function liesIn(place: string, folder: string): boolean {
  const way = path.relative(folder, place);
  return way !== '..' && !way.startsWith(`..${path.sep}`) && !path.isAbsolute(way);
}
