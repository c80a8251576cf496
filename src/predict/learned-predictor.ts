import type { Model } from '../domain/model.ts';
import type { FailurePrices, StepNeed } from '../domain/need.ts';
import type { QualityEstimate } from '../domain/quality.ts';
import { STEP_KINDS, type StepKind } from '../domain/step.ts';
import type { Ratio } from '../domain/time.ts';
import { abilityKey, type PredictorArtifact } from './artifact.ts';
import type { Embedder } from './embedding/embedder.ts';
import { hashedVector, HASHED_VERSION } from './embedding/hashed-embedder.ts';
import { NO_EVIDENCE, type StepEvidence, type StepFeatures } from './features/step-features.ts';
import { openHead } from './linear-head.ts';
import { serverShift } from './need/server-abilities.ts';
import type { Predictor } from './predictor.ts';
import { capabilitiesFor, type CapabilitiesOf } from './prior-predictor.ts';
import { rememberPerPool } from './remember-per-pool.ts';
import { KIND_SIZES, sizeOf, sizesFrom, successNeed } from './step-sizes.ts';
import { KIND_ITEMS } from './success/ability-dimensions.ts';
import { priorAbilities, type Ability } from './success/ability-prior.ts';
import { struggleRatio } from './success/evidence-features.ts';
import { evidenceShift } from './success/evidence-shift.ts';
import { kindAbility } from './success/item-response.ts';
import {
  abilityOfRate,
  estimateSuccess,
  kindOnly,
  kindsOnly,
  modelSuccess,
  type ModelSuccess,
  type SuccessNeed,
} from './success/model-success.ts';
import { openTextEffects } from './text-effects.ts';

export interface LearnedPredictorOptions {
  readonly capabilitiesOf?: CapabilitiesOf;
  /** Opened when a step's kind is first in doubt. Absent: hashed features, and the version says so. */
  readonly openEmbedder?: () => Promise<Embedder>;
  /** Told once when the encoder cannot be had and hashed features stand in for it. */
  readonly onEncoderMissing?: (cause: unknown) => void;
}

/** Kinds known more surely than this are taken as they are; the text is not read for them. */
const SURE_RATIO: Ratio = 0.75;

/**
 * Predicts from a trained artifact over the catalogue's prior: abilities per kind and model, narrowed by outcomes, at the kind
 * and difficulty that a step's need says. Where none was read, a kind in doubt is weighed by rule and text together, over the
 * kind's usual difficulty. What the words say of a model is heard where a gate is open. Planned jobs name their kinds and never load
 * the encoder. Where it cannot be had, hashed features stand in, and `version` says which of them spoke. Never throws.
 */
export function createLearnedPredictor(artifact: PredictorArtifact, options: LearnedPredictorOptions = {}): Predictor {
  const sizes = artifact.forecast === undefined ? KIND_SIZES : sizesFrom(artifact.forecast);
  const perPool = rememberPerPool<readonly QualityEstimate[]>();
  const successOf = rememberSuccess(artifact, options.capabilitiesOf);
  const withWords = openTextEffects(artifact);
  const hashedReader = toReader(artifact, HASHED_VERSION);
  let reading: Promise<KindReader> | undefined;
  let readerVersion = options.openEmbedder === undefined ? HASHED_VERSION : 'rules';

  const openReader = async (): Promise<KindReader> => {
    const { openEmbedder } = options;
    if (openEmbedder !== undefined) {
      try {
        const embedder = await openEmbedder();
        if (artifact.heads[embedder.version] === undefined)
          throw new Error(`No heads for the encoder ${embedder.version}`);
        readerVersion = embedder.version;
        return withEncoder(embedder, toReader(artifact, embedder.version));
      } catch (thrown) {
        options.onEncoderMissing?.(thrown);
      }
    }
    readerVersion = HASHED_VERSION;
    return (text) => Promise.resolve(hashedReader(hashedVector(text)));
  };

  const plainQuality: Predictor['quality'] = async (features, models, prices) => {
    const shift = learnedShift(artifact, features.evidence);
    const servers = features.structure.toolServers ?? [];
    const estimatesFor = (need: SuccessNeed): readonly QualityEstimate[] =>
      models.map((model) =>
        estimateSuccess(successOf(model), need, { model, shift: shift + serverShift(model, servers) }),
      );
    if (features.need !== undefined)
      return { kind: 'scored', estimates: estimatesFor(successNeed(features.need, prices)) };
    const ofKind = (): readonly QualityEstimate[] =>
      perPool(models, `${features.kind} ${shift} ${servers.join()}`, () => estimatesFor(kindOnly(features.kind)));
    if (features.kindConfidenceRatio >= SURE_RATIO || features.text === '') {
      return { kind: 'scored', estimates: ofKind() };
    }
    try {
      reading ??= openReader();
      const read = await (await reading)(features.text);
      return { kind: 'scored', estimates: estimatesFor(blend(features, read)) };
    } catch (thrown) {
      const cause = thrown instanceof Error ? thrown.message : String(thrown);
      return { kind: 'unavailable', cause, estimates: ofKind() };
    }
  };

  return {
    get version() {
      return `${artifact.name}+${readerVersion}`;
    },
    size: (features, prices) => sizeOf(features, sizes, prices),
    quality: async (features, models, prices) => {
      const plain = await plainQuality(features, models, prices);
      const kinds = features.need?.kind.ratios ?? STEP_KINDS.map((kind) => (kind === features.kind ? 1 : 0));
      return { ...plain, estimates: withWords(plain.estimates, features.text, kinds) };
    },
  };
}

