import type { ForecastStep } from '../domain/forecast.ts';
import { meanOf, STAKES_FACTORS } from '../domain/need.ts';
import type { RouterPolicy } from '../domain/router-policy.ts';
import { STEP_KINDS, type StepKind } from '../domain/step.ts';

/**
 * What γ is multiplied by at each notch, 0 (most capable) to 10 (cheapest), where nobody has measured the pool: about a
 * factor of two a notch, 1 in the middle.
 */
export const SHIPPED_DIAL_FACTORS: readonly number[] = [40, 18, 9, 4.5, 2.1, 1, 0.48, 0.22, 0.1, 0.04, 0];

/** γ of a kind at the policy's dial, in nano-USD. Between notches it goes in a straight line. */
export function dialledFailureNanoUsd(policy: RouterPolicy, kind: StepKind): number {
  return policy.failureNanoUsd[kind] * dialFactor(policy.dial, policy.dialFactors ?? SHIPPED_DIAL_FACTORS);
}

/**
 * γ of a step: that of its kind, times what its stakes multiply it by, in the proportion that the step is of a whole piece of
 * work. Kind and stakes are weighed by how likely they are; a step of which only the kind is known has the lowest stakes.
 */
export function stepFailureNanoUsd(
  policy: RouterPolicy,
  { kind, need, size }: Pick<ForecastStep, 'kind' | 'need' | 'size'>,
): number {
  const share = size.pieceRatio ?? 1;
  if (need === undefined) return dialledFailureNanoUsd(policy, kind) * share;
  const failureNanoUsd = meanOf(
    need.kind,
    STEP_KINDS.map((one) => policy.failureNanoUsd[one]),
  );
  const stakes = meanOf(need.stakes, policy.stakesFactors ?? STAKES_FACTORS);
  return failureNanoUsd * dialFactor(policy.dial, policy.dialFactors ?? SHIPPED_DIAL_FACTORS) * stakes * share;
}

function dialFactor(dial: number, factors: readonly number[]): number {
  const at = Math.min(10, Math.max(0, dial));
  const low = Math.floor(at);
  const from = factors[low] ?? 1;
  const to = factors[low + 1] ?? from;
  return from + (at - low) * (to - from);
}
