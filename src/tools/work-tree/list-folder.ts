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
  const [listed, ignored] = await Promise.all([
    list('--cached', '--others', '--exclude-standard', ...also),
    list('--others', '--ignored', '--exclude-standard', '--directory', ...also),
  ]);
  if (listed === undefined || ignored === undefined) return undefined;
  if ([...listed, ...ignored].some((name) => name.includes('\u{FFFD}'))) return undefined;
  const own = [...new Set(listed)];
  const repositories = new Set(own.filter((name) => name.endsWith('/')).map((name) => name.slice(0, -1)));
  const files = own.filter((name) => !name.endsWith('/'));
  return { files, repositories: [...repositories], ignored: ignored.filter((name) => !repositories.has(name)) };
}

async function exists(place: string): Promise<boolean> {
  return fs.lstat(place).then(
    () => true,
    () => false,
  );
}