type KindWeights = readonly (readonly [StepKind, Ratio])[];
type KindReader = (text: string) => Promise<KindWeights>;

/** Reads kinds from a vector with the heads of one embedder; without heads it says nothing, and the rule's kind stays. */
function toReader(artifact: PredictorArtifact, version: string): (vector: ArrayLike<number>) => KindWeights {
  const head = artifact.heads[version]?.kind;
  if (head === undefined) return () => [];
  const classify = openHead(head);
  return (vector) => {
    const probabilities = classify(vector);
    return STEP_KINDS.map((kind) => [kind, probabilities[head.classes.indexOf(kind)] ?? 0] as const);
  };
}

function withEncoder(embedder: Embedder, reader: (vector: ArrayLike<number>) => KindWeights): KindReader {
  return async (text) => {
    const encoding = embedder.embed([text]);
    // Hashed while the worker encodes.
    const hashed = hashedVector(text);
    const [encoded = new Float32Array()] = await encoding;
    const both = new Float32Array(encoded.length + hashed.length);
    both.set(encoded, 0);
    both.set(hashed, encoded.length);
    return reader(both);
  };
}

/** The rule's kind with its confidence, the rest of the weight as the text's classifier says. */
function blend(features: StepFeatures, read: KindWeights): SuccessNeed {
  if (read.length === 0) return kindOnly(features.kind);
  const sure = features.kindConfidenceRatio;
  const ratioOf = new Map(read);
  return kindsOnly(
    STEP_KINDS.map((kind) => (kind === features.kind ? sure : 0) + (1 - sure) * (ratioOf.get(kind) ?? 0)),
  );
}

/** Estimates of steps of which nothing has been seen yet, without waiting: abilities of the artifact over the catalogue's prior. */
export function createNeedEstimator(
  artifact: PredictorArtifact,
): (need: StepNeed, model: Model, prices: FailurePrices) => QualityEstimate {
  const successOf = rememberSuccess(artifact, undefined);
  return (need, model, prices) => estimateSuccess(successOf(model), successNeed(need, prices), { model, shift: 0 });
}

/** Catalogue and artifact do not change while the process runs: what is believed of a model is worked out once. */
function rememberSuccess(
  artifact: PredictorArtifact,
  capabilitiesOf: CapabilitiesOf | undefined,
): (model: Model) => ModelSuccess {
  const known = new WeakMap<Model, ModelSuccess>();
  const make = (model: Model): ModelSuccess => {
    const prior = priorAbilities(capabilitiesFor(model, capabilitiesOf));
    return modelSuccess((kind) => {
      const learned = artifact.abilities[kind]?.[abilityKey(model.id)];
      // What an evaluation of this very model has found is believed before what others publish.
      const evaluated = model.abilities?.[kind];
      const ability = evaluated ?? kindAbility(prior, KIND_ITEMS[kind]);
      return {
        ...(learned === undefined ? ability : combine(ability, abilityOfRate(kind, learned))),
        isLearned: learned !== undefined || evaluated !== undefined,
      };
    });
  };
  return (model) => {
    let success = known.get(model);
    if (success === undefined) known.set(model, (success = make(model)));
    return success;
  };
}

/** The rules' shift; where a trained struggle classifier sees more trouble than they do, its own. Never upward. */
function learnedShift(artifact: PredictorArtifact, evidence: StepEvidence): number {
  const byRule = evidenceShift(evidence);
  if (artifact.struggle === undefined) return byRule;
  const more = struggleRatio(artifact.struggle, evidence) - struggleRatio(artifact.struggle, NO_EVIDENCE);
  return Math.min(byRule, -Math.min(1.5, 3 * Math.max(0, more)));
}

/** Two normal beliefs about one ability, as one. */
function combine(prior: Ability, learned: Ability): Ability {
  const [a, b] = [prior.width ** -2, learned.width ** -2];
  return { mean: (a * prior.mean + b * learned.mean) / (a + b), width: (a + b) ** -0.5 };
}
