import { PointsmanError } from '../../domain/errors.ts';
import { toNanoUsd } from '../../domain/money.ts';
import { columnText } from '../../postgres/column-text.ts';
import type { AccountId, Ask, LedgerAnswer, Standings } from '../ledger.ts';
import type { MoneyOp, MoneyReply, MoneyResult } from '../money-op.ts';
import { dayOf, firstDay, PERIODS, renewalOf, type Period } from '../period.ts';

/** What `money_apply` says of one wish. */
export interface Reply {
  readonly reply?: unknown;
  readonly error?: string;
}

interface Bound {
  readonly account: AccountId;
  readonly period: Period;
  readonly limit: number;
}

/** In the order in which `judge` looks at them. */
function boundsOf({ charges }: Ask): readonly Bound[] {
  return charges.flatMap(({ account, limits }) =>
    PERIODS.flatMap((period) => {
      const limit = limits[period];
      return limit === undefined ? [] : [{ account, period, limit }];
    }),
  );
}

/** A wish as `money_apply` takes it. Days are worked out here: the database knows none of our periods. */
export function toWish(op: MoneyOp): object {
  switch (op.kind) {
    case 'reserve': {
      const { id, charges, expectedNanoUsd, worstNanoUsd, at } = op.ask;
      return {
        kind: 'reserve',
        id: columnText(id),
        day: dayOf(at),
        expected: expectedNanoUsd,
        worst: worstNanoUsd ?? null,
        accounts: charges.map(({ account }) => columnText(account)),
        limits: boundsOf(op.ask).map(({ account, period, limit }, index) => ({
          index,
          account: columnText(account),
          firstDay: firstDay(period, at),
          limit,
        })),
      };
    }
    case 'progress':
      return { kind: 'progress', id: columnText(op.id), atLeast: Math.ceil(op.atLeastNanoUsd) };
    case 'settle':
      return op.settlement.kind === 'billed'
        ? { kind: 'close', id: columnText(op.id), billed: op.settlement.nanoUsd, atLeast: null }
        : { kind: 'close', id: columnText(op.id), billed: null, atLeast: op.settlement.atLeastNanoUsd };
    case 'release':
      return { kind: 'close', id: columnText(op.id), billed: 0, atLeast: null };
    case 'standings':
      return {
        kind: 'standings',
        account: columnText(op.account),
        firstDays: Object.fromEntries(PERIODS.map((period) => [period, firstDay(period, op.at)])),
      };
    case 'take-over':
      return {
        kind: 'take-over',
        name: columnText(op.name),
        day: dayOf(op.at),
        accounts: [...op.spent.keys()].map((account) => columnText(account)),
        spent: Object.fromEntries([...op.spent].map(([account, amount]) => [columnText(account), amount])),
      };
  }
}

/** What became of a wish, in the words of the ledger. */
export function fromReply(op: MoneyOp, { reply, error }: Reply): MoneyResult {
  if (error !== undefined) {
    const message = `A wish of the ledger of money cannot be served: ${error}`;
    return { kind: 'failed', error: new PointsmanError('record-unwritable', message) };
  }
  return { kind: 'done', reply: replyTo(op, reply) };
}

function replyTo(op: MoneyOp, reply: unknown): MoneyReply {
  switch (op.kind) {
    case 'reserve':
      return answerTo(op.ask, reply as ReservationVerdict);
    case 'standings':
      return reply as Standings;
    case 'progress':
    case 'settle':
    case 'release':
    case 'take-over':
      return undefined;
  }
}

type ReservationVerdict =
  | { readonly kind: 'reserved'; readonly held: number }
  | { readonly kind: 'held'; readonly limit: number; readonly left: number }
  | { readonly kind: 'spent'; readonly limit: number; readonly left: number; readonly needed: number | null };

function answerTo(ask: Ask, verdict: ReservationVerdict): LedgerAnswer {
  if (verdict.kind === 'reserved') return { kind: 'reserved', heldNanoUsd: toNanoUsd(verdict.held) };
  const bound = boundsOf(ask)[verdict.limit];
  if (bound === undefined) throw new PointsmanError('internal', 'The ledger names a limit that nobody set');
  const where = { account: bound.account, period: bound.period, leftNanoUsd: toNanoUsd(verdict.left) };
  if (verdict.kind === 'held') return { kind: 'held', ...where };
  return {
    kind: 'spent',
    ...where,
    neededNanoUsd: verdict.needed === null ? undefined : toNanoUsd(verdict.needed),
    renewsAt: renewalOf(bound.period, ask.at),
  };
}
