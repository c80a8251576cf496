import { createHash } from 'node:crypto';
import { promises as fs } from 'node:fs';
import path from 'node:path';
import type { Environment } from '../../domain/environment.ts';
import { PointsmanError } from '../../domain/errors.ts';
import { findProgram } from '../command-runner/find-program.ts';
import { isInside } from '../confine-path.ts';
import { type BlobStore, openBlobStore } from './blob-store.ts';
import { type FileChange, type FileState, isSameState } from './file-change.ts';
import { stateOf } from './file-states.ts';
import { mergeBack, type MergedBack } from './merge-back.ts';
import { type NamedOtherwise, namedOtherwise } from './named-otherwise.ts';
import { putBack } from './put-back.ts';
import { commonDirOf } from './repository-of.ts';
import { createShadowGit, MAX_KEPT_BYTES, MAX_KEPT_FILES, type ShadowGit } from './shadow-git.ts';

/** How files stood before something was done. Plain data, for journals. */
export type TreeBefore =
  | { readonly kind: 'files'; readonly states: readonly (readonly [name: string, state: FileState | null])[] }
  /** `null`: nobody could say. */
  | { readonly kind: 'tree'; readonly tree: string | null };

/** The files of a workspace over time. What they held is kept where only the user can read it; nothing is left in the workspace. */
export interface WorkTree {
  /** @param names what may change; `undefined`: nobody knows */
  readonly before: (names: readonly string[] | undefined) => Promise<TreeBefore>;
  readonly changesSince: (before: TreeBefore) => Promise<readonly FileChange[]>;
  /** One patch that `git apply` takes; `undefined` where there is no git. */
  readonly diff: (changes: readonly FileChange[]) => Promise<Buffer | undefined>;
  /** `undefined`: it is not kept any more. */
  readonly read: (state: FileState) => Promise<Buffer | undefined>;
  /**
   * Makes files what they were before their changes.
   * @returns the names of those that somebody else has changed since; with `stop`, then nothing is done
   */
  readonly putBack: (changes: readonly FileChange[], inTheWay: 'stop' | 'leave') => Promise<readonly string[]>;
  /** The same changes with a folder named otherwise in what they leave. */
  readonly named: (changes: readonly FileChange[], names: NamedOtherwise) => Promise<readonly FileChange[]>;
  /** Makes files what their changes left them, beside what somebody else did to them since; all or nothing. */
  readonly mergeBack: (changes: readonly FileChange[]) => Promise<MergedBack>;
}

interface WorkTreeOptions {
  /** Where what files held is kept. */
  readonly dir: string;
  readonly env: Environment;
  /** Folders that are ours, absolute. */
  readonly closed: readonly string[];
  /** It is a copy of another one: what files held is kept with that one. Absent: it is none. */
  readonly copy?: TreeCopy | undefined;
}

/** A folder in which a job works instead of its user's. */
export interface TreeCopy {
  /** The user's folder. */
  readonly of: string;
  /** For git's index of the copy. */
  readonly gitDir: string;
  /** Names in it that lead to the user's folder. */
  readonly links: readonly string[];
  /** Names of files in it that are looked at although a pattern ignores them. */
  readonly forced: readonly string[];
}

