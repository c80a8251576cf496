import { toNanoUsd, ZERO_USD, type NanoUsd } from '../domain/money.ts';
import type { AccountId, LedgerAnswer, Ask } from './ledger.ts';
import { PERIODS, renewalOf, type Period } from './period.ts';

/** Spent and held of an account in a period, as a limit looks at it. */
export interface Balance {
  readonly spentNanoUsd: NanoUsd;
  readonly heldNanoUsd: NanoUsd;
}

/**
 * Whether a call may go out. What it may bill at most is set aside, also where less than that is left: then it goes out alone,
 * and what others give back meanwhile is not for a second one. It may end above the budget, by no more than its own error. Where
 * nobody knows what it may bill at most, it holds what is left. Pure.
 */
export function judge(ask: Ask, balanceOf: (account: AccountId, period: Period) => Balance): LedgerAnswer {
  let hold: NanoUsd | undefined =
    ask.worstNanoUsd === undefined ? undefined : toNanoUsd(Math.max(ask.worstNanoUsd, ask.expectedNanoUsd));
  let refusal: Exclude<LedgerAnswer, { kind: 'reserved' }> | undefined;
  for (const { account, limits } of ask.charges) {
    for (const period of PERIODS) {
      const limit = limits[period];
      if (limit === undefined) continue;
      const { spentNanoUsd, heldNanoUsd } = balanceOf(account, period);
      const unspent = limit - spentNanoUsd;
      const left = toNanoUsd(Math.max(0, unspent - heldNanoUsd));
      const where = { account, period, leftNanoUsd: left };
      // One that is spent is the last word; one that is only held may be no hindrance soon.
      if (unspent <= 0 || unspent < ask.expectedNanoUsd)
        return {
          kind: 'spent',
          ...where,
          leftNanoUsd: toNanoUsd(Math.max(0, unspent)),
          renewsAt: renewalOf(period, ask.at),
        };
      const fits = hold !== undefined && hold <= left;
      if (!fits && heldNanoUsd > 0) refusal ??= { kind: 'held', ...where };
      else if (ask.worstNanoUsd === undefined) hold = left;
    }
  }
  return refusal ?? { kind: 'reserved', heldNanoUsd: hold ?? ask.expectedNanoUsd ?? ZERO_USD };
}
