import type { DatabaseSync } from 'node:sqlite';
import type { PointsmanError } from '../../domain/errors.ts';
import { DAY_MS, type At, type Ms, type Ratio } from '../../domain/time.ts';
import { openWalFile } from '../../sqlite/open-wal-file.ts';
import type { Issued, IssuedIds } from '../issued-ids.ts';
import { storeError } from './sqlite-failure.ts';

export interface IssuedIdsOptions {
  /** Path of the database, in a folder that is there. */
  readonly file: string;
  readonly now: () => At;
  /** Told once of the first failure. */
  readonly onWriteError: (error: PointsmanError) => void;
  readonly maxAgeMs?: Ms;
  readonly maxCount?: number;
}

/** Vendors keep responses for a month, and files until they are removed; who has not asked for that long asks the vendor. */
const MAX_AGE_MS: Ms = 180 * DAY_MS;
const MAX_COUNT = 500_000;
/** After so many new ones, of those that may stay, the oldest are forgotten again: to find them reads the ages of all. */
const ADDED_RATIO: Ratio = 0.1;
/** Another process writes for about a millisecond at a time. */
const BUSY_TIMEOUT_MS = 100;

const LAYOUT = `
  pragma synchronous = normal;
  create table if not exists issued (digest text primary key, owner text not null, by text not null, at integer not null) strict, without rowid;
  create index if not exists issued_by_age on issued (at);
`;

/**
 * Ids on `node:sqlite`. What is older than `maxAgeMs`, and what is more than `maxCount`, is forgotten on opening, and now and then.
 * @throws PointsmanError `record-unwritable` where the file cannot be opened
 */
export function openSqliteIssuedIds(options: IssuedIdsOptions): Omit<IssuedIds, 'close'> & { close(): void } {
  const { file, now, maxAgeMs = MAX_AGE_MS, maxCount = MAX_COUNT } = options;
  const database = open(file);
  const removeOld = database.prepare('delete from issued where at < ?');
  const removeRest = database.prepare(
    'delete from issued where at <= (select at from issued order by at desc limit 1 offset ?)',
  );
  const forget = (): void => {
    removeOld.run(now() - maxAgeMs);
    removeRest.run(maxCount);
  };
  forget();
  let addedCount = 0;
  const select = database.prepare('select owner, by from issued where digest = ?');
  const insert = database.prepare('insert or replace into issued (digest, owner, by, at) values (?, ?, ?, ?)');
  const selectAny = database.prepare('select 1 from issued limit 1');
  /** Once it is not, whoever asks need not look again: another process may have added the first. */
  let isEmpty = true;
  let hasReported = false;
  const guarded = <Value>(act: () => Value): Value | undefined => {
    try {
      return act();
    } catch (thrown) {
      if (!hasReported) options.onWriteError(storeError(thrown, 'record-unwritable', file));
      hasReported = true;
      return undefined;
    }
  };
  return {
    find: (digest) => guarded(() => select.get(digest) as Issued | undefined),
    add: (digest, { owner, by }) => {
      isEmpty = false;
      guarded(() => {
        insert.run(digest, owner, by, now());
        addedCount += 1;
        if (addedCount <= maxCount * ADDED_RATIO) return;
        addedCount = 0;
        forget();
      });
    },
    get isEmpty() {
      if (isEmpty) isEmpty = guarded(() => selectAny.get() === undefined) ?? true;
      return isEmpty;
    },
    close: () => database.close(),
  };
}

function open(file: string): DatabaseSync {
  try {
    return openWalFile(file, { busyTimeoutMs: BUSY_TIMEOUT_MS, layOut: (database) => database.exec(LAYOUT) });
  } catch (thrown) {
    throw storeError(thrown, 'record-unwritable', file);
  }
}
