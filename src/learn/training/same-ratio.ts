import type { StepKind } from '../../domain/step.ts';
import type { Ratio } from '../../domain/time.ts';
import { likeliestKinds } from '../../predict/forecast/likeliest-kinds.ts';
import { rounded } from './rounded.ts';
import { transitionShares } from './transition-shares.ts';

/** As far ahead as decisions look without a plan. */
const HORIZON = 4;
/** Long sessions are cut, so that a single one can be judged by what its other parts teach. */
const BLOCK_STEPS = 40;
/** Both guesses start as equally good, with this many hits each. */
const PRIOR_HITS = 10;

/**
 * How much to expect more of the same rather than what the chain of kinds forecasts: the share of right guesses that "the
 * same kind again" has among those of both, one to four steps ahead, each half judged by the chain of the other. Pure.
 */
export function sameRatioOf(runs: readonly (readonly StepKind[])[]): Ratio {
  const blocks = runs.flatMap((run) =>
    Array.from({ length: Math.ceil(run.length / BLOCK_STEPS) }, (_, at) =>
      run.slice(at * BLOCK_STEPS, (at + 1) * BLOCK_STEPS),
    ),
  );
  let [same, chain] = [PRIOR_HITS, PRIOR_HITS];
  for (const half of [0, 1]) {
    const transitions = transitionShares(blocks.filter((_, index) => index % 2 !== half));
    for (const block of blocks.filter((_, index) => index % 2 === half)) {
      for (const [index, kind] of block.entries()) {
        const guesses = likeliestKinds(kind, transitions, HORIZON);
        for (const [ahead, actual] of block.slice(index + 1, index + 1 + HORIZON).entries()) {
          if (actual === kind) same += 1;
          if (actual === guesses[ahead]) chain += 1;
        }
      }
    }
  }
  return rounded(same / (same + chain));
}
