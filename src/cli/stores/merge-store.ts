import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { withRecords } from '../../app/keep-records.ts';
import { copyStore, type CopyReport } from '../../app/stores/copy-store.ts';
import { openShelves } from '../../app/stores/open-shelves.ts';
import type { StoreConfig } from '../../config/config.ts';
import { PointsmanError } from '../../domain/errors.ts';
import { createFolderGate } from '../../trust/folder-gate.ts';
import { SET_ASIDE, STORE_NAME } from '../../trust/store-name.ts';
import { hasOwnStore } from '../../trust/store-owner.ts';
import { userStoreDir } from '../../trust/user-folders.ts';
import type { CommandIo } from '../input/command.ts';
import { wrapped } from '../width/wrapped.ts';

/** A store that a folder keeps for itself, and the one for all folders that it may go into. */
export interface FolderStore {
  readonly dir: string;
  /** A folder, or `postgres://…`. */
  readonly target: string;
  readonly callCount: number;
  readonly megabytes: number;
}

export interface MergeReport extends CopyReport {
  /** Where the old files lie now. */
  readonly asideDir: string;
  /** Key files that the other store had, and that were therefore not taken. */
  readonly keptApart: readonly string[];
}

/** What a project's own things are called in the same folder: they stay. */
const NOT_THE_STORES: ReadonlySet<string> = new Set(['agents', 'policies', 'memory', '.gitignore']);
const KEY_FILES = ['access-keys.json', 'secrets.json'];

/**
 * The store that lies in a folder and is ours; `undefined`: it has none, or it is the one that is used by name.
 * @throws PointsmanError `record-unreadable`
 */
export async function findFolderStore(
  folder: string,
  { env }: Pick<CommandIo, 'env'>,
): Promise<FolderStore | undefined> {
  const dir = path.join(folder, STORE_NAME);
  const target = env['POINTSMAN_STORE'] ?? userStoreDir(env);
  if (target === undefined || path.resolve(folder, target) === dir || !hasOwnStore(folder, 'anything'))
    return undefined;
  if (createFolderGate({ env }).storeDir(folder) !== dir) return undefined;
  const records = await withRecords({ store: { kind: 'sqlite', dir } }, async (place) => place.summary());
  const place = target.includes('://') ? target : path.resolve(folder, target);
  return {
    dir,
    target: place,
    callCount: records?.callCount ?? 0,
    megabytes: Math.ceil((records?.sizeBytes ?? 0) / 1e6),
  };
}

/**
 * Adds all that a folder's own store holds to the other one, then sets its files aside, so that the other one is used from then on.
 * Nothing is removed.
 * @throws PointsmanError `request-invalid` where somebody works on either
 */
export async function mergeFolderStore(store: FolderStore, { env, signal }: CommandIo): Promise<MergeReport> {
  const gate = createFolderGate({ env });
  const claim = (place: string, text?: string): void => gate.claim(place, text);
  const source = await openShelves(store.dir, { mustExist: true, claim: () => undefined });
  let report: CopyReport;
  try {
    const target = await openShelves(store.target, { mustExist: false, claim });
    try {
      const targetMachine = store.target.includes('://') ? '' : hostname();
      report = await copyStore(source, target, { merge: true, machine: hostname(), targetMachine, signal });
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
  const keptApart = takeKeys(store, claim);
  return { ...report, asideDir: setAside(store.dir), keptApart };
}

/** Of a store in a folder; PostgreSQL takes access keys with the rest. */
function takeKeys({ dir, target }: FolderStore, claim: (place: string, text: string) => void): readonly string[] {
  const apart: string[] = [];
  for (const name of KEY_FILES) {
    const from = path.join(dir, name);
    const to = path.join(target, name);
    if (!existsSync(from)) continue;
    const text = readFileSync(from, 'utf8');
    const isThere = !target.includes('://') && existsSync(to);
    if (isThere && readFileSync(to, 'utf8') === text) continue;
    if (isThere || target.includes('://')) apart.push(name);
    else {
      copyFileSync(from, to);
      claim(to, text);
    }
  }
  return apart;
}

function setAside(dir: string): string {
  const aside = path.join(dir, `${SET_ASIDE}${new Date().toISOString().replaceAll(/[:.]/gu, '-')}`);
  mkdirSync(aside, { mode: 0o700 });
  // Words of models stand in it in clear.
  writeFileSync(path.join(aside, '.gitignore'), '*\n');
  for (const name of readdirSync(dir)) {
    if (!NOT_THE_STORES.has(name) && !name.startsWith(SET_ASIDE))
      renameSync(path.join(dir, name), path.join(aside, name));
  }
  return aside;
}

/** For whoever looks around, or begins to work here. */
export function folderStoreLine({ dir, target, callCount, megabytes }: FolderStore): string {
  const held = `${callCount} ${callCount === 1 ? 'call' : 'calls'}, ${megabytes} MB`;
  return `${dir} is a store of its own (${held}): what happens here is counted there, and not in ${shownPlace(target)}. "pointsman store merge" puts it there; "store: ${STORE_NAME}" in the configuration keeps it without this word.`;
}

/** For a command that writes: a store that nobody named is told of each time, until it is merged or named. */
export async function warnOfFolderStore(
  store: StoreConfig,
  folder: string,
  io: Pick<CommandIo, 'env' | 'stderr'>,
): Promise<void> {
  if (store.kind !== 'sqlite' || store.isFound !== true) return;
  const found = await findFolderStore(folder, io);
  if (found !== undefined) io.stderr(`${wrapped(folderStoreLine(found))}\n`);
}

/** Without a password. */
function shownPlace(target: string): string {
  return target.includes('://') ? 'PostgreSQL' : target;
}

/** @throws PointsmanError `not-found` */
export async function requireFolderStore(folder: string, io: CommandIo): Promise<FolderStore> {
  const found = await findFolderStore(folder, io);
  if (found !== undefined) return found;
  throw new PointsmanError('not-found', `${folder} has no store of its own that is yours.`, {
    hint: `It would lie in ${STORE_NAME}. Another store is added with: pointsman store copy FROM TO --merge.`,
  });
}
