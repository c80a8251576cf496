import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DecideInput } from '../domain/decision.ts';
import type { ForecastStep } from '../domain/forecast.ts';
import { ZERO_USD } from '../domain/money.ts';
import { decide } from '../router/decide.ts';
import { aDecideInput, aForecastStep, aPolicy, aSession, aStep, aStepSize } from '../testing/decision-builders.ts';
import { aModel, aPriceRow, anExplicitCache, modelId } from '../testing/model-builders.ts';
import { planBill } from './plan-bill.ts';

const HEAD = { key: 'coder', tokens: 2000 };
const size = aStepSize({ callCount: 1, isolateTokens: 3000, outputTokensPerCall: 0, resultTokens: 500 });
const model = aModel({
  prices: { base: aPriceRow({ input: 2, output: 10, cacheRead: 0.2, cacheWrite: 2.5 }), tiers: [], peak: undefined },
  cacheRule: anExplicitCache({ priorHitRatio: 1, minTokens: 1024 }),
});

function plan(group: number | undefined, overrides: Partial<ForecastStep> = {}): DecideInput {
  const grouped = group === undefined ? {} : { parallelGroup: group };
  return aDecideInput({
    models: [model],
    policy: aPolicy({ dial: 10 }),
    session: aSession({ transcriptTokens: 10_000 }),
    step: aStep({ size, modes: ['isolate'], freshHead: HEAD, ...grouped }),
    forecast: [1, 2].map(() =>
      aForecastStep('code', { size, modes: ['isolate'], freshHead: HEAD, parallelGroup: group, ...overrides }),
    ),
  });
}

/** Nothing but bills counts. */
const FREE = {
  plan: ZERO_USD,
  code: ZERO_USD,
  review: ZERO_USD,
  test: ZERO_USD,
  summarize: ZERO_USD,
  explore: ZERO_USD,
  other: ZERO_USD,
};

const bills = (input: DecideInput): readonly number[] => planBill(input, decide).steps.map((step) => step.billNanoUsd);

// 3,000 tokens cold: written at 2.5 per million. Warm: 2,000 read at 0.2, 1,000 written.
const COLD = 3000 * 2500;
const WARM = 2000 * 200 + 1000 * 2500;

test('steps one after another read the head that the first left; side by side each pays cold', () => {
  expect(bills(plan(undefined))).toEqual([COLD, WARM, WARM]);
  expect(bills(plan(3))).toEqual([COLD, COLD, COLD]);
});

test('what a parallel group left is warm for the step after it', () => {
  const input = plan(3);
  const after = aForecastStep('code', { size, modes: ['isolate'], freshHead: HEAD });
  expect(bills({ ...input, forecast: [...input.forecast, after] })).toEqual([COLD, COLD, COLD, WARM]);
});

test('a pause past the time to live makes the head cold again', () => {
  expect(bills(plan(undefined, { gapMs: 301_000 }))).toEqual([COLD, COLD, COLD]);
});

test('branches of a group meet the same transcript and each adds its result to it', () => {
  const grow = aForecastStep('code', { size, modes: ['isolate'], parallelGroup: 1 });
  const last = aForecastStep('code', { size: { ...size, instructionTokens: 0 }, modes: ['continue'] });
  const input = aDecideInput({
    models: [model],
    policy: aPolicy({ dial: 10 }),
    session: aSession({ transcriptTokens: 10_000 }),
    step: aStep({ size, modes: ['isolate'], parallelGroup: 1 }),
    forecast: [grow, last],
  });
  expect(bills(input)).toEqual([COLD, COLD, (10_000 + 2 * 500) * 2500]);
});

test('a shared transcript whose own prefix is gone still reads the head that a fresh context kept warm', () => {
  const input = aDecideInput({
    models: [model],
    policy: aPolicy({ dial: 10 }),
    session: aSession({ transcriptTokens: 10_000, head: HEAD }),
    step: aStep({ size, modes: ['isolate'], freshHead: HEAD }),
    forecast: [aForecastStep('code', { size: { ...size, instructionTokens: 0 }, modes: ['continue'] })],
  });
  expect(bills(input)[1]).toBe(2000 * 200 + 8500 * 2500);
});

