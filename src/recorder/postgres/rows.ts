import { HOUR_MS, type Ms } from '../../domain/time.ts';
import { columnText } from '../../postgres/column-text.ts';
import type { PostgresClient, Postgres } from '../../postgres/postgres.ts';
import type { StoredRow } from '../packing/stored-row.ts';

type RowOf<Kind extends StoredRow['kind']> = Extract<StoredRow, { readonly kind: Kind }>;
type Cell = string | number | Uint8Array | readonly string[] | null;

/** A column of an insert: its name, its type in an array, and what a row has in it. */
type TableColumn<Row> = readonly [name: string, type: string, valueOf: (row: Row) => Cell | undefined];

const JOB: readonly TableColumn<RowOf<'job'>>[] = [
  ['job_id', 'text', ({ record }) => columnText(record.jobId)],
  ['started_at', 'float8', ({ record }) => record.startedAt],
  ['status', 'text', ({ record }) => record.status],
  ['ended_at', 'float8', ({ record }) => record.endedAt],
  ['workspace', 'text', ({ record }) => columnText(record.workspace)],
  ['body', 'text', ({ body }) => body],
];
const STEP: readonly TableColumn<RowOf<'step'>>[] = [
  ['decision_id', 'text', ({ decisionId }) => columnText(decisionId)],
  ['job_id', 'text', ({ jobId }) => columnText(jobId)],
  ['at', 'float8', ({ startedAt }) => startedAt],
  ['parts', 'text', ({ parts }) => parts.map(({ hash }) => hash).join(' ')],
  ['body', 'bytea', ({ body }) => body],
];
const CALL: readonly TableColumn<RowOf<'call'>>[] = [
  ['call_id', 'text', ({ record }) => columnText(record.callId)],
  ['job_id', 'text', ({ record }) => columnText(record.jobId)],
  ['at', 'float8', ({ record }) => record.startedAt],
  ['model', 'text', ({ record }) => columnText(record.requestedModel)],
  ['endpoint', 'text', ({ record }) => columnText(record.endpoint)],
  ['session_id', 'text', ({ record }) => columnText(record.sessionId)],
  ['access_key', 'text', ({ record }) => columnText(record.gateway?.key)],
  ['harness', 'text', ({ record }) => columnText(record.gateway?.harness)],
  ['purpose', 'text', ({ record }) => record.purpose],
  ['error', 'text', ({ record }) => record.errorCode],
  ['bill', 'float8', ({ record }) => record.billNanoUsd],
  ['may_bill', 'float8', ({ record }) => record.mayHaveBilledNanoUsd],
  ['uncached', 'float8', ({ record }) => record.usage?.uncachedTokens],
  ['cache_read', 'float8', ({ record }) => record.usage?.cacheReadTokens],
  ['cache_write', 'float8', ({ record }) => record.usage?.cacheWriteTokens],
  ['output', 'float8', ({ record }) => record.usage?.outputTokens],
  ['ttft', 'float8', ({ record }) => record.ttftMs],
  ['body', 'text', ({ body }) => body],
];
const OUTCOME: readonly TableColumn<RowOf<'outcome'>>[] = [
  ['content', 'text', ({ content }) => content],
  ['decision_id', 'text', ({ record }) => columnText(record.decisionId)],
  ['at', 'float8', ({ record }) => record.at],
  ['body', 'text', ({ body }) => body],
];

const names = (columns: readonly (readonly [string, ...unknown[]])[]): string =>
  columns.map(([name]) => name).join(', ');
const updates = (columns: readonly (readonly [string, ...unknown[]])[]): string =>
  columns.map(([name]) => `${name} = excluded.${name}`).join(', ');

/** One insert for all rows of a kind: a column comes as one array, and rows keep their order. */
function insert(table: string, columns: readonly TableColumn<never>[], ends: string): string {
  const arrays = columns.map(([, type], index) => `$${index + 1}::${type}[]`).join(', ');
  const taken = columns.map(([name]) => (name === 'parts' ? "string_to_array(parts, ' ')" : name)).join(', ');
  return `insert into ${table} (${names(columns)}) select ${taken} from unnest(${arrays}) with ordinality
    as r(${names(columns)}, n) order by n ${ends}`;
}

const SQL = {
  job: insert('jobs', JOB, `on conflict (job_id) do update set ${updates(JOB)}`),
  step: insert('steps', STEP, `on conflict (decision_id) do update set ${updates(STEP)}`),
  call: insert('calls', CALL, 'on conflict (call_id) do nothing'),
  outcome: insert('outcomes', OUTCOME, 'on conflict (content) do nothing'),
  parts: `insert into parts (hash, body, written_at) select hash, body, $3 from unnest($1::text[], $2::text[]) as r(hash, body)
    order by hash on conflict (hash) do update set written_at = greatest(parts.written_at, excluded.written_at)`,
} as const;

/** A part that this process has written so lately is not written again; one that is older may be swept (`prune.ts`). */
export const PART_KNOWN_MS: Ms = HOUR_MS;

/** Stores rows in one transaction: all of them or, where it rejects, none. */
export function createPostgresWriter(
  postgres: Postgres,
  now: () => number,
): (rows: readonly StoredRow[]) => Promise<void> {
  const writtenAt = new Map<string, number>();
  return async (rows) => {
    const at = now();
    const fresh = freshParts(rows, (hash) => Math.abs(at - (writtenAt.get(hash) ?? -Infinity)) < PART_KNOWN_MS);
    await postgres.transaction(async (asking) => {
      if (fresh.size > 0) await asking.query(SQL.parts, [[...fresh.keys()], [...fresh.values()], at]);
      await write(
        asking,
        SQL.job,
        JOB,
        latest(ofKind(rows, 'job'), ({ record }) => record.jobId),
      );
      await write(
        asking,
        SQL.step,
        STEP,
        latest(ofKind(rows, 'step'), ({ decisionId }) => decisionId),
      );
      await write(asking, SQL.call, CALL, ofKind(rows, 'call'));
      await write(asking, SQL.outcome, OUTCOME, ofKind(rows, 'outcome'));
    });
    for (const hash of fresh.keys()) writtenAt.set(hash, at);
  };
}

function freshParts(rows: readonly StoredRow[], isKnown: (hash: string) => boolean): ReadonlyMap<string, string> {
  const parts = ofKind(rows, 'step').flatMap((row) => row.parts);
  return new Map(parts.filter(({ hash }) => !isKnown(hash)).map(({ hash, body }) => [hash, body]));
}

async function write<Row>(
  asking: PostgresClient,
  sql: string,
  columns: readonly TableColumn<Row>[],
  rows: readonly Row[],
): Promise<void> {
  if (rows.length === 0) return;
  await asking.query(
    sql,
    columns.map(([, , valueOf]) => rows.map((row) => valueOf(row) ?? null)),
  );
}

function ofKind<Kind extends StoredRow['kind']>(rows: readonly StoredRow[], kind: Kind): readonly RowOf<Kind>[] {
  return rows.filter((row): row is RowOf<Kind> => row.kind === kind);
}

/** One statement may not update a row twice: the latest of each stands, at the place of the first. */
function latest<Row>(rows: readonly Row[], keyOf: (row: Row) => string): readonly Row[] {
  return [...new Map(rows.map((row) => [keyOf(row), row])).values()];
}
