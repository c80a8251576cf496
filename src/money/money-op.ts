import type { PointsmanError } from '../domain/errors.ts';
import type { At } from '../domain/time.ts';
import type { AccountId, Ask, LedgerAnswer, Settlement, Standings } from './ledger.ts';

/** One wish of a ledger. Plain values: they go to a worker thread. */
export type MoneyOp =
  | { readonly kind: 'reserve'; readonly ask: Ask }
  | { readonly kind: 'progress'; readonly id: string; readonly atLeastNanoUsd: number }
  | { readonly kind: 'settle'; readonly id: string; readonly settlement: Settlement }
  | { readonly kind: 'release'; readonly id: string }
  | { readonly kind: 'standings'; readonly account: AccountId; readonly at: At }
  | {
      readonly kind: 'take-over';
      readonly name: string;
      readonly spent: ReadonlyMap<AccountId, number>;
      readonly at: At;
    };

export type MoneyReply = LedgerAnswer | Standings | undefined;

/** What became of one wish of several. */
export type MoneyResult =
  | { readonly kind: 'done'; readonly reply: MoneyReply }
  | { readonly kind: 'failed'; readonly error: PointsmanError };
