import type { BetaCounts } from '../../domain/quality.ts';
import type { Ratio } from '../../domain/time.ts';
import { betaDeviation } from '../../stats/beta-posterior.ts';

/** An observation of one cell, in the order of time. */
export interface CountedResult {
  readonly cell: string;
  readonly rightRatio: Ratio;
  /** After age and bounds. */
  readonly weight: number;
  /** How much it told when it was new. */
  readonly reportedRatio: Ratio;
}

/** Less than three whole observations say nothing yet. */
const MIN_REPORTED = 3;

/**
 * Counts per cell, held: the rate moves only when what was seen lies more than one standard deviation from where it is
 * held, so that one failure among fifty successes leaves a rule that works; the weight grows all the while. Pure.
 */
export function settleCounts(results: readonly CountedResult[]): Readonly<Record<string, BetaCounts>> {
  const cells = [...Map.groupBy(results, (result) => result.cell)].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(
    cells.flatMap(([cell, own]) => {
      const counts = settle(own);
      return counts === undefined ? [] : [[cell, counts]];
    }),
  );
}

function settle(results: readonly CountedResult[]): BetaCounts | undefined {
  let reported = 0;
  let yes = 0;
  let no = 0;
  let held: Ratio | undefined;
  for (const { rightRatio, weight, reportedRatio } of results) {
    reported += reportedRatio;
    yes += weight * rightRatio;
    no += weight * (1 - rightRatio);
    if (reported < MIN_REPORTED || yes + no === 0) continue;
    const seen = yes / (yes + no);
    if (held === undefined || Math.abs(seen - held) > betaDeviation({ yes: yes + 1, no: no + 1 })) held = seen;
  }
  return held === undefined ? undefined : { yes: held * (yes + no), no: (1 - held) * (yes + no) };
}
