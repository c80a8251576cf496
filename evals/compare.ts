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
  /\.(?:apgr|gap_closed\.ratio|hit\.ratio|within\w*|row_pass\.pct|exact\.pct|traj_pass\.pct|cost_save\.pct|combined\.pct|auc|aiq|score|spearman|accuracy\.\w+)$|\.calls_per_s$|\.rps$/u;

/** Figures that are bills whatever their last word is: `economics.….exact.pct` is what an exact forecast bills. */
const BILLS = /^economics\./u;

/** What an accepted figure without an interval may move, of its size. */
const SLACK_RATIO = 0.02;
const SLACK_ABSOLUTE = 0.005;

/**
 * Holds figures against accepted ones: worse than the accepted interval is a regression, better is worth accepting, and a
 * figure that is gone is told. Rivals' figures (`….rival.…`) and baselines may move either way without being a regression.
 */
export function compare(figures: Figures, accepted: Figures): readonly Verdict[] {
  return Object.entries(accepted).flatMap(([name, old]): readonly Verdict[] => {
    const figure = figures[name];
    if (figure === undefined) return [{ kind: 'missing', name, accepted: old.value }];
    if (name.includes('.rival.') || name.includes('.baseline.')) return [];
    const { low, high } = boundsOf(old);
    const { value } = figure;
    if (value >= low && value <= high) return [];
    const isWorse = MORE_IS_BETTER.test(name) && !BILLS.test(name) ? value < low : value > high;
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
