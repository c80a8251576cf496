import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * All files under a folder, to any depth, in the order of their paths. Links to folders and files are followed, each folder once;
 * what cannot be read is not there.
 */
export async function walkFiles(folder: string): Promise<readonly string[]> {
  const files: string[] = [];
  const visited = new Set<string>();
  const open = [folder];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const real = await realpath(next).catch(() => undefined);
    if (real === undefined || visited.has(real)) continue;
    visited.add(real);
    for (const entry of await readdir(next, { withFileTypes: true }).catch(() => [])) {
      const path = join(next, entry.name);
      const kind = entry.isSymbolicLink() ? await stat(path).catch(() => undefined) : entry;
      if (kind?.isDirectory() === true) open.push(path);
      else if (kind?.isFile() === true) files.push(path);
    }
  }
  return files.sort();
}
