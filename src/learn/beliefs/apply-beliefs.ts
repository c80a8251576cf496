import type { QualityEstimate, Verifier } from '../../domain/quality.ts';
import type { StepKind } from '../../domain/step.ts';
import { toSixDecimals } from '../../domain/time.ts';
import type { Predictor } from '../../predict/predictor.ts';
import { successKey, type Beliefs } from './beliefs.ts';
import { verifierRates } from './verifier-posteriors.ts';

/** An estimate is worth as many observations as its width says, within these bounds. */
const MIN_PRIOR_COUNT = 4;
const MAX_PRIOR_COUNT = 20;

/** The predictor, corrected by what was learned; its version names both. */
export function withBeliefs(predictor: Predictor, beliefs: Beliefs): Predictor {
  return {
    get version() {
      return `${predictor.version}+${beliefs.version}`;
    },
    size: (features, prices) => predictor.size(features, prices),
    quality: async (features, models, prices) => {
      const predicted = await predictor.quality(features, models, prices);
      return { ...predicted, estimates: learnedEstimates(beliefs, features.kind, predicted.estimates) };
    },
  };
}

/** Estimates and counts as one: the estimate is the prior, its width says how many observations it is worth. Pure. */
export function learnedEstimates(
  beliefs: Beliefs,
  kind: StepKind,
  estimates: readonly QualityEstimate[],
): readonly QualityEstimate[] {
  return estimates.map((estimate) => {
    const counts = beliefs.successes[successKey(kind, estimate.model)];
    if (counts === undefined || estimate.basis === 'override') return estimate;
    const prior = priorCount(estimate);
    const total = prior + counts.yes + counts.no;
    const successRatio = toSixDecimals((prior * estimate.successRatio + counts.yes) / total);
    const widthRatio = toSixDecimals(Math.sqrt((successRatio * (1 - successRatio)) / (total + 1)));
    return { ...estimate, successRatio, widthRatio, basis: 'learned' };
  });
}

function priorCount({ successRatio, widthRatio }: QualityEstimate): number {
  const count = widthRatio <= 0 ? MAX_PRIOR_COUNT : (successRatio * (1 - successRatio)) / widthRatio ** 2 - 1;
  return Math.min(MAX_PRIOR_COUNT, Math.max(MIN_PRIOR_COUNT, count));
}

/**
 * Checks with the error rates that were learned for this kind of step: over all families, and for each family of which
 * something was seen. Pure.
 */
export function learnedChecks(beliefs: Beliefs, kind: StepKind, checks: readonly Verifier[]): readonly Verifier[] {
  return checks.map((check) => {
    const prefix = `${kind}/${check.kind}/`;
    const families = Object.keys(beliefs.verifiers).filter((key) => key.startsWith(prefix));
    const rates = (family: string): Pick<Verifier, 'sensitivity' | 'falseAlarm'> =>
      verifierRates(beliefs.verifiers, kind, check.kind, family);
    const byFamily = Object.fromEntries(
      families.map((key) => [key.slice(prefix.length), rates(key.slice(prefix.length))]),
    );
    return { ...check, ...rates('any'), ...(families.length === 0 ? {} : { byFamily }) };
  });
}
