import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { fileBytes } from '../file-bytes.ts';
import type { StoreSummary } from '../retention.ts';
import { oldestOf } from './old-rows.ts';
import { storeError } from './sqlite-failure.ts';
import { checkOurs } from './tables.ts';

const BUSY_TIMEOUT_MS = 2000;
/** `pragma auto_vacuum` of a file that can give pages back. */
const INCREMENTAL = 2;

/**
 * What a store holds. Reads only, also beside a process that writes. `undefined`: there is no file yet.
 * @throws PointsmanError `record-unreadable` for a file that is none of ours, newer or damaged
 */
export function summariseStore(file: string): StoreSummary | undefined {
  if (!existsSync(file)) return undefined;
  const database = openToRead(file);
  try {
    return summaryOf(database, file);
  } catch (thrown) {
    throw storeError(thrown, 'record-unreadable', file);
  } finally {
    database.close();
  }
}

/** @throws PointsmanError `record-unreadable` */
export function openToRead(file: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
    checkOurs(database);
    return database;
  } catch (thrown) {
    database?.close();
    throw storeError(thrown, 'record-unreadable', file);
  }
}

/** Whether removed rows can make the file smaller. */
export function shrinks(database: DatabaseSync): boolean {
  return database.prepare('pragma auto_vacuum').get()?.['auto_vacuum'] === INCREMENTAL;
}

function summaryOf(database: DatabaseSync, file: string): StoreSummary {
  const number = (sql: string): number | undefined => {
    const value = Object.values(database.prepare(sql).get() ?? {})[0];
    return typeof value === 'number' ? value : undefined;
  };
  const countOf = (table: string): number => number(`select count(*) from ${table}`) ?? 0;
  const oldest = [number('select min(started_at) from jobs'), oldestOf(database, 'steps'), oldestOf(database, 'calls')];
  const known = oldest.filter((at) => at !== undefined);
  const unfinished = `select count(*) from jobs where json_valid(body) and json_extract(body, '$.status') in ('running', 'paused')`;
  return {
    file,
    sizeBytes: fileBytes(file) + fileBytes(`${file}-wal`),
    freeBytes: (number('pragma freelist_count') ?? 0) * (number('pragma page_size') ?? 0),
    shrinks: shrinks(database),
    jobCount: countOf('jobs'),
    unfinishedJobCount: number(unfinished) ?? 0,
    stepCount: countOf('steps'),
    callCount: countOf('calls'),
    outcomeCount: countOf('outcomes'),
    oldestAt: known.length === 0 ? undefined : Math.min(...known),
  };
}
