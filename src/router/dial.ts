import type { ForecastStep } from '../domain/forecast.ts';
import type { RouterPolicy } from '../domain/router-policy.ts';
import type { StepKind } from '../domain/step.ts';

/**
 * What γ is multiplied by at each notch, 0 (most capable) to 10 (cheapest), where nobody has measured the pool: about a
 * factor of two a notch, 1 in the middle.
 */
const DIAL_FACTORS: readonly number[] = [40, 18, 9, 4.5, 2.1, 1, 0.48, 0.22, 0.1, 0.04, 0];

/** γ of a step's kind at the policy's dial, in nano-USD. Between notches it goes in a straight line. */
export function dialledFailureNanoUsd(policy: RouterPolicy, kind: StepKind): number {
  return policy.failureNanoUsd[kind] * dialFactor(policy.dial, policy.dialFactors ?? DIAL_FACTORS);
}

/** γ of a step: that of its kind, in the proportion that the step is of a whole piece of work. */
export function stepFailureNanoUsd(policy: RouterPolicy, step: Pick<ForecastStep, 'kind' | 'size'>): number {
  return dialledFailureNanoUsd(policy, step.kind) * (step.size.pieceRatio ?? 1);
}

function dialFactor(dial: number, factors: readonly number[]): number {
  const at = Math.min(10, Math.max(0, dial));
  const low = Math.floor(at);
  const from = factors[low] ?? 1;
  const to = factors[low + 1] ?? from;
  return from + (at - low) * (to - from);
}
