import { promises as fs } from 'node:fs';
import path from 'node:path';
import type { Environment } from '../../domain/environment.ts';
import { isInside } from '../confine-path.ts';
import { type BlobStore, openBlobStore } from '../work-tree/blob-store.ts';
import { type FileChange, type FileState, isSameState, netChanges, reversed } from '../work-tree/file-change.ts';
import { stateOf } from '../work-tree/file-states.ts';
import { inTurns } from '../work-tree/in-turns.ts';
import { direntsOf, lstatOf } from '../work-tree/look-at.ts';
import { putBack } from '../work-tree/put-back.ts';
import { keptFolderOf } from '../work-tree/work-tree.ts';
import { repositoryPlaces } from './repository-places.ts';

/** What became of one repository itself, beside the files that are checked out of it. Plain data, for journals. */
export interface RepositoryChange {
  /** A whole path: that of its `.git`, or of where that leads. Names are relative to the folder that it lies in. */
  readonly place: string;
  readonly files: readonly FileChange[];
  /** Folders that were there: a repository without them is none. */
  readonly folders: readonly string[];
  /** It was not there before: it goes whole, or stays whole. */
  readonly isNew: boolean;
  /** Names of what is gone or was written over, and was too large to be kept. */
  readonly lost: readonly string[];
}

/** `held`: what runs cannot write those that are there, and could make one, or put one in the place of a link to one. */
export type RepositoryReach = 'held' | 'free';

/** The repositories of a user's folder over time, where something works in that folder that might write them. */
export interface KeptRepositories {
  readonly places: () => Promise<readonly string[]>;
  /** @returns what `changesSince` needs, for journals; `undefined`: nothing there can be written */
  readonly before: (reach: RepositoryReach) => Promise<string | undefined>;
  readonly changesSince: (before: string) => Promise<readonly RepositoryChange[]>;
  /**
   * Makes them what they were.
   * @param what `acting`: settings, hooks and the like alone, not which commits there are: those may be somebody else's by now
   * @returns what was done, and the names of what somebody has changed since, or whose bytes are not kept any more
   */
  readonly putBack: (changes: readonly RepositoryChange[], what: 'all' | 'acting') => Promise<PutBack>;
}

export interface PutBack {
  readonly done: readonly RepositoryChange[];
  readonly blocked: readonly string[];
}

interface Taken {
  readonly place: string;
  /** `undefined`: nothing that runs can write it. */
  readonly files: readonly (readonly [name: string, state: FileState])[] | undefined;
  readonly folders: readonly string[];
  readonly keepsObjects: boolean;
}

/** More of commits and files than this is not kept once more; nobody but a program that means harm takes it away. */
const MAX_OBJECT_BYTES = 64 * 1024 ** 2;
const OBJECTS = /(?:^|\/)objects\//u;
/** What says which commits there are, and what was staged of them. */
const HISTORY =
  /(?:^|\/)(?:objects|refs|logs|rebase-merge|rebase-apply|sequencer)\/|(?:^|\/)(?:index|[A-Z]+_?HEAD|packed-refs|COMMIT_EDITMSG|MERGE_\w+)$/u;
const UNKEPT = 'unkept';

export function openKeptRepositories(
  workspace: string,
  { dir, env }: { readonly dir: string; readonly env: Environment },
): KeptRepositories {
  const blobs = openBlobStore(path.join(keptFolderOf(dir, workspace), 'objects'));
  const known = new Map<string, { readonly key: string; readonly state: FileState | null }>();
  let found: Promise<readonly string[]> | undefined;
  const places = async (): Promise<readonly string[]> => (found ??= repositoryPlaces(workspace, env));
  const take = async (place: string, options: Partial<Pick<Taken, 'keepsObjects'>> = {}): Promise<Taken> =>
    takeOne(place, { blobs, known, ...options });
  return {
    places,
    before: async (reach) => {
      const own = path.join(workspace, '.git');
      const all = [...new Set([own, ...(await places())])];
      const taken: Taken[] = [];
      for (const place of all)
        taken.push(
          reach === 'held' && isThere(place)
            ? { place, files: undefined, folders: [], keepsObjects: true }
            : await take(place),
        );
      if (taken.every(({ files }) => files === undefined)) return undefined;
      return blobs.keep(Buffer.from(JSON.stringify(taken)));
    },
    changesSince: async (before) => {
      const was = JSON.parse((await blobs.read(before))?.toString() ?? '[]') as readonly Taken[];
      const changes: RepositoryChange[] = [];
      for (const one of was) {
        if (one.files === undefined) continue;
        const isNew = one.files.length === 0 && one.folders.length === 0;
        const change = changeBetween(
          one,
          await take(one.place, isNew ? {} : { keepsObjects: one.keepsObjects }),
          isNew,
        );
        if (change.files.length + change.lost.length > 0) changes.push(change);
      }
      return changes;
    },
    putBack: async (changes, what) => putAllBack(changes, { what, blobs }),
  };
}

/** A folder or a file; a link could be replaced by one. */
function isThere(place: string): boolean {
  const stat = lstatOf(place);
  return stat !== undefined && !stat.isSymbolicLink();
}

interface TakeOptions extends Partial<Pick<Taken, 'keepsObjects'>> {
  readonly blobs: BlobStore;
  readonly known: Map<string, { readonly key: string; readonly state: FileState | null }>;
}

