import type { PointsmanError } from '../../domain/errors.ts';
import { columnText } from '../../postgres/column-text.ts';
import { createGuard } from '../../postgres/guard.ts';
import { migrate } from '../../postgres/migrate.ts';
import { isPostgresBusy, isPostgresPlaceAtFault, postgresError } from '../../postgres/postgres-failure.ts';
import type { Postgres } from '../../postgres/postgres.ts';
import type { StepPacker } from '../packing/step-packer.ts';
import type { Recorder } from '../recorder.ts';
import { createRedactor, type Redactor } from '../redact.ts';
import { rowLimit, type RecordReads } from '../row-limit.ts';
import { createWriteQueue, queued } from '../write-queue.ts';
import { createRecordReader } from './read-rows.ts';
import { createPostgresWriter } from './rows.ts';
import { RECORDS_LAYOUT } from './tables.ts';

export interface PostgresRecorderOptions {
  readonly redactor?: Redactor;
  /** As `WriteQueueOptions`. */
  readonly packer?: StepPacker;
  /** As `SqliteRecorderOptions`. */
  readonly onWriteError: (error: PointsmanError) => void;
  readonly onRestored?: () => void;
  readonly batchMs?: number;
  readonly now?: () => number;
}

/**
 * The recorder on PostgreSQL. Writes are queued and stored in batches, one transaction each, off the caller's path; while the
 * server is away they wait in memory. Closing leaves the connections open: they are the caller's.
 * @throws PointsmanError `record-unwritable`, `record-unreadable` where the tables cannot be made or are a newer version's
 */
export async function openPostgresRecorder(postgres: Postgres, options: PostgresRecorderOptions): Promise<Recorder> {
  await migrate(postgres, RECORDS_LAYOUT);
  const place = {
    write: createPostgresWriter(postgres, options.now ?? Date.now),
    isBusy: isPostgresBusy,
    isPlaceAtFault: isPostgresPlaceAtFault,
    toError: (thrown: unknown, details: Readonly<Record<string, unknown>>) =>
      postgresError(thrown, 'record-unwritable', postgres.place, details),
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
    ...readers(postgres, () => queue.flush()),
    close: () => queue.close(),
  };
}

function readers(postgres: Postgres, flush: () => Promise<void>): RecordReads {
  const rows = createRecordReader(postgres);
  const guarded = createGuard(postgres);
  const read = async <Result>(act: () => Promise<Result>): Promise<Result> => {
    await flush();
    return guarded('record-unreadable', act);
  };
  return {
    job: async (jobId) =>
      (await read(() => rows.jobs('select body from jobs where job_id = $1', [columnText(jobId)])))[0],
    jobs: ({ limit }) =>
      read(() => rows.jobs('select body from jobs order by started_at desc, seq desc limit $1', [rowLimit(limit)])),
    steps: (jobId) =>
      read(() => rows.steps('select body, parts from steps where job_id = $1 order by seq', [columnText(jobId)])),
    step: async (decisionId) =>
      (
        await read(() => rows.steps('select body, parts from steps where decision_id = $1', [columnText(decisionId)]))
      )[0],
    calls: (jobId) =>
      read(() => rows.calls('select body from calls where job_id = $1 order by seq', [columnText(jobId)])),
    callsWithoutJob: ({ limit }) =>
      read(() =>
        rows.calls('select body from calls where job_id is null order by seq desc limit $1', [rowLimit(limit)]),
      ),
    outcomes: ({ limit, jobId }) =>
      read(() =>
        jobId === undefined
          ? rows.outcomes('select body from outcomes order by at desc, seq desc limit $1', [rowLimit(limit)])
          : rows.outcomes(outcomesOfJob, [columnText(jobId), rowLimit(limit)]),
      ),
  };
}

const outcomesOfJob = `select body from outcomes where decision_id in (select decision_id from steps where job_id = $1)
  order by at desc, seq desc limit $2`;
