import { readFuture } from '../../src/decisions/read-step.ts';
import type { DecideInput } from '../../src/domain/decision.ts';
import type { Figure, Figures } from '../../src/domain/figure.ts';
import type { Model } from '../../src/domain/model.ts';
import { createStepFeatures } from '../../src/predict/features/create-step-features.ts';
import { createRuleForecaster } from '../../src/predict/forecast/rule-forecaster.ts';
import { NO_TURNS } from '../../src/predict/forecast/stretches.ts';
import { sizeOf } from '../../src/predict/step-sizes.ts';
import { decide } from '../../src/router/decide.ts';
import {
  TEST_NOW,
  aDecideInput,
  aForecastStep,
  aPolicy,
  aQuality,
  aSession,
  aStep,
  aStepSize,
  aVerifier,
  aWarmth,
} from '../../src/testing/decision-builders.ts';
import { aModel, aPriceRow, anExplicitCache, modelId } from '../../src/testing/model-builders.ts';
import { createRandom } from '../economics/random.ts';
import { beamGaps } from './beam-gap.ts';
import { CATALOGUE_POOLS, catalogueInputs } from './catalogue-inputs.ts';

/** Prices, abilities and families as spread out as a real catalogue's, from a seed. */
function poolOf(count: number, seed: number): readonly Model[] {
  const random = createRandom(seed);
  return Array.from({ length: count }, (_, index) => {
    const input = 0.1 * 60 ** random();
    return aModel({
      id: modelId(`model-${String(index).padStart(2, '0')}`),
      family: `family-${index % 4}`,
      frontier: input > 3,
      tokenRatio: 1 + 0.3 * random(),
      outputRatio: 0.7 + 0.6 * random(),
      callsRatio: input > 3 ? 1 : 1.3,
      contextTokens: 400_000,
      prices: {
        base: aPriceRow({
          input,
          output: 5 * input,
          cacheRead: (0.03 + 0.15 * random()) * input,
          cacheWrite: 1.25 * input,
        }),
        tiers: [],
        peak: undefined,
      },
      cacheRule: anExplicitCache({ priorHitRatio: 0.95 }),
    });
  });
}

/** A job in its middle: one model warm, some others half warm, sizes and abilities drawn from the seed. */
function inputOf(models: readonly Model[], stepCount: number, seed: number): DecideInput {
  const random = createRandom(seed);
  const qualities = (): DecideInput['quality'] => models.map((model) => aQuality(model, 0.5 + 0.48 * random()));
  const size = (): ReturnType<typeof aStepSize> =>
    aStepSize({
      callCount: 1 + Math.floor(8 * random()),
      newTokensPerCall: 500 + 2000 * random(),
      outputTokensPerCall: 200 + 800 * random(),
    });
  return aDecideInput({
    models,
    session: aSession({
      incumbent: models[0]?.id ?? modelId('none'),
      transcriptTokens: Math.round(10_000 + 60_000 * random()),
    }),
    step: aStep({ size: size(), checks: [aVerifier()] }),
    quality: qualities(),
    warmth: models.slice(0, 3).map((model) => aWarmth(model, 10_000 * random(), { lastUsedAt: TEST_NOW - 30_000 })),
    forecast: Array.from({ length: stepCount }, () =>
      aForecastStep('code', { size: size(), quality: qualities(), checks: [aVerifier()], gapMs: 20_000 }),
    ),
    policy: aPolicy({ frontierPenaltyRatio: 0.05, lookahead: { maxSteps: 64, beamWidth: 64 } }),
  });
}

const GATEWAY_POLICY = aPolicy({ frontierPenaltyRatio: 0.05, maxOverheadRatio: 0.1 });
const forecaster = createRuleForecaster();

/** A call at a gateway: the shared transcript alone, one model warm or none, and what usually follows or more of the same. */
function unplannedOf(models: readonly Model[], seed: number): DecideInput {
  const random = createRandom(seed);
  const incumbent = models[seed % (models.length + 1)];
  const transcriptTokens = Math.round(90_000 * random());
  const features = createStepFeatures({ messages: [], tools: [], transcriptTokens, kind: 'code' });
  const quality = models.map((model) => aQuality(model, 0.5 + 0.48 * random()));
  const step = aStep({ kind: features.kind, modes: ['continue'], size: sizeOf(features) });
  return aDecideInput({
    models,
    quality,
    step,
    policy: GATEWAY_POLICY,
    session: aSession({ incumbent: incumbent?.id, transcriptTokens }),
    warmth: incumbent === undefined ? [] : [aWarmth(incumbent, transcriptTokens, { lastUsedAt: TEST_NOW - 30_000 })],
    ...readFuture(forecaster, features, { size: step.size, quality }, { models, turns: NO_TURNS, transcriptTokens })
      .future,
  });
}

/** Rounds of one measurement; the least disturbed one counts, because other processes share the machine. */
const ROUNDS = 12;

