import { copyFileSync, existsSync, mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { boundPlace } from './bound-place.ts';
import { carryIgnored } from './carry-ignored.ts';
import { type CopyBetween, copyFiles, type DiskRoom } from './copy-files.ts';
import { type FolderListing, listingOf, type ListingGit } from './list-folder.ts';
import { namesIn, wholeTextOf } from './look-at.ts';
import { commonDirOf, gitDirOf } from './repository-of.ts';
import { MAX_KEPT_BYTES, MAX_KEPT_FILES } from './shadow-git.ts';

/** A job's own copy of a folder, made whole. */
export type MadeTree =
  | {
      readonly kind: 'made';
      /** Names in it that lead to the folder. */
      readonly links: readonly string[];
      /** Names of files that are in the repository although a pattern ignores them. */
      readonly forced: readonly string[];
      /** Where git finds the history of both; `undefined`: there is none. */
      readonly commonDir?: string | undefined;
    }
  /** The job has to work where its user does. */
  | { readonly kind: 'unsuitable'; readonly why: string };

interface MakeTreeOptions extends CopyBetween, Omit<ListingGit, 'emptyGitDir'> {
  /** Where git keeps what it knows of the copy; nothing of it lies in the user's repository. */
  readonly gitDir: string;
  /** Folders of our own, which no job sees. */
  readonly closed: readonly string[];
}

interface Bound {
  readonly maxFiles: number;
  readonly maxBytes: number;
  readonly why: string;
}

/** Past this a copy takes longer than most steps do. */
const WITH_REPOSITORY: Bound = { maxFiles: 150_000, maxBytes: 4 * 1024 ** 3, why: '' };
/** What commands do is seen by keeping all files, and nobody has kept one of these yet. */
const WITHOUT_REPOSITORY: Bound = {
  maxFiles: MAX_KEPT_FILES,
  maxBytes: MAX_KEPT_BYTES,
  why: ', and has no repository',
};
const MAX_DEPTH = 4;

/**
 * Copies a folder as its user sees it now: what is not committed and what git does not know yet is in it, what is ignored is
 * reachable. No hook is run and nothing is converted; the user's repository is read and not written.
 */
export async function makeTree(options: MakeTreeOptions): Promise<MadeTree> {
  const { from, to, gitDir } = options;
  const above = partOf(from);
  if (above !== undefined) return unsuitable(`it is a part of ${above}, and may need what lies there`);
  const bound = boundPlace(from, options);
  if (bound !== undefined) return unsuitable(bound);
  mkdirSync(to, { recursive: true, mode: 0o700 });
  emptyRepository(gitDir);
  const { bavail, bsize } = statfsSync(to);
  const limit = commonDirOf(from) === undefined ? WITHOUT_REPOSITORY : WITH_REPOSITORY;
  const room = { byteCount: Math.min(limit.maxBytes, (bavail * bsize) / 2) };
  const carried = await copyFolder('', { ...options, emptyGitDir: gitDir, room, ...limit }, 0);
  if (carried.kind === 'unsuitable') return carried;
  rmSync(gitDir, { recursive: true, force: true });
  const joined = joinRepository({ from, to, gitDir });
  return joined.kind === 'unknown'
    ? unsuitable('its repository is of a form not known here')
    : { ...carried, commonDir: joined.commonDir };
}

function unsuitable(why: string): MadeTree {
  return { kind: 'unsuitable', why };
}

/** The folder above that it may take packages or settings from. */
function partOf(folder: string): string | undefined {
  if (existsSync(path.join(folder, '.git'))) return undefined;
  for (let above = path.dirname(folder); above !== path.dirname(above); above = path.dirname(above)) {
    if (['.git', 'node_modules'].some((name) => existsSync(path.join(above, name)))) return above;
  }
  return undefined;
}

async function copyFolder(
  name: string,
  options: MakeTreeOptions & Pick<ListingGit, 'emptyGitDir'> & Bound & { readonly room: DiskRoom },
  depth: number,
): Promise<MadeTree> {
  const between = { from: path.join(options.from, name), to: path.join(options.to, name) };
  const listed = await listingOf(between.from, options);
  if (listed === undefined) return unsuitable('git cannot say what lies in it');
  const { room, maxFiles, why } = options;
  if (listed.files.length > maxFiles) return unsuitable(`it has more than ${maxFiles} files${why}`);
  const { files, ignored, empty } = withoutOurs(listed, between.from, options.closed);
  // Of submodules the index knows the name alone, and a folder stands there.
  const modules = await copyFiles(files, between, room);
  if (modules === undefined) return unsuitable(`it is too large for a copy${why}`);
  for (const folder of empty) mkdirSync(path.join(between.to, folder), { recursive: true });
  const carried = await carryIgnored(ignored, between);
  if (carried.objection !== undefined) return unsuitable(carried.objection);
  const links = carried.links.map((one) => path.posix.join(name, one));
  const forced = listed.forced.map((one) => path.posix.join(name, one));
  for (const inner of new Set([...modules, ...listed.repositories])) {
    if (depth === MAX_DEPTH) return unsuitable('repositories lie too deep in it');
    const made = await copyFolder(path.posix.join(name, inner), options, depth + 1);
    if (made.kind === 'unsuitable') return made;
    links.push(...made.links);
    forced.push(...made.forced);
  }
  return { kind: 'made', links, forced };
}

function withoutOurs(listed: FolderListing, folder: string, closed: readonly string[]): FolderListing {
  const ours = closed
    .map((place) => path.relative(folder, place))
    .filter((name) => name !== '' && !name.startsWith('..'));
  const isOurs = (name: string): boolean =>
    ours.some((one) => name === one || name.startsWith(`${one}/`) || name === `${one}/`);
  return {
    ...listed,
    files: listed.files.filter((name) => !isOurs(name)),
    ignored: listed.ignored.filter((name) => !isOurs(name)),
    empty: listed.empty.filter((name) => !isOurs(name)),
  };
}

/** One without a commit, for what git says of a folder that has none. */
export function emptyRepository(gitDir: string): void {
  for (const name of ['objects', 'refs']) mkdirSync(path.join(gitDir, name), { recursive: true, mode: 0o700 });
  writeFileSync(path.join(gitDir, 'HEAD'), 'ref: refs/heads/main\n');
}

/**
 * Lets git see the copy as one more work tree of the user's repository, of which that repository knows nothing: what git keeps
 * of a work tree may lie anywhere (gitrepository-layout(5), `commondir`). A commit in it moves no branch.
 */
function joinRepository({ from, to, gitDir }: CopyBetween & { readonly gitDir: string }): Joined {
  if (!existsSync(path.join(from, '.git'))) return { kind: 'joined', commonDir: undefined };
  const own = gitDirOf(from);
  const commonDir = commonDirOf(from);
  // Which commit is checked out stands in a form of its own where references are kept in tables.
  if (own === undefined || commonDir === undefined || existsSync(path.join(commonDir, 'reftable')))
    return { kind: 'unknown' };
  mkdirSync(gitDir, { recursive: true, mode: 0o700 });
  const head = headOf(own, commonDir);
  writeFileSync(path.join(gitDir, 'HEAD'), `${head}\n`);
  writeFileSync(path.join(gitDir, 'commondir'), `${commonDir}\n`);
  writeFileSync(path.join(gitDir, 'gitdir'), `${path.join(to, '.git')}\n`);
  for (const name of namesIn(own)) {
    if (name === 'index' || name.startsWith('sharedindex.'))
      copyFileSync(path.join(own, name), path.join(gitDir, name));
  }
  writeFileSync(path.join(to, '.git'), `gitdir: ${gitDir}\n`);
  return { kind: 'joined', commonDir };
}

type Joined = { readonly kind: 'joined'; readonly commonDir: string | undefined } | { readonly kind: 'unknown' };

const COMMIT = /^[\da-f]{40}(?:[\da-f]{24})?$/u;

/** The commit, not the branch; of a branch without one its name. */
function headOf(own: string, commonDir: string): string {
  const head = (wholeTextOf(path.join(own, 'HEAD')) ?? '').trim();
  const branch = /^ref: (refs\/\S+)$/u.exec(head)?.[1];
  if (branch === undefined) return head;
  const loose = (wholeTextOf(path.join(commonDir, branch)) ?? '').trim();
  if (COMMIT.test(loose)) return loose;
  const packed = wholeTextOf(path.join(commonDir, 'packed-refs')) ?? '';
  const line = packed.split('\n').find((one) => one.endsWith(` ${branch}`));
  return line?.split(' ')[0] ?? head;
}
