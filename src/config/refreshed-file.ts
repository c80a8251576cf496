import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { RefreshedPrices } from '../catalog/listed-prices.ts';
import { parseRefreshedPrices } from '../catalog/refreshed-prices.ts';
import type { Environment } from '../domain/environment.ts';
import { PointsmanError } from '../domain/errors.ts';
import { userDataDir } from '../trust/user-folders.ts';

const FILE = 'prices.json';
const BEFORE = 'prices.before.json';

/**
 * Prices that the user has refreshed; `undefined`: there are none.
 * @throws PointsmanError `catalog-invalid` for a file that is none of ours
 */
export function readRefreshedFile(env: Environment): RefreshedPrices | undefined {
  const dir = userDataDir(env);
  const text = dir === undefined ? undefined : textAt(path.join(dir, FILE));
  return text === undefined ? undefined : parseRefreshedPrices(text, FILE);
}

/**
 * Stores what a refresh brought, and keeps what it replaces for `undo`.
 * @throws PointsmanError `config-invalid` for a user without a folder, `catalog-invalid` for what could not be read again
 */
export function writeRefreshedFile(env: Environment, refreshed: RefreshedPrices): string {
  const dir = dataDir(env);
  const text = `${JSON.stringify(refreshed)}\n`;
  // What could not be read again would stop every later command.
  parseRefreshedPrices(text, FILE);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const file = path.join(dir, FILE);
  const before = textAt(file);
  if (before === undefined) rmSync(path.join(dir, BEFORE), { force: true });
  else writeWhole(path.join(dir, BEFORE), before);
  writeWhole(file, text);
  return file;
}

/** Goes back to what was before the last refresh. `undefined`: to the prices that this version comes with. */
export function undoRefreshedFile(env: Environment): RefreshedPrices | undefined {
  const dir = dataDir(env);
  const before = textAt(path.join(dir, BEFORE));
  rmSync(path.join(dir, BEFORE), { force: true });
  if (before === undefined) {
    rmSync(path.join(dir, FILE), { force: true });
    return undefined;
  }
  writeWhole(path.join(dir, FILE), before);
  return parseRefreshedPrices(before, FILE);
}

function dataDir(env: Environment): string {
  const dir = userDataDir(env);
  if (dir !== undefined) return dir;
  throw new PointsmanError('config-invalid', 'This user has no folder for data.', {
    hint: 'Set HOME or XDG_DATA_HOME.',
  });
}

/** The whole file or nothing of it, should the process end meanwhile. */
export function writeWhole(file: string, text: string): void {
  const draft = `${file}.${process.pid}.tmp`;
  writeFileSync(draft, text, { mode: 0o600 });
  renameSync(draft, file);
}

function textAt(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return undefined;
    throw thrown;
  }
}
