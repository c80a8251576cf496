import type { QualityEstimate, Verifier } from '../../domain/quality.ts';
import type { StepKind } from '../../domain/step.ts';
import { toSixDecimals } from '../../domain/time.ts';
import type { Predictor } from '../../predict/predictor.ts';
import { logit, sigmoid } from '../../predict/success/item-response.ts';
import { abilityParts, type ResultPlace } from './ability-parts.ts';
import { MAX_SHIFT_LOGIT } from './ability-shifts.ts';
import type { Beliefs } from './beliefs.ts';
import { verifierRates } from './verifier-posteriors.ts';

/** Whose steps are decided, where a gateway tells its callers apart. */
export type Tenant = string | undefined;

/** The predictor, corrected by what was learned; its version names both. */
export function withBeliefs(predictor: Predictor, beliefs: Beliefs, tenant?: Tenant): Predictor {
  return {
    get version() {
      return `${predictor.version}+${beliefs.version}`;
    },
    size: (features, prices) => predictor.size(features, prices),
    quality: async (features, models, prices) => {
      const predicted = await predictor.quality(features, models, prices);
      const place = { kind: features.kind, servers: features.structure.toolServers ?? [], tenant };
      return { ...predicted, estimates: learnedEstimates(beliefs, place, predicted.estimates) };
    },
  };
}

/** Estimates moved by the shifts of all the parts that something was learned of, and surer by as much. Pure. */
export function learnedEstimates(
  { abilities }: Beliefs,
  place: Omit<ResultPlace, 'model'>,
  estimates: readonly QualityEstimate[],
): readonly QualityEstimate[] {
  if (isEmpty(abilities)) return estimates;
  return estimates.map((estimate) => {
    if (estimate.basis === 'override') return estimate;
    const { model, successRatio: plainRatio, widthRatio } = estimate;
    let [shift, left, before] = [0, 0, 0];
    let isLearned = false;
    for (const { key, priorWidth } of abilityParts({ ...place, model })) {
      const learned = abilities[key];
      if (learned !== undefined) isLearned = true;
      shift += learned?.logit ?? 0;
      left += (learned?.width ?? priorWidth) ** 2;
      before += priorWidth ** 2;
    }
    if (!isLearned) return estimate;
    shift = Math.min(MAX_SHIFT_LOGIT, Math.max(-MAX_SHIFT_LOGIT, shift));
    const successRatio = toSixDecimals(sigmoid(logit(plainRatio) + shift));
    const flatter = (successRatio * (1 - successRatio)) / Math.max(1e-6, plainRatio * (1 - plainRatio));
    return {
      ...estimate,
      successRatio,
      widthRatio: Math.min(0.5, toSixDecimals(widthRatio * flatter * Math.sqrt(Math.min(1, left / before)))),
      basis: 'learned',
      learned: { plainRatio, logit: toSixDecimals(shift) },
    };
  });
}

/** Most installations have learned nothing yet, and no names of parts need be made to find that out. */
function isEmpty(abilities: Beliefs['abilities']): boolean {
  for (const _ in abilities) return false;
  return true;
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
    const { atFamily } = check;
    if (atFamily !== undefined)
      byFamily[atFamily.family] = verifierRates(beliefs.verifiers, kind, atFamily.kind, atFamily.family);
    return { ...check, ...rates('any'), ...(Object.keys(byFamily).length === 0 ? {} : { byFamily }) };
  });
}
