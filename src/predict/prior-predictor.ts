import type { Model } from '../domain/model.ts';
import type { QualityEstimate } from '../domain/quality.ts';
import { priorAbilities, type ModelCapabilities } from './ability-prior.ts';
import { KIND_ITEMS } from './capability-dimensions.ts';
import { evidenceShift } from './evidence-shift.ts';
import { kindAbility, successOf } from './item-response.ts';
import type { Predictor } from './predictor.ts';
import type { StepFeatures } from './step-features.ts';
import { sizeOf } from './step-sizes.ts';

/** Looks up what the catalogue knows of a model; `undefined` for one it has never heard of. */
export type CapabilitiesOf = (model: Model) => ModelCapabilities | undefined;

export const PRIOR_VERSION = 'prior-1';

/**
 * Predicts from the catalogue alone: no artifact, no native code, answers at once. Every estimate has basis `prior` and
 * an honest width; a model that the catalogue does not know gets the widest.
 */
export function createPriorPredictor(capabilitiesOf: CapabilitiesOf = indexOnly): Predictor {
  return {
    version: PRIOR_VERSION,
    quality: (features, models) =>
      Promise.resolve({
        kind: 'scored',
        estimates: models.map((model) => priorEstimate(features, model, capabilitiesOf)),
      }),
    size: (features) => sizeOf(features),
  };
}

/** The prior's estimate for one model; what a learned predictor falls back to where it has no data. Pure. */
export function priorEstimate(
  features: Pick<StepFeatures, 'kind' | 'evidence'>,
  model: Model,
  capabilitiesOf: CapabilitiesOf = indexOnly,
): QualityEstimate {
  const ability = kindAbility(priorAbilities(capabilitiesOf(model) ?? indexOnly(model)), KIND_ITEMS[features.kind]);
  const shifted = { mean: ability.mean + evidenceShift(features.evidence), width: ability.width };
  return { model: model.id, ...successOf(shifted), basis: 'prior' };
}

function indexOnly(model: Model): ModelCapabilities {
  return { abilityIndex: model.abilityIndex, benchmarks: {} };
}
