import { createHash, randomUUID } from 'node:crypto';
import type { PointsmanError } from '../../domain/errors.ts';
import { HOUR_MS, SECOND_MS, type Ms } from '../../domain/time.ts';
import { columnText } from '../../postgres/column-text.ts';
import { migrate, type Layout } from '../../postgres/migrate.ts';
import { isPostgresPlaceAtFault, postgresError } from '../../postgres/postgres-failure.ts';
import type { Postgres } from '../../postgres/postgres.ts';
import type { SharedSessions } from '../shared-sessions.ts';

export interface PostgresSharedSessionsOptions {
  /** Told of the first failure. */
  readonly onWriteError: (error: PointsmanError) => void;
  /** How soon what is kept is stored, and what others kept is noticed. */
  readonly lookMs?: Ms;
}

/** Plain rows that outlive no session: whoever loses them routes as after a restart. */
const SESSIONS_LAYOUT: Layout = {
  name: 'gateway sessions',
  steps: [
    `create table gateway_sessions (digest text primary key, seq bigint generated always as identity, by text not null, at timestamptz not null, body text not null);
     create index gateway_sessions_by_seq on gateway_sessions (seq);
     create index gateway_sessions_by_age on gateway_sessions (at);`,
  ],
};

const LOOK_MS: Ms = 400;
/** A caller waits no longer to be known; and where the store has just failed or been late, not at all. */
const FIND_MS: Ms = SECOND_MS;
const AWAY_MS: Ms = 5 * SECOND_MS;
/** Sessions of one statement. */
const MOST_ROWS = 500;
/** Numbers are given out before rows are seen: what is this close to the newest is looked at again. */
const OVERLAP_COUNT = 200;
const KEPT_FOR = '1 day';
const CLEAR_EVERY_MS: Ms = HOUR_MS;
/** Sessions whose digests are remembered, to notice that they have moved: those kept here last. */
const MOST_KNOWN = 20_000;

/**
 * Sessions on PostgreSQL, under digests of their keys. What is asked for while a question is under way goes together in the next
 * one. Closing leaves the connections open.
 * @throws PointsmanError `record-unwritable`, `record-unreadable` where the table cannot be made
 */
export async function openPostgresSharedSessions(
  postgres: Postgres,
  { onWriteError, lookMs = LOOK_MS }: PostgresSharedSessionsOptions,
): Promise<SharedSessions> {
  await migrate(postgres, SESSIONS_LAYOUT);
  const { rows } = await postgres.query<{ seq: number }>('select coalesce(max(seq), 0) as seq from gateway_sessions');
  const desk = new Desk(postgres, onWriteError, rows[0]?.seq ?? 0);
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;
  const again = (): void => {
    timer = setTimeout(() => void desk.turn().finally(() => isClosed || again()), lookMs).unref();
  };
  again();
  return {
    find: (key) => desk.find(key),
    keep: (key, text) => desk.keep(key, text),
    onMoved: (listener) => void (desk.moved = listener),
    close: async () => {
      isClosed = true;
      clearTimeout(timer);
      await desk.store().catch(() => undefined);
    },
  };
}

interface Question {
  readonly digest: string;
  readonly answer: (body: string | undefined) => void;
}

class Desk {
  moved: (key: string) => void = () => undefined;
  readonly #postgres: Postgres;
  readonly #onWriteError: (error: PointsmanError) => void;
  readonly #own = randomUUID();
  /** What was kept or found here, by digest, and the newest number of it that was seen. */
  readonly #known = new Map<string, { readonly key: string; seq: number }>();
  #dirty = new Map<string, () => string | undefined>();
  #questions: Question[] = [];
  #isAsking = false;
  #seen: number;
  #awayUntil = 0;
  #clearedAt = -Infinity;
  #hasReported = false;

  constructor(postgres: Postgres, onWriteError: (error: PointsmanError) => void, seen: number) {
    this.#postgres = postgres;
    this.#onWriteError = onWriteError;
    this.#seen = seen;
  }

  keep(key: string, text: () => string | undefined): void {
    const digest = this.#know(key);
    this.#dirty.set(digest, text);
  }

