import { formatUsd, toNanoUsd, type NanoUsd } from '../../domain/money.ts';
import type { At } from '../../domain/time.ts';
import { limitsOf, type AccessKey } from '../../gateway/core/access-keys.ts';
import type { Standings } from '../../money/ledger.ts';
import { PERIODS } from '../../money/period.ts';
import type { Column } from '../width/text-table.ts';

/** Without what a token is known by. */
export function keyView({ key, standings }: { readonly key: AccessKey; readonly standings: Standings }): object {
  const { id, name, team, createdAt, expiresAt, policyId, allowModels, requestsPerMinute } = key;
  return {
    id,
    name,
    team,
    createdAt,
    expiresAt,
    policyId,
    allowModels,
    requestsPerMinute,
    limits: limitsIn(key),
    standings,
  };
}

export function limitsIn(key: AccessKey): Readonly<Record<string, NanoUsd>> {
  const limits = Object.entries(limitsOf(key));
  return Object.fromEntries(
    limits.flatMap(([period, limit]) => (limit === undefined ? [] : [[`${period}NanoUsd`, limit]])),
  );
}

export const KEY_COLUMNS: readonly Column[] = ['ID', 'NAME', 'POLICY', 'MODELS', 'PER MINUTE', 'EXPIRES'].map((title) =>
  title === 'ID' ? { title, isWhole: true } : { title },
);

/** Its place and budgets, what is left in each period that has one, what was spent in all, and the part of it that no vendor reported. */
export function keyMoneyLine(key: AccessKey, standings: Standings): string {
  const limits = limitsOf(key);
  const left = PERIODS.flatMap((period) => {
    const limit = limits[period];
    if (limit === undefined) return [];
    const rest = toNanoUsd(Math.max(0, limit - standings[period].spentNanoUsd - standings[period].heldNanoUsd));
    return `${formatUsd(rest)}${period === 'total' ? '' : ` this ${period}`}`;
  });
  const budgets = PERIODS.flatMap((period) => {
    const limit = limits[period];
    return limit === undefined ? [] : `${formatUsd(limit)}${period === 'total' ? '' : ` a ${period}`}`;
  });
  const { spentNanoUsd, unknownNanoUsd } = standings.total;
  const unknown = unknownNanoUsd === 0 ? '' : `, of it not reported ${formatUsd(unknownNanoUsd)}`;
  const budget = budgets.length === 0 ? 'no budget' : `budget ${budgets.join(', ')}; left ${left.join(', ')}`;
  const place = key.team === undefined ? '' : `in ${key.team}; `;
  return `  ${place}${budget}; spent ${formatUsd(spentNanoUsd)}${unknown}`;
}

export function keyRow(key: AccessKey, now: At): readonly string[] {
  const { expiresAt } = key;
  return [
    key.id,
    key.name,
    key.policyId ?? '-',
    key.allowModels?.join(', ') ?? 'all',
    key.requestsPerMinute === undefined ? '-' : String(key.requestsPerMinute),
    expiresAt === undefined ? 'never' : expiresAt <= now ? 'expired' : new Date(expiresAt).toISOString().slice(0, 16),
  ];
}
