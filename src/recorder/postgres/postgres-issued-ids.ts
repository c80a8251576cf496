import type { PointsmanError } from '../../domain/errors.ts';
import { DAY_MS, type At, type Ms } from '../../domain/time.ts';
import { columnText } from '../../postgres/column-text.ts';
import { migrate, type Layout } from '../../postgres/migrate.ts';
import { isPostgresPlaceAtFault, postgresError } from '../../postgres/postgres-failure.ts';
import type { Postgres } from '../../postgres/postgres.ts';
import type { Issued, IssuedIds } from '../issued-ids.ts';

export interface PostgresIssuedIdsOptions {
  readonly now: () => At;
  /** Told once of the first failure. */
  readonly onWriteError: (error: PointsmanError) => void;
  /** How soon what others added is known here. */
  readonly lookMs?: Ms;
  /** How many are known at once, the newest. */
  readonly maxCount?: number;
}

export const ISSUED_LAYOUT: Layout = {
  name: 'issued ids',
  steps: [
    `create table issued_ids (seq bigint generated always as identity, digest text primary key, owner text not null, by text not null, at float8 not null);
     create index issued_ids_by_seq on issued_ids (seq);
     create index issued_ids_by_age on issued_ids (at);`,
  ],
};

const MAX_AGE_MS: Ms = 180 * DAY_MS;
const MAX_COUNT = 100_000;
const LOOK_MS: Ms = 400;
/** Rows of one look. */
const LOOK_COUNT = 5000;
/** Numbers are given out before rows are seen: what is this close to the newest is looked at again. */
const OVERLAP_COUNT = 200;

/**
 * Ids on PostgreSQL, known to all gateways of the store. Whoever asks does not wait: the newest are held here, what others add is
 * fetched twice a second, and what is added here is stored behind the call. Closing leaves the connections open.
 * @throws PointsmanError `record-unwritable`, `record-unreadable` where the table cannot be made
 */
export async function openPostgresIssuedIds(
  postgres: Postgres,
  { now, onWriteError, lookMs = LOOK_MS, maxCount = MAX_COUNT }: PostgresIssuedIdsOptions,
): Promise<IssuedIds> {
  await migrate(postgres, ISSUED_LAYOUT);
  const known = new Map<string, Issued>();
  let seen = 0;
  let added: (Issued & { readonly digest: string; readonly at: At })[] = [];
  let hasReported = false;
  const report = (thrown: unknown): void => {
    if (!hasReported) onWriteError(postgresError(thrown, 'record-unwritable', postgres.place));
    hasReported = true;
  };
  const hold = (digest: string, issued: Issued): void => {
    known.delete(digest);
    known.set(digest, issued);
    for (const oldest of known.keys()) {
      if (known.size <= maxCount) break;
      known.delete(oldest);
    }
  };
  const store = async (): Promise<void> => {
    const rows = added;
    if (rows.length === 0) return;
    added = [];
    try {
      await postgres.query(
        `insert into issued_ids (digest, owner, by, at) select distinct on (digest) * from unnest($1::text[], $2::text[], $3::text[], $4::float8[])
           as r(digest, owner, by, at) order by digest, at desc
         on conflict (digest) do update set owner = excluded.owner, by = excluded.by, at = excluded.at, seq = default`,
        [
          rows.map(({ digest }) => digest),
          rows.map(({ owner }) => columnText(owner)),
          rows.map(({ by }) => columnText(by)),
          rows.map(({ at }) => at),
        ],
      );
    } catch (thrown) {
      report(thrown);
      if (isPostgresPlaceAtFault(thrown)) added = [...rows, ...added].slice(-maxCount);
    }
  };
  const look = async (): Promise<void> => {
    for (let count = LOOK_COUNT; count === LOOK_COUNT;) {
      const sql = 'select seq, digest, owner, by from issued_ids where seq > $1 order by seq limit $2';
      const answer = await postgres.query<Issued & { seq: number; digest: string }>(sql, [
        seen - OVERLAP_COUNT,
        LOOK_COUNT,
      ]);
      for (const { digest, owner, by } of answer.rows)
        if (known.get(digest)?.owner !== owner || known.get(digest)?.by !== by) hold(digest, { owner, by });
      const newest = answer.rows.at(-1)?.seq ?? seen;
      count = newest === seen ? 0 : answer.rows.length;
      seen = Math.max(seen, newest);
    }
  };
  await postgres.query('delete from issued_ids where at < $1', [now() - MAX_AGE_MS]);
  const { rows } = await postgres.query<{ seq: number | null }>('select max(seq) as seq from issued_ids');
  seen = Math.max(0, (rows[0]?.seq ?? 0) - maxCount);
  await look();
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined;
  const again = (): void => {
    timer = setTimeout(() => {
      void store()
        .then(look)
        .catch(report)
        .finally(() => isClosed || again());
    }, lookMs).unref();
  };
  again();
  return {
    find: (digest) => known.get(digest),
    add: (digest, issued) => {
      hold(digest, issued);
      added.push({ digest, ...issued, at: now() });
    },
    get isEmpty() {
      return known.size === 0;
    },
    close: async () => {
      isClosed = true;
      clearTimeout(timer);
      await store();
    },
  };
}
