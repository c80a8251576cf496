import type { DecideInput } from '../domain/decision.ts';
import type { ForecastStep } from '../domain/forecast.ts';
import type { Ratio } from '../domain/time.ts';

/**
 * The future of a session without a plan: what usually follows, or more of the same. `usual` says how likely further steps
 * are and after which pauses; in the other future each of them is as big as the present step and asks as much of the models.
 * Spread over `decide()`'s `forecast` and `scenarios`. Pure.
 * @param sameRatio P(more of the same), as counted by whoever made `usual`
 */
export function unplannedFuture(
  step: Pick<DecideInput['step'], 'kind' | 'size'>,
  quality: DecideInput['quality'],
  usual: readonly ForecastStep[],
  sameRatio: Ratio,
): Pick<DecideInput, 'forecast' | 'scenarios'> {
  if (usual.length === 0 || sameRatio <= 0) return { forecast: usual };
  const same = usual.map((later) => ({ ...later, kind: step.kind, size: step.size, quality }));
  return { forecast: usual, scenarios: [{ weightRatio: sameRatio, forecast: same }] };
}
