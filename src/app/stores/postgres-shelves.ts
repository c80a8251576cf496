import { AUDIT_LAYOUT } from '../../audit/postgres/postgres-trail.ts';
import { PointsmanError } from '../../domain/errors.ts';
import type { JobId } from '../../domain/ids.ts';
import { MONEY_LAYOUT } from '../../money/postgres/money-tables.ts';
import { createLeases } from '../../orchestrator/journal/postgres/leases.ts';
import { JOBS_LAYOUT } from '../../orchestrator/journal/postgres/postgres-journal.ts';
import { columnText } from '../../postgres/column-text.ts';
import { openDocuments, type Documents } from '../../postgres/documents.ts';
import { createGuard } from '../../postgres/guard.ts';
import { migrate } from '../../postgres/migrate.ts';
import { openPostgres } from '../../postgres/open-postgres.ts';
import type { Postgres, PostgresClient, QueryAnswer } from '../../postgres/postgres.ts';
import type { StoredRow } from '../../recorder/packing/stored-row.ts';
import { ISSUED_LAYOUT } from '../../recorder/postgres/postgres-issued-ids.ts';
import { LIVE_LAYOUT } from '../../recorder/postgres/postgres-live-values.ts';
import { createPostgresWriter } from '../../recorder/postgres/rows.ts';
import { RECORDS_LAYOUT } from '../../recorder/postgres/tables.ts';
import {
  cellsOf,
  HOLD_COLUMNS,
  pageOf,
  pageSql,
  PLAIN_SHELVES,
  SPENT_COLUMNS,
  type Cells,
  type PageAsked,
  type MoneyRows,
  type PlainName,
  type RecordName,
  type Shelf,
  type Shelves,
} from './shelves.ts';
import { storedRow, type RecordCells } from './stored-rows.ts';

const LAYOUTS = [RECORDS_LAYOUT, JOBS_LAYOUT, LIVE_LAYOUT, ISSUED_LAYOUT, MONEY_LAYOUT, AUDIT_LAYOUT];
const KEYS = 'access keys';
const CERTIFICATES = 'certificates';
const PROGRESS = 'copy';

interface PlainTable {
  readonly table: string;
  /** What rows are read in the order of. */
  readonly order: readonly string[];
}

const PLAIN: Readonly<Record<Exclude<PlainName, 'documents'>, PlainTable>> = {
  'job entries': { table: 'job_entries', order: ['seq'] },
  'job calls': { table: 'job_calls', order: ['seq'] },
  'job parts': { table: 'job_parts', order: ['hash'] },
  'job facts': { table: 'job_facts', order: ['seq'] },
  checkpoints: { table: 'job_checkpoints', order: ['thread_id', 'checkpoint_ns', 'checkpoint_id'] },
  'checkpoint writes': {
    table: 'job_checkpoint_writes',
    order: ['thread_id', 'checkpoint_ns', 'checkpoint_id', 'task_id', 'idx'],
  },
  'tool calls': { table: 'job_tool_calls', order: ['key'] },
  'live values': { table: 'live_values', order: ['job_id', 'key', 'hash'] },
  'issued ids': { table: 'issued_ids', order: ['seq'] },
  'audit trail': { table: 'audit', order: ['chain', 'seq'] },
};

/** Columns that are no text. */
const TYPES: Readonly<Record<string, string>> = {
  started_at: 'float8',
  at: 'float8',
  idx: 'integer',
  seq: 'bigint',
  checkpoint: 'bytea',
  metadata: 'bytea',
};

