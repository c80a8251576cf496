import { createGuard } from './guard.ts';
import { createReaderCheck, migrate, type Layout } from './migrate.ts';
import type { Postgres } from './postgres.ts';

/** A small text under a name, as a file would be, for all processes of a store. Everything rejects with `record-unreadable` or `record-unwritable`. */
export interface Documents {
  /** `undefined`: there is none. */
  read(name: string): Promise<Document | undefined>;
  /** Writes what `act` makes of it, while nobody else writes it. */
  change(name: string, act: (text: string | undefined) => string): Promise<void>;
}

export interface Document {
  readonly text: string;
  /** One more with each change. */
  readonly version: number;
}

const LAYOUT: Layout = {
  name: 'documents',
  steps: ['create table documents (name text primary key, version bigint not null, body text not null)'],
};

/** Makes its table with the first change. */
export function openDocuments(postgres: Postgres): Documents {
  const guarded = createGuard(postgres);
  const isThere = createReaderCheck(postgres, LAYOUT);
  const select = 'select body as text, version from documents where name = $1';
  return {
    read: (name) =>
      guarded('record-unreadable', async () =>
        (await isThere()) ? (await postgres.query<Document>(select, [name])).rows[0] : undefined,
      ),
    change: (name, act) =>
      guarded('record-unwritable', async () => {
        if (!(await isThere())) await migrate(postgres, LAYOUT);
        await postgres.transaction(async (asking) => {
          // Also where there is no row yet that could be locked.
          await asking.query('select pg_advisory_xact_lock(hashtext($1))', [`pointsman ${postgres.schema} ${name}`]);
          const found = (await asking.query<Document>(select, [name])).rows[0];
          await asking.query(
            'insert into documents (name, version, body) values ($1, $2, $3) on conflict (name) do update set version = excluded.version, body = excluded.body',
            [name, (found?.version ?? 0) + 1, act(found?.text)],
          );
        });
      }),
  };
}
