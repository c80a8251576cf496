import { lstatSync, type Stats } from 'node:fs';
import path from 'node:path';
import { entriesOf } from './entries-of.ts';

/** How much of a folder is looked through; a store of ours holds some dozen files. */
const MAX_LOOKED_AT = 50_000;

/** A file that has more names than one; `undefined`: it has not, or is no file. */
function severalNames(file: string): string | undefined {
  const stat = statOf(file);
  return stat?.isFile() === true && stat.nlink > 1 ? `${stat.dev}:${stat.ino}` : undefined;
}

/** None of what is not there, or could be no name of a file at all, as most texts among the arguments of a call. */
function statOf(file: string): Stats | undefined {
  try {
    return lstatSync(file, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** Whether a file is one of those in the folders under another name: a hard link, which no path shows. */
export function isLinkedInto(file: string, folders: readonly string[]): boolean {
  const identity = severalNames(file);
  return identity !== undefined && linkedFiles(folders).has(identity);
}

/** Other names, in a folder, of files that lie in others. Looks only where one of these has several. */
export function namesOfLinked(folders: readonly string[], inside: string): readonly string[] {
  const linked = linkedFiles(folders);
  if (linked.size === 0) return [];
  return filesIn(inside).filter((file) => {
    const identity = severalNames(file);
    return identity !== undefined && linked.has(identity);
  });
}

function linkedFiles(folders: readonly string[]): ReadonlySet<string> {
  return new Set(folders.flatMap(filesIn).flatMap((file) => severalNames(file) ?? []));
}

function filesIn(folder: string): readonly string[] {
  const found: string[] = [];
  const pending = [folder];
  for (let at = pending.pop(); at !== undefined && found.length < MAX_LOOKED_AT; at = pending.pop()) {
    for (const entry of entriesOf(at)) {
      const place = path.join(at, entry.name);
      if (entry.isDirectory()) pending.push(place);
      else found.push(place);
    }
  }
  return found;
}
