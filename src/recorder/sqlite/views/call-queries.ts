import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { textIn } from '../../../domain/json.ts';
import { toNanoUsd } from '../../../domain/money.ts';
import type { ListedCall } from '../../listed-call.ts';
import { readRecord } from '../../read-record.ts';
import type { CallFilter, ColdReturn, HostRow, PagedCall, SessionRow, SpendCell } from '../../store-views.ts';
import { conditionOf, namesOf, NOT_REPEATED } from './call-conditions.ts';
import { STRETCH_MS, UNKNOWN_BILL } from './call-sums.ts';

type SqlRow = Record<string, SQLOutputValue>;
const number = (value: SQLOutputValue | undefined): number => (typeof value === 'number' ? value : 0);
const known = (value: SQLOutputValue | undefined): number | undefined =>
  typeof value === 'number' ? value : undefined;

const SUMS = `count(*) as callCount, sum(bill) as bill, sum(may_bill) as mayBill, sum(${UNKNOWN_BILL}) as unknownCount,
  sum(uncached) as uncached, sum(cache_read) as cacheRead, sum(cache_write) as cacheWrite, sum(output) as output`;

/** From the sums that the file keeps; from the calls themselves where something is asked that these do not tell apart. */
export function spendCells(database: DatabaseSync, filter: CallFilter): readonly SpendCell[] {
  const isSummed = filter.endpoint === undefined && (filter.text ?? '') === '';
  return (isSummed ? summedRows(database, filter) : calledRows(database, filter)).map((row) => ({
    at: number(row['stretch']) * STRETCH_MS,
    model: String(row['model']),
    harness: nameIn(row['harness']),
    key: nameIn(row['key']),
    jobId: nameIn(row['jobId']),
    ...sumsOf(row),
    mayHaveBilledNanoUsd: toNanoUsd(number(row['mayBill'])),
    uncachedTokens: number(row['uncached']),
    cacheReadTokens: number(row['cacheRead']),
    cacheWriteTokens: number(row['cacheWrite']),
    outputTokens: number(row['output']),
  }));
}

function summedRows(database: DatabaseSync, filter: CallFilter): SqlRow[] {
  const first = Math.floor((filter.sinceAt ?? 0) / STRETCH_MS);
  const last = Math.ceil((filter.untilAt ?? Number.MAX_SAFE_INTEGER) / STRETCH_MS);
  const { sql, values } = namesOf(filter);
  return database
    .prepare(
      `select stretch, model, harness, access_key as key, job_id as jobId, call_count as callCount, bill, may_bill as mayBill,
         unknown_count as unknownCount, uncached, cache_read as cacheRead, cache_write as cacheWrite, output
       from call_sums where stretch >= $first and stretch < $last ${sql}`,
    )
    .all({ ...values, first, last });
}

function calledRows(database: DatabaseSync, filter: CallFilter): SqlRow[] {
  const { sql, values } = conditionOf(filter);
  return database
    .prepare(
      `select cast(at / ${STRETCH_MS} as integer) as stretch, model, harness, access_key as key, job_id as jobId, ${SUMS}
       from calls indexed by calls_by_time where ${sql} and ${NOT_REPEATED} group by 1, 2, 3, 4, 5`,
    )
    .all(values);
}

/** The sums say nothing of a name by an empty one. */
function nameIn(value: SQLOutputValue | undefined): string | undefined {
  return value === '' ? undefined : textIn(value);
}

function sumsOf(row: SqlRow): Pick<SpendCell, 'callCount' | 'billNanoUsd' | 'unknownBillCallCount'> {
  return {
    callCount: number(row['callCount']),
    billNanoUsd: toNanoUsd(number(row['bill'])),
    unknownBillCallCount: number(row['unknownCount']),
  };
}

/** The page behind `beforeSeq`, or what came after `afterSeq`. */
export interface CallPage {
  readonly limit: number;
  readonly beforeSeq?: number;
  readonly afterSeq?: number;
}

export function pagedCalls(database: DatabaseSync, filter: CallFilter, page: CallPage): readonly PagedCall[] {
  const { sql, values } = conditionOf(filter);
  // Rows lie in the order of their writing, which is that of their ends: walking back finds a page without a sort.
  const rows = database
    .prepare(
      `select seq, job_id, body from calls where seq < $beforeSeq and seq > $afterSeq and ${sql} order by seq desc limit $limit`,
    )
    .all({
      ...values,
      beforeSeq: page.beforeSeq ?? Number.MAX_SAFE_INTEGER,
      afterSeq: page.afterSeq ?? 0,
      limit: page.limit,
    });
  const listed = listedCalls(database, rows);
  return listed.map((call, index) => ({ ...call, seq: number(rows[index]?.['seq']) }));
}

export function sessionOrJobCalls(database: DatabaseSync, id: string, limit: number): readonly ListedCall[] {
  // The threads of a session are named behind a slash; "0" is the sign after it.
  const rows = database
    .prepare(
      `select job_id, body, at from calls where session_id = $id or (session_id >= $id || '/' and session_id < $id || '0')
       union select job_id, body, at from calls where job_id = $id order by at limit $limit`,
    )
    .all({ id, limit });
  return listedCalls(database, rows);
}

