import { expect, test } from 'vitest';
import fc from 'fast-check';
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
} from '../../testing/decision-builders.ts';
import { aModel, aPriceRow, anExplicitCache, modelId } from '../../testing/model-builders.ts';
import { lastPromptTokens, priceStep, shapeOf, transcriptAfter } from '../step-cost.ts';
import type { DecideInput } from '../../domain/decision.ts';
import type { Model } from '../../domain/model.ts';
import { decide } from '../decide.ts';
import { dialledFailureNanoUsd } from '../dial.ts';
import { driftRatio } from '../drift.ts';
import { buildProblem } from './problem.ts';
import { departureOf, rootsOf } from './roots.ts';
import { draftCandidates } from '../candidates.ts';
import { ratesOf } from '../model-rates.ts';
import { searchBeam } from './beam-search.ts';
import { searchExactly } from './exact-search.ts';

/** What a plan leaves behind, kept as plain values: nothing here shares code with the tables of the search. */
interface State {
  readonly transcript: number;
  readonly groupTranscript: number;
  readonly family: string | undefined;
  readonly held: ReadonlyMap<string, { readonly tokens: number; readonly usedAt: number; readonly ttlMs: number }>;
  /** What was held before the running parallel group began. */
  readonly before: State['held'];
}

/** The cheapest future by trying everything. */
function bestFuture(input: DecideInput, step: number, clock: number, state: State): number {
  const forecast = input.forecast[step];
  if (forecast === undefined) return 0;
  const previous = step === 0 ? undefined : input.forecast[step - 1]?.parallelGroup;
  const joins = forecast.parallelGroup !== undefined && forecast.parallelGroup === previous;
  const start = joins ? clock : clock + forecast.gapMs;
  const held = joins ? state.before : state.held;
  const transcript = joins ? state.groupTranscript : state.transcript;
  let best = Number.POSITIVE_INFINITY;
  for (const model of input.models) {
    for (const mode of forecast.modes) {
      const shape = shapeOf(model, forecast.size, mode, transcript);
      const cache = held.get(model.id);
      const isAlive = cache !== undefined && start - cache.usedAt <= cache.ttlMs;
      const cost = { uncached: 0, cacheRead: 0, cacheWrite: 0, output: 0, nanoUsd: 0 };
      const warmTokens = mode === 'continue' && isAlive ? cache.tokens : 0;
      priceStep(ratesOf(model), shape, { warmTokens, hitRatio: 1, insideHitRatio: 1 }, cost);
      const success = forecast.quality.find((row) => row.model === model.id)?.successRatio ?? 0.5;
      const loss = driftRatio(input.drift, state.family, model.family, mode);
      const gamma = dialledFailureNanoUsd(input.policy, forecast.kind);
      const now =
        cost.nanoUsd * (model.frontier ? 1 + input.policy.frontierPenaltyRatio : 1) + (1 - success + loss) * gamma;
      const next = { tokens: cachedTokens(model, lastPromptTokens(shape)), usedAt: start, ttlMs: 300_000 };
      const after = transcriptAfter(model, forecast.size, mode, transcript) - transcript;
      const rest = bestFuture(input, step + 1, start, {
        transcript: state.transcript + after,
        groupTranscript: transcript,
        family: mode === 'continue' ? model.family : state.family,
        held: mode === 'continue' ? new Map([...state.held, [model.id, next]]) : state.held,
        before: held,
      });
      best = Math.min(best, now * forecast.probabilityRatio + rest);
    }
  }
  return Number.isFinite(best) ? best : 0;
}

/** A prompt under the vendor's minimum leaves nothing warm. */
function cachedTokens(model: Model, prompt: number): number {
  return model.cacheRule.kind === 'none' || prompt < model.cacheRule.minTokens ? 0 : prompt;
}

