import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { PointsmanError } from '../../domain/errors.ts';
import { SECOND_MS, type Ms } from '../../domain/time.ts';
import { migrate } from '../../postgres/migrate.ts';
import {
  isPostgresAway,
  isPostgresBusy,
  isPostgresPlaceAtFault,
  isPostgresUnreached,
  postgresError,
} from '../../postgres/postgres-failure.ts';
import type { Postgres } from '../../postgres/postgres.ts';
import { batched } from '../batched-ledger.ts';
import { hasLimits, type MoneyLedger } from '../ledger.ts';
import type { MoneyOp, MoneyResult } from '../money-op.ts';
import { dayOf } from '../period.ts';
import { BEAT_MS, DEAD_AFTER_MS } from '../silence.ts';
import { withFreeIn } from './held-by-silent.ts';
import { MONEY_LAYOUT } from './money-tables.ts';
import { fromReply, toWish, type Reply } from './wishes.ts';

export interface PostgresLedgerOptions {
  /** Told once when the store cannot be written any more, and at the end of what is lost with that. Never throws back. */
  readonly onFault: (error: PointsmanError) => void;
  /** Told when it can be written again, and has everything. */
  readonly onRestored?: () => void;
}

const DEAD_AFTER = `${DEAD_AFTER_MS / SECOND_MS} seconds`;
/** As in the file. */
const PRESUMED_FOR_DAYS = 2;
const DAYS_APART = 62;
/** As `dayOf`: a machine whose clock is far ahead would take what is young for old. */
const SERVER_DAY = 'floor(extract(epoch from clock_timestamp()) / 86400)::integer';
const SESSION_DAYS = 31;
/** A server that starts anew is there again after that; whoever asks for money waits so long. */
const TRY_AGAIN_MS: readonly Ms[] = [50, 200, 600, 1500];
const BACK_AFTER_MS: Ms = SECOND_MS;
/** Wishes that wait for the server; past this the oldest are given up, and that is reported. */
const MAX_WAITING = 100_000;

/**
 * The ledger on PostgreSQL, for any number of processes and machines: what comes while a batch is under way goes together in
 * the next one, each in one round trip. While the server is away what was billed is kept and stored later; a call on an account
 * with a limit is refused then, because nobody can tell what others spend of it.
 * @throws PointsmanError `record-unwritable`, `record-unreadable`
 */
export async function openPostgresLedger(postgres: Postgres, options: PostgresLedgerOptions): Promise<MoneyLedger> {
  await migrate(postgres, MONEY_LAYOUT);
  const desk = createDesk(postgres, options);
  await desk.beat();
  const timer = setInterval(() => void desk.beat(), BEAT_MS).unref();
  return batched({ onFault: options.onFault, oneAtATime: true }, desk.serve, async () => {
    clearInterval(timer);
    await desk.close();
  });
}

interface Desk {
  readonly serve: (ops: readonly MoneyOp[]) => Promise<readonly MoneyResult[]>;
  /** Never rejects. */
  readonly beat: () => Promise<void>;
  readonly close: () => Promise<void>;
}