export function openWorkTree(workspace: string, { dir, env, closed, copy }: WorkTreeOptions): WorkTree {
  const repository = copy?.of ?? workspace;
  const own = keptFolderOf(dir, repository);
  const objects = path.join(own, 'objects');
  const blobs = openBlobStore(objects);
  const searchPath = env['PATH'] ?? '';
  const ours = closed
    .filter((folder) => folder !== workspace && isInside(workspace, folder))
    .map((folder) => path.relative(workspace, folder));
  const program = gitProgram(workspace, searchPath);
  const git = createShadowGit({
    dir: copy?.gitDir ?? own,
    objects,
    workspace,
    repository,
    git: program,
    path: searchPath,
    left: [...ours, ...(copy?.links ?? [])],
    forced: copy?.forced,
  });
  const read = async (id: string): Promise<Buffer | undefined> => (await blobs.read(id)) ?? git.read(id);
  let isSmall: Promise<boolean> | undefined;
  const state = (name: string): Promise<FileState | null> => stateOf(workspace, name, blobs);
  return {
    before: async (names) => {
      await markUsed(own);
      if (names !== undefined) {
        // One after the other: a folder of many files is not held in memory, nor open, at once.
        const states: (readonly [string, FileState | null])[] = [];
        for (const name of names) states.push([name, await state(name)]);
        return { kind: 'files', states };
      }
      isSmall ??= copy === undefined ? mayBeTaken(workspace, git) : Promise.resolve(true);
      if (!(await isSmall)) return { kind: 'tree', tree: null };
      const taken = await git.take();
      if (taken === undefined && copy !== undefined) throw unseen();
      return { kind: 'tree', tree: taken ?? null };
    },
    changesSince: async (before) => {
      if (before.kind === 'tree') {
        const now = before.tree === null ? undefined : await git.take();
        if (now === undefined && copy !== undefined) throw unseen();
        if (before.tree === null || now === undefined) return [];
        const seen = await git.between(before.tree, now);
        await keepOwn(seen, blobs, git);
        return Promise.all(seen.map(async (change) => withReaders(workspace, change)));
      }
      const changes: FileChange[] = [];
      for (const [name, was] of before.states) changes.push({ name, before: was, after: await state(name) });
      return changes.filter((change) => !isSameState(change.before, change.after));
    },
    diff: async (changes) => (changes.length === 0 ? Buffer.alloc(0) : git.diff(changes)),
    read: async ({ id }) => read(id),
    named: async (changes, names) => namedOtherwise(changes, names, { blobs, read }),
    putBack: async (changes, inTheWay) => putBack(changes, { workspace, blobs, read, inTheWay }),
    mergeBack: async (changes) => mergeBack(changes, { workspace, blobs, read, git: program, path: searchPath }),
  };
}

/** Where what a workspace held is kept. */
export function keptFolderOf(dir: string, workspace: string): string {
  return path.join(dir, createHash('sha256').update(workspace).digest('hex').slice(0, 16));
}

/** What the user's repository holds goes with it: what is needed for the way back is kept here, too. */
async function keepOwn(changes: readonly FileChange[], blobs: BlobStore, git: ShadowGit): Promise<void> {
  const ids = new Set(changes.flatMap(({ before, after }) => [before, after]).flatMap((one) => one?.id ?? []));
  const missing: string[] = [];
  for (const id of ids) if (!(await blobs.has(id))) missing.push(id);
  for (const bytes of await git.readAll(missing)) await blobs.keep(bytes);
}

/** What has not been used for long is not kept for ever. */
async function markUsed(folder: string): Promise<void> {
  const now = new Date();
  await fs.utimes(folder, now, now).catch(() => undefined);
}

/** `undefined`: there is none, or only one that the workspace brings. */
export function gitProgram(workspace: string, searchPath: string): string | undefined {
  try {
    return findProgram(workspace, 'git', searchPath);
  } catch {
    return undefined;
  }
}

/** Unlike in a user's folder, what is not seen in a copy is lost with it. */
function unseen(): PointsmanError {
  return new PointsmanError('record-unwritable', 'Git could not say what stands in the copy in which this job works.', {
    hint: 'Free space, then resume the job; or run it with --in-place.',
  });
}

/** Git knows of a new file whether it may be started, and not who may read it. */
async function withReaders(workspace: string, change: FileChange): Promise<FileChange> {
  const { name, before, after } = change;
  if (before !== null || after === null || after.mode === '120000') return change;
  const stat = await fs.lstat(path.join(workspace, name)).catch(() => undefined);
  return stat?.isFile() === true ? { ...change, after: { ...after, permissions: stat.mode & 0o777 } } : change;
}

/** Of a repository most is kept already. A folder without one would be kept whole: only where that is little. */
async function mayBeTaken(workspace: string, git: ShadowGit): Promise<boolean> {
  if (commonDirOf(workspace) !== undefined) return true;
  const names = await git.names();
  if (names === undefined || names.length > MAX_KEPT_FILES) return false;
  let byteCount = 0;
  for (const name of names) byteCount += (await fs.lstat(path.join(workspace, name)).catch(() => undefined))?.size ?? 0;
  return byteCount <= MAX_KEPT_BYTES;
}
