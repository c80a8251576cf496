import { createHash, randomBytes } from 'node:crypto';
import { type Dirent, existsSync, lstatSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Environment } from '../domain/environment.ts';
import { PointsmanError } from '../domain/errors.ts';
import { digestOf, type BroughtFile } from './brought-files.ts';
import { realPath } from './real-path.ts';
import { STORE_NAME } from './store-name.ts';
import type { TrustFile } from './trust-file.ts';
import { userDataDir } from './user-folders.ts';

const OWNER_FILE = 'owner';
/** They decide who may call and with which keys, so each is known by its content, not only by its place. */
const KEY_FILES = ['access-keys.json', 'secrets.json'];
/** What is brought under the same name and is judged by itself. */
const NO_STORE: ReadonlySet<string> = new Set(['agents', '.gitignore', OWNER_FILE, ...KEY_FILES]);

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
  const brought = isLink(dir) || entries.some((entry) => !NO_STORE.has(entry.name) || entry.isSymbolicLink());
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

/** Leaves our token in a store that we made, or that the user said yes to. */
export function claimStore(dir: string, trusted: TrustFile): void {
  if (path.basename(dir) !== STORE_NAME || !existsSync(dir) || isOwnStore(dir, trusted)) return;
  // A link to a store of ours that the user said yes to leaves that store's own token where it is.
  const target = realPath(dir);
  const token = isOwnStore(target, trusted) ? trusted.read('stores', target) : undefined;
  trusted.write('stores', placeOf(dir), token ?? leaveToken(dir));
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

/**
 * Where a folder's jobs and records are kept while its own store is somebody else's: in the user's data folder.
 * @throws PointsmanError `config-invalid` for a user without one
 */
export function storeBesides(folder: string, env: Environment): string {
  const dir = userDataDir(env);
  const name = createHash('sha256').update(folder).digest('hex').slice(0, 16);
  if (dir !== undefined) return path.join(dir, 'stores', name, STORE_NAME);
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
