import { capabilitiesOf as catalogueCapabilities, type Capabilities } from '../catalog/capabilities.ts';
import type { Model } from '../domain/model.ts';
import type { QualityEstimate } from '../domain/quality.ts';
import { KIND_ITEMS } from './ability-dimensions.ts';
import { priorAbilities, type Abilities } from './ability-prior.ts';
import { evidenceShift } from './evidence-shift.ts';
import { kindAbility, successOf } from './item-response.ts';
import type { Predictor } from './predictor.ts';
import { rememberPerPool } from './remember-per-pool.ts';
import type { StepFeatures } from './step-features.ts';
import { sizeOf } from './step-sizes.ts';

/** Looks up what the catalogue knows of a model; `undefined` for one it has never heard of. */
export type CapabilitiesOf = (model: Model) => Capabilities | undefined;

export const PRIOR_VERSION = 'prior-1';

/**
 * Predicts from the catalogue alone: no artifact, no native code, answers at once. Every estimate has basis `prior` and
 * an honest width; a model that the catalogue does not know gets the widest.
 */
export function createPriorPredictor(capabilitiesOf: CapabilitiesOf = fromCatalogue): Predictor {
  const perPool = rememberPerPool<readonly QualityEstimate[]>();
  return {
    version: PRIOR_VERSION,
    quality: (features, models) =>
      Promise.resolve({
        kind: 'scored',
        estimates: perPool(models, `${features.kind} ${evidenceShift(features.evidence)}`, () =>
          models.map((model) => priorEstimate(features, model, capabilitiesOf)),
        ),
      }),
    size: (features) => sizeOf(features),
  };
}

/** The prior's estimate for one model; what a learned predictor falls back to where it has no data. Pure. */
export function priorEstimate(
  features: Pick<StepFeatures, 'kind' | 'evidence'>,
  model: Model,
  capabilitiesOf: CapabilitiesOf = fromCatalogue,
): QualityEstimate {
  const abilities =
    capabilitiesOf === fromCatalogue
      ? catalogueAbilities(model)
      : priorAbilities(capabilitiesFor(model, capabilitiesOf));
  const ability = kindAbility(abilities, KIND_ITEMS[features.kind]);
  const shifted = { mean: ability.mean + evidenceShift(features.evidence), width: ability.width };
  return { model: model.id, ...successOf(shifted), basis: 'prior' };
}

const known = new WeakMap<Model, Abilities>();

/** The catalogue does not change while the process runs, and a gateway asks for the same few models at every step. */
function catalogueAbilities(model: Model): Abilities {
  let abilities = known.get(model);
  if (abilities === undefined) {
    abilities = priorAbilities(fromCatalogue(model));
    known.set(model, abilities);
  }
  return abilities;
}

/** What is known of a model: the given look-up, else the catalogue. */
export function capabilitiesFor(model: Model, capabilitiesOf: CapabilitiesOf = fromCatalogue): Capabilities {
  return capabilitiesOf(model) ?? fromCatalogue(model);
}

/** The catalogue's scores; the row's own index counts where it has one, so that a user's own row is believed. */
function fromCatalogue(model: Model): Capabilities {
  const known = catalogueCapabilities(model.id);
  return { abilityIndex: model.abilityIndex ?? known?.abilityIndex, scores: known?.scores ?? [] };
}
