/** Columns of calls that a filter names exactly, by the filter's word for them. The same in every engine. */
export const CALL_NAMES = { model: 'model', endpoint: 'endpoint', key: 'access_key', harness: 'harness' } as const;

/** Columns of calls where a searched text may stand. */
export const SEARCHED_COLUMNS: readonly string[] = [
  'model',
  'session_id',
  'job_id',
  'access_key',
  'harness',
  'endpoint',
  'error',
];
