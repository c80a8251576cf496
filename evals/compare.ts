import type { Figure, Figures } from '../src/domain/figure.ts';

export type Verdict =
  | {
      readonly kind: 'worse' | 'better';
      readonly name: string;
      readonly value: number;
      readonly accepted: number;
      readonly low: number;
      readonly high: number;
    }
  | { readonly kind: 'missing'; readonly name: string; readonly accepted: number };

/** Figures of which more is better; of all others (bills, errors, times) less is. */
const MORE_IS_BETTER =
  /\.(?:apgr|gap_closed\.ratio|hit\.ratio|within\w*(?:\.pct)?|row_pass\.pct|exact\.pct|traj_pass\.pct|cost_save\.pct|combined\.pct|auc|aiq|score|spearman|accuracy\.\w+)$|\.calls_per_s$|\.rps$/u;

/** The same of the suite `need`, whose names end in their unit. */
const MORE_IS_BETTER_OF_NEED =
  /^need\.(?:.*\.)?(?:spearman\.ratio|auc(?:_easy_hard)?\.ratio|order\.pct|recall\.pct|task\.pct|gap_closed\.pct|easy_cheap\.pct|hard_frontier\.pct|mixes\.count|hard_above_easy\.count|mix\.\w+\.0)$/u;

/** Of the suites `wires` and `jobs`: requests taken, answers read, cases right, of all and by who carries out steps. */
const MORE_IS_BETTER_OF_RUNS = /^(?:wires|jobs|hands)\..*(?:accepted|parsed|right)\.pct$/u;

/** Of the suite `learning`: promises and intervals that hold, and that are given at all, canaries that end as they should, and what learning saves. */
const MORE_IS_BETTER_OF_LEARNING =
  /^learning\.(?:certificate\.(?:coverage|issued)|ope\.(?:coverage|told)|promoted_better|retreated_worse|regret\.(?:\w+\.)?saved)\.pct$/u;

/** Names that end as no other suite’s do. */
const OF_ONE_SUITE = [MORE_IS_BETTER_OF_NEED, MORE_IS_BETTER_OF_RUNS, MORE_IS_BETTER_OF_LEARNING];

/** Who takes the stream between the ends of the dial: neither more nor less of the ablest is better. */
const MIXES = /^need\.mix\.\w+\.[1-9](?:\.(?:easy|hard))?$/u;

/** Times are of one machine on one day: what stands against them in the same run tells more than what was accepted once. */
const TIMES = /^(?:ms|µs)\b/u;

/** Figures that are bills whatever their last word is: `economics.….exact.pct` is what an exact forecast bills. */
const BILLS = /^economics\./u;

/** What an accepted figure without an interval may move, of its size. */
const SLACK_RATIO = 0.02;
const SLACK_ABSOLUTE = 0.005;

/**
 * Holds figures against accepted ones: worse than the accepted interval is a regression, better is worth accepting, and a
 * figure that is gone is told. Rivals' figures (`….rival.…`), baselines and mixes may move either way without being a regression.
 */
export function compare(figures: Figures, accepted: Figures): readonly Verdict[] {
  return Object.entries(accepted).flatMap(([name, old]): readonly Verdict[] => {
    const figure = figures[name];
    if (figure === undefined) return [{ kind: 'missing', name, accepted: old.value }];
    if (name.includes('.rival.') || name.includes('.baseline.') || MIXES.test(name)) return [];
    const { low, high } = boundsOf(old);
    const { value } = figure;
    if (value >= low && value <= high) return [];
    const isMoreBetter = (MORE_IS_BETTER.test(name) && !BILLS.test(name)) || OF_ONE_SUITE.some((of) => of.test(name));
    const isWorse = isMoreBetter ? value < low : value > high;
    return [{ kind: isWorse ? 'worse' : 'better', name, value, accepted: old.value, low, high }];
  });
}

function boundsOf(figure: Figure): { readonly low: number; readonly high: number } {
  const slack = Math.max(SLACK_ABSOLUTE, Math.abs(figure.value) * SLACK_RATIO);
  return {
    low: Math.min(figure.low ?? Number.POSITIVE_INFINITY, figure.value - slack),
    high: Math.max(figure.high ?? Number.NEGATIVE_INFINITY, figure.value + slack),
  };
}

/** Figures as they are accepted: times are left out. */
export function toAccepted(figures: Figures): Figures {
  return Object.fromEntries(Object.entries(figures).filter(([, figure]) => !TIMES.test(figure.unit)));
}
