import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { DatabaseSync } from 'node:sqlite';
import { toPointsmanError } from '../../domain/errors.ts';
import { toNanoUsd } from '../../domain/money.ts';
import type { At, Ms } from '../../domain/time.ts';
import { judge, type Balance } from '../judge.ts';
import type { AccountId, LedgerAnswer, Ask, Settlement, Standing, Standings } from '../ledger.ts';
import type { MoneyOp, MoneyReply, MoneyResult } from '../money-op.ts';
import { dayOf, firstDay, PERIODS, type Period } from '../period.ts';
import { DEAD_AFTER_MS, freeInMs } from '../silence.ts';
import { isFilePlaceAtFault } from './money-tables.ts';

/** How long it is known what was booked for a process that seemed to be dead, should it wake up and know better. */
const PRESUMED_FOR_DAYS = 2;
/** No period but `total` reaches back further: older days of an account are summed up. */
const DAYS_APART = 62;
/** A session or a step that has not come for this long begins anew; one that goes on keeps all it has spent. */
const SESSION_DAYS = 31;

interface HoldRow {
  readonly account: AccountId;
  readonly day: number;
  readonly expected: number;
  readonly presumed: number | null;
}

/** The rules of the ledger over its tables. Nothing here begins or ends a transaction. */
export interface MoneyAccounts {
  apply(op: MoneyOp): MoneyReply;
  /** Each by itself: one that cannot be served leaves nothing behind. What the place is to blame for is thrown. */
  applyEach(ops: readonly MoneyOp[]): readonly MoneyResult[];
  /** Says that this process is alive, settles what dead ones held, and once a day clears up what nobody asks for. */
  beat(now: At): void;
}

export interface ProcessMark {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
}

export function ownProcess(): ProcessMark {
  return { id: randomUUID(), host: hostname(), pid: process.pid };
}

/** Everything that is asked of the tables. */
function statementsOn(database: DatabaseSync) {
  return {
    add: database.prepare(`insert into spent (account, day, nano_usd, unknown_nano_usd) values (?, ?, ?, ?)
      on conflict do update set nano_usd = nano_usd + excluded.nano_usd, unknown_nano_usd = unknown_nano_usd + excluded.unknown_nano_usd`),
    spent: database.prepare(
      'select coalesce(sum(nano_usd), 0) as spent, coalesce(sum(unknown_nano_usd), 0) as unknown from spent where account = ? and day >= ?',
    ),
    held: database.prepare(
      'select coalesce(sum(held_nano_usd), 0) as held from holds where account = ? and presumed_nano_usd is null',
    ),
    passed: database.prepare(
      'select 1 from holds where account = ? and presumed_nano_usd is not null and day >= ? and coalesce(worst_nano_usd > presumed_nano_usd, true) limit 1',
    ),
    hold: database.prepare(
      'insert or ignore into holds (id, account, day, process, held_nano_usd, expected_nano_usd, worst_nano_usd) values (?, ?, ?, ?, ?, ?, ?)',
    ),
    holdsOf: database.prepare(
      'select account, day, expected_nano_usd as expected, presumed_nano_usd as presumed from holds where id = ?',
    ),
    progress: database.prepare(
      'update holds set expected_nano_usd = max(expected_nano_usd, ?) where id = ? and presumed_nano_usd is null',
    ),
    drop: database.prepare('delete from holds where id = ?'),
    presume: database.prepare(
      'update holds set presumed_nano_usd = max(held_nano_usd, expected_nano_usd) where process = ? and presumed_nano_usd is null',
    ),
    holdsOfProcess: database.prepare(
      'select account, day, max(held_nano_usd, expected_nano_usd) as presumed from holds where process = ? and presumed_nano_usd is null',
    ),
    forget: database.prepare(
      'delete from holds where presumed_nano_usd is not null and (day < ? or day < ? and worst_nano_usd <= presumed_nano_usd)',
    ),
    forgetSessions: database.prepare(
      `delete from spent where account in (select account from spent
        where account glob 'session:*' or account glob 'step:*' group by account having max(day) < ?)`,
    ),
    severalDays: database.prepare(
      'select account, sum(nano_usd) as spent, sum(unknown_nano_usd) as unknown from spent where day < ? group by account having count(*) > 1',
    ),
    dropDays: database.prepare('delete from spent where account = ? and day < ?'),
    holders: database.prepare(`select id, host, pid, beat_at as beatAt
      from (select distinct process from holds where account = ? and presumed_nano_usd is null) left join processes on id = process`),
    beat: database.prepare('insert or replace into processes (id, host, pid, beat_at) values (?, ?, ?, ?)'),
    others: database.prepare(`select id, host, pid, beat_at as beatAt from processes where id <> ?
      union select distinct process, '', 0, 0 from holds where process <> ? and presumed_nano_usd is null and process not in (select id from processes)`),
    bury: database.prepare('delete from processes where id = ?'),
    takeOver: database.prepare('insert or ignore into taken_over (name) values (?)'),
    save: database.prepare('savepoint wish'),
    keep: database.prepare('release wish'),
    undo: database.prepare('rollback to wish'),
  };
}

