import type { DatabaseSync } from 'node:sqlite';
import type { PointsmanError } from '../../domain/errors.ts';
import { unpackStep } from '../packing/pack-step.ts';
import { unpackBody } from '../packing/step-body.ts';
import type { StepPacker } from '../packing/step-packer.ts';
import { checkRecord, readRecord } from '../read-record.ts';
import type { Recorder } from '../recorder.ts';
import { createRedactor, type Redactor } from '../redact.ts';
import { rowLimit, type RecordReads } from '../row-limit.ts';
import { createWriteQueue, queued, type WriteQueue } from '../write-queue.ts';
import { openStoreFile } from './open-store-file.ts';
import { createRowWriter } from './rows.ts';
import { isBusy, isPlaceAtFault, storeError } from './sqlite-failure.ts';

export interface SqliteRecorderOptions {
  /** Path of the database. Its folder is made, mode 0700, where it is missing. */
  readonly file: string;
  readonly redactor?: Redactor;
  /** As `WriteQueueOptions`. */
  readonly packer?: StepPacker;
  /** Told of every batch that could not be stored: `record-unwritable`, with `details.recordCount`. Never throws back. */
  readonly onWriteError: (error: PointsmanError) => void;
  /** Told when the file can be written again, and has everything. */
  readonly onRestored?: () => void;
  /** How long a record may wait for others before it is stored. */
  readonly batchMs?: number;
  /** Bounds the file; past it writing fails as on a full disk. */
  readonly maxFileBytes?: number;
}

/**
 * The embedded recorder on `node:sqlite`. Writes are queued and stored in batches off the caller's path.
 * @throws PointsmanError `record-unwritable` or `record-unreadable` when the file cannot be opened; the caller decides
 * whether to go on without.
 */
export function openSqliteRecorder(options: SqliteRecorderOptions): Recorder {
  const database = openStoreFile(options);
  const place = {
    write: createRowWriter(database),
    isBusy,
    isPlaceAtFault,
    toError: (thrown: unknown, details: Readonly<Record<string, unknown>>) =>
      storeError(thrown, 'record-unwritable', options.file, details),
  };
  const queue = createWriteQueue(place, {
    redactor: options.redactor ?? createRedactor(),
    packer: options.packer,
    onWriteError: options.onWriteError,
    onRestored: options.onRestored,
    batchMs: options.batchMs ?? 20,
  });
  return {
    ...queued(queue),
    ...readers(database, queue, options.file),
    close: async () => {
      await queue.close();
      if (database.isOpen) database.close();
    },
  };
}

function readers(database: DatabaseSync, queue: WriteQueue, file: string): RecordReads {
  const partOf = (hash: string): string | undefined =>
    database.prepare('select body from parts where hash = ?').get(hash)?.['body'] as string | undefined;
  const rows = async <Item>(
    sql: string,
    parameters: readonly (string | number)[],
    read: (body: string) => Item,
  ): Promise<Item[]> => {
    await queue.flush();
    try {
      return database
        .prepare(sql)
        .all(...parameters)
        .map((row) => read(unpackBody(row['body'])));
    } catch (thrown) {
      throw storeError(thrown, 'record-unreadable', file);
    }
  };
  const job = (body: string) => readRecord('job', body);
  const step = (body: string) => checkRecord('step', unpackStep(body, partOf));
  const call = (body: string) => readRecord('call', body);
  const outcome = (body: string) => readRecord('outcome', body);
  return {
    job: async (jobId) => (await rows('select body from jobs where job_id = ?', [jobId], job))[0],
    jobs: ({ limit }) =>
      rows('select body from jobs order by started_at desc, seq desc limit ?', [rowLimit(limit)], job),
    steps: (jobId) => rows('select body from steps where job_id = ? order by seq', [jobId], step),
    step: async (decisionId) => (await rows('select body from steps where decision_id = ?', [decisionId], step))[0],
    calls: (jobId) => rows('select body from calls where job_id = ? order by seq', [jobId], call),
    callsWithoutJob: ({ limit }) =>
      rows('select body from calls where job_id is null order by seq desc limit ?', [rowLimit(limit)], call),
    outcomes: ({ limit, jobId }) =>
      jobId === undefined
        ? rows('select body from outcomes order by at desc, seq desc limit ?', [rowLimit(limit)], outcome)
        : rows(outcomesOfJob, [jobId, rowLimit(limit)], outcome),
  };
}

const outcomesOfJob = `select body from outcomes where decision_id in (select decision_id from steps where job_id = ?)
  order by at desc, seq desc limit ?`;