test('a step before a long pause is billed with the write class that was chosen for it', () => {
  const roomy = { ...size, instructionTokens: 0 };
  const input = (mayWriteLong: boolean): DecideInput => ({
    ...aDecideInput({
      models: [model],
      policy: aPolicy({ dial: 10 }),
      session: aSession({ transcriptTokens: 50_000 }),
      step: aStep({ size: roomy, modes: ['continue'] }),
      forecast: [1, 2].map(() => aForecastStep('code', { size: roomy, modes: ['continue'], gapMs: 20 * 60_000 })),
    }),
    ...(mayWriteLong ? { mayWriteLong: true } : {}),
  });
  const long = planBill(input(true), decide);
  // Written for an hour at 4, read at 0.2 twice; or written at 2.5 three times.
  expect(long.steps.map((step) => step.billNanoUsd)).toEqual([50_000 * 4000, 50_000 * 200, 50_000 * 200]);
  expect(bills(input(false))).toEqual([50_000 * 2500, 50_000 * 2500, 50_000 * 2500]);
  expect(long.steps[0]?.route.candidates[0]?.writeClass).toBe('1h');
});

/**
 * A plan's group is one wave (`step-plan.ts` names them so): its branches follow each other. One that went on behind another step
 * would be priced with the heads that its first branches left, which a decision about a later branch cannot know.
 */
function isUnbroken(groups: readonly (number | undefined)[]): boolean {
  const of = groups.flatMap((group, at) => (group === undefined ? [] : [at]));
  return of.every((at, n) => n === 0 || at === (of[n - 1] ?? 0) + 1);
}

test('the bill of the first step and its future are what the plan comes to, step by step, in any grouping', () => {
  const dear = aModel({
    id: modelId('dear'),
    prices: { base: aPriceRow({ input: 6, output: 30, cacheRead: 0.6, cacheWrite: 7.5 }), tiers: [], peak: undefined },
    cacheRule: anExplicitCache({ priorHitRatio: 1, minTokens: 1024 }),
  });
  const arbitraryStep = fc.record({
    isFresh: fc.boolean(),
    group: fc.constantFrom(undefined, 1),
    only: fc.constantFrom(undefined, 'dear'),
    gapMs: fc.constantFrom(2000, 400_000),
  });
  fc.assert(
    fc.property(
      fc.array(arbitraryStep, { minLength: 1, maxLength: 4 }),
      fc.constantFrom(undefined, 1),
      (steps, group) => {
        fc.pre(isUnbroken([group, ...steps.map((step) => step.group)]));
        const input = aDecideInput({
          models: [model, dear],
          policy: aPolicy({ dial: 10, lookahead: { maxSteps: 8, beamWidth: 64 } }),
          session: aSession({ transcriptTokens: 6000, head: HEAD }),
          step: aStep({
            size,
            callGapMs: 0,
            modes: ['continue', 'isolate'],
            freshHead: HEAD,
            ...(group === undefined ? {} : { parallelGroup: group }),
          }),
          forecast: steps.map((step) =>
            aForecastStep('code', {
              size,
              callGapMs: 0,
              gapMs: step.gapMs,
              modes: step.isFresh ? ['isolate'] : ['continue', 'isolate'],
              freshHead: HEAD,
              parallelGroup: step.group,
              onlyModels: step.only === undefined ? undefined : [dear.id],
            }),
          ),
          quality: [],
        });
        const sure = { ...input, policy: { ...input.policy, failureNanoUsd: FREE } };
        const [row] = planBill(sure, decide).steps[0]?.route.candidates ?? [];
        expect(
          Math.abs(planBill(sure, decide).expectedNanoUsd - (row?.totalNanoUsd ?? Number.NaN)),
        ).toBeLessThanOrEqual(10);
      },
    ),
    { numRuns: 100 },
  );
});
