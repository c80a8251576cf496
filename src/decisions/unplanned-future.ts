import type { DecideInput } from '../domain/decision.ts';
import type { ForecastStep } from '../domain/forecast.ts';
import type { Ratio } from '../domain/time.ts';

/**
 * The future of a session without a plan: what is left of it, as kinds usually follow each other, or as more of the same. How much is left
 * is known better than what it will be; a summary closes what went before, and is not gone on with. Spread over the `forecast` and `scenarios` of
 * `decide()`. Pure.
 * @param rest what is left, all of the kind at hand, see `restOfSession`
 * @param usual the kinds that usually follow, however much of them; none: the session ends here
 * @param sameRatio P(more of the same), as counted by whoever made `usual`
 */
export function unplannedFuture(
  rest: readonly ForecastStep[],
  usual: readonly ForecastStep[],
  sameRatio: Ratio,
): Pick<DecideInput, 'forecast' | 'scenarios'> {
  if (rest.length === 0 || usual.length === 0) return { forecast: [] };
  const calls = share(rest, usual, ({ callCount }) => callCount);
  const pieces = share(rest, usual, ({ pieceRatio = 1 }) => pieceRatio);
  // A step is at least one call: fewer of them are one that may not come.
  const chance = Math.min(1, calls);
  const forecast = usual.map((step) => ({
    ...step,
    probabilityRatio: step.probabilityRatio * chance,
    size: {
      ...step.size,
      callCount: (step.size.callCount * calls) / chance,
      pieceRatio: ((step.size.pieceRatio ?? 1) * pieces) / chance,
    },
  }));
  return sameRatio <= 0 || rest[0]?.kind === 'summarize'
    ? { forecast }
    : { forecast, scenarios: [{ weightRatio: sameRatio, forecast: rest }] };
}

/** How often what is left holds what usually follows. */
function share(
  rest: readonly ForecastStep[],
  usual: readonly ForecastStep[],
  amount: (size: ForecastStep['size']) => number,
): number {
  const expected = (steps: readonly ForecastStep[]): number =>
    steps.reduce((sum, { probabilityRatio, size }) => sum + probabilityRatio * amount(size), 0);
  return expected(rest) / expected(usual);
}
