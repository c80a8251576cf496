import { accessSync, constants, existsSync, mkdtempSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { openPostgresStore } from '../../app/postgres-store.ts';
import type { StoreConfig } from '../../config/config.ts';
import { toPointsmanError } from '../../domain/errors.ts';
import { fail, ok, warn, type Check } from './check.ts';
import { databaseChecks } from './database-checks.ts';

const LOW_BYTES = 500 * 1024 * 1024;
const FULL_BYTES = 20 * 1024 * 1024;

/** Whether records can be written, for how long, and whether those that are there are whole. Leaves no folder that was not there. */
export async function storeChecks(store: StoreConfig, offline: boolean): Promise<readonly Check[]> {
  if (store.kind === 'postgres') return [await postgresCheck(store, offline)];
  const existing = nearestExisting(store.dir);
  return [
    writableCheck(store.dir, existing),
    ...databaseChecks(store.dir),
    ...(store.isFound === true ? [foundCheck(store.dir)] : []),
    spaceCheck(existing),
  ];
}

/** Older versions kept one in every folder; what is in it is missing from every sum over all folders. */
function foundCheck(dir: string): Check {
  const hint = 'pointsman store merge puts it into the one for all folders; "store: .pointsman" keeps it.';
  return warn('store', `${dir} is a store of this folder alone, and nobody named it`, hint);
}

function nearestExisting(dir: string): string {
  return existsSync(dir) || dir === path.dirname(dir) ? dir : nearestExisting(path.dirname(dir));
}

function writableCheck(dir: string, existing: string): Check {
  const hint = 'Give yourself write access to it, or set another folder with "store" or POINTSMAN_STORE.';
  try {
    if (!statSync(existing).isDirectory()) return fail('store', `${existing} is a file, not a folder`, hint);
    if (existing !== dir) {
      accessSync(existing, constants.W_OK | constants.X_OK);
      // Some places say that they can be written and cannot, as /proc does.
      rmSync(mkdtempSync(path.join(existing, '.pointsman-doctor-')), { recursive: true });
      return ok('store', `${dir} will be made with the first record`);
    }
    const probe = mkdtempSync(path.join(dir, 'doctor-'));
    writeFileSync(path.join(probe, 'probe'), 'x');
    rmSync(probe, { recursive: true });
    return ok('store', `${dir} can be written`);
  } catch (thrown) {
    return fail('store', `${dir} cannot be written (${codeOf(thrown)})`, hint);
  }
}

function spaceCheck(existing: string): Check {
  const name = 'disk space';
  try {
    const { bavail, bsize } = statfsSync(existing);
    const free = bavail * bsize;
    const detail = `${Math.floor(free / (1024 * 1024)).toLocaleString('en')} MB free for records`;
    const hint = 'Free some space, or move the store with "store" or POINTSMAN_STORE.';
    if (free < FULL_BYTES) return fail(name, detail, hint);
    return free < LOW_BYTES ? warn(name, detail, hint) : ok(name, detail);
  } catch (thrown) {
    return warn(name, `cannot be read (${codeOf(thrown)})`, 'Check the disk that holds the store.');
  }
}

/** Whether somebody answers there and lets us in, and whether what is there is ours to read. */
async function postgresCheck({ url }: Extract<StoreConfig, { kind: 'postgres' }>, offline: boolean): Promise<Check> {
  if (offline) return ok('store', 'PostgreSQL; not asked, as everything is offline');
  try {
    const store = await openPostgresStore(url);
    try {
      const summary = await store.records.summary();
      const held =
        summary === undefined
          ? 'its tables will be made with the first record'
          : `${summary.callCount} calls in ${Math.ceil(summary.sizeBytes / 1e6)} MB`;
      return ok('store', `PostgreSQL at ${store.place} answers: ${held}`);
    } finally {
      await store.close();
    }
  } catch (thrown) {
    const { message, hint } = toPointsmanError(thrown);
    return fail('store', message, hint ?? 'Name another store, with "store" or POINTSMAN_STORE.');
  }
}

function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unknown reason';
}
