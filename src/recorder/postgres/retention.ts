import { setTimeout as wait } from 'node:timers/promises';
import { PointsmanError } from '../../domain/errors.ts';
import { DAY_MS, HOUR_MS, type At } from '../../domain/time.ts';
import { columnText } from '../../postgres/column-text.ts';
import { createGuard } from '../../postgres/guard.ts';
import { createReaderCheck } from '../../postgres/migrate.ts';
import type { Postgres } from '../../postgres/postgres.ts';
import type { ListedCall } from '../listed-call.ts';
import { readRecord } from '../read-record.ts';
import { LEARNING_JOB_COUNT, type PruneOptions, type PruneResult, type StoreSummary } from '../retention.ts';
import type { SessionCalls } from '../session-calls.ts';
import { listedCall, OF_SESSION } from './call-queries.ts';
import { PART_KNOWN_MS } from './rows.ts';
import { RECORDS_LAYOUT } from './tables.ts';

/** Rows per transaction, beside which others go on writing. */
const DELETE_COUNT = 500;
const PAUSE_MS = 2;
const SCAN_COUNT = 1000;
/** As in the file: a session's calls lie close together. */
const NEWEST = 20_000;
/** Long enough that whoever holds a part for written has written it again. */
const PART_KEPT_MS = DAY_MS + PART_KNOWN_MS;

/** What is looked up in records, and what removes old ones. Everything rejects with `record-unreadable` or `record-unwritable`. */
export interface PostgresRecords {
  /** `undefined`: nothing has been recorded yet. */
  summary(): Promise<StoreSummary | undefined>;
  prune(options: Omit<PruneOptions, 'file'>): Promise<PruneResult>;
  /** As `prune`, then the older half of what is left as long as the rest takes more than so much. */
  pruneToSize(
    options: Omit<PruneOptions, 'file'> & { readonly now: At; readonly maxBytes: number },
  ): Promise<PruneResult>;
  calls(sinceAt: At | undefined): AsyncIterable<ListedCall>;
  callsOfSession(sessionId: string): Promise<SessionCalls>;
}

export function openPostgresRecords(postgres: Postgres): PostgresRecords {
  const isThere = createReaderCheck(postgres, RECORDS_LAYOUT);
  const worded = createGuard(postgres);
  const guarded: WhereThere = (code, nothing, act) => worded(code, async () => ((await isThere()) ? act() : nothing));
  const prune = (options: Omit<PruneOptions, 'file'>): Promise<PruneResult> =>
    guarded('record-unwritable', NOTHING_PRUNED, () =>
      options.dryRun === true ? countOld(postgres, options) : removeOld(postgres, options),
    );
  return {
    summary: () => guarded<StoreSummary | undefined>('record-unreadable', undefined, () => summaryOf(postgres)),
    prune,
    pruneToSize: async ({ now, maxBytes, ...options }) => {
      let { before } = options;
      let total = await prune(options);
      while (
        (await guarded('record-unreadable', 0, () => usedBytes(postgres, maxBytes))) > maxBytes &&
        now - before > HOUR_MS
      ) {
        before = now - (now - before) / 2;
        total = sumOf(total, await prune({ ...options, before }));
      }
      return total;
    },
    calls: (sinceAt) => listCalls(postgres, guarded, sinceAt),
    callsOfSession: (sessionId) =>
      guarded<SessionCalls>('record-unreadable', NO_CALLS, () => sessionCalls(postgres, sessionId)),
  };
}

type WhereThere = <Result>(
  code: 'record-unreadable' | 'record-unwritable',
  /** The answer where there are no tables yet. */
  nothing: Result,
  act: () => Promise<Result>,
) => Promise<Result>;

const NOTHING_PRUNED: PruneResult = { jobCount: 0, stepCount: 0, callCount: 0, freedBytes: 0, shrinks: false };
const NO_CALLS: SessionCalls = { calls: [], mayLackOlder: false };

async function numberOf(postgres: Postgres, sql: string, values: readonly unknown[] = []): Promise<number | undefined> {
  const { rows } = await postgres.query(sql, values);
  const value = Object.values(rows[0] ?? {})[0];
  return typeof value === 'number' ? value : undefined;
}

const TABLES = ['jobs', 'steps', 'calls', 'outcomes', 'parts'] as const;

async function summaryOf(postgres: Postgres): Promise<StoreSummary> {
  const countOf = async (table: string): Promise<number> =>
    (await numberOf(postgres, `select count(*) from ${table}`)) ?? 0;
  const unfinished = "select count(*) from jobs where status in ('running', 'paused')";
  const oldest =
    'select least((select min(started_at) from jobs), (select min(at) from steps), (select min(at) from calls)) as at';
  return {
    file: postgres.place,
    sizeBytes: await sizeBytes(postgres),
    freeBytes: 0,
    shrinks: false,
    jobCount: await countOf('jobs'),
    unfinishedJobCount: (await numberOf(postgres, unfinished)) ?? 0,
    stepCount: await countOf('steps'),
    callCount: await countOf('calls'),
    outcomeCount: await countOf('outcomes'),
    oldestAt: await numberOf(postgres, oldest),
  };
}