const arbitraryModel = (index: number): fc.Arbitrary<Model> =>
  fc
    .record({
      input: fc.double({ min: 0.1, max: 10, noNaN: true }),
      readShare: fc.double({ min: 0.02, max: 0.9, noNaN: true }),
      writeShare: fc.double({ min: 1, max: 1.3, noNaN: true }),
      outputShare: fc.double({ min: 2, max: 6, noNaN: true }),
      tokenRatio: fc.constantFrom(1, 1.2),
      callsRatio: fc.constantFrom(1, 1.5),
      outputRatio: fc.constantFrom(1, 0.8),
      frontier: fc.boolean(),
      family: fc.constantFrom('claude', 'gpt'),
      minTokens: fc.constantFrom(0, 1024, 9000),
      tier: fc.boolean(),
    })
    .map((part) => {
      const base = aPriceRow({
        input: part.input,
        cacheRead: part.input * part.readShare,
        cacheWrite: part.input * part.writeShare,
        output: part.input * part.outputShare,
      });
      const dear = aPriceRow({
        input: part.input * 2,
        cacheRead: part.input * part.readShare * 2,
        cacheWrite: part.input * part.writeShare * 2,
        output: part.input * part.outputShare * 1.5,
      });
      return aModel({
        id: modelId(`model-${index}`),
        family: part.family,
        frontier: part.frontier,
        tokenRatio: part.tokenRatio,
        callsRatio: part.callsRatio,
        outputRatio: part.outputRatio,
        contextTokens: 10_000_000,
        prices: { base, tiers: part.tier ? [{ aboveTokens: 20_000, row: dear }] : [], peak: undefined },
        cacheRule: anExplicitCache({ priorHitRatio: 1, minTokens: part.minTokens }),
      });
    });

const arbitraryInput = fc
  .record({
    models: fc.tuple(arbitraryModel(0), arbitraryModel(1), arbitraryModel(2)),
    transcript: fc.integer({ min: 0, max: 40_000 }),
    warm: fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })),
    age: fc.integer({ min: 0, max: 290_000 }),
    steps: fc.array(
      fc.record({
        gapMs: fc.constantFrom(5000, 100_000, 400_000),
        callCount: fc.integer({ min: 1, max: 3 }),
        output: fc.integer({ min: 50, max: 3000 }),
        instruction: fc.integer({ min: 0, max: 4000 }),
        quality: fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })),
        probabilityRatio: fc.constantFrom(1, 0.6),
        modes: fc.constantFrom(
          ['continue'] as const,
          ['continue', 'handoff'] as const,
          ['continue', 'handoff', 'isolate'] as const,
        ),
        group: fc.constantFrom(undefined, undefined, 1),
      }),
      { minLength: 1, maxLength: 4 },
    ),
    gamma: fc.constantFrom(0, 0.01, 0.3),
    phi: fc.constantFrom(0, 0.1),
  })
  .map(({ models, transcript, warm, age, steps, gamma, phi }): DecideInput => {
    const policy = aPolicy({ frontierPenaltyRatio: phi });
    return aDecideInput({
      models,
      policy: {
        ...policy,
        failureNanoUsd: {
          ...policy.failureNanoUsd,
          code: Math.round(gamma * 1e9) as typeof policy.failureNanoUsd.code,
        },
      },
      session: aSession({ incumbent: models[0].id, transcriptTokens: transcript }),
      warmth: [
        aWarmth(models[0], warm[0] * transcript, { lastUsedAt: TEST_NOW - age }),
        aWarmth(models[1], warm[1] * transcript, { lastUsedAt: TEST_NOW - age }),
      ],
      step: aStep({ size: aStepSize({ callCount: 1 }), modes: ['continue', 'isolate'] }),
      forecast: steps.map((step) =>
        aForecastStep('code', {
          gapMs: step.gapMs,
          callGapMs: 0,
          probabilityRatio: step.probabilityRatio,
          modes: step.modes,
          parallelGroup: step.group,
          size: aStepSize({
            callCount: step.callCount,
            outputTokensPerCall: step.output,
            instructionTokens: step.instruction,
          }),
          quality: [aQuality(models[0], step.quality[0]), aQuality(models[1], step.quality[1])],
        }),
      ),
    });
  });

