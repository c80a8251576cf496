import { readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { isInside } from '../confine-path.ts';
import { entriesOf } from '../entries-of.ts';

/** Folders of a repository from which a looking git reads nothing of this one: they are looked at when they are asked for. */
const APART: ReadonlySet<string> = new Set(['modules', 'worktrees', 'lfs', 'logs', 'hooks']);

/**
 * The first place outside `root` from which git would read objects or references of a repository that lies inside:
 * a common folder, an alternate store or a link somewhere in its folders (gitrepository-layout(5), git 2.47).
 * `undefined`: there is none. What cannot be read counts as outside.
 * @param root a real path
 */
export function storageOutside(root: string, commonDir: string): string | undefined {
  const real = realOf(commonDir);
  if (real === undefined || !isInside(root, real)) return commonDir;
  return linkOutside(root, real) ?? alternateOutside(root, path.join(real, 'objects'), new Set());
}

function linkOutside(root: string, folder: string): string | undefined {
  for (const entry of entriesOf(folder)) {
    const place = path.join(folder, entry.name);
    if (entry.isSymbolicLink()) {
      const real = realOf(place);
      if (real === undefined || !isInside(root, real)) return place;
    }
    const inner = entry.isDirectory() && !APART.has(entry.name) ? linkOutside(root, place) : undefined;
    if (inner !== undefined) return inner;
  }
  return undefined;
}

/** An alternate may have alternates of its own, and may lie in a folder with links. */
function alternateOutside(root: string, objects: string, seen: Set<string>): string | undefined {
  if (seen.has(objects)) return undefined;
  seen.add(objects);
  for (const line of alternatesIn(objects)) {
    // Quoted in the manner of C: nobody who means well needs it.
    const real = line.startsWith('"') ? undefined : realOf(path.resolve(objects, line));
    if (real === undefined || !isInside(root, real)) return line;
    const outside = linkOutside(root, real) ?? alternateOutside(root, real, seen);
    if (outside !== undefined) return outside;
  }
  return undefined;
}

function alternatesIn(objects: string): readonly string[] {
  try {
    const lines = readFileSync(path.join(objects, 'info', 'alternates'), 'utf8').split('\n');
    return lines.filter((line) => line !== '' && !line.startsWith('#'));
  } catch {
    return [];
  }
}

function realOf(place: string): string | undefined {
  try {
    return realpathSync(place);
  } catch {
    return undefined;
  }
}