  async find(key: string): Promise<string | undefined> {
    if (performance.now() < this.#awayUntil) return undefined;
    const digest = this.#know(key);
    return new Promise((resolve) => {
      const late = setTimeout(() => {
        this.#awayUntil = performance.now() + AWAY_MS;
        resolve(undefined);
      }, FIND_MS);
      late.unref();
      const answer = (body: string | undefined): void => {
        clearTimeout(late);
        resolve(body);
      };
      this.#questions.push({ digest, answer });
      if (!this.#isAsking) void this.#ask();
    });
  }

  /** Stores what was kept, then looks for what others kept. Never rejects. */
  async turn(): Promise<void> {
    try {
      await this.store();
      await this.#look();
      await this.#clear();
    } catch (thrown) {
      this.#failed(thrown);
    }
  }

  async store(): Promise<void> {
    while (this.#dirty.size > 0) {
      const part = [...this.#dirty].slice(0, MOST_ROWS);
      for (const [digest] of part) this.#dirty.delete(digest);
      const rows = part.flatMap(([digest, text]) => {
        const body = text();
        return body === undefined ? [] : [{ digest, body: columnText(body) }];
      });
      try {
        if (rows.length > 0)
          await this.#postgres.query(
            `insert into gateway_sessions (digest, by, at, body) select digest, $3, clock_timestamp(), body from unnest($1::text[], $2::text[]) as r(digest, body)
             on conflict (digest) do update set by = excluded.by, at = excluded.at, body = excluded.body, seq = default`,
            [rows.map(({ digest }) => digest), rows.map(({ body }) => body), this.#own],
          );
      } catch (thrown) {
        // What has been kept anew meanwhile is newer.
        if (isPostgresPlaceAtFault(thrown)) this.#dirty = new Map([...part, ...this.#dirty].slice(-MOST_KNOWN));
        throw thrown;
      }
    }
  }

  async #ask(): Promise<void> {
    this.#isAsking = true;
    while (this.#questions.length > 0) {
      const asked = this.#questions;
      this.#questions = [];
      const bodies = new Map<string, string>();
      try {
        const sql = 'select digest, seq, body from gateway_sessions where digest = any($1)';
        const digests = [...new Set(asked.map(({ digest }) => digest))];
        const { rows } = await this.#postgres.query<{ digest: string; seq: number; body: string }>(sql, [digests]);
        for (const { digest, seq, body } of rows) {
          bodies.set(digest, body);
          const known = this.#known.get(digest);
          if (known !== undefined) known.seq = Math.max(known.seq, seq);
        }
      } catch (thrown) {
        this.#failed(thrown);
      }
      for (const { digest, answer } of asked) answer(bodies.get(digest));
    }
    this.#isAsking = false;
  }

  async #look(): Promise<void> {
    const sql = 'select seq, digest, by from gateway_sessions where seq > $1 order by seq limit 5000';
    const { rows } = await this.#postgres.query<{ seq: number; digest: string; by: string }>(sql, [
      this.#seen - OVERLAP_COUNT,
    ]);
    for (const { seq, digest, by } of rows) {
      const known = this.#known.get(digest);
      if (known === undefined || seq <= known.seq) continue;
      known.seq = seq;
      // What goes on here at this moment is stored next, and is the newer one.
      if (by !== this.#own && !this.#dirty.has(digest)) this.moved(known.key);
    }
    this.#seen = Math.max(this.#seen, rows.at(-1)?.seq ?? 0);
  }

  async #clear(): Promise<void> {
    if (performance.now() - this.#clearedAt < CLEAR_EVERY_MS) return;
    this.#clearedAt = performance.now();
    await this.#postgres.query(`delete from gateway_sessions where at < clock_timestamp() - interval '${KEPT_FOR}'`);
  }

  #know(key: string): string {
    const digest = createHash('sha256').update(key).digest('base64url');
    const known = this.#known.get(digest) ?? { key, seq: 0 };
    this.#known.delete(digest);
    this.#known.set(digest, known);
    if (this.#known.size > MOST_KNOWN) {
      const oldest = this.#known.keys().next();
      if (oldest.done !== true) this.#known.delete(oldest.value);
    }
    return digest;
  }

  #failed(thrown: unknown): void {
    this.#awayUntil = performance.now() + AWAY_MS;
    if (!this.#hasReported) this.#onWriteError(postgresError(thrown, 'record-unwritable', this.#postgres.place));
    this.#hasReported = true;
  }
}
