import { existsSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import { PointsmanError } from '../../domain/errors.ts';
import type { PruneOptions, PruneResult } from '../retention.ts';
import { AGING_TABLES, type AgingTable, isKept, oldRows, removableJobs } from './old-rows.ts';
import { openStoreFile } from './open-store-file.ts';
import { isCorrupt, storeError } from './sqlite-failure.ts';
import { openToRead, shrinks } from './summarise-store.ts';
import { inTransaction, sweepParts, DELETE_COUNT } from './sweep-parts.ts';

/** Pages given back per transaction. */
const VACUUM_PAGES = 500;
/** Between two transactions, so that a writer who waits gets the lock. */
const PAUSE_MS = 2;
/** Others hold the file for one transaction. */
const BUSY_TIMEOUT_MS = 5000;

/**
 * Removes old records and gives their room back, in short transactions beside which others go on writing. What stays is told
 * at `oldRows`; outcomes always stay. A file that does not exist holds nothing.
 * @throws PointsmanError `record-unreadable` for a file that is none of ours or damaged, `record-unwritable`, `aborted`
 */
export async function pruneStore(options: PruneOptions): Promise<PruneResult> {
  const { file } = options;
  if (!existsSync(file)) return { jobCount: 0, stepCount: 0, callCount: 0, freedBytes: 0, shrinks: true };
  const database = options.dryRun === true ? openToRead(file) : openStoreFile({ file, busyTimeoutMs: BUSY_TIMEOUT_MS });
  try {
    return options.dryRun === true ? countOld(database, options) : await removeOld(database, options);
  } catch (thrown) {
    throw storeError(
      thrown,
      options.dryRun === true || isCorrupt(thrown) ? 'record-unreadable' : 'record-unwritable',
      file,
    );
  } finally {
    database.close();
  }
}

function countOld(database: DatabaseSync, { before }: PruneOptions): PruneResult {
  const counts = { steps: 0, calls: 0 };
  for (const table of AGING_TABLES) {
    for (const seqs of oldRows(database, table, before)) counts[table] += seqs.length;
  }
  const keptJobs = database.prepare(
    'select 1 from steps join outcomes on outcomes.decision_id = steps.decision_id where steps.job_id = ? limit 1',
  );
  const jobs = removableJobs(database, before).filter((jobId) => keptJobs.get(jobId) === undefined);
  return {
    jobCount: jobs.length,
    stepCount: counts.steps,
    callCount: counts.calls,
    freedBytes: 0,
    shrinks: shrinks(database),
  };
}

async function removeOld(database: DatabaseSync, { before, signal }: PruneOptions): Promise<PruneResult> {
  const turn = async (): Promise<void> => {
    if (signal?.aborted === true) throw new PointsmanError('aborted', 'Pruning was stopped; what is gone stays gone');
    await wait(PAUSE_MS);
  };
  const bytesBefore = sizeOf(database);
  const counts = { steps: 0, calls: 0 };
  for (const table of AGING_TABLES) counts[table] = await removeRows(database, table, { before, turn });
  const jobCount = removeJobs(database, before);
  if (counts.steps > 0) await sweepParts(database, turn);
  if (shrinks(database)) await giveBack(database, turn);
  const freedBytes = Math.max(0, bytesBefore - sizeOf(database));
  return { jobCount, stepCount: counts.steps, callCount: counts.calls, freedBytes, shrinks: shrinks(database) };
}

async function removeRows(
  database: DatabaseSync,
  table: AgingTable,
  { before, turn }: { readonly before: number; readonly turn: () => Promise<void> },
): Promise<number> {
  // Asked again: an outcome may have been reported since the row was looked at.
  const remove = database.prepare(`delete from ${table} where seq = ? and not ${isKept[table]}`);
  let count = 0;
  for (const seqs of oldRows(database, table, before)) {
    for (let at = 0; at < seqs.length; at += DELETE_COUNT) {
      inTransaction(database, () => {
        for (const seq of seqs.slice(at, at + DELETE_COUNT)) count += Number(remove.run(seq).changes);
      });
      await turn();
    }
  }
  return count;
}

/** A job that still has steps, because somebody reported on them, stays with them: it says whether they were scripted. */
function removeJobs(database: DatabaseSync, before: number): number {
  const remove = database.prepare(
    'delete from jobs where job_id = ?1 and not exists (select 1 from steps where job_id = ?1)',
  );
  let count = 0;
  inTransaction(database, () => {
    for (const jobId of removableJobs(database, before)) count += Number(remove.run(jobId).changes);
  });
  return count;
}

async function giveBack(database: DatabaseSync, turn: () => Promise<void>): Promise<void> {
  const freePages = database.prepare('pragma freelist_count');
  const left = (): number => Number(freePages.get()?.['freelist_count'] ?? 0);
  for (let free = left(), last = Infinity; free > 0 && free < last;) {
    database.exec(`pragma incremental_vacuum(${VACUUM_PAGES})`);
    await turn();
    last = free;
    free = left();
  }
  // The file is cut where the log is copied into it; where others read, that happens with their next write.
  database.exec('pragma wal_checkpoint(truncate)');
}

function sizeOf(database: DatabaseSync): number {
  const value = (name: string): number => Number(database.prepare(`pragma ${name}`).get()?.[name] ?? 0);
  return value('page_count') * value('page_size');
}
