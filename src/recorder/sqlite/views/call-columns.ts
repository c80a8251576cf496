/** Fields of calls that people look for and sum up, where they stand in the record. */
const COLUMNS = {
  at: '$.startedAt',
  model: '$.requestedModel',
  endpoint: '$.endpoint',
  session_id: '$.sessionId',
  access_key: '$.gateway.key',
  harness: '$.gateway.harness',
  purpose: '$.purpose',
  error: '$.errorCode',
  bill: '$.billNanoUsd',
  may_bill: '$.mayHaveBilledNanoUsd',
  uncached: '$.usage.uncachedTokens',
  cache_read: '$.usage.cacheReadTokens',
  cache_write: '$.usage.cacheWriteTokens',
  output: '$.usage.outputTokens',
  ttft: '$.ttftMs',
} as const;

/** As virtual columns: nothing is stored twice but in the indexes, and a body that is no JSON has none of them. */
export const CALL_COLUMNS: readonly { readonly name: string; readonly sql: string }[] = Object.entries(COLUMNS).map(
  ([name, place]) => ({
    name,
    sql: `alter table calls add column ${name} generated always as (case when json_valid(body) then json_extract(body, '${place}') end) virtual`,
  }),
);

/** One holds whatever is summed up, so that no record is read for a sum; the other finds the calls of a session. */
export const CALL_INDEXES: string = `
  create index if not exists calls_by_time on calls (${Object.keys(COLUMNS).join(', ')}, job_id);
  create index if not exists calls_of_a_session on calls (session_id, at, model, uncached, cache_read, cache_write);
`;
