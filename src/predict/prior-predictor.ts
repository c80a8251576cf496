import { capabilitiesOf as catalogueCapabilities, type Capabilities } from '../catalog/capabilities.ts';
import type { Model, RowAbilities } from '../domain/model.ts';
import type { FailurePrices } from '../domain/need.ts';
import type { QualityEstimate } from '../domain/quality.ts';
import type { StepFeatures } from './features/step-features.ts';
import type { Predictor } from './predictor.ts';
import { rememberPerPool } from './remember-per-pool.ts';
import { KIND_SIZES, sizeOf, successNeed } from './step-sizes.ts';
import { KIND_ITEMS } from './success/ability-dimensions.ts';
import { priorAbilities, type KnownOfModel } from './success/ability-prior.ts';
import { evidenceShift } from './success/evidence-shift.ts';
import { indexEstimate } from './success/index-estimates.ts';
import { kindAbility } from './success/item-response.ts';
import { estimateSuccess, kindOnly, modelSuccess, type ModelSuccess } from './success/model-success.ts';

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
    quality: (features, models, prices) => {
      const estimates = (): readonly QualityEstimate[] =>
        models.map((model) => priorEstimate(features, model, { capabilitiesOf, prices }));
      return Promise.resolve({
        kind: 'scored',
        estimates:
          features.need === undefined
            ? perPool(models, `${features.kind} ${evidenceShift(features.evidence)}`, estimates)
            : estimates(),
      });
    },
    size: (features, prices) => sizeOf(features, KIND_SIZES, prices),
  };
}

/** The prior's estimate for one model; what a learned predictor falls back to where it has no data. Pure. */
export function priorEstimate(
  features: Pick<StepFeatures, 'kind' | 'evidence' | 'need'>,
  model: Model,
  {
    capabilitiesOf = fromCatalogue,
    prices,
  }: { readonly capabilitiesOf?: CapabilitiesOf; readonly prices?: FailurePrices | undefined } = {},
): QualityEstimate {
  const success =
    capabilitiesOf === fromCatalogue
      ? catalogueSuccess(model)
      : priorSuccess(capabilitiesFor(model, capabilitiesOf), model.abilities);
  const need = features.need === undefined ? kindOnly(features.kind) : successNeed(features.need, prices);
  return estimateSuccess(success, need, { model, shift: evidenceShift(features.evidence) });
}

/** @param evaluated what an evaluation of this very model has found: believed before what others publish */
function priorSuccess(capabilities: KnownOfModel, evaluated: RowAbilities | undefined): ModelSuccess {
  const abilities = priorAbilities(capabilities);
  return modelSuccess((kind) => {
    const found = evaluated?.[kind];
    return { ...(found ?? kindAbility(abilities, KIND_ITEMS[kind])), isLearned: found !== undefined };
  });
}

const known = new WeakMap<Model, ModelSuccess>();

/** The catalogue does not change while the process runs, and a gateway asks for the same few models at every step. */
function catalogueSuccess(model: Model): ModelSuccess {
  let success = known.get(model);
  if (success === undefined) known.set(model, (success = priorSuccess(fromCatalogue(model), model.abilities)));
  return success;
}

/** What is known of a model: the given look-up, else the catalogue. */
export function capabilitiesFor(model: Model, capabilitiesOf: CapabilitiesOf = fromCatalogue): KnownOfModel {
  return capabilitiesOf(model) ?? fromCatalogue(model);
}

/**
 * The catalogue's scores; the row's own index counts where it has one, so that a user's own row is believed. A model with neither
 * index nor enough scores stands where it was judged to.
 */
function fromCatalogue(model: Model): KnownOfModel {
  const known = catalogueCapabilities(model.id);
  const scores = known?.scores ?? [];
  const abilityIndex = model.abilityIndex ?? known?.abilityIndex;
  const judged = abilityIndex === undefined ? indexEstimate(model.id) : undefined;
  if (judged === undefined) return { abilityIndex, scores };
  return { abilityIndex: judged.points, indexWidthPoints: judged.widthPoints, scores };
}
