import type { CandidateRow } from '../../domain/decision.ts';
import { toNanoUsd, type NanoUsd } from '../../domain/money.ts';
import type { Verifier } from '../../domain/quality.ts';
import type { RouterPolicy } from '../../domain/router-policy.ts';
import { combineChecks } from '../../router/ladder.ts';

/** Two attempts as they were decided: what each bills, how long it takes at the policy's price, how likely it is right. */
export interface TwoAttempts {
  readonly first: CandidateRow | undefined;
  readonly other: CandidateRow | undefined;
  /** Family of the first. */
  readonly family: string;
}

/**
 * Whether a second attempt at once is worth its bill. It is needed where the checks reject the first, so that all it wins is
 * time. It loses what it has billed by then where the first is accepted. Two attempts that both pass are no better than one, as their errors follow the same difficulty. Pure.
 * @param checks at the rates that the policy plans with; without one nothing rejects the first
 * @returns `undefined`: it is not
 */
export function worthBeside(
  { first, other, family }: TwoAttempts,
  checks: readonly Verifier[],
  { ladder }: Pick<RouterPolicy, 'ladder'>,
): { readonly gainNanoUsd: NanoUsd; readonly extraNanoUsd: NanoUsd } | undefined {
  const check = combineChecks(checks, ladder.pessimismQuantile, family);
  if (first === undefined || other === undefined || check === undefined) return undefined;
  const success = first.successRatio;
  const rejected = (1 - success) * check.sensitivity + success * check.falseAlarm;
  // Without it the second begins when the first is rejected; with it, it is stopped when the first is accepted.
  const gain = rejected * Math.min(first.latencyNanoUsd, other.latencyNanoUsd);
  if (gain <= 0) return undefined;
  const doneRatio = Math.min(1, first.latencyNanoUsd / other.latencyNanoUsd);
  const extra = (1 - rejected) * doneRatio * (other.billNanoUsd + other.frontierPenaltyNanoUsd);
  if (gain <= extra) return undefined;
  return { gainNanoUsd: toNanoUsd(Math.round(gain)), extraNanoUsd: toNanoUsd(Math.round(extra)) };
}
