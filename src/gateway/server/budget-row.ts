import { toNanoUsd } from '../../domain/money.ts';
import type { Standings } from '../../money/ledger.ts';
import { PERIODS } from '../../money/period.ts';
import type { BudgetRow } from '../../page/page-source.ts';
import { limitsOf, type AccessKey } from '../core/access-keys.ts';

/** What an access key may spend and has spent; what calls under way hold is not left. */
export function budgetRow(key: AccessKey, standings: Standings): BudgetRow {
  const limits = limitsOf(key);
  return {
    keyId: key.id,
    name: key.name,
    policyId: key.policyId,
    expiresAt: key.expiresAt,
    spentNanoUsd: standings.total.spentNanoUsd,
    unknownNanoUsd: standings.total.unknownNanoUsd,
    periods: PERIODS.flatMap((period) => {
      const limit = limits[period];
      if (limit === undefined) return [];
      const { spentNanoUsd, heldNanoUsd } = standings[period];
      const leftNanoUsd = toNanoUsd(Math.max(0, limit - spentNanoUsd - heldNanoUsd));
      return [{ period, limitNanoUsd: limit, spentNanoUsd, leftNanoUsd }];
    }),
  };
}
