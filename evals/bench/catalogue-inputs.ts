import { loadCatalog } from '../../src/catalog/load-catalog.ts';
import { readFuture } from '../../src/decisions/read-step.ts';
import type { DecideInput } from '../../src/domain/decision.ts';
import type { Model } from '../../src/domain/model.ts';
import type { RouterPolicy } from '../../src/domain/router-policy.ts';
import { loadPolicies } from '../../src/policy/load-policies.ts';
import { createStepFeatures } from '../../src/predict/features/create-step-features.ts';
import { createLearnedForecaster } from '../../src/predict/forecast/learned-forecaster.ts';
import { NO_TURNS } from '../../src/predict/forecast/stretches.ts';
import { createLearnedPredictor } from '../../src/predict/learned-predictor.ts';
import { shippedArtifact } from '../../src/predict/shipped-artifact.ts';
import { TEST_NOW, aDecideInput, aSession, aStep, aWarmth } from '../../src/testing/decision-builders.ts';
import { createRandom } from '../economics/random.ts';

/** The pools of users whose keys are set: one vendor, two vendors, all. */
const VENDORS: Readonly<Record<string, readonly string[] | undefined>> = {
  8: ['anthropic'],
  19: ['anthropic', 'openai'],
  all: undefined,
};
const TEXTS = [
  'Rename the variable tmp to total in sum.ts.',
  'Make the Redis lock safe against a paused client with fencing tokens.',
  'Plan how we move the job queue to another database without losing jobs.',
  'Review this diff for races and leaks.',
  'Run the failing tests again and say which of them are flaky.',
  'Write a commit message for the staged changes.',
];

export type CataloguePool = keyof typeof VENDORS;

export const CATALOGUE_POOLS: readonly CataloguePool[] = ['8', '19', 'all'];

/** Steps of sessions without a plan as the gateway decides them: the shipped catalogue, policy, predictor and forecast. */
export async function catalogueInputs(pool: CataloguePool, count: number): Promise<readonly DecideInput[]> {
  const catalog = loadCatalog();
  const vendors = VENDORS[pool];
  const models = catalog.models.filter((model) => vendors === undefined || vendors.includes(model.endpoint));
  const policy = loadPolicies(catalog).get('balanced')?.policy;
  if (policy === undefined) throw new Error('The shipped policies hold no balanced');
  const inputs: DecideInput[] = [];
  for (let seed = 1; seed <= count; seed += 1) inputs.push(await inputOf(models, policy, seed));
  return inputs;
}

const artifact = shippedArtifact();
const predictor = createLearnedPredictor(artifact);
const forecaster = createLearnedForecaster(artifact.forecast);

async function inputOf(models: readonly Model[], policy: RouterPolicy, seed: number): Promise<DecideInput> {
  const random = createRandom(seed);
  const isFresh = seed % 4 === 0;
  const transcriptTokens = Math.round(isFresh ? 2000 * random() : 120_000 * random());
  const incumbent = isFresh ? undefined : models[Math.floor(random() * models.length)];
  const text = TEXTS[seed % TEXTS.length] ?? '';
  const features = createStepFeatures({
    messages: [{ role: 'user', content: [{ type: 'text', text }] }],
    tools: [],
    transcriptTokens,
  });
  const { estimates: quality } = await predictor.quality(features, models);
  const size = predictor.size(features);
  const step = aStep({ kind: features.kind, modes: ['continue'], size: { ...size, instructionTokens: 0 } });
  return aDecideInput({
    models,
    quality,
    step,
    policy,
    session: aSession({ incumbent: incumbent?.id, transcriptTokens }),
    warmth: incumbent === undefined ? [] : [aWarmth(incumbent, transcriptTokens, { lastUsedAt: TEST_NOW - 30_000 })],
    ...readFuture(forecaster, features, { size, quality }, { models, turns: NO_TURNS, transcriptTokens }).future,
  });
}
