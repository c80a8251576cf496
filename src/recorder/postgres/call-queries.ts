import { textIn } from '../../domain/json.ts';
import { toNanoUsd } from '../../domain/money.ts';
import { MINUTE_MS } from '../../domain/time.ts';
import { columnText } from '../../postgres/column-text.ts';
import type { PostgresClient } from '../../postgres/postgres.ts';
import type { ListedCall } from '../listed-call.ts';
import { readRecord } from '../read-record.ts';
import type { CallFilter, CallPage, ColdReturn, HostRow, PagedCall, SessionRow, SpendCell } from '../store-views.ts';
import { whereOf, createValues, IS_VENDOR_CALL } from './call-conditions.ts';

type SqlRow = Readonly<Record<string, unknown>>;
const number = (value: unknown): number => (typeof value === 'number' ? value : 0);
const known = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

/** A call without a bill that failed before an answer cost nothing; any other may have. */
const UNKNOWN_BILL = '(bill is null and (error is null or may_bill is not null))';
/** As in the file, where sums are kept per quarter of an hour. */
const STRETCH_MS = 15 * MINUTE_MS;

const SUMS = `count(*) as call_count, sum(bill) as bill, sum(may_bill) as may_bill,
  count(*) filter (where ${UNKNOWN_BILL}) as unknown_count, sum(uncached) as uncached, sum(cache_read) as cache_read,
  sum(cache_write) as cache_write, sum(output) as output`;

export async function selectSpend(
  asking: PostgresClient,
  filter: CallFilter,
  timeZone: string,
): Promise<readonly SpendCell[]> {
  const values = createValues();
  const zone = values.add(timeZone);
  const whole: CallFilter = {
    ...filter,
    ...(filter.sinceAt === undefined ? {} : { sinceAt: Math.floor(filter.sinceAt / STRETCH_MS) * STRETCH_MS }),
    ...(filter.untilAt === undefined ? {} : { untilAt: Math.ceil(filter.untilAt / STRETCH_MS) * STRETCH_MS }),
  };
  const { rows } = await asking.query(
    `select to_char(to_timestamp(at / 1000) at time zone ${zone}, 'YYYY-MM-DD') as day, model, harness, access_key, job_id, ${SUMS}
     from calls where ${whereOf(whole, values)} and ${IS_VENDOR_CALL} group by 1, 2, 3, 4, 5`,
    values.list,
  );
  return rows.map((row) => ({
    day: String(row['day']),
    model: String(row['model']),
    harness: textIn(row['harness']),
    key: textIn(row['access_key']),
    jobId: textIn(row['job_id']),
    ...sumsOf(row),
    mayHaveBilledNanoUsd: toNanoUsd(number(row['may_bill'])),
    uncachedTokens: number(row['uncached']),
    cacheReadTokens: number(row['cache_read']),
    cacheWriteTokens: number(row['cache_write']),
    outputTokens: number(row['output']),
  }));
}

function sumsOf(row: SqlRow): Pick<SpendCell, 'callCount' | 'billNanoUsd' | 'unknownBillCallCount'> {
  return {
    callCount: number(row['call_count']),
    billNanoUsd: toNanoUsd(number(row['bill'])),
    unknownBillCallCount: number(row['unknown_count']),
  };
}

const LISTED = 'select calls.seq, calls.body, calls.at, jobs.workspace from calls left join jobs using (job_id)';

export async function selectPage(
  asking: PostgresClient,
  filter: CallFilter,
  page: CallPage,
): Promise<readonly PagedCall[]> {
  const values = createValues();
  const bounds = [
    ...(page.beforeSeq === undefined ? [] : [`seq < ${values.add(page.beforeSeq)}`]),
    ...(page.afterSeq === undefined ? [] : [`seq > ${values.add(page.afterSeq)}`]),
    whereOf(filter, values),
  ];
  const { rows } = await asking.query(
    `${LISTED} where calls.seq in (select seq from calls where ${bounds.join(' and ')} order by seq desc limit ${values.add(page.limit)})
     order by calls.seq desc`,
    values.list,
  );
  return rows.map((row) => ({ ...listedCall(row), seq: number(row['seq']) }));
}

export async function selectCallsOf(
  asking: PostgresClient,
  id: string,
  { limit, sinceAt }: { readonly limit: number; readonly sinceAt: number },
): Promise<readonly ListedCall[]> {
  const { rows } = await asking.query(
    `${LISTED} where calls.seq in (select seq from calls where ${OF_SESSION} and at >= $2 union select seq from calls where job_id = $1 and at >= $2)
     order by calls.at, calls.seq limit $3`,
    [columnText(id), sinceAt, limit],
  );
  return rows.map(listedCall);
}