function expectedFutures(input: DecideInput): ReadonlyMap<string, number> {
  const futures = new Map<string, number>();
  const held = new Map(
    input.warmth.map((row) => [
      row.model as string,
      { tokens: row.warmTokens, usedAt: row.lastUsedAt, ttlMs: row.ttlMs },
    ]),
  );
  for (const model of input.models) {
    for (const mode of input.step.modes) {
      const { transcriptTokens } = input.session;
      const shape = shapeOf(model, input.step.size, mode, transcriptTokens);
      const after = transcriptAfter(model, input.step.size, mode, transcriptTokens);
      const own = { tokens: cachedTokens(model, lastPromptTokens(shape)), usedAt: input.now, ttlMs: 300_000 };
      const caches = mode === 'continue' ? new Map([...held, [model.id as string, own]]) : held;
      const family =
        mode === 'continue' ? model.family : input.models.find((one) => one.id === input.session.incumbent)?.family;
      const state = { transcript: after, groupTranscript: after, family, held: caches, before: caches };
      futures.set(`${model.id}|${mode}`, bestFuture(input, 0, input.now, state));
    }
  }
  return futures;
}

test('the exact search finds what trying every plan finds', () => {
  fc.assert(
    fc.property(arbitraryInput, (input) => {
      const decision = decide(input);
      const futures = expectedFutures(input);
      expect(decision.lookahead.method).toBe('exact');
      for (const row of decision.candidates) {
        const expected = futures.get(`${row.model}|${row.mode}`) ?? Number.NaN;
        expect(Math.abs(row.futureNanoUsd - expected)).toBeLessThanOrEqual(10 + expected * 1e-6);
      }
    }),
    { numRuns: 150 },
  );
});

test('a beam that dropped only provably worse plans finds the optimum, and never less than it', () => {
  let exactCount = 0;
  fc.assert(
    fc.property(arbitraryInput, fc.constantFrom(2, 64), (input, width) => {
      const pool = [...input.models].sort((a, b) => (a.id < b.id ? -1 : 1));
      const { drafts } = draftCandidates(input, pool);
      const problem = buildProblem(input, pool, input.forecast, departureOf(input, drafts));
      for (const { root } of rootsOf(input, problem, drafts)) {
        const exact = searchExactly(problem, root, 1e6)?.nanoUsd ?? Number.NaN;
        const beam = searchBeam(problem, [root], width);
        const found = beam.nanoUsd[0] ?? Number.NaN;
        if (beam.isExact) expect(Math.abs(found - exact)).toBeLessThanOrEqual(1 + exact * 1e-7);
        else expect(found).toBeGreaterThanOrEqual(exact - 1);
        if (beam.isExact) exactCount += 1;
      }
    }),
    { numRuns: 150 },
  );
  expect(exactCount).toBeGreaterThan(100);
});

test('a parallel fan-out pays cold in every branch', () => {
  const model = aModel({ cacheRule: anExplicitCache({ priorHitRatio: 1, minTokens: 0 }) });
  const size = aStepSize({ callCount: 1, instructionTokens: 0, outputTokensPerCall: 0 });
  const input = (group: number | undefined): DecideInput =>
    aDecideInput({
      models: [model],
      policy: aPolicy({ dial: 10 }),
      session: aSession({ transcriptTokens: 10_000 }),
      step: aStep({ size, modes: ['isolate'] }),
      forecast: [1, 2, 3].map(() => aForecastStep('code', { size, modes: ['continue'], parallelGroup: group })),
    });
  // 10,500 tokens: written three times at 2.5, or once with two reads at 0.2, per million.
  expect(decide(input(7)).candidates[0]?.futureNanoUsd).toBe(3 * 10_500 * 2500);
  expect(decide(input(undefined)).candidates[0]?.futureNanoUsd).toBe(10_500 * (2500 + 2 * 200));
});

test('steps that can be checked are forecast with their escalation', () => {
  const cheap = aModel({ id: modelId('cheap') });
  const able = aModel({
    id: modelId('able'),
    prices: { base: aPriceRow({ input: 20, output: 100 }), tiers: [], peak: undefined },
  });
  const input = (checks: readonly ReturnType<typeof aVerifier>[]): DecideInput =>
    aDecideInput({
      models: [cheap, able],
      step: aStep({ modes: ['isolate'] }),
      forecast: [
        aForecastStep('code', { modes: ['isolate'], quality: [aQuality(cheap, 0.6), aQuality(able, 0.95)], checks }),
      ],
    });
  const future = (checks: readonly ReturnType<typeof aVerifier>[]): number =>
    decide(input(checks)).candidates[0]?.futureNanoUsd ?? 0;
  expect(future([aVerifier({ sensitivity: { yes: 99, no: 1 } })])).toBeLessThan(future([]));
});
