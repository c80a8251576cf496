import { loadCatalog } from '../../src/catalog/load-catalog.ts';
import type { Model } from '../../src/domain/model.ts';
import type { StepNeed } from '../../src/domain/need.ts';
import { OWN_SOURCE } from '../../src/learn/training/fit-abilities.ts';
import type { OutcomeRow } from '../../src/learn/training/outcome-row.ts';
import { train } from '../../src/learn/training/train.ts';
import { EMPTY_TRAINING_SET } from '../../src/learn/training/training-set.ts';
import { parseArtifact, writeArtifact } from '../../src/predict/artifact.ts';
import type { Embedder } from '../../src/predict/embedding/embedder.ts';
import { createStepFeatures } from '../../src/predict/features/create-step-features.ts';
import type { StepFeatures } from '../../src/predict/features/step-features.ts';
import { createLearnedPredictor } from '../../src/predict/learned-predictor.ts';
import { createLocalNeedReader } from '../../src/predict/need/local-reader.ts';
import { shippedNeed } from '../../src/predict/need/shipped-need.ts';
import type { Predictor } from '../../src/predict/predictor.ts';
import { shippedArtifact } from '../../src/predict/shipped-artifact.ts';
import { foldOf } from '../../src/stats/seeded-random.ts';
import { stepCostUsd, TIERS, type LabelledStep, type Tier } from '../data/twinrouterbench.ts';
import { adviseOn } from '../need/route-stream.ts';

/** Models of the catalogue that stand for the tiers, priced like them; each holds the whole prefix. */
const TIER_MODELS: readonly string[] = ['deepseek-v4-flash', 'MiniMax-M2.7', 'gemini-3.6-flash', 'claude-opus-4-8'];
const FOLDS = 8;

/** A step as the product sees it. */
interface SeenStep {
  readonly step: LabelledStep;
  readonly features: StepFeatures;
  readonly need: StepNeed;
}

export interface OwnSteps {
  /** By the shipped predictor: nothing was learned of these agents. */
  readonly untrained: readonly Tier[];
  /** By what `train` made of the other groups' steps. */
  readonly trained: readonly Tier[];
}

/**
 * Tiers that the product gives to steps of real agents: each read by the shipped reader and decided by `routeStep` under the default
 * policy, once as shipped and once with what training on the outcomes of the other groups of steps makes.
 */
export async function routeOwnSteps(steps: readonly LabelledStep[], embedder: Embedder | undefined): Promise<OwnSteps> {
  const models = TIER_MODELS.flatMap((id) => loadCatalog().get(id) ?? []);
  if (models.length !== TIERS.length) throw new TypeError('The catalogue lacks a model that stands for a tier');
  const seen = await see(steps, embedder);
  const foldOfStep = ({ step }: SeenStep): number => foldOf(step.group, FOLDS, 'trb');
  const predictors: Predictor[] = [];
  for (let fold = 0; fold < FOLDS; fold += 1)
    predictors.push(await trainOn(seen.filter((one) => foldOfStep(one) !== fold)));
  const shipped = createLearnedPredictor(shippedArtifact());
  const tiersBy = async (predictorOf: (one: SeenStep) => Predictor): Promise<readonly Tier[]> => {
    const tiers: Tier[] = [];
    for (const one of seen) tiers.push(await tierOf(one, models, predictorOf(one)));
    return tiers;
  };
  return {
    untrained: await tiersBy(() => shipped),
    trained: await tiersBy((one) => predictors[foldOfStep(one)] ?? shipped),
  };
}

async function see(steps: readonly LabelledStep[], embedder: Embedder | undefined): Promise<readonly SeenStep[]> {
  const reader = createLocalNeedReader(shippedNeed(), {
    ...(embedder === undefined ? {} : { openEmbedder: () => Promise.resolve(embedder) }),
    waitMs: Number.POSITIVE_INFINITY,
  });
  const seen: SeenStep[] = [];
  for (const step of steps) {
    const features = createStepFeatures({ messages: step.messages, tools: [], transcriptTokens: step.prefixTokens });
    if (features.toRead === undefined) throw new TypeError(`${step.id} has nothing to read`);
    const need = await reader.read({ ...features.toRead, tests: features.evidence.testsState });
    seen.push({ step, features, need });
  }
  return seen;
}

/** Training as a user does it: one outcome row a step, right at its tier and above. */
async function trainOn(seen: readonly SeenStep[]): Promise<Predictor> {
  const outcomes = seen.map(({ step, features }): OutcomeRow => ({
    id: `${OWN_SOURCE}/${step.id}`,
    source: OWN_SOURCE,
    split: undefined,
    taskType: 'other',
    domain: undefined,
    prompt: features.text,
    outcomes: Object.fromEntries(
      TIERS.map((tier, at) => [
        TIER_MODELS[at] ?? tier,
        { score: at >= TIERS.indexOf(step.tier) ? 1 : 0, costUsd: stepCostUsd(step, tier) },
      ]),
    ),
  }));
  const { artifact } = await train(
    { ...EMPTY_TRAINING_SET, outcomes },
    {
      name: 'own-steps',
      asOf: '2026-11-29',
      seed: 1,
      embedder: undefined,
      sessions: [],
      progress: () => undefined,
    },
  );
  return createLearnedPredictor(parseArtifact(writeArtifact(artifact)));
}

async function tierOf(
  { step, features, need }: SeenStep,
  models: readonly Model[],
  predictor: Predictor,
): Promise<Tier> {
  const { model } = await adviseOn(predictor, {
    text: features.text,
    need,
    models: models.map(({ id }) => id),
    modes: ['continue'],
    transcriptTokens: Math.round(step.prefixTokens),
  });
  return TIERS[TIER_MODELS.indexOf(model ?? '')] ?? 'high';
}
