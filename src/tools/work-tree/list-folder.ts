import path from 'node:path';
import { SECOND_MS } from '../../domain/time.ts';
import { ALWAYS_IGNORED } from '../file-server/ignore-rules.ts';
import { runGitTwice } from './git-process.ts';
import { inTurns } from './in-turns.ts';
import { direntsOf, lstatOf } from './look-at.ts';
import { gitDirOf } from './repository-of.ts';

/** What lies in a folder, as git sees it. Names are relative, with slashes. */
export interface FolderListing {
  /** Tracked or not; files and links. One that was removed is not left out. */
  readonly files: readonly string[];
  /** Folders with a repository of their own. */
  readonly repositories: readonly string[];
  /** Files, and whole folders with a slash at their end. */
  readonly ignored: readonly string[];
  /** Of the files those that are in the repository although a pattern ignores them. */
  readonly forced: readonly string[];
  /** Folders in which no file lies, which git does not know. */
  readonly empty: readonly string[];
}

export interface ListingGit {
  readonly git: string;
  readonly path: string;
  /** Of the user, for what they ignore everywhere. */
  readonly home: string | undefined;
  /** Of a folder that has no repository: an empty one. */
  readonly emptyGitDir: string;
}

const LIMIT_MS = 60 * SECOND_MS;
/** Not even a question of what has changed starts a program. */
const QUIET = ['-c', 'core.fsmonitor=false', '-c', 'core.untrackedCache=false', '-c', 'core.quotePath=false'];

/** `undefined`: git cannot say, or a name is no text. */
export async function listingOf(folder: string, options: ListingGit): Promise<FolderListing | undefined> {
  const isOne = lstatOf(path.join(folder, '.git')) !== undefined;
  const also = ALWAYS_IGNORED.trim()
    .split('\n')
    .flatMap((pattern) => ['-x', pattern]);
  const both = await runGitTwice([...QUIET, 'ls-files', '-z', '--exclude-standard', '--directory', ...also], KINDS, {
    git: options.git,
    cwd: folder,
    limitMs: LIMIT_MS,
    env: {
      PATH: options.path,
      LC_ALL: 'C',
      GIT_OPTIONAL_LOCKS: '0',
      ...(options.home === undefined ? {} : { HOME: options.home }),
      ...(isOne ? {} : { GIT_DIR: options.emptyGitDir, GIT_WORK_TREE: folder }),
    },
  });
  const [listed, left] =
    both?.map((names) =>
      names
        .toString()
        .split('\0')
        .filter((name) => name !== ''),
    ) ?? [];
  if (listed === undefined || left === undefined) return undefined;
  const ignored = namesOf(left, (tag) => tag === UNKNOWN);
  const forced = namesOf(left, (tag) => tag !== UNKNOWN);
  const own = new Set(listed);
  const unknown = await lookInto(
    folder,
    [...own].filter((name) => name.endsWith('/')),
    new Set(ignored),
  );
  const files = [...[...own].filter((name) => !name.endsWith('/')), ...unknown.files];
  if ([...files, ...ignored].some((name) => name.includes('\u{FFFD}'))) return undefined;
  const repositories = new Set(unknown.repositories);
  const inner = innermost(ignored).filter((name) => !repositories.has(name.replace(/\/$/u, '')));
  return { files, repositories: unknown.repositories, ignored: inner, forced, empty: unknown.empty };
}

/** What is in it, and what is left out: of that, `-t` says before each name whether git knows it all the same. */
const KINDS = ['--cached --others', '-t --cached --others --ignored'] as const;
const UNKNOWN = '?';

function namesOf(tagged: readonly string[], isMeant: (tag: string | undefined) => boolean): readonly string[] {
  return tagged.filter((line) => isMeant(line[0])).map((line) => line.slice(2));
}

/** Of a folder in which nothing but ignored things lies git names both: it, and them. */
function innermost(names: readonly string[]): readonly string[] {
  const above = new Set(names.flatMap((name) => foldersAbove(name)));
  return names.filter((name) => !above.has(name));
}

/** With slashes at their ends. */
function foldersAbove(name: string): readonly string[] {
  const parts = name.replace(/\/$/u, '').split('/').slice(0, -1);
  return parts.map((_part, index) => `${parts.slice(0, index + 1).join('/')}/`);
}

/**
 * What lies in folders of which git knows nothing, as it would say it: a process more costs more than to look.
 * @param unknown with slashes at their ends
 */
async function lookInto(
  folder: string,
  unknown: readonly string[],
  ignored: ReadonlySet<string>,
): Promise<Pick<FolderListing, 'files' | 'repositories' | 'empty'>> {
  const files: string[] = [];
  const repositories: string[] = [];
  const empty: string[] = [];
  const pending = [...unknown];
  const rest = function* (): Generator<string> {
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) yield at;
  };
  await inTurns(rest(), (at) => {
    if (isRepository(path.join(folder, at))) return void repositories.push(at.slice(0, -1));
    const entries = direntsOf(path.join(folder, at));
    if (entries?.length === 0) empty.push(at);
    for (const entry of entries ?? []) {
      const name = `${at}${entry.name}`;
      if (entry.name === '.git' || ignored.has(name) || ignored.has(`${name}/`)) continue;
      if (entry.isDirectory()) pending.push(`${name}/`);
      else if (entry.isFile() || entry.isSymbolicLink()) files.push(name);
    }
  });
  return { files, repositories, empty };
}

function isRepository(folder: string): boolean {
  const own = gitDirOf(folder);
  return own !== undefined && lstatOf(path.join(own, 'HEAD')) !== undefined;
}
