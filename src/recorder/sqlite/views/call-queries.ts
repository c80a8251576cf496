import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { textIn } from '../../../domain/json.ts';
import { toNanoUsd } from '../../../domain/money.ts';
import { calendarDay } from '../../../stats/calendar-day.ts';
import type { ListedCall } from '../../listed-call.ts';
import { readRecord } from '../../read-record.ts';
import type { CallFilter, CallPage, ColdReturn, HostRow, PagedCall, SessionRow, SpendCell } from '../../store-views.ts';
import { conditionOf, namesOf, NOT_REPEATED, type Condition } from './call-conditions.ts';
import { STRETCH_MS, UNKNOWN_BILL } from './call-sums.ts';

type SqlRow = Record<string, SQLOutputValue>;
const number = (value: SQLOutputValue | undefined): number => (typeof value === 'number' ? value : 0);
const known = (value: SQLOutputValue | undefined): number | undefined =>
  typeof value === 'number' ? value : undefined;

const SUMS = `count(*) as callCount, sum(bill) as bill, sum(may_bill) as mayBill, sum(${UNKNOWN_BILL}) as unknownCount,
  sum(uncached) as uncached, sum(cache_read) as cacheRead, sum(cache_write) as cacheWrite, sum(output) as output`;

/** Gives queries `day_in(at, zone)`. */
export function registerDays(database: DatabaseSync): void {
  let known = { zone: 'UTC', dayOf: calendarDay('UTC') };
  database.function('day_in', { deterministic: true }, (at, zone) => {
    if (zone !== known.zone) known = { zone: String(zone), dayOf: calendarDay(String(zone)) };
    return known.dayOf(Number(at));
  });
}

/** From the sums that the file keeps; from the calls themselves where something is asked that these do not tell apart. */
export function spendCells(database: DatabaseSync, filter: CallFilter, timeZone: string): readonly SpendCell[] {
  const isSummed = filter.endpoint === undefined && (filter.text ?? '') === '';
  const { sql, values } = isSummed ? summed(filter) : called(filter);
  const rows = database.prepare(`${sql} group by 1, 2, 3, 4, 5`).all({ ...values, timeZone });
  return rows.map((row) => ({
    day: String(row['day']),
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

const DIMENSIONS = 'model, harness, access_key as key, job_id as jobId';

function summed(filter: CallFilter): Condition {
  const first = Math.floor((filter.sinceAt ?? 0) / STRETCH_MS);
  const last = Math.ceil((filter.untilAt ?? Number.MAX_SAFE_INTEGER) / STRETCH_MS);
  const { sql, values } = namesOf(filter);
  return {
    sql: `select day_in(stretch * ${STRETCH_MS}, $timeZone) as day, ${DIMENSIONS}, sum(call_count) as callCount, sum(bill) as bill,
        sum(may_bill) as mayBill, sum(unknown_count) as unknownCount, sum(uncached) as uncached, sum(cache_read) as cacheRead,
        sum(cache_write) as cacheWrite, sum(output) as output
      from call_sums where stretch >= $first and stretch < $last ${sql}`,
    values: { ...values, first, last },
  };
}

function called(filter: CallFilter): Condition {
  const { sql, values } = conditionOf(filter);
  return {
    sql: `select day_in(at, $timeZone) as day, ${DIMENSIONS}, ${SUMS}
      from calls indexed by calls_by_time where ${sql} and ${NOT_REPEATED}`,
    values,
  };
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

/** A page is looked for in so many of the newest rows first. */
const NEAR_ROWS = 2000;

export function pagedCalls(database: DatabaseSync, filter: CallFilter, page: CallPage): readonly PagedCall[] {
  const { sql, values } = conditionOf(filter);
  const newest = number(database.prepare('select max(seq) as seq from calls').get()?.['seq']);
  const [afterSeq, beforeSeq] = [page.afterSeq ?? 0, Math.min(page.beforeSeq ?? newest + 1, newest + 1)];
  const nearSeq = Math.max(afterSeq, beforeSeq - NEAR_ROWS);
  const condition = `seq < $beforeSeq and seq > $afterSeq and ${sql} order by seq desc limit $limit`;
  const asked = { ...values, beforeSeq, limit: page.limit };
  // Rows lie in the order of their writing, which is that of their ends: walking back finds a page without a sort.
  const near = database
    .prepare(`select seq, job_id, body from calls where ${condition}`)
    .all({ ...asked, afterSeq: nearSeq });
  const isAll = near.length === page.limit || nearSeq === afterSeq;
  // Walking on would read every record for the few that are looked for; the index holds all that is asked about them.
  const rows = isAll
    ? near
    : database
        .prepare(
          `select seq, job_id, body from calls where seq in (select seq from calls indexed by calls_by_time where ${condition})
           order by seq desc`,
        )
        .all({ ...asked, afterSeq });
  const listed = listedCalls(database, rows);
  return listed.map((call, index) => ({ ...call, seq: number(rows[index]?.['seq']) }));
}

export function sessionOrJobCalls(
  database: DatabaseSync,
  id: string,
  { limit, sinceAt }: { readonly limit: number; readonly sinceAt: number },
): readonly ListedCall[] {
  // The threads of a session are named behind a slash; "0" is the sign after it.
  const rows = database
    .prepare(
      `select job_id, body, at from calls where (session_id = $id or (session_id >= $id || '/' and session_id < $id || '0')) and at >= $sinceAt
       union select job_id, body, at from calls where job_id = $id and at >= $sinceAt order by at limit $limit`,
    )
    .all({ id, limit, sinceAt });
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
