import { PointsmanError } from '../domain/errors.ts';
import { postgresError } from './postgres-failure.ts';
import type { PostgresClient, Postgres } from './postgres.ts';

/** The tables of one store: what brings them from each version to the next, the first from nothing. Never changed, only added to. */
export interface Layout {
  readonly name: string;
  readonly steps: readonly string[];
}

/** "No such schema", "no such table". */
const NOTHING_YET: ReadonlySet<unknown> = new Set(['3F000', '42P01']);

/**
 * Lays the tables out, or brings them forward: under a lock, so that of several processes one does it, and all of it or nothing.
 * @throws PointsmanError `record-unreadable` where a newer pointsman made them, `record-unwritable`
 */
export async function migrate(postgres: Postgres, { name, steps }: Layout): Promise<void> {
  const { place, schema } = postgres;
  try {
    if ((await versionOf(postgres, name)) === steps.length) return;
    await postgres.transaction(async (asking) => {
      await asking.query('select pg_advisory_xact_lock(hashtext($1))', [`pointsman layout ${schema}`]);
      // Asked first: a role that may not make schemas may not say "if not exists" either.
      const { count } = await asking.query('select 1 from pg_namespace where nspname = $1', [schema]);
      if (count === 0) await asking.query(`create schema ${schema}`);
      await asking.query('create table if not exists layouts (name text primary key, version integer not null)');
      const found = await versionOf(asking, name);
      if (found > steps.length) throw tooNew(place, name, { found, known: steps.length });
      for (const step of steps.slice(found)) await asking.query(step);
      await asking.query(
        'insert into layouts (name, version) values ($1, $2) on conflict (name) do update set version = excluded.version',
        [name, steps.length],
      );
    });
  } catch (thrown) {
    throw postgresError(thrown, 'record-unwritable', place);
  }
}

/**
 * For whoever reads: whether there are these tables, asked until there are. Older ones are brought forward, none are made.
 * @throws PointsmanError as `migrate`; `record-unreadable` where nobody answers
 */
export function createReaderCheck(postgres: Postgres, layout: Layout): () => Promise<boolean> {
  let isThere = false;
  return async () => {
    if (isThere) return true;
    try {
      if ((await versionOf(postgres, layout.name)) === 0) return false;
    } catch (thrown) {
      throw postgresError(thrown, 'record-unreadable', postgres.place);
    }
    await migrate(postgres, layout);
    return (isThere = true);
  };
}

async function versionOf(asking: PostgresClient, name: string): Promise<number> {
  try {
    const { rows } = await asking.query<{ version: number }>('select version from layouts where name = $1', [name]);
    return rows[0]?.version ?? 0;
  } catch (thrown) {
    if (NOTHING_YET.has((thrown as { readonly code?: unknown }).code)) return 0;
    throw thrown;
  }
}

function tooNew(
  place: string,
  name: string,
  { found, known }: { readonly found: number; readonly known: number },
): PointsmanError {
  return new PointsmanError(
    'record-unreadable',
    `The ${name} in the PostgreSQL store ${place} have layout ${found}, this build knows ${known}`,
    { hint: 'Update pointsman, or name another schema in the address, such as ?schema=other.' },
  );
}