function createDesk(postgres: Postgres, { onFault, onRestored }: PostgresLedgerOptions): Desk {
  const own = randomUUID();
  /** Wishes that the server has not taken, in their order. */
  let kept: readonly MoneyOp[] = [];
  let isAway = false;
  let clearedOn: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  const failed = (thrown: unknown): PointsmanError => postgresError(thrown, 'record-unwritable', postgres.place);

  const send = async (ops: readonly MoneyOp[]): Promise<readonly MoneyResult[]> => {
    const { rows } = await postgres.query<{ replies: readonly Reply[] }>('select money_apply($1, $2) as replies', [
      own,
      JSON.stringify(ops.map(toWish)),
    ]);
    const replies = rows[0]?.replies ?? [];
    const results = ops.map((op, index) => fromReply(op, replies[index] ?? { error: 'no answer' }));
    return withFreeIn(postgres, results);
  };
  const sendKept = async (): Promise<void> => {
    const reservations = kept.filter(({ kind }) => kind === 'reserve');
    for (const part of [reservations, kept.filter(({ kind }) => kind !== 'reserve')]) {
      if (part.length === 0) continue;
      const lost = (await send(part)).find((result) => result.kind === 'failed');
      if (lost?.kind === 'failed') onFault(lost.error);
      const taken = new Set(part);
      kept = kept.filter((op) => !taken.has(op));
    }
  };
  /** Adds what became of them to `results`, part by part: what has its answer is not sent again. */
  const apply = async (ops: readonly MoneyOp[], results: MoneyResult[]): Promise<void> => {
    if (kept.length + ops.length === 0) return;
    await sendKept();
    for (const part of apart(ops.slice(results.length))) results.push(...(await send(part)));
    if (isAway) onRestored?.();
    isAway = false;
  };
  const keep = (ops: readonly MoneyOp[]): void => {
    kept = [...kept, ...ops];
    const excess = kept.length - MAX_WAITING;
    if (excess <= 0) return;
    kept = kept.slice(excess);
    onFault(lostWishes(postgres.place, excess));
  };
  /** Nobody waits for it: what is kept is tried again, also where nothing more comes. */
  const tryLater = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      void enqueue(async () => {
        try {
          await apply([], []);
        } catch {
          tryLater();
        }
      });
    }, BACK_AFTER_MS).unref();
  };
  /** One statement at a time, so that what is kept is sent once. */
  let tail: Promise<unknown> = Promise.resolve();
  const enqueue = async <Result>(act: () => Promise<Result>): Promise<Result> => {
    const result = tail.then(act);
    tail = result.catch(() => undefined);
    return result;
  };
  const whenAway = (thrown: unknown, ops: readonly MoneyOp[], mayBeTaken: boolean): readonly MoneyResult[] => {
    const error = failed(thrown);
    if (!isAway) onFault(error);
    isAway = true;
    keep(ops.flatMap((op) => (mayWait(op) ? op : mayBeTaken && op.kind === 'reserve' ? releaseOf(op) : [])));
    if (kept.length > 0) tryLater();
    return ops.map((op) => (mayWait(op) ? { kind: 'done', reply: assumedReply(op) } : { kind: 'failed', error }));
  };
  const serve = async (ops: readonly MoneyOp[]): Promise<readonly MoneyResult[]> => {
    const results: MoneyResult[] = [];
    let mayBeTaken = false;
    for (let tries = 0; ; tries += 1) {
      try {
        await apply(ops, results);
        return results;
      } catch (thrown) {
        const left = ops.slice(results.length);
        const pauseMs = TRY_AGAIN_MS[tries];
        mayBeTaken ||= isPostgresAway(thrown) && !isPostgresUnreached(thrown);
        if (!isPostgresPlaceAtFault(thrown)) {
          const error = failed(thrown);
          return [...results, ...left.map(() => ({ kind: 'failed', error }) as const)];
        }
        // Known to be away: whoever asks is told at once.
        if (pauseMs === undefined || (isAway && !isPostgresBusy(thrown)))
          return [...results, ...whenAway(thrown, left, mayBeTaken)];
        await wait(pauseMs);
      }
    }
  };
  const beat = async (): Promise<void> => {
    try {
      await postgres.query('select money_beat($1, $2)', [own, DEAD_AFTER]);
      const today = dayOf(Date.now());
      if (clearedOn === today) return;
      clearedOn = today;
      const clearUp = `select money_clear_up(${SERVER_DAY}, $1, $2, $3)`;
      await postgres.query(clearUp, [PRESUMED_FOR_DAYS, SESSION_DAYS, DAYS_APART]);
    } catch (thrown) {
      // The next call says so, or the next beat is heard.
      if (!isPostgresAway(thrown) && !isPostgresBusy(thrown)) onFault(failed(thrown));
    }
  };
  return {
    serve: (ops) => enqueue(() => serve(ops)),
    beat,
    close: async () => {
      clearTimeout(timer);
      await enqueue(() => apply([], [])).catch(() => undefined);
      if (kept.length > 0) onFault(lostWishes(postgres.place, kept.length));
      await postgres.query('delete from money_processes where id = $1', [own]).catch(() => undefined);
    },
  };
}

/**
 * A reservation and its end never go in one statement. Each alone may be sent again when its answer was lost: a reservation that is
 * there stays, an end finds nothing any more. Together they would both be made anew, and bill twice.
 */
function* apart(ops: readonly MoneyOp[]): Generator<readonly MoneyOp[]> {
  let part: MoneyOp[] = [];
  let reserved = new Set<string>();
  for (const op of ops) {
    if ((op.kind === 'settle' || op.kind === 'release') && reserved.has(op.id)) {
      yield part;
      part = [];
      reserved = new Set();
    }
    if (op.kind === 'reserve') reserved.add(op.ask.id);
    part.push(op);
  }
  if (part.length > 0) yield part;
}

/** For one who was refused because nobody answered, though it may have been set aside. */
function releaseOf({ ask }: Extract<MoneyOp, { kind: 'reserve' }>): MoneyOp {
  return { kind: 'release', id: ask.id };
}

/** What can be stored later: nothing hangs on its answer. */
function mayWait(op: MoneyOp): boolean {
  if (op.kind === 'reserve') return !op.ask.charges.some(({ limits }) => hasLimits(limits));
  return op.kind === 'settle' || op.kind === 'release' || op.kind === 'progress';
}

/** As `judge` answers where nothing limits a call. */
function assumedReply(op: MoneyOp): Extract<MoneyResult, { kind: 'done' }>['reply'] {
  if (op.kind !== 'reserve') return undefined;
  const { worstNanoUsd, expectedNanoUsd } = op.ask;
  const held = worstNanoUsd === undefined || worstNanoUsd < expectedNanoUsd ? expectedNanoUsd : worstNanoUsd;
  return { kind: 'reserved', heldNanoUsd: held };
}

function lostWishes(place: string, count: number): PointsmanError {
  return new PointsmanError(
    'record-unwritable',
    `${count} wishes of the ledger of money could not be stored in ${place}`,
    {
      hint: 'Look at the bills in the records.',
    },
  );
}