async function sizeBytes(postgres: Postgres): Promise<number> {
  const sum = TABLES.map((table) => `pg_total_relation_size('${table}')`).join(' + ');
  return (await numberOf(postgres, `select (${sum})::bigint`)) ?? 0;
}

/** Tables keep the room of what was removed and use it again: once they are large, what is in them is weighed. */
async function usedBytes(postgres: Postgres, maxBytes: number): Promise<number> {
  const whole = await sizeBytes(postgres);
  if (whole <= maxBytes) return whole;
  const weights = TABLES.map((table) => `(select coalesce(sum(pg_column_size(${table}.*)), 0) from ${table})`);
  return (await numberOf(postgres, `select (${weights.join(' + ')})::bigint`)) ?? 0;
}

/** Finished jobs that ended before `$1`, without the newest. */
const REMOVABLE_JOBS = `select job_id from jobs where started_at < $1 and status in ('done', 'failed', 'cancelled') and ended_at < $1
  and seq not in (select seq from jobs order by started_at desc, seq desc limit ${LEARNING_JOB_COUNT})`;
/** Rows of no job, of one that is not known, or of one that may go. */
const MAY_GO = `at < $1 and (job_id is null or job_id in (${REMOVABLE_JOBS}) or not exists (select 1 from jobs j where j.job_id = t.job_id))`;
/** What people reported on stays, and so does its step: training learns from it. */
const UNREPORTED = 'not exists (select 1 from outcomes o where o.decision_id = t.decision_id)';
const OLD_STEPS = `from steps t where ${MAY_GO} and ${UNREPORTED}`;
const OLD_CALLS = `from calls t where ${MAY_GO}`;
const WITHOUT_STEPS = 'not exists (select 1 from steps s where s.job_id = jobs.job_id)';

async function countOld(postgres: Postgres, { before }: Pick<PruneOptions, 'before'>): Promise<PruneResult> {
  const reported = `select s.job_id from steps s join outcomes o on o.decision_id = s.decision_id where s.job_id is not null`;
  const jobs = `select count(*) from (${REMOVABLE_JOBS}) as r where job_id not in (${reported})`;
  return {
    jobCount: (await numberOf(postgres, jobs, [before])) ?? 0,
    stepCount: (await numberOf(postgres, `select count(*) ${OLD_STEPS}`, [before])) ?? 0,
    callCount: (await numberOf(postgres, `select count(*) ${OLD_CALLS}`, [before])) ?? 0,
    freedBytes: 0,
    shrinks: false,
  };
}

async function removeOld(
  postgres: Postgres,
  { before, signal }: Pick<PruneOptions, 'before' | 'signal'>,
): Promise<PruneResult> {
  const inBatches = async (table: 'steps' | 'calls', which: string): Promise<number> => {
    let total = 0;
    for (let count = DELETE_COUNT; count === DELETE_COUNT;) {
      if (signal?.aborted === true) throw new PointsmanError('aborted', 'Pruning was stopped; what is gone stays gone');
      const sql = `delete from ${table} where seq in (select t.seq ${which} order by t.seq limit ${DELETE_COUNT})`;
      ({ count } = await postgres.query(sql, [before]));
      total += count;
      await wait(PAUSE_MS);
    }
    return total;
  };
  const stepCount = await inBatches('steps', OLD_STEPS);
  const callCount = await inBatches('calls', OLD_CALLS);
  const jobs = await postgres.query(`delete from jobs where job_id in (${REMOVABLE_JOBS}) and ${WITHOUT_STEPS}`, [
    before,
  ]);
  // A part that was written lately may be about to be referred to.
  const unused = 'delete from parts where written_at < $1 and hash not in (select unnest(parts) from steps)';
  if (stepCount > 0) await postgres.query(unused, [Date.now() - PART_KEPT_MS]);
  return { jobCount: jobs.count, stepCount, callCount, freedBytes: 0, shrinks: false };
}

function sumOf(one: PruneResult, other: PruneResult): PruneResult {
  return {
    ...other,
    jobCount: one.jobCount + other.jobCount,
    stepCount: one.stepCount + other.stepCount,
    callCount: one.callCount + other.callCount,
  };
}

async function* listCalls(
  postgres: Postgres,
  guarded: WhereThere,
  sinceAt: At | undefined,
): AsyncGenerator<ListedCall> {
  const sql = `select calls.seq, calls.body, jobs.workspace from calls left join jobs using (job_id)
    where calls.seq > $1 and at >= $2 order by calls.seq limit ${SCAN_COUNT}`;
  for (let after = 0; ;) {
    const rows = await guarded(
      'record-unreadable',
      [],
      async () => (await postgres.query(sql, [after, sinceAt ?? -1e300])).rows,
    );
    for (const row of rows) yield listedCall(row);
    if (rows.length < SCAN_COUNT) return;
    after = Number(rows.at(-1)?.['seq']);
  }
}

async function sessionCalls(postgres: Postgres, sessionId: string): Promise<SessionCalls> {
  const sql = `select body from calls where ${OF_SESSION} order by seq desc limit $2`;
  const { rows } = await postgres.query<{ body: string }>(sql, [columnText(sessionId), NEWEST]);
  return { calls: rows.toReversed().map(({ body }) => readRecord('call', body)), mayLackOlder: rows.length === NEWEST };
}
