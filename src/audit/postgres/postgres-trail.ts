import { randomUUID } from 'node:crypto';
import type { At } from '../../domain/time.ts';
import { createGuard } from '../../postgres/guard.ts';
import { createReaderCheck, migrate, type Layout } from '../../postgres/migrate.ts';
import type { Postgres, PostgresClient } from '../../postgres/postgres.ts';
import { linked, type AuditEntry, type AuditWish, type ChainHead } from '../audit-entry.ts';
import { ENTRY_PAGE, entryOf, type AuditTrail } from '../audit-trail.ts';

export const AUDIT_LAYOUT: Layout = {
  name: 'audit',
  steps: [
    `create table audit_own (one integer primary key check (one = 1), chain text not null);
     create table audit (chain text collate "C" not null, seq bigint not null, at float8 not null, act text not null, actor text not null,
       subject text not null, detail text not null, hash text not null, primary key (chain, seq));
     create function audit_kept() returns trigger language plpgsql as
       $$ begin raise exception 'the audit trail is only added to'; end $$;
     create trigger audit_kept before update or delete or truncate on audit for each statement execute function audit_kept();`,
  ],
};

const COLUMNS = 'chain, seq, at, act, actor, subject, detail, hash';

/** Audit trail of a PostgreSQL store, for all that work on it; its table is made with the first entry. */
export function openPostgresTrail(postgres: Postgres, now: () => At): AuditTrail {
  const guarded = createGuard(postgres);
  const isThere = createReaderCheck(postgres, AUDIT_LAYOUT);
  return {
    append: (wishes) =>
      guarded('record-unwritable', async () => {
        if (wishes.length === 0) return;
        if (!(await isThere())) await migrate(postgres, AUDIT_LAYOUT);
        await postgres.transaction((asking) => append(asking, { schema: postgres.schema, wishes, at: now() }));
      }),
    entries: async function* () {
      if (!(await guarded('record-unreadable', isThere))) return;
      const sql = `select ${COLUMNS} from audit where (chain, seq) > ($1, $2) order by chain, seq limit ${ENTRY_PAGE}`;
      for (let last: AuditEntry | undefined; ;) {
        const place = [last?.chain ?? '', last?.seq ?? 0];
        const page = await guarded('record-unreadable', async () =>
          (await postgres.query(sql, place)).rows.map(entryOf),
        );
        yield* page;
        last = page.at(-1);
        if (page.length < ENTRY_PAGE) return;
      }
    },
    close: async () => undefined,
  };
}

async function append(
  asking: PostgresClient,
  { schema, wishes, at }: { readonly schema: string; readonly wishes: readonly AuditWish[]; readonly at: At },
): Promise<void> {
  await asking.query('select pg_advisory_xact_lock(hashtext($1))', [`pointsman ${schema} audit`]);
  await asking.query('insert into audit_own (one, chain) values (1, $1) on conflict do nothing', [randomUUID()]);
  const [own] = (await asking.query<{ chain: string }>('select chain from audit_own')).rows;
  const chain = own?.chain ?? '';
  const newest = 'select seq, hash from audit where chain = $1 order by seq desc limit 1';
  const head = (await asking.query<ChainHead>(newest, [chain])).rows[0] ?? { seq: 0, hash: '' };
  const entries = linked(wishes, { chain, head, at });
  const of = (key: keyof AuditEntry): readonly unknown[] => entries.map((entry) => entry[key]);
  await asking.query(
    `insert into audit (${COLUMNS}) select * from unnest($1::text[], $2::bigint[], $3::float8[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])`,
    [
      of('chain'),
      of('seq'),
      of('at'),
      of('act'),
      of('actor'),
      of('subject'),
      entries.map(({ detail }) => JSON.stringify(detail)),
      of('hash'),
    ],
  );
}
