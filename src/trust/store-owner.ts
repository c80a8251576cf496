import { randomBytes } from 'node:crypto';
import { type Dirent, existsSync, lstatSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Environment } from '../domain/environment.ts';
import { PointsmanError } from '../domain/errors.ts';
import { digestOf, type BroughtFile } from './brought-files.ts';
import { realPath } from './real-path.ts';
import { SET_ASIDE, STORE_NAME } from './store-name.ts';
import type { TrustFile } from './trust-file.ts';
import { userStoreDir } from './user-folders.ts';

const OWNER_FILE = 'owner';
/** They decide who may call and with which keys, so each is known by its content, not only by its place. */
const KEY_FILES = ['access-keys.json', 'secrets.json'];
/** What a store begins with; agents and policies of a folder may lie beside it. */
const STORE_FILES = ['jobs.db', 'records.db', 'money.db', ...KEY_FILES];
/** Agents and policies that lie beside are the folder's. */
const IGNORED = '*.db*\n/live/\n/trees/\n/access-keys.json*\n/secrets.json*\n/owner\n/.gitignore\n';
/** What is brought under the same name and is judged by itself, or may be anybody's, as what is remembered: it is data. */
const NO_STORE: ReadonlySet<string> = new Set(['agents', 'policies', 'memory', '.gitignore', OWNER_FILE, ...KEY_FILES]);

/**
 * What lies in the folder's store and was not put there by us for this user: its jobs could be resumed, its records would
 * teach the router, its keys would open the gateway. A store of ours holds a token that the user's book knows.
 */
export function foreignStore(folder: string, trusted: TrustFile): readonly BroughtFile[] {
  const dir = path.join(folder, STORE_NAME);
  const entries = entriesIn(dir);
  const names = entries.map((entry) => entry.name);
  const keys = KEY_FILES.filter((name) => names.includes(name) && !isOwnFile(path.join(dir, name), trusted));
  // What is written through a link lands wherever its maker wants it to.
  const brought = isLink(dir) || entries.some((entry) => !isNoStore(entry.name) || entry.isSymbolicLink());
  const data = brought && !isOwnStore(dir, trusted);
  return [
    ...(data ? [{ kind: 'store', file: dir, name: STORE_NAME, text: names.join('\n') } as const] : []),
    ...keys.map((name) => ({
      kind: 'keys' as const,
      file: path.join(dir, name),
      name: path.join(STORE_NAME, name),
      text: readIfThere(path.join(dir, name)),
    })),
  ];
}

function isNoStore(name: string): boolean {
  return NO_STORE.has(name) || name.startsWith(SET_ASIDE);
}

/** Leaves our token in a store that we made, or that the user said yes to. */
export function claimStore(dir: string, trusted: TrustFile): void {
  if (!existsSync(dir)) return;
  if (!isLink(dir)) hideFromGit(dir);
  if (path.basename(dir) !== STORE_NAME || isOwnStore(dir, trusted)) return;
  // A link to a store of ours that the user said yes to leaves that store's own token where it is.
  const target = realPath(dir);
  const token = isOwnStore(target, trusted) ? trusted.read('stores', target) : undefined;
  trusted.write('stores', placeOf(dir), token ?? leaveToken(dir));
}

/** What is said to models stands in a store in clear: it goes into nobody's repository. What is there under this name stays. */
function hideFromGit(dir: string): void {
  try {
    writeFileSync(path.join(dir, '.gitignore'), IGNORED, { flag: 'wx' });
  } catch {
    // It is there, or nothing can be written here, which whoever writes the store says.
  }
}

function leaveToken(dir: string): string {
  const token = randomBytes(16).toString('hex');
  try {
    rmSync(path.join(dir, OWNER_FILE), { force: true });
    writeFileSync(path.join(dir, OWNER_FILE), `${token}\n`, { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    throw new PointsmanError('record-unwritable', `The store ${dir} cannot be written.`, { cause });
  }
  return token;
}

/** Remembers a key file as written by us. */
export function claimFile(file: string, text: string, trusted: TrustFile): void {
  trusted.write('files', realPath(file), digestOf(text));
}

/** Whether jobs, records or keys are kept in the folder itself; `keys`: whether these are. */
export function hasOwnStore(folder: string, what: 'anything' | 'keys'): boolean {
  const files = what === 'keys' ? KEY_FILES : STORE_FILES;
  return entriesIn(path.join(folder, STORE_NAME)).some(({ name }) => files.includes(name));
}

/**
 * Where jobs, records and keys are kept where a folder does not keep its own.
 * @throws PointsmanError `config-invalid` for a user without a data folder, where that of the folder is somebody else's
 */
export function sharedStore(folder: string, env: Environment, isForeign: boolean): string {
  const dir = userStoreDir(env);
  if (dir !== undefined) return dir;
  if (!isForeign) return path.join(folder, STORE_NAME);
  throw new PointsmanError('config-invalid', `The store ${path.join(folder, STORE_NAME)} was not made by you.`, {
    hint: 'Name another folder with POINTSMAN_STORE, or say that you trust this one with --trust.',
  });
}

function isOwnStore(dir: string, trusted: TrustFile): boolean {
  const known = trusted.read('stores', placeOf(dir));
  return known !== undefined && readIfThere(path.join(dir, OWNER_FILE))?.trim() === known;
}

function isOwnFile(file: string, trusted: TrustFile): boolean {
  return trusted.read('files', realPath(file)) === digestOf(readIfThere(file) ?? '');
}

/** The folder that holds the store is followed, the store's own name is not: a link to a store of ours is no store of ours. */
function placeOf(dir: string): string {
  return path.join(realPath(path.dirname(dir)), path.basename(dir));
}

function isLink(file: string): boolean {
  return lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

function entriesIn(dir: string): readonly Dirent[] {
  try {
    return readdirSync(dir, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    return [];
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
