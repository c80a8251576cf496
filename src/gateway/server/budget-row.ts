import { toNanoUsd } from '../../domain/money.ts';
import { accountOf, type BudgetLimits, type MoneyLedger, type Standings } from '../../money/ledger.ts';
import { PERIODS } from '../../money/period.ts';
import { levelsOf, type TeamLimits, type TeamPath } from '../../money/team.ts';
import type { BudgetRow } from '../../page/page-source.ts';
import { limitsOf, type AccessKey } from '../core/access-keys.ts';

/** Every place that has a budget or a key, those above before those below. */
function knownTeams(keys: readonly AccessKey[], teams: TeamLimits | undefined): readonly TeamPath[] {
  const named = [...(teams?.keys() ?? []), ...keys.flatMap(({ team }) => team ?? [])];
  return [...new Set(named.flatMap(levelsOf))].toSorted();
}

/** Of every access key, and of every place, which only whoever sees everything is shown. */
export async function budgetRows(
  { accessKeys, teams }: { readonly accessKeys: readonly AccessKey[]; readonly teams?: TeamLimits | undefined },
  ledger: MoneyLedger,
  now: number,
): Promise<readonly BudgetRow[]> {
  const ofKeys = accessKeys.map(async (key) => budgetRow(key, await ledger.standings(accountOf('key', key.id), now)));
  const ofTeams = knownTeams(accessKeys, teams).map(async (team) => {
    const account = accountOf('team', team);
    const standings = await ledger.standings(account, now);
    const row = { keyId: account, team, name: `${team} (all keys)`, policyId: undefined, expiresAt: undefined };
    return { ...row, ...spendingOf(teams?.get(team) ?? {}, standings) };
  });
  return Promise.all([...ofTeams, ...ofKeys]);
}

function budgetRow(key: AccessKey, standings: Standings): BudgetRow {
  const { id, name, policyId, expiresAt } = key;
  return { keyId: id, name, policyId, expiresAt, ...spendingOf(limitsOf(key), standings) };
}

/** What may be spent and was; what calls under way hold is not left. */
function spendingOf(
  limits: BudgetLimits,
  standings: Standings,
): Pick<BudgetRow, 'spentNanoUsd' | 'unknownNanoUsd' | 'periods'> {
  return {
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
