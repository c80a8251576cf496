import type { Ratio } from '../../domain/time.ts';

/** One choice: was the strongest model picked, and would a cheaper one have been enough? */
export interface Pick {
  readonly isStrongest: boolean;
  readonly cheaperSufficed: boolean;
}

/**
 * Routing collapse: P(strongest picked | a cheaper one was enough). 0 is never wasteful, 1 is always the strongest;
 * `undefined` when a cheaper one never was enough. The phenomenon: arXiv 2602.03478; the index is ours, because the paper's
 * own formula was not read.
 */
export function collapseIndex(picks: Iterable<Pick>): Ratio | undefined {
  let wasteful = 0;
  let possible = 0;
  for (const pick of picks) {
    if (!pick.cheaperSufficed) continue;
    possible += 1;
    wasteful += pick.isStrongest ? 1 : 0;
  }
  return possible === 0 ? undefined : wasteful / possible;
}

/**
 * Entropy of how often each model was picked, over that of an even spread: 1 is even, 0 is one model for everything. Falls
 * before a collapse is complete, so alarms watch it. `undefined` for fewer than two candidates or no pick.
 */
export function pickEntropy(counts: readonly number[]): Ratio | undefined {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (counts.length < 2 || total === 0) return undefined;
  const bits = counts
    .filter((count) => count > 0)
    .reduce((sum, count) => sum - (count / total) * Math.log2(count / total), 0);
  return bits / Math.log2(counts.length);
}
