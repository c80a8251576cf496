import { STEP_KINDS, type StepKind } from '../domain/step.ts';
import type { Model } from '../domain/model.ts';
import type { QualityEstimate } from '../domain/quality.ts';
import type { Ratio } from '../domain/time.ts';
import { priorAbilities, type Ability } from './ability-prior.ts';
import { KIND_ITEMS } from './ability-dimensions.ts';
import { abilityKey, type PredictorArtifact } from './artifact.ts';
import type { Embedder } from './embedder.ts';
import { evidenceShift } from './evidence-shift.ts';
import { hashedVector, HASHED_VERSION } from './hashed-embedder.ts';
import { kindAbility, successOf } from './item-response.ts';
import { openHead } from './linear-head.ts';
import type { Predictor } from './predictor.ts';
import { capabilitiesFor, type CapabilitiesOf } from './prior-predictor.ts';
import type { StepFeatures } from './step-features.ts';
import { KIND_SIZES, sizeOf } from './step-sizes.ts';

export interface LearnedPredictorOptions {
  readonly capabilitiesOf?: CapabilitiesOf;
  /** Absent: hashed features, and the version says so. */
  readonly embedder?: Embedder;
}

/** Kinds known more surely than this are taken as they are; the text is not read for them. */
const SURE_RATIO: Ratio = 0.75;

/**
 * Predicts from a trained artifact over the catalogue's prior: abilities per kind and model, narrowed by outcomes; for a step
 * whose kind is in doubt, the kinds weighed by rule and text together. Without an encoder hashed features stand in; when
 * the encoder fails, the answer is `unavailable` with the cause and the estimates of the rules. Never throws.
 */
export function createLearnedPredictor(artifact: PredictorArtifact, options: LearnedPredictorOptions = {}): Predictor {
  const { embedder } = options;
  const heads = artifact.heads[embedder?.version ?? HASHED_VERSION] ?? artifact.heads[HASHED_VERSION];
  const usesEncoder = embedder !== undefined && artifact.heads[embedder.version] !== undefined;
  const kindHead = heads?.kind === undefined ? undefined : openHead(heads.kind);
  const classes = heads?.kind?.classes ?? [];
  const sizes = learnedSizes(artifact);

  const readKinds = async (text: string): Promise<readonly (readonly [StepKind, Ratio])[]> => {
    const hashed = hashedVector(text);
    const vector = usesEncoder ? [...((await embedder.embed([text]))[0] ?? []), ...hashed] : hashed;
    const probabilities = kindHead?.(vector) ?? [];
    return STEP_KINDS.map((kind) => [kind, probabilities[classes.indexOf(kind)] ?? 0] as const);
  };

  return {
    version: `${artifact.name}+${usesEncoder ? embedder.version : HASHED_VERSION}`,
    size: (features) => sizeOf(features, sizes),
    quality: async (features, models) => {
      const certain: readonly (readonly [StepKind, Ratio])[] = [[features.kind, 1]];
      const estimatesFor = (kinds: readonly (readonly [StepKind, Ratio])[]): readonly QualityEstimate[] =>
        models.map((model) => estimate(artifact, features, kinds, model, options.capabilitiesOf));
      if (features.kindConfidenceRatio >= SURE_RATIO || features.text === '' || kindHead === undefined) {
        return { kind: 'scored', estimates: estimatesFor(certain) };
      }
      try {
        return { kind: 'scored', estimates: estimatesFor(blend(features, await readKinds(features.text))) };
      } catch (thrown) {
        const cause = thrown instanceof Error ? thrown.message : String(thrown);
        return { kind: 'unavailable', cause, estimates: estimatesFor(certain) };
      }
    },
  };
}

/** The rule's kind with its confidence, the rest of the weight as the text's classifier says. */
function blend(
  features: StepFeatures,
  read: readonly (readonly [StepKind, Ratio])[],
): readonly (readonly [StepKind, Ratio])[] {
  const sure = features.kindConfidenceRatio;
  return read.map(([kind, ratio]) => [kind, (kind === features.kind ? sure : 0) + (1 - sure) * ratio] as const);
}

function estimate(
  artifact: PredictorArtifact,
  features: Pick<StepFeatures, 'evidence'>,
  kinds: readonly (readonly [StepKind, Ratio])[],
  model: Model,
  capabilitiesOf: CapabilitiesOf | undefined,
): QualityEstimate {
  const prior = priorAbilities(capabilitiesFor(model, capabilitiesOf));
  const shift = evidenceShift(features.evidence);
  let successRatio = 0;
  let variance = 0;
  let learnedWeight = 0;
  for (const [kind, weight] of kinds) {
    if (weight <= 0) continue;
    const learned = artifact.abilities[kind]?.[abilityKey(model.id)];
    const ability = combine(kindAbility(prior, KIND_ITEMS[kind]), learned);
    const { successRatio: ratio, widthRatio } = successOf({ mean: ability.mean + shift, width: ability.width });
    successRatio += weight * ratio;
    variance += weight * widthRatio ** 2;
    if (learned !== undefined) learnedWeight += weight;
  }
  return {
    model: model.id,
    successRatio,
    widthRatio: Math.sqrt(variance),
    basis: learnedWeight > 0.5 ? 'learned' : 'prior',
  };
}

/** Two normal beliefs about one ability, as one. */
function combine(prior: Ability, learned: Ability | undefined): Ability {
  if (learned === undefined) return prior;
  const [a, b] = [prior.width ** -2, learned.width ** -2];
  return { mean: (a * prior.mean + b * learned.mean) / (a + b), width: (a + b) ** -0.5 };
}

function learnedSizes(artifact: PredictorArtifact): typeof KIND_SIZES {
  const { forecast } = artifact;
  if (forecast === undefined) return KIND_SIZES;
  const entries = STEP_KINDS.map((kind) => {
    const base = KIND_SIZES[kind];
    return [
      kind,
      {
        ...base,
        callCount: forecast.callCount[kind] ?? base.callCount,
        outputTokensPerCall: forecast.outputTokensPerCall[kind] ?? base.outputTokensPerCall,
        newTokensPerCall: forecast.newTokensPerCall[kind] ?? base.newTokensPerCall,
      },
    ] as const;
  });
  return Object.fromEntries(entries) as Record<StepKind, (typeof KIND_SIZES)[StepKind]>;
}