function listedCalls(database: DatabaseSync, rows: readonly SqlRow[]): readonly ListedCall[] {
  const jobs = rows.flatMap((row) => textIn(row['job_id']) ?? []);
  const places = workspacesOf(database, jobs);
  return rows.map((row) => ({
    call: readRecord('call', String(row['body'])),
    workspace: places[textIn(row['job_id']) ?? ''],
  }));
}

export function workspacesOf(database: DatabaseSync, jobIds: readonly string[]): Readonly<Record<string, string>> {
  const find = database.prepare(
    `select case when json_valid(body) then json_extract(body, '$.workspace') end as workspace from jobs where job_id = ?`,
  );
  const found = new Map<string, string>();
  for (const id of new Set(jobIds)) {
    const workspace = textIn(find.get(id)?.['workspace']);
    if (workspace !== undefined) found.set(id, workspace);
  }
  return Object.fromEntries(found);
}

export function sessionRows(
  database: DatabaseSync,
  filter: CallFilter,
  { limit, offset }: { readonly limit: number; readonly offset: number },
): readonly SessionRow[] {
  const { sql, values } = conditionOf(filter);
  const rows = database
    .prepare(
      `select coalesce(job_id, case when instr(session_id, '/') > 0 then substr(session_id, 1, instr(session_id, '/') - 1) else session_id end) as id,
         job_id as jobId, max(harness) as harness, max(access_key) as key, min(at) as firstAt, max(at) as lastAt,
         count(distinct model) as modelCount, ${SUMS}
       from calls indexed by calls_by_time where ${sql} and ${NOT_REPEATED}
       group by 1 order by max(at) desc limit $limit offset $offset`,
    )
    .all({ ...values, limit, offset });
  return rows.map((row) => ({
    sessionId: String(row['id']),
    jobId: textIn(row['jobId']),
    harness: textIn(row['harness']),
    key: textIn(row['key']),
    firstAt: number(row['firstAt']),
    lastAt: number(row['lastAt']),
    modelCount: number(row['modelCount']),
    ...sumsOf(row),
    cacheReadTokens: number(row['cacheRead']),
    promptTokens: number(row['uncached']) + number(row['cacheRead']) + number(row['cacheWrite']),
  }));
}

/** Calls that their callers left are nobody's fault. */
const IS_FAULT = "error is not null and error != 'aborted'";

export function hostRows(database: DatabaseSync, filter: CallFilter): readonly HostRow[] {
  const { sql, values } = conditionOf(filter);
  const rows = database
    .prepare(
      `select endpoint, model, count(*) as callCount, sum(${IS_FAULT}) as errorCount, max(at) as lastAt,
         avg(ttft) as meanTtft, max(ttft) as worstTtft
       from calls indexed by calls_by_time where ${sql} and ${NOT_REPEATED} group by 1, 2 order by 1, 2`,
    )
    .all(values);
  const last = database.prepare(
    `select error from calls indexed by calls_by_time where ${sql} and model = $of and endpoint = $place and ${IS_FAULT}
     order by at desc limit 1`,
  );
  return rows.map((row) => ({
    endpoint: String(row['endpoint']),
    model: String(row['model']),
    callCount: number(row['callCount']),
    errorCount: number(row['errorCount']),
    lastAt: number(row['lastAt']),
    meanTtftMs: known(row['meanTtft']),
    worstTtftMs: known(row['worstTtft']),
    lastErrorCode:
      number(row['errorCount']) === 0
        ? undefined
        : textIn(last.get({ ...values, of: String(row['model']), place: String(row['endpoint']) })?.['error']),
  }));
}

/** A pause that short loses no cache of any vendor. */
const LEAST_PAUSE_MS = 4 * 60_000;
/** What is read less than was sent before: less than that is a changed tail. */
const LEAST_LOST_TOKENS = 1024;

export function coldReturns(database: DatabaseSync, filter: CallFilter, limit: number): readonly ColdReturn[] {
  const { sql, values } = conditionOf(filter);
  const rows = database
    .prepare(
      `select session_id as sessionId, model, at, at - beforeAt as pauseMs, min(sent, before) - cache_read as lostTokens from (
         select session_id, model, at, cache_read, uncached + cache_read + coalesce(cache_write, 0) as sent,
           lag(at) over thread as beforeAt,
           lag(uncached + coalesce(cache_read, 0) + coalesce(cache_write, 0)) over thread as before
         from calls where ${sql} and purpose is null and uncached is not null
         window thread as (partition by session_id, model order by at)
       ) where pauseMs >= ${LEAST_PAUSE_MS} and lostTokens >= ${LEAST_LOST_TOKENS} order by lostTokens desc limit $limit`,
    )
    .all({ ...values, limit });
  return rows.map((row) => ({
    sessionId: String(row['sessionId']),
    model: String(row['model']),
    at: number(row['at']),
    pauseMs: number(row['pauseMs']),
    lostTokens: number(row['lostTokens']),
  }));
}
