import { toNanoUsd, ZERO_USD, type NanoUsd } from '../domain/money.ts';
import type { AccountId, LedgerAnswer, Ask } from './ledger.ts';
import { PERIODS, renewalOf, type Period } from './period.ts';

/** Spent and held of an account in a period, as a limit looks at it. */
export interface Balance {
  readonly spentNanoUsd: NanoUsd;
  readonly heldNanoUsd: NanoUsd;
  /** A call whose process died may have billed more than is counted for it: nobody will say how much. */
  readonly mayBePassed: boolean;
}

/**
 * Whether a call may go out. What it may bill at most is set aside. Where less is left than that, it goes out alone and
 * holds the rest: it may end above the budget, by no more than its own error. Where an earlier one may have done so, only a call
 * goes out that fits whatever it bills. Pure.
 */
export function judge(ask: Ask, balanceOf: (account: AccountId, period: Period) => Balance): LedgerAnswer {
  const worst = ask.worstNanoUsd === undefined ? undefined : Math.max(ask.worstNanoUsd, ask.expectedNanoUsd);
  let hold = worst === undefined ? undefined : toNanoUsd(worst);
  let refusal: Exclude<LedgerAnswer, { kind: 'reserved' }> | undefined;
  for (const { account, limits } of ask.charges) {
    for (const period of PERIODS) {
      const limit = limits[period];
      if (limit === undefined) continue;
      const { spentNanoUsd, heldNanoUsd, mayBePassed } = balanceOf(account, period);
      const unspent = limit - spentNanoUsd;
      const left = toNanoUsd(Math.max(0, unspent - heldNanoUsd));
      const where = { account, period, leftNanoUsd: left };
      const needed = mayBePassed ? (worst ?? Number.POSITIVE_INFINITY) : ask.expectedNanoUsd;
      // One that is spent is the last word; one that is only held may be no hindrance soon.
      if (unspent <= 0 || unspent < needed)
        return {
          kind: 'spent',
          ...where,
          leftNanoUsd: toNanoUsd(Math.max(0, unspent)),
          neededNanoUsd: Number.isFinite(needed) ? toNanoUsd(needed) : undefined,
          renewsAt: renewalOf(period, ask.at),
        };
      const fits = hold !== undefined && hold <= left;
      if (!fits && heldNanoUsd > 0) refusal ??= { kind: 'held', ...where };
      else if (!fits) hold = left;
    }
  }
  return refusal ?? { kind: 'reserved', heldNanoUsd: hold ?? ask.expectedNanoUsd ?? ZERO_USD };
}
