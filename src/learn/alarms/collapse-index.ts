import type { Ratio } from '../../domain/time.ts';

/**
 * P(the strongest was taken | a cheaper one sufficed): 0 is healthy, 1 is a router that has collapsed to one model.
 * `undefined` when no cheaper one ever sufficed. The phenomenon: arXiv 2602.03478; the index is ours, the paper's own
 * formula was not read.
 */
export function collapseIndex(
  decisions: readonly { readonly isStrongest: boolean; readonly cheaperSufficed: boolean }[],
): Ratio | undefined {
  const spared = decisions.filter((decision) => decision.cheaperSufficed);
  if (spared.length === 0) return undefined;
  return spared.filter((decision) => decision.isStrongest).length / spared.length;
}
