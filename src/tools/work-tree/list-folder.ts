import { promises as fs } from 'node:fs';
import path from 'node:path';
import { SECOND_MS } from '../../domain/time.ts';
import { ALWAYS_IGNORED } from '../file-server/ignore-rules.ts';
import { runGit } from './git-process.ts';

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
  const isRepository = await exists(path.join(folder, '.git'));
  const also = ALWAYS_IGNORED.trim()
    .split('\n')
    .flatMap((pattern) => ['-x', pattern]);
  const list = async (...args: readonly string[]): Promise<readonly string[] | undefined> => {
    const listed = await runGit([...QUIET, 'ls-files', '-z', ...args], {
      git: options.git,
      cwd: folder,
      limitMs: LIMIT_MS,
      env: {
        PATH: options.path,
        LC_ALL: 'C',
        GIT_OPTIONAL_LOCKS: '0',
        ...(options.home === undefined ? {} : { HOME: options.home }),
        ...(isRepository ? {} : { GIT_DIR: options.emptyGitDir, GIT_WORK_TREE: folder }),
      },
    });
    return listed
      ?.toString()
      .split('\0')
      .filter((name) => name !== '');
  };
  const [listed, ignored, forced, unknown] = await Promise.all([
    list('--cached', '--others', '--exclude-standard', ...also),
    list('--others', '--ignored', '--exclude-standard', '--directory', ...also),
    isRepository ? list('--cached', '--ignored', '--exclude-standard', ...also) : [],
    list('--others', '--exclude-standard', '--directory', ...also),
  ]);
  if (listed === undefined || ignored === undefined || forced === undefined || unknown === undefined) return undefined;
  if ([...listed, ...ignored].some((name) => name.includes('\u{FFFD}'))) return undefined;
  const own = [...new Set(listed)];
  const repositories = new Set(own.filter((name) => name.endsWith('/')).map((name) => name.slice(0, -1)));
  const files = own.filter((name) => !name.endsWith('/'));
  const left = new Set([...ignored, ...[...repositories].map((name) => `${name}/`)]);
  return {
    files,
    repositories: [...repositories],
    ignored: innermost(ignored).filter((name) => !repositories.has(name)),
    forced,
    empty: await emptyFolders(folder, unknown, left),
  };
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

/** @param unknown what git does not know; folders have a slash at their end */
async function emptyFolders(
  folder: string,
  unknown: readonly string[],
  left: ReadonlySet<string>,
): Promise<readonly string[]> {
  const empty: string[] = [];
  const pending = unknown.filter((name) => name.endsWith('/'));
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    const entries = await fs.readdir(path.join(folder, at), { withFileTypes: true }).catch(() => undefined);
    if (entries?.length === 0) empty.push(at);
    for (const entry of entries ?? []) {
      const inside = `${at}${entry.name}/`;
      if (entry.isDirectory() && entry.name !== '.git' && !left.has(inside)) pending.push(inside);
    }
  }
  return empty;
}

async function exists(place: string): Promise<boolean> {
  return fs.lstat(place).then(
    () => true,
    () => false,
  );
}
