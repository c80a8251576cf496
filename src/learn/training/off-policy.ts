import { PointsmanError } from '../../domain/errors.ts';
import type { Ratio } from '../../domain/time.ts';

/** One logged decision: which action was taken with what chance, what came of it, and what a new policy would do. */
export interface LoggedDecision {
  readonly action: string;
  /** Chance with which the logging policy took it; as it was recorded, never guessed. */
  readonly propensityRatio: Ratio;
  readonly reward: number;
  /** The new policy's chance of each action. */
  readonly target: Readonly<Record<string, Ratio>>;
  /** A model's guess of the reward of each action, for the doubly robust estimate. */
  readonly predicted: Readonly<Record<string, number>>;
}

export interface OffPolicyEstimate {
  readonly ips: number;
  readonly snips: number;
  readonly doublyRobust: number;
  /** 95 % bounds of the doubly robust estimate. */
  readonly low: number;
  readonly high: number;
  /** How many decisions' worth of evidence the weights leave. */
  readonly effectiveCount: number;
  readonly clippedCount: number;
}

/** Weights above this are clipped: one lucky rare action must not decide. */
const MAX_WEIGHT = 20;

/**
 * What a new policy would have earned on logged decisions: inverse propensity, its self-normalised form and the doubly robust
 * estimate with its interval. Pure.
 * @throws PointsmanError `request-invalid` without decisions or with a propensity that is not in (0, 1].
 */
export function estimateOffPolicy(decisions: readonly LoggedDecision[]): OffPolicyEstimate {
  if (decisions.length === 0) throw noPropensity('There are no logged decisions');
  let [weighted, weightSum, squareSum, clippedCount] = [0, 0, 0, 0];
  const robust: number[] = [];
  for (const decision of decisions) {
    const { propensityRatio: propensity } = decision;
    if (!(propensity > 0 && propensity <= 1)) throw noPropensity(`A decision was logged with propensity ${propensity}`);
    const raw = (decision.target[decision.action] ?? 0) / propensity;
    if (raw > MAX_WEIGHT) clippedCount += 1;
    const weight = Math.min(MAX_WEIGHT, raw);
    weighted += weight * decision.reward;
    weightSum += weight;
    squareSum += weight * weight;
    const direct = Object.entries(decision.target).reduce(
      (sum, [action, chance]) => sum + chance * (decision.predicted[action] ?? 0),
      0,
    );
    robust.push(direct + weight * (decision.reward - (decision.predicted[decision.action] ?? 0)));
  }
  const mean = robust.reduce((sum, value) => sum + value, 0) / robust.length;
  const variance = robust.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, robust.length - 1);
  const margin = 1.96 * Math.sqrt(variance / robust.length);
  return {
    ips: weighted / decisions.length,
    snips: weightSum === 0 ? Number.NaN : weighted / weightSum,
    doublyRobust: mean,
    low: mean - margin,
    high: mean + margin,
    effectiveCount: squareSum === 0 ? 0 : weightSum ** 2 / squareSum,
    clippedCount,
  };
}

function noPropensity(message: string): PointsmanError {
  return new PointsmanError('request-invalid', message, {
    mend: 'Off-policy estimates need the chance with which each logged choice was made. Turn exploration on to record it.',
  });
}