/** @throws PointsmanError `config-invalid`, `record-unreadable`; `not-found` where it is to be there and is not */
export async function openPostgresShelves(address: string, mustExist: boolean): Promise<Shelves> {
  const postgres = await openPostgres(address);
  try {
    if (mustExist) await checkThere(postgres);
    for (const layout of LAYOUTS) await migrate(postgres, layout);
    const documents = openDocuments(postgres);
    const table = (name: keyof typeof PLAIN): Shelf<Cells> => plainShelf(postgres, name);
    const record = (name: RecordName): Shelf<StoredRow> => recordShelf(postgres, name);
    return {
      place: postgres.place,
      records: { jobs: record('jobs'), steps: record('steps'), calls: record('calls'), outcomes: record('outcomes') },
      plain: {
        'job entries': table('job entries'),
        'job calls': table('job calls'),
        'job parts': table('job parts'),
        'job facts': table('job facts'),
        checkpoints: table('checkpoints'),
        'checkpoint writes': table('checkpoint writes'),
        'tool calls': table('tool calls'),
        'live values': table('live values'),
        'issued ids': table('issued ids'),
        'audit trail': table('audit trail'),
        documents: documentShelf(documents),
      },
      money: moneyOf(postgres),
      busy: () => busy(postgres),
      progress: {
        read: async () => (await documents.read(PROGRESS))?.text,
        write: (text) => documents.change(PROGRESS, () => text),
      },
      close: () => postgres.close(),
    };
  } catch (thrown) {
    await postgres.close();
    throw thrown;
  }
}

async function checkThere(postgres: Postgres): Promise<void> {
  const { count } = await postgres.query('select 1 from pg_namespace where nspname = $1', [postgres.schema]);
  if (count > 0) return;
  throw new PointsmanError('not-found', `There is no store at ${postgres.place}.`, {
    hint: `Nothing was ever written there; the schema "${postgres.schema}" is missing.`,
  });
}

function plainShelf(postgres: Postgres, name: keyof typeof PLAIN): Shelf<Cells> {
  const { table, order } = PLAIN[name];
  const columns = PLAIN_SHELVES[name];
  const guarded = createGuard(postgres);
  const typeOf = (column: string): string =>
    column === 'value' && name === 'checkpoint writes' ? 'bytea' : (TYPES[column] ?? 'text');
  const read = columns.map((column) => (column === 'parts' ? "array_to_string(parts, ' ') as parts" : column));
  const taken = columns.map((column) => (column === 'parts' ? "string_to_array(parts, ' ')" : column));
  const arrays = columns.map((column, index) => `$${index + 1}::${typeOf(column)}[]`);
  const isLive = name === 'live values';
  const insert = `insert into ${table} (${columns.join(', ')}${isLive ? ', at' : ''})
    select ${taken.join(', ')}${isLive ? ', (extract(epoch from clock_timestamp()) * 1000)::float8' : ''}
    from unnest(${arrays.join(', ')}) with ordinality as r(${columns.join(', ')}, n) order by n on conflict do nothing`;
  return {
    count: () => guarded('record-unreadable', () => countIn(postgres, table)),
    page: (after) =>
      guarded('record-unreadable', async () =>
        pageOf((await pageIn(postgres, { table, order, read, after })).rows, order.length, (row) =>
          cellsOf(row, columns),
        ),
      ),
    put: (rows) =>
      guarded('record-unwritable', async () => {
        const of = (column: string): readonly unknown[] =>
          rows.map((row) => (typeof row[column] === 'string' ? columnText(row[column]) : row[column]));
        await postgres.query(insert, columns.map(of));
      }),
  };
}

async function countIn(postgres: Postgres, table: string): Promise<number> {
  return (await postgres.query<{ n: number }>(`select count(*) as n from ${table}`)).rows[0]?.n ?? 0;
}

function pageIn(postgres: Postgres, asked: PageAsked): Promise<QueryAnswer<Readonly<Record<string, unknown>>>> {
  const sql = pageSql(asked, (n) => `$${n + 1}`);
  return postgres.query(sql, asked.after ?? []);
}

const RECORD_COLUMNS: Readonly<Record<RecordName, readonly string[]>> = {
  jobs: ['body'],
  steps: ['decision_id', 'job_id', 'parts', 'body'],
  calls: ['body'],
  outcomes: ['content', 'body'],
};

