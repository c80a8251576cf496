import { toNanoUsd, ZERO_USD, type NanoUsd } from '../../domain/money.ts';
import type { Tokens } from '../../domain/time.ts';
import type { SpendCell } from '../../recorder/store-views.ts';

export const DIMENSIONS = ['model', 'key', 'harness', 'project'] as const;
export type Dimension = (typeof DIMENSIONS)[number];

export interface SpendSums {
  readonly callCount: number;
  readonly billNanoUsd: NanoUsd;
  readonly mayHaveBilledNanoUsd: NanoUsd;
  readonly unknownBillCallCount: number;
  readonly promptTokens: Tokens;
  readonly cacheReadTokens: Tokens;
  readonly outputTokens: Tokens;
}

export interface SpendGroup extends SpendSums {
  readonly name: string;
  /** One amount per day of the view. */
  readonly nanoUsdByDay: readonly NanoUsd[];
}

export interface SpendView {
  readonly timeZone: string;
  /** `2026-11-29` …, those with calls, in order. */
  readonly days: readonly string[];
  readonly total: SpendSums;
  /** The dearest first. */
  readonly by: Readonly<Record<Dimension, readonly SpendGroup[]>>;
}

/** Groups that have a row of their own; the rest is one. */
const MOST_GROUPS = 12;
const OTHERS = '(others)';

/** Sums cells up by day and by whatever spending is told apart by; every dimension adds up to the total. */
export function spendView(
  cells: readonly SpendCell[],
  timeZone: string,
  workspaces: Readonly<Record<string, string>>,
): SpendView {
  const days = [...new Set(cells.map(({ day }) => day))].sort();
  const placeOf = new Map(days.map((name, index) => [name, index]));
  const indexOf = ({ day }: SpendCell): number => placeOf.get(day) ?? 0;
  const by = Object.fromEntries(
    DIMENSIONS.map((dimension) => {
      const nameOf = NAMES[dimension];
      const groups = [...Map.groupBy(cells, (cell) => nameOf(cell, workspaces))].map(([name, own]) =>
        groupOf(name, own, { dayCount: days.length, indexOf }),
      );
      groups.sort((a, b) => b.billNanoUsd - a.billNanoUsd || (a.name < b.name ? -1 : 1));
      return [dimension, withOthers(groups)];
    }),
  ) as unknown as SpendView['by'];
  return { timeZone, days, total: sumsOf(cells), by };
}

type NameOf = (cell: SpendCell, workspaces: Readonly<Record<string, string>>) => string;

const NAMES: Readonly<Record<Dimension, NameOf>> = {
  model: ({ model }) => model,
  key: ({ key }) => key ?? '(no key)',
  harness: ({ harness, jobId }) => (jobId === undefined ? (harness ?? '(no harness)') : '(jobs)'),
  project: ({ jobId }, workspaces) => workspaces[jobId ?? ''] ?? '(unknown)',
};

interface Days {
  readonly dayCount: number;
  readonly indexOf: (cell: SpendCell) => number;
}

function groupOf(name: string, cells: readonly SpendCell[], { dayCount, indexOf }: Days): SpendGroup {
  const byDay = Array.from({ length: dayCount }, () => 0);
  for (const cell of cells) {
    const index = indexOf(cell);
    byDay[index] = (byDay[index] ?? 0) + cell.billNanoUsd;
  }
  return { name, ...sumsOf(cells), nanoUsdByDay: byDay.map(toNanoUsd) };
}

function sumsOf(cells: readonly SpendCell[]): SpendSums {
  const sum = (pick: (cell: SpendCell) => number): number => cells.reduce((total, cell) => total + pick(cell), 0);
  return {
    callCount: sum((cell) => cell.callCount),
    billNanoUsd: toNanoUsd(sum((cell) => cell.billNanoUsd)),
    mayHaveBilledNanoUsd: toNanoUsd(sum((cell) => cell.mayHaveBilledNanoUsd)),
    unknownBillCallCount: sum((cell) => cell.unknownBillCallCount),
    promptTokens: sum((cell) => cell.uncachedTokens + cell.cacheReadTokens + cell.cacheWriteTokens),
    cacheReadTokens: sum((cell) => cell.cacheReadTokens),
    outputTokens: sum((cell) => cell.outputTokens),
  };
}

function withOthers(groups: readonly SpendGroup[]): readonly SpendGroup[] {
  if (groups.length <= MOST_GROUPS) return groups;
  const rest = groups.slice(MOST_GROUPS - 1);
  const add = (pick: (group: SpendGroup) => number): number => rest.reduce((total, group) => total + pick(group), 0);
  const others: SpendGroup = {
    name: OTHERS,
    callCount: add((group) => group.callCount),
    billNanoUsd: toNanoUsd(add((group) => group.billNanoUsd)),
    mayHaveBilledNanoUsd: toNanoUsd(add((group) => group.mayHaveBilledNanoUsd)),
    unknownBillCallCount: add((group) => group.unknownBillCallCount),
    promptTokens: add((group) => group.promptTokens),
    cacheReadTokens: add((group) => group.cacheReadTokens),
    outputTokens: add((group) => group.outputTokens),
    nanoUsdByDay: (rest[0]?.nanoUsdByDay ?? []).map((_, day) =>
      toNanoUsd(add((group) => group.nanoUsdByDay[day] ?? ZERO_USD)),
    ),
  };
  return [...groups.slice(0, MOST_GROUPS - 1), others];
}
