import type { Pool, PoolClient, QueryResult } from 'pg';
import { MINUTE_MS, SECOND_MS, type Ms } from '../domain/time.ts';
import { postgresError } from './postgres-failure.ts';
import type { QueryAnswer, PostgresClient, Postgres } from './postgres.ts';
import { storeAddressOf } from './store-address.ts';

export interface PostgresOptions {
  /** Connections at most; more questions wait. */
  readonly maxConnections?: number;
  /** A question that is not answered for so long has failed. */
  readonly maxQueryMs?: Ms;
  /** Whoever says nothing for so long within a transaction loses it, and its locks: a process that was stopped holds up no other. */
  readonly maxSilenceMs?: Ms;
}

const MAX_CONNECTIONS = 8;
const CONNECT_MS: Ms = 10 * SECOND_MS;
const MAX_QUERY_MS: Ms = MINUTE_MS;
const MAX_SILENCE_MS: Ms = 15 * SECOND_MS;
/** `bigint`, and `numeric`, which sums of it are. */
const NUMBERS: ReadonlySet<number> = new Set([20, 1700]);

/**
 * Opens the store at an address and sees that it answers. Keeps no process alive but while somebody asks.
 * @throws PointsmanError `config-invalid` for an address that is none, `record-unreadable` where nobody answers or nobody is
 *   let in
 */
export async function openPostgres(address: string, options: PostgresOptions = {}): Promise<Postgres> {
  const { connectionString, schema, place } = storeAddressOf(address);
  const { Pool: PoolOf, types } = await import('pg');
  const pool = new PoolOf({
    connectionString,
    max: options.maxConnections ?? MAX_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: options.maxQueryMs ?? MAX_QUERY_MS,
    allowExitOnIdle: true,
    keepAlive: true,
    application_name: 'pointsman',
    options: settingsOf(schema, options),
    types: {
      getTypeParser: (oid: number, format?: 'text' | 'binary') =>
        NUMBERS.has(oid) ? Number : types.getTypeParser(oid, format),
    },
  });
  // A connection that breaks while nobody asks is replaced with the next question.
  pool.on('error', () => undefined);
  let closed: Promise<void> | undefined;
  const postgres: Postgres = {
    place,
    schema,
    query: (sql, values) => ask(pool, sql, values),
    transaction: (act) => transact(pool, act),
    close: () => (closed ??= pool.end()),
  };
  try {
    await postgres.query('select 1');
    return postgres;
  } catch (thrown) {
    await postgres.close();
    throw postgresError(thrown, 'record-unreadable', place);
  }
}

/** The server gives up with us: a question that nobody waits for any more holds no lock and no place. */
function settingsOf(
  schema: string,
  { maxQueryMs = MAX_QUERY_MS, maxSilenceMs = MAX_SILENCE_MS }: PostgresOptions,
): string {
  return Object.entries({
    search_path: schema,
    statement_timeout: maxQueryMs,
    idle_in_transaction_session_timeout: maxSilenceMs,
  })
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(' ');
}

async function ask<Row>(
  at: Pool | PoolClient,
  sql: string,
  values: readonly unknown[] = [],
): Promise<QueryAnswer<Row>> {
  const result: QueryResult = await at.query(sql, [...values]);
  return { rows: result.rows as Row[], count: result.rowCount ?? 0 };
}

async function transact<Result>(pool: Pool, act: (asking: PostgresClient) => Promise<Result>): Promise<Result> {
  const client = await pool.connect();
  let broken: unknown;
  // Told here as well as to who asks; without a listener it would end the process.
  const onError = (): void => undefined;
  client.on('error', onError);
  try {
    await client.query('begin');
    const result = await act({ query: (sql, values) => ask(client, sql, values) });
    await client.query('commit');
    return result;
  } catch (thrown) {
    await client.query('rollback').catch((worse: unknown) => (broken = worse));
    throw thrown;
  } finally {
    client.off('error', onError);
    client.release(broken !== undefined);
  }
}