/** Of the session `$1` and its threads, which are named behind a slash; "0" is the sign after it. */
export const OF_SESSION = `(session_id = $1 or (session_id ~>=~ ($1 || '/') and session_id ~<~ ($1 || '0')))`;

export function listedCall(row: SqlRow): ListedCall {
  return { call: readRecord('call', String(row['body'])), workspace: textIn(row['workspace']) };
}

export async function selectWorkspaces(
  asking: PostgresClient,
  jobIds: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  const sql = 'select job_id, workspace from jobs where job_id = any($1) and workspace is not null';
  const { rows } = await asking.query(sql, [jobIds.map((id) => columnText(id))]);
  return Object.fromEntries(rows.map((row) => [String(row['job_id']), String(row['workspace'])]));
}

export async function selectSessions(
  asking: PostgresClient,
  filter: CallFilter,
  { limit, offset }: { readonly limit: number; readonly offset: number },
): Promise<readonly SessionRow[]> {
  const values = createValues();
  const { rows } = await asking.query(
    `select coalesce(job_id, split_part(session_id, '/', 1)) as id, max(job_id) as job_id, max(harness) as harness,
       max(access_key) as access_key, min(at) as first_at, max(at) as last_at, count(distinct model) as model_count, ${SUMS}
     from calls where ${whereOf(filter, values)} and ${IS_VENDOR_CALL}
     group by 1 order by max(at) desc, 1 limit ${values.add(limit)} offset ${values.add(offset)}`,
    values.list,
  );
  return rows.map((row) => ({
    sessionId: String(row['id']),
    jobId: textIn(row['job_id']),
    harness: textIn(row['harness']),
    key: textIn(row['access_key']),
    firstAt: number(row['first_at']),
    lastAt: number(row['last_at']),
    modelCount: number(row['model_count']),
    ...sumsOf(row),
    cacheReadTokens: number(row['cache_read']),
    promptTokens: number(row['uncached']) + number(row['cache_read']) + number(row['cache_write']),
  }));
}

/** Calls that their callers left are nobody's fault. */
const IS_FAULT = "(error is not null and error <> 'aborted')";

export async function selectHosts(asking: PostgresClient, filter: CallFilter): Promise<readonly HostRow[]> {
  const values = createValues();
  const { rows } = await asking.query(
    `select endpoint, model, count(*) as call_count, count(*) filter (where ${IS_FAULT}) as error_count, max(at) as last_at,
       avg(ttft) as mean_ttft, max(ttft) as worst_ttft,
       (array_agg(error order by at desc) filter (where ${IS_FAULT}))[1] as last_error
     from calls where ${whereOf(filter, values)} and ${IS_VENDOR_CALL} group by 1, 2 order by 1, 2`,
    values.list,
  );
  return rows.map((row) => ({
    endpoint: String(row['endpoint']),
    model: String(row['model']),
    callCount: number(row['call_count']),
    errorCount: number(row['error_count']),
    lastAt: number(row['last_at']),
    meanTtftMs: known(row['mean_ttft']),
    worstTtftMs: known(row['worst_ttft']),
    lastErrorCode: textIn(row['last_error']),
  }));
}

/** A pause that short loses no cache of any vendor. */
const LEAST_PAUSE_MS = 4 * MINUTE_MS;
/** What is read less than was sent before: less than that is a changed tail. */
const LEAST_LOST_TOKENS = 1024;

export async function selectColdReturns(
  asking: PostgresClient,
  filter: CallFilter,
  limit: number,
): Promise<readonly ColdReturn[]> {
  const values = createValues();
  const { rows } = await asking.query(
    `select * from (
       select session_id, model, at, at - before_at as pause, least(sent, sent_before) - cache_read as lost from (
         select session_id, model, at, cache_read, uncached + cache_read + coalesce(cache_write, 0) as sent,
           lag(at) over thread as before_at,
           lag(uncached + coalesce(cache_read, 0) + coalesce(cache_write, 0)) over thread as sent_before
         from calls where ${whereOf(filter, values)} and purpose is null and uncached is not null
         window thread as (partition by session_id, model order by at)
       ) as returns
     ) as losses where pause >= ${LEAST_PAUSE_MS} and lost >= ${LEAST_LOST_TOKENS} order by lost desc limit ${values.add(limit)}`,
    values.list,
  );
  return rows.map((row) => ({
    sessionId: String(row['session_id']),
    model: String(row['model']),
    at: number(row['at']),
    pauseMs: number(row['pause']),
    lostTokens: number(row['lost']),
  }));
}