async function takeOne(place: string, { blobs, known, keepsObjects: given }: TakeOptions): Promise<Taken> {
  const folder = path.dirname(place);
  const { names, folders } = await allIn(place);
  const seen: { readonly name: string; readonly key: string; readonly byteCount: number }[] = [];
  await inTurns(names, (name) => {
    const stat = lstatOf(path.join(folder, name));
    if (stat === undefined) return;
    seen.push({
      name,
      byteCount: stat.size,
      key: [stat.ino, stat.size, stat.mtimeMs, stat.ctimeMs, stat.mode].join(' '),
    });
  });
  const objects = seen.filter(({ name }) => OBJECTS.test(name));
  const keepsObjects = given ?? objects.reduce((sum, { byteCount }) => sum + byteCount, 0) <= MAX_OBJECT_BYTES;
  const files: (readonly [string, FileState])[] = [];
  for (const { name, key } of seen) {
    if (!keepsObjects && OBJECTS.test(name)) {
      files.push([name, { mode: '100644', id: `${UNKEPT} ${key}` }]);
      continue;
    }
    const file = path.join(folder, name);
    const last = known.get(file);
    const state = last?.key === key ? last.state : await stateOf(folder, name, blobs);
    known.set(file, { key, state });
    if (state !== null) files.push([name, state]);
  }
  return { place, files, folders, keepsObjects };
}

/** Files and links, and folders; none of what links lead to. */
async function allIn(
  place: string,
): Promise<{ readonly names: readonly string[]; readonly folders: readonly string[] }> {
  const stat = lstatOf(place);
  const top = path.basename(place);
  if (stat === undefined) return { names: [], folders: [] };
  if (!stat.isDirectory()) return { names: [top], folders: [] };
  const names: string[] = [];
  const folders = [top];
  await inTurns(folders, (at) => {
    for (const entry of direntsOf(path.join(path.dirname(place), at)) ?? []) {
      const name = `${at}/${entry.name}`;
      if (entry.isDirectory()) folders.push(name);
      else if (entry.isFile() || entry.isSymbolicLink()) names.push(name);
    }
  });
  return { names, folders };
}

function changeBetween(was: Taken, now: Taken, isNew: boolean): RepositoryChange {
  const before = new Map(was.files);
  const after = new Map(now.files);
  const files: FileChange[] = [];
  const lost: string[] = [];
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    const one = before.get(name) ?? null;
    const other = after.get(name) ?? null;
    // What was added there alters nothing, and may be all that is left of a commit of the user’s own.
    if (isSameState(one, other) || (one === null && was.folders.length > 0 && OBJECTS.test(name))) continue;
    if (one?.id.startsWith(UNKEPT) === true) lost.push(name);
    else files.push({ name, before: one, after: other });
  }
  return { place: was.place, files, folders: was.folders.filter((name) => !OBJECTS.test(`${name}/`)), isNew, lost };
}

async function putAllBack(
  changes: readonly RepositoryChange[],
  { what, blobs }: { readonly what: 'all' | 'acting'; readonly blobs: BlobStore },
): Promise<PutBack> {
  const done: RepositoryChange[] = [];
  const blocked: string[] = [];
  for (const one of joined(changes)) {
    const folder = path.dirname(one.place);
    const files = one.files.filter(({ name }) => what === 'all' || one.isNew || !HISTORY.test(name));
    const options = { workspace: folder, blobs, read: async (id: string) => blobs.read(id) };
    const left = [
      ...(await putBack(files.filter(goes), { ...options, inTheWay: one.isNew ? 'stop' : 'leave' })),
      ...(await withoutEmpty(one.place, one.folders).then(async () =>
        putBack(
          files.filter((file) => !goes(file)),
          { ...options, inTheWay: 'leave' },
        ),
      )),
    ];
    for (const name of one.folders) await fs.mkdir(path.join(folder, name), { recursive: true }).catch(() => undefined);
    blocked.push(...[...left, ...one.lost].map((name) => path.join(folder, name)));
    const moved = one.isNew && left.length > 0 ? [] : files.filter(({ name }) => !left.includes(name));
    if (moved.length > 0) done.push({ ...one, files: moved, lost: [] });
  }
  return { done, blocked };
}

function goes({ before }: FileChange): boolean {
  return before === null;
}

/** Folders that came with what is gone by now, from the inside out. */
async function withoutEmpty(place: string, had: readonly string[]): Promise<void> {
  const { folders } = await allIn(place);
  // Where there was none, its folders of objects go, too.
  const isLeft = (name: string): boolean => had.includes(name) || (had.length > 0 && OBJECTS.test(`${name}/`));
  for (const name of folders.toReversed()) {
    if (!isLeft(name)) await fs.rmdir(path.join(path.dirname(place), name)).catch(() => undefined);
  }
}

/** What several changes in a row come to, by repository. */
function joined(changes: readonly RepositoryChange[]): readonly RepositoryChange[] {
  const places = new Map<string, RepositoryChange[]>();
  for (const change of changes) places.set(change.place, [...(places.get(change.place) ?? []), change]);
  return [...places].map(([place, all]) => ({
    place,
    files: netChanges(all.flatMap(({ files }) => files)),
    folders: [...new Set(all.filter(({ isNew }) => !isNew).flatMap(({ folders: had }) => had))],
    isNew: all[0]?.isNew === true,
    lost: [...new Set(all.flatMap(({ lost }) => lost))],
  }));
}

/** As their user would name them. Pure. */
export function namesOfChanges(changes: readonly RepositoryChange[], workspace: string): readonly string[] {
  const all = changes.flatMap(({ place, files, lost }) =>
    [...files.map(({ name }) => name), ...lost].map((name) => path.join(path.dirname(place), name)),
  );
  return [...new Set(all)].map((place) => (isInside(workspace, place) ? path.relative(workspace, place) : place));
}

/** The way back. Pure. */
export function reversedRepositories(changes: readonly RepositoryChange[]): readonly RepositoryChange[] {
  return changes.map((change) => ({ ...change, files: reversed(change.files) }));
}
