import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { PointsmanError } from '../../domain/errors.ts';
import { openWalFile } from '../../sqlite/open-wal-file.ts';

/** Marks our files ("PMON"), so that another program's database is not written into. */
const APPLICATION_ID = 0x504d4f4e;
const LAYOUT_VERSION = 2;
/** Another process writes for about a millisecond at a time. */
const BUSY_TIMEOUT_MS = 5000;

/**
 * `spent`: what an account has spent on a day, the part that nobody reported included. `holds`: what calls under way set
 * aside, one row per call and account; `presumed` is what was booked for one whose process seemed to be dead. `processes`:
 * who is alive. `taken_over`: what was counted elsewhere before, and has been added.
 */
const layout = `
  create table if not exists spent (account text, day integer, nano_usd integer not null, unknown_nano_usd integer not null,
    primary key (account, day)) strict, without rowid;
  create table if not exists holds (id text, account text, day integer not null, process text not null,
    held_nano_usd integer not null, expected_nano_usd integer not null, presumed_nano_usd integer, worst_nano_usd integer,
    primary key (id, account)) strict, without rowid;
  create index if not exists holds_of_account on holds (account) where presumed_nano_usd is null;
  create index if not exists presumed_of_account on holds (account) where presumed_nano_usd is not null;
  create table if not exists processes (id text primary key, host text not null, pid integer not null,
    beat_at integer not null) strict, without rowid;
  create table if not exists taken_over (name text primary key) strict, without rowid;
`;

/**
 * Opens or makes the file: readable by its owner alone, WAL, `synchronous = NORMAL` (survives a killed process; a power cut
 * may lose the last commits). `:memory:` is a ledger of this process alone.
 * @throws PointsmanError `record-unwritable` where it cannot be made, `record-unreadable` where it is no ledger of ours
 */
export function openMoneyFile(file: string, options: { readonly maxFileBytes?: number } = {}): DatabaseSync {
  try {
    if (file !== ':memory:') keepToOwner(file);
    return openWalFile(file, {
      busyTimeoutMs: BUSY_TIMEOUT_MS,
      layOut: (database) => {
        database.exec('pragma synchronous = normal');
        layOut(database);
        if (options.maxFileBytes !== undefined) limitSize(database, options.maxFileBytes);
      },
    });
  } catch (thrown) {
    throw moneyError(thrown, file, isCorrupt(thrown) ? 'record-unreadable' : 'record-unwritable');
  }
}

function keepToOwner(file: string): void {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  closeSync(openSync(file, 'a', 0o600));
  chmodSync(file, 0o600);
}

function layOut(database: DatabaseSync): void {
  if (isOurs(database) && pragma(database, 'user_version') === LAYOUT_VERSION) return;
  // What somebody else makes of the file in this moment is seen whole, or not at all.
  database.exec('begin immediate');
  try {
    bringUpToDate(database);
    database.exec('commit');
  } catch (thrown) {
    if (database.isTransaction) database.exec('rollback');
    throw thrown;
  }
}

function isOurs(database: DatabaseSync): boolean {
  return pragma(database, 'application_id') === APPLICATION_ID;
}

function bringUpToDate(database: DatabaseSync): void {
  const version = pragma(database, 'user_version');
  if (!isOurs(database)) {
    if (database.prepare('select count(*) as n from sqlite_schema').get()?.['n'] !== 0) {
      throw new PointsmanError('record-unreadable', 'The ledger is a database of another program', {
        hint: 'Name another folder for the store.',
      });
    }
    database.exec(`pragma application_id = ${APPLICATION_ID}`);
  } else if (version > LAYOUT_VERSION) {
    throw new PointsmanError(
      'record-unreadable',
      `The ledger has layout ${version}, this build knows ${LAYOUT_VERSION}`,
      {
        hint: 'Update pointsman, or name another folder for the store.',
      },
    );
  } else if (version < LAYOUT_VERSION) {
    // Layout 1 did not say what a call may bill at most: for those under way it is taken to be what they set aside.
    database.exec(`alter table holds add column worst_nano_usd integer;
      update holds set worst_nano_usd = max(held_nano_usd, expected_nano_usd);`);
  }
  database.exec(`${layout} pragma user_version = ${LAYOUT_VERSION};`);
}

function pragma(database: DatabaseSync, name: 'application_id' | 'user_version' | 'page_size'): number {
  return Number(database.prepare(`pragma ${name}`).get()?.[name] ?? 0);
}

function limitSize(database: DatabaseSync, maxFileBytes: number): void {
  database.exec(`pragma max_page_count = ${Math.max(1, Math.floor(maxFileBytes / pragma(database, 'page_size')))}`);
}

/** SQLite result codes, low byte (sqlite.org/rescode.html, read 2026-11-21): busy, locked, read-only, I/O, full, cannot open. */
const PLACE_AT_FAULT: ReadonlySet<number> = new Set([5, 6, 8, 10, 13, 14]);
const CORRUPT: ReadonlySet<number> = new Set([11, 26]);

function codeOf(thrown: unknown): number {
  const code = (thrown as { readonly errcode?: unknown } | undefined)?.errcode;
  return typeof code === 'number' ? code & 0xff : -1;
}

/** The disk or another process is in the way, so that the same may pass later. */
export function isFilePlaceAtFault(thrown: unknown): boolean {
  return PLACE_AT_FAULT.has(codeOf(thrown));
}

function isCorrupt(thrown: unknown): boolean {
  return CORRUPT.has(codeOf(thrown));
}

/** A failure of the file as an error of ours. */
export function moneyError(
  thrown: unknown,
  file: string,
  code: 'record-unreadable' | 'record-unwritable' = 'record-unwritable',
): PointsmanError {
  if (thrown instanceof PointsmanError) return thrown;
  const why = thrown instanceof Error ? thrown.message : String(thrown);
  const verb = code === 'record-unreadable' ? 'read' : 'written';
  return new PointsmanError(code, `The ledger of money ${file} cannot be ${verb}: ${why}`, {
    cause: thrown,
    hint: isCorrupt(thrown)
      ? 'Move the file away, and look at what keys have spent in the records: a new one begins at nothing.'
      : 'Free space, or make the folder writable.',
  });
}