/** Microseconds of each of `count` decisions over different inputs, sorted, after a warm-up; best round by its p99. */
function timings(inputs: readonly DecideInput[], count: number): readonly number[] {
  const [first] = inputs;
  if (first === undefined) return [];
  for (let run = 0; run < Math.min(2 * count, 4000); run += 1) decide(inputs[run % inputs.length] ?? first);
  let best: readonly number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const times: number[] = [];
    for (let run = 0; run < count; run += 1) {
      const input = inputs[run % inputs.length] ?? first;
      const start = performance.now();
      decide(input);
      times.push((performance.now() - start) * 1000);
    }
    times.sort((a, b) => a - b);
    if (best.length === 0 || quantile(times, 0.99) < quantile(best, 0.99)) best = times;
  }
  return best;
}

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;

function figure(value: number, unit: string, n: number): Figure {
  return { value, unit, n, label: 'measured' };
}

const seeds = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1);

/** What a beam loses against the exact programme where both can run, narrow and as wide as decisions use it, heads shared. */
function gaps(): Figures {
  const figures: Record<string, Figure> = {};
  const head = { freshHead: { key: 'agent', tokens: 3000 } };
  const inputs = seeds(24).map((seed) => {
    const input = inputOf(poolOf(4, 4), 7, seed);
    return {
      ...input,
      session: { ...input.session, head: head.freshHead },
      step: { ...input.step, ...head },
      forecast: input.forecast.map((step) => ({ ...step, ...head })),
    };
  });
  for (const width of [4, 64]) {
    const { found, bound } = beamGaps(inputs, width, 400_000);
    const mean = (values: readonly number[]): number =>
      (100 * values.reduce((sum, one) => sum + one, 0)) / values.length;
    figures[`decide.beam.${width}.gap.mean.pct`] = figure(mean(found), 'pct', found.length);
    figures[`decide.beam.${width}.gap.max.pct`] = figure(100 * Math.max(...found), 'pct', found.length);
    figures[`decide.beam.${width}.bound.mean.pct`] = figure(mean(bound), 'pct', bound.length);
  }
  return figures;
}

/** Times of one decision: plain, looking ahead, and how they grow with steps and models. */
export async function run(): Promise<Figures> {
  const figures: Record<string, Figure> = {};
  const pool8 = poolOf(8, 8);
  const plain = timings(
    seeds(64).map((seed) => inputOf(pool8, 0, seed)),
    4000,
  );
  figures['decide.plain.p50.us'] = figure(quantile(plain, 0.5), 'us', plain.length);
  figures['decide.plain.p99.us'] = figure(quantile(plain, 0.99), 'us', plain.length);
  const unplanned = timings(
    seeds(64).map((seed) => unplannedOf(pool8, seed)),
    1000,
  );
  figures['decide.unplanned.8.p50.us'] = figure(quantile(unplanned, 0.5), 'us', unplanned.length);
  figures['decide.unplanned.8.p99.us'] = figure(quantile(unplanned, 0.99), 'us', unplanned.length);
  // Six steps: the one being decided and five to come.
  const pool6 = poolOf(6, 6);
  const small = timings(
    seeds(64).map((seed) => inputOf(pool6, 5, seed)),
    600,
  );
  figures['decide.lookahead.6x6x3.p50.ms'] = figure(quantile(small, 0.5) / 1000, 'ms', small.length);
  figures['decide.lookahead.6x6x3.p99.ms'] = figure(quantile(small, 0.99) / 1000, 'ms', small.length);
  const large = timings(
    seeds(32).map((seed) => inputOf(poolOf(20, 20), 11, seed)),
    80,
  );
  figures['decide.lookahead.20x12.p50.ms'] = figure(quantile(large, 0.5) / 1000, 'ms', large.length);
  figures['decide.lookahead.20x12.p99.ms'] = figure(quantile(large, 0.99) / 1000, 'ms', large.length);
  for (const steps of [2, 4, 6, 9, 12, 16, 24]) {
    const grown = timings(
      seeds(16).map((seed) => inputOf(pool6, steps - 1, seed)),
      40,
    );
    figures[`decide.growth.steps.${steps}.p50.ms`] = figure(quantile(grown, 0.5) / 1000, 'ms', grown.length);
  }
  for (const models of [2, 4, 8, 12, 20]) {
    const grown = timings(
      seeds(16).map((seed) => inputOf(poolOf(models, models), 5, seed)),
      40,
    );
    figures[`decide.growth.models.${models}.p50.ms`] = figure(quantile(grown, 0.5) / 1000, 'ms', grown.length);
  }
  for (const pool of CATALOGUE_POOLS) {
    const own = timings(await catalogueInputs(pool, 48), 192);
    figures[`decide.catalogue.${pool}.p50.us`] = figure(quantile(own, 0.5), 'us', own.length);
    figures[`decide.catalogue.${pool}.p99.us`] = figure(quantile(own, 0.99), 'us', own.length);
  }
  return { ...figures, ...gaps() };
}
