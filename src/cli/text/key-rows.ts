import { formatUsd, toNanoUsd, type NanoUsd } from '../../domain/money.ts';
import type { At } from '../../domain/time.ts';
import { limitsOf, type AccessKey } from '../../gateway/core/access-keys.ts';
import type { Standings } from '../../money/ledger.ts';
import { PERIODS } from '../../money/period.ts';
import type { Column } from './text-table.ts';

/** Without what a token is known by. */
export function keyView({ key, standings }: { readonly key: AccessKey; readonly standings: Standings }): object {
  const { id, name, createdAt, expiresAt, policyId, allowModels, requestsPerMinute } = key;
  return {
    id,
    name,
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

export const KEY_COLUMNS: readonly Column[] = [
  'ID',
  'NAME',
  'BUDGET',
  'POLICY',
  'MODELS',
  'PER MINUTE',
  'SPENT',
  'UNKNOWN',
  'LEFT',
  'EXPIRES',
].map((title) => ({ title }));

/** What was spent in all, the part of it that no vendor reported, and what is left in each period that has a budget. */
export function keyRow(key: AccessKey, standings: Standings, now: At): readonly string[] {
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
  const { expiresAt } = key;
  return [
    key.id,
    key.name,
    budgets.join(', ') || '-',
    key.policyId ?? '-',
    key.allowModels?.join(', ') ?? 'all',
    key.requestsPerMinute === undefined ? '-' : String(key.requestsPerMinute),
    formatUsd(standings.total.spentNanoUsd),
    formatUsd(standings.total.unknownNanoUsd),
    left.join(', ') || '-',
    expiresAt === undefined ? 'never' : expiresAt <= now ? 'expired' : new Date(expiresAt).toISOString().slice(0, 16),
  ];
}