function recordShelf(postgres: Postgres, name: RecordName): Shelf<StoredRow> {
  const guarded = createGuard(postgres);
  const put = createPostgresWriter(postgres, Date.now);
  return {
    count: () => guarded('record-unreadable', () => countIn(postgres, name)),
    page: (after) =>
      guarded('record-unreadable', async () => {
        const asked = { table: name, order: ['seq'], read: RECORD_COLUMNS[name], after };
        const rows = (await pageIn(postgres, asked)).rows as readonly RecordCells[];
        const hashes = [...new Set(rows.flatMap((row) => (row['parts'] ?? []) as readonly string[]))];
        const parts = await postgres.query<{ hash: string; body: string }>(
          'select hash, body from parts where hash = any($1)',
          [hashes],
        );
        const bodies = new Map(parts.rows.map(({ hash, body }) => [hash, body]));
        return pageOf(rows, 1, (row) => storedRow(name, row as RecordCells, (hash) => bodies.get(hash)));
      }),
    put: (rows) => guarded('record-unwritable', () => put(rows)),
  };
}

function documentShelf(documents: Documents): Shelf<Cells> {
  const page = async (): Promise<readonly Cells[]> => {
    const found = await Promise.all(
      [KEYS, CERTIFICATES].map(async (name) => ({ name, body: (await documents.read(name))?.text })),
    );
    return found.flatMap(({ name, body }) => (body === undefined ? [] : [{ name, body }]));
  };
  return {
    count: async () => (await page()).length,
    page: async () => ({ rows: await page(), next: undefined }),
    put: async (rows) => {
      for (const { name, body } of rows) await documents.change(String(name), (text) => text ?? String(body));
    },
  };
}

function moneyOf(postgres: Postgres): Shelves['money'] {
  const guarded = createGuard(postgres);
  const rowsOf = async (table: string, columns: readonly string[]): Promise<readonly Cells[]> => {
    const sql = `select ${columns.join(', ')} from ${table} order by 1, 2`;
    return (await postgres.query(sql)).rows.map((row) => cellsOf(row, columns));
  };
  return {
    read: () =>
      guarded('record-unreadable', async () => ({
        spent: await rowsOf('money_spent', SPENT_COLUMNS),
        holds: await rowsOf('money_holds', HOLD_COLUMNS),
        takenOver: (await rowsOf('money_taken_over', ['name', 'name'])).map(({ name }) => String(name)),
      })),
    add: (name, money) =>
      guarded('record-unwritable', () => postgres.transaction((asking) => addMoney(asking, name, money))),
  };
}

async function addMoney(
  asking: PostgresClient,
  name: string,
  { spent, holds, takenOver }: MoneyRows,
): Promise<boolean> {
  const takeOver = 'insert into money_taken_over select unnest($1::text[]) on conflict do nothing';
  if ((await asking.query(takeOver, [[name]])).count === 0) return false;
  await asking.query(takeOver, [takenOver]);
  const of = (rows: readonly Cells[], column: string): readonly unknown[] => rows.map((row) => row[column]);
  await asking.query(
    `select money_add(r.account, r.day, r.nano_usd, r.unknown) from unnest($1::text[], $2::integer[], $3::bigint[], $4::bigint[])
      as r(account, day, nano_usd, unknown)`,
    SPENT_COLUMNS.map((column) => of(spent, column)),
  );
  await asking.query(
    `insert into money_holds (${HOLD_COLUMNS.join(', ')}, first_nano_usd)
      select r.*, r.expected_nano_usd from unnest($1::text[], $2::text[], $3::integer[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[])
      as r(${HOLD_COLUMNS.join(', ')}) on conflict do nothing`,
    HOLD_COLUMNS.map((column) => of(holds, column)),
  );
  return true;
}

async function busy(postgres: Postgres): Promise<string | undefined> {
  const silent = "interval '30 seconds'";
  const leases = createLeases(postgres);
  const held = await postgres.query<{ job_id: JobId }>('select job_id from job_leases where is_held');
  for (const { job_id: jobId } of held.rows) if (await leases.isHeld(jobId)) return `the job ${jobId} runs`;
  const alive = `select 1 from money_processes where beat_at > clock_timestamp() - ${silent} limit 1`;
  return (await postgres.query(alive)).count === 0 ? undefined : 'a gateway or a job spends money';
}
