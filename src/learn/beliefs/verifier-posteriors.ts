import type { BetaCounts, Verifier } from '../../domain/quality.ts';
import type { StepKind } from '../../domain/step.ts';
import type { Ratio } from '../../domain/time.ts';
import { betaQuantile, observe } from '../../stats/beta-posterior.ts';
import { VERIFIER_PRIORS, type VerifierRates } from './verifier-priors.ts';

/** What one check said about one result, and whether the result turned out right. */
export interface VerifierObservation {
  readonly kind: StepKind;
  readonly verifier: Verifier['kind'];
  /** Family of the model whose result was checked. */
  readonly family: string;
  readonly rejected: boolean;
  readonly truth: 'right' | 'wrong';
}

const NOTHING_SEEN: VerifierRates = { sensitivity: { yes: 0, no: 0 }, falseAlarm: { yes: 0, no: 0 } };

/** A finer cell starts from what its coarser one has learned, held to at most this many observations. */
const INHERITED_WEIGHT = 20;

/** Plain JSON: counts by key, the finest `kind/verifier/family`, coarser `kind/verifier` and `verifier`. */
export type VerifierCounts = Readonly<Record<string, VerifierRates>>;

/** Counts one observation at all three levels. Counts hold observations alone; priors are added when read. Pure. */
export function countObservation(counts: VerifierCounts, seen: VerifierObservation, weight = 1): VerifierCounts {
  const next: Record<string, VerifierRates> = { ...counts };
  for (const key of keysOf(seen.kind, seen.verifier, seen.family)) {
    const old = next[key] ?? NOTHING_SEEN;
    next[key] =
      seen.truth === 'wrong'
        ? { ...old, sensitivity: observe(old.sensitivity, seen.rejected, weight) }
        : { ...old, falseAlarm: observe(old.falseAlarm, seen.rejected, weight) };
  }
  return next;
}

/**
 * Posterior for one kind, verifier and family: the verifier's prior, then what was seen of the verifier elsewhere, of the kind
 * elsewhere, and here. Each observation counts once; what comes from elsewhere is held to a limit. Pure.
 */
export function verifierRates(
  counts: VerifierCounts,
  kind: StepKind,
  verifier: Verifier['kind'],
  family: string,
): VerifierRates {
  const levels = keysOf(kind, verifier, family)
    .toReversed()
    .map((key) => counts[key] ?? NOTHING_SEEN);
  let rates: VerifierRates = VERIFIER_PRIORS[verifier];
  for (const [index, seen] of levels.entries()) {
    const finer = levels[index + 1] ?? NOTHING_SEEN;
    rates = {
      sensitivity: plus(held(rates.sensitivity), minus(seen.sensitivity, finer.sensitivity)),
      falseAlarm: plus(held(rates.falseAlarm), minus(seen.falseAlarm, finer.falseAlarm)),
    };
  }
  return rates;
}

/** Rates to plan with: a low quantile of the sensitivity and the matching high one of the false alarm rate. */
export function pessimisticRates(
  rates: VerifierRates,
  quantile: Ratio,
): { readonly sensitivityRatio: Ratio; readonly falseAlarmRatio: Ratio } {
  return {
    sensitivityRatio: betaQuantile(rates.sensitivity, quantile),
    falseAlarmRatio: betaQuantile(rates.falseAlarm, 1 - quantile),
  };
}

/** Finest first. */
function keysOf(kind: StepKind, verifier: Verifier['kind'], family: string): readonly string[] {
  return [`${kind}/${verifier}/${family}`, `${kind}/${verifier}`, verifier];
}

function held(counts: BetaCounts): BetaCounts {
  const total = counts.yes + counts.no;
  if (total <= INHERITED_WEIGHT) return counts;
  return { yes: (counts.yes / total) * INHERITED_WEIGHT, no: (counts.no / total) * INHERITED_WEIGHT };
}

function plus(a: BetaCounts, b: BetaCounts): BetaCounts {
  return { yes: a.yes + b.yes, no: a.no + b.no };
}

function minus(a: BetaCounts, b: BetaCounts): BetaCounts {
  return { yes: Math.max(0, a.yes - b.yes), no: Math.max(0, a.no - b.no) };
}