export function openMoneyAccounts(database: DatabaseSync, own: ProcessMark): MoneyAccounts {
  const sql = statementsOn(database);

  const standing = (account: AccountId, period: Period, at: At): Standing => {
    const { spent, unknown } = sql.spent.get(account, firstDay(period, at)) as { spent: number; unknown: number };
    const { held } = sql.held.get(account) as { held: number };
    return { spentNanoUsd: toNanoUsd(spent), unknownNanoUsd: toNanoUsd(unknown), heldNanoUsd: toNanoUsd(held) };
  };
  let beatAt: At | undefined;
  /** As of the last beat of this process. */
  const freeOf = (account: AccountId): { readonly freeInMs?: Ms } => {
    const now = beatAt;
    if (now === undefined) return {};
    const holders = sql.holders.all(account) as unknown as (OtherProcess | Record<keyof OtherProcess, null>)[];
    const silences = holders.map((one) => (one.id === null || isDead(one, own, now) ? undefined : now - one.beatAt));
    const inMs = freeInMs(silences);
    return inMs === undefined ? {} : { freeInMs: inMs };
  };
  const reserve = (ask: Ask): LedgerAnswer => {
    const answer = judge(ask, (account, period): Balance => {
      const mayBePassed = sql.passed.get(account, firstDay(period, ask.at)) !== undefined;
      return { ...standing(account, period, ask.at), mayBePassed };
    });
    if (answer.kind === 'held') return { ...answer, ...freeOf(answer.account) };
    if (answer.kind !== 'reserved') return answer;
    const worst = ask.worstNanoUsd ?? null;
    for (const { account } of ask.charges)
      sql.hold.run(ask.id, account, dayOf(ask.at), own.id, answer.heldNanoUsd, ask.expectedNanoUsd, worst);
    return answer;
  };
  /**
   * What calls of this process were expected to bill when they were reserved. The row has what they have billed at least since
   * then, rounded up, should they be killed before they say more; one that is settled says it exactly.
   */
  const expectedAtFirst = new Map<string, number>();
  const noteProgress = (id: string, atLeast: number): void => {
    const [row] = sql.holdsOf.all(id) as unknown as HoldRow[];
    if (row !== undefined && !expectedAtFirst.has(id)) expectedAtFirst.set(id, row.expected);
    sql.progress.run(atLeast, id);
  };
  /** What was presumed of a call is taken back, and what it came to put in its place. */
  const close = (id: string, settlement: Settlement | undefined): void => {
    for (const { account, day, expected, presumed } of sql.holdsOf.all(id) as unknown as HoldRow[]) {
      const { amount, unknown } = amountsOf(settlement, expectedAtFirst.get(id) ?? expected);
      const more = amount - (presumed ?? 0);
      const moreUnknown = unknown - (presumed ?? 0);
      if (more !== 0 || moreUnknown !== 0) sql.add.run(account, day, more, moreUnknown);
    }
    sql.drop.run(id);
    expectedAtFirst.delete(id);
  };
  /**
   * What a dead process was told of its calls is lost with it, and the vendor may have gone on: all that was set aside counts as
   * spent, so that no number of kills leads above a budget; one that went out alone on what was left may have billed more, which
   * `judge` is told. Should the process wake up after all, it says better.
   */
  const settleDead = (process: string): void => {
    const rows = sql.holdsOfProcess.all(process) as unknown as Pick<HoldRow, 'account' | 'day' | 'presumed'>[];
    for (const { account, day, presumed } of rows) sql.add.run(account, day, presumed, presumed);
    sql.presume.run(process);
    sql.bury.run(process);
  };

  let clearedOn: number | undefined;
  const clearUp = (today: number): void => {
    if (clearedOn === today) return;
    clearedOn = today;
    sql.forgetSessions.run(today - SESSION_DAYS);
    const from = today - DAYS_APART;
    const several = sql.severalDays.all(from) as unknown as { account: AccountId; spent: number; unknown: number }[];
    for (const { account, spent, unknown } of several) {
      sql.dropDays.run(account, from);
      sql.add.run(account, from - 1, spent, unknown);
    }
  };
  const apply = (op: MoneyOp): MoneyReply => {
    switch (op.kind) {
      case 'reserve':
        return reserve(op.ask);
      case 'progress':
        noteProgress(op.id, op.atLeastNanoUsd);
        return undefined;
      case 'settle':
        close(op.id, op.settlement);
        return undefined;
      case 'release':
        close(op.id, undefined);
        return undefined;
      case 'standings':
        return Object.fromEntries(PERIODS.map((period) => [period, standing(op.account, period, op.at)])) as Standings;
      case 'take-over':
        if (sql.takeOver.run(op.name).changes === 0) return undefined;
        for (const [account, amount] of op.spent) sql.add.run(account, dayOf(op.at), amount, 0);
        return undefined;
    }
  };
  const applyAlone = (op: MoneyOp): MoneyResult => {
    sql.save.run();
    try {
      const reply = apply(op);
      sql.keep.run();
      return { kind: 'done', reply };
    } catch (thrown) {
      if (isFilePlaceAtFault(thrown)) throw thrown;
      sql.undo.run();
      sql.keep.run();
      return { kind: 'failed', error: toPointsmanError(thrown, 'record-unwritable') };
    }
  };

  return {
    apply,
    applyEach: (ops) => ops.map(applyAlone),
    beat(now) {
      beatAt = now;
      sql.beat.run(own.id, own.host, own.pid, now);
      for (const other of sql.others.all(own.id, own.id) as unknown as OtherProcess[])
        if (isDead(other, own, now)) settleDead(other.id);
      const today = dayOf(now);
      sql.forget.run(today - SESSION_DAYS, today - PRESUMED_FOR_DAYS);
      clearUp(today);
    },
  };
}

function amountsOf(settlement: Settlement | undefined, expected: number): { amount: number; unknown: number } {
  if (settlement === undefined) return { amount: 0, unknown: 0 };
  if (settlement.kind === 'billed') return { amount: settlement.nanoUsd, unknown: 0 };
  const amount = Math.max(expected, settlement.atLeastNanoUsd);
  return { amount, unknown: amount };
}

/** Whether any process has the ledger open, as far as is known. */
export function isInUse(database: DatabaseSync, now: At): boolean {
  const own = { ...ownProcess(), pid: -1 };
  const all = database.prepare('select id, host, pid, beat_at as beatAt from processes').all();
  return (all as unknown as OtherProcess[]).some((other) => !isDead(other, own, now));
}

interface OtherProcess extends ProcessMark {
  readonly beatAt: At;
}

/** One process may have several ledgers, and one of before may have had our number: those are known by their silence. */
function isDead({ host, pid, beatAt }: OtherProcess, own: ProcessMark, now: At): boolean {
  if (Math.abs(now - beatAt) > DEAD_AFTER_MS) return true;
  return host === own.host && pid !== own.pid && !isRunning(pid);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return (thrown as { readonly code?: string }).code === 'EPERM';
  }
}
