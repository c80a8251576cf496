import { statSync } from 'node:fs';
import path from 'node:path';
import { direntsOf, lstatOf, wholeTextOf } from '../../tools/work-tree/look-at.ts';
import { gitDirOf } from '../../tools/work-tree/repository-of.ts';

/** Where people write down for agents how a project is worked on; the first that is there is read. */
const NOTES = [
  'AGENTS.md',
  'AGENT.md',
  'CLAUDE.md',
  '.claude/CLAUDE.md',
  'GEMINI.md',
  '.github/copilot-instructions.md',
  '.cursorrules',
];
/** Those that hold for the folder that they lie in. */
const NESTED = ['AGENTS.md', 'CLAUDE.md'];
/** Of a repository with many parts. */
const MAX_DEPTH = 8;
const MAX_FOLDERS = 1500;
const MAX_NESTED = 40;
const MAX_ABOVE = 8;
const MAX_BYTES = 1024 * 1024;
/** What others have written, and what is made. */
const PASSED_OVER = /^(?:\..*|node_modules|bower_components|vendor|third_party|target|dist|venv|env|__pycache__)$/u;

/** What a project says to agents in one file. */
export interface ProjectNote {
  /** Relative to the workspace, with slashes. */
  readonly name: string;
  readonly text: string;
}

/** Notes of a folder itself, the first kind that says something. */
export function notesIn(folder: string, mayRead: (name: string) => boolean): ProjectNote | undefined {
  for (const name of NOTES) {
    const text = mayRead(name) ? noteText(path.join(folder, name)) : undefined;
    if (text !== undefined) return { name, text };
  }
  return undefined;
}

/** Notes of the folders above it that are of the same repository, the outermost first. Only files of the one who owns the workspace. */
export function notesAbove(folder: string, home: string | undefined): readonly ProjectNote[] {
  const owner = lstatOf(folder)?.uid;
  const between = foldersAbove(folder, home);
  return between.flatMap((place) => {
    const name = NESTED.find((one) => {
      const stat = lstatOf(path.join(place, one));
      return stat?.isFile() === true && stat.uid === owner;
    });
    const text = name === undefined ? undefined : noteText(path.join(place, name));
    if (name === undefined || text === undefined) return [];
    return [{ name: path.relative(folder, path.join(place, name)).split(path.sep).join('/'), text }];
  });
}

/** From the root of the repository that a folder is a part of to the one right above it; none where it is no part of one. */
function foldersAbove(folder: string, home: string | undefined): readonly string[] {
  const above: string[] = [];
  for (let place = folder; lstatOf(path.join(place, '.git')) === undefined;) {
    const parent = path.dirname(place);
    if (parent === place || parent === home || above.length === MAX_ABOVE) return [];
    above.unshift(parent);
    place = parent;
  }
  return above;
}

/** Files of the same kind further down, the nearest first. Links to folders are not followed. */
export function notesBelow(folder: string): readonly string[] {
  const found: string[] = [];
  let seen = 0;
  let level = foldersIn(folder, '');
  for (let depth = 1; depth <= MAX_DEPTH && level.length > 0; depth += 1) {
    const next: string[] = [];
    for (const relative of level) {
      seen += 1;
      if (seen > MAX_FOLDERS || found.length >= MAX_NESTED) return found;
      const own = NESTED.find((name) => lstatOf(path.join(folder, relative, name))?.isFile() === true);
      if (own !== undefined) found.push(`${relative}/${own}`);
      next.push(...foldersIn(folder, relative));
    }
    level = next;
  }
  return found;
}

function foldersIn(folder: string, relative: string): readonly string[] {
  const dirents = direntsOf(path.join(folder, relative)) ?? [];
  return dirents
    .filter((one) => one.isDirectory() && !PASSED_OVER.test(one.name))
    .map(({ name }) => (relative === '' ? name : `${relative}/${name}`))
    .sort();
}

/** Where the work stands in its repository; `undefined`: it is in none, or there is no telling. */
export function headOf(folder: string, home: string | undefined): string | undefined {
  const gitDir = gitDirOf(foldersAbove(folder, home)[0] ?? folder);
  const head = gitDir === undefined ? undefined : wholeTextOf(path.join(gitDir, 'HEAD'))?.trim();
  if (head === undefined) return undefined;
  const branch = /^ref: refs\/heads\/(\S+)$/u.exec(head)?.[1];
  // A repository with reftables says its branch elsewhere.
  if (branch === '.invalid') return undefined;
  if (branch !== undefined) return `on the branch ${branch}`;
  return /^[0-9a-f]{40,64}$/u.test(head) ? `on no branch, at the commit ${head.slice(0, 12)}` : undefined;
}

/** A pipe or a device is never opened: reading it might not end. */
function noteText(file: string): string | undefined {
  try {
    const stat = statSync(file);
    if (!stat.isFile() || stat.size > MAX_BYTES) return undefined;
  } catch {
    return undefined;
  }
  const text = wholeTextOf(file)?.replace(/^\uFEFF/u, '');
  return text === undefined || text.trim() === '' ? undefined : text;
}
