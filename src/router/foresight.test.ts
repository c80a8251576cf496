import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planBill, type PlanBill } from '../decisions/plan-bill.ts';
import { unplannedFuture } from '../decisions/unplanned-future.ts';
import type { DecideInput } from '../domain/decision.ts';
import type { ForecastStep } from '../domain/forecast.ts';
import { nanoFromUsd } from '../domain/money.ts';
import {
  aDecideInput,
  aForecastStep,
  aPolicy,
  aQuality,
  aSession,
  aStep,
  aStepSize,
  aWarmth,
} from '../testing/decision-builders.ts';
import { aModel, aPriceRow, anExplicitCache, modelId } from '../testing/model-builders.ts';
import { decide } from './decide.ts';
import { explainDecision, explainWhyNot } from './explain/explain.ts';
import { NEVER_SWITCHED, foldNeverSwitch } from './never-switch.ts';
import { chooseToolList } from './tool-list.ts';

const cheap = aModel({
  id: modelId('haiku'),
  prices: { base: aPriceRow({ input: 1, output: 5, cacheRead: 0.1, cacheWrite: 1.25 }), tiers: [], peak: undefined },
  cacheRule: anExplicitCache({ priorHitRatio: 1 }),
});
const able = aModel({
  id: modelId('opus'),
  prices: { base: aPriceRow({ input: 5, output: 25, cacheRead: 0.5, cacheWrite: 6.25 }), tiers: [], peak: undefined },
  cacheRule: anExplicitCache({ priorHitRatio: 1 }),
});
const models = [cheap, able];

function input(part: Partial<DecideInput> = {}): DecideInput {
  return aDecideInput({
    models,
    quality: [aQuality(cheap, 0.7), aQuality(able, 0.95)],
    session: aSession({ incumbent: able.id, transcriptTokens: 30_000 }),
    step: aStep({ size: aStepSize({ callCount: 1 }), modes: ['continue'] }),
    warmth: [aWarmth(able, 30_000)],
    policy: aPolicy({ dial: 10 }),
    ...part,
  });
}

describe('looking ahead changes the choice', () => {
  const later = (count: number): DecideInput['forecast'] =>
    Array.from({ length: count }, () =>
      aForecastStep('code', { modes: ['continue'], size: aStepSize({ callCount: 1 }) }),
    );

  test('a warm model is left when enough easy steps follow, and kept for a single one', () => {
    expect(decide(input())).toMatchObject({ kind: 'stay' });
    expect(decide(input({ forecast: later(5) }))).toMatchObject({ kind: 'switch', to: 'haiku' });
  });

  test('the return trip counts: a hard step that follows keeps the session where it is', () => {
    const hard = aForecastStep('plan', {
      modes: ['continue'],
      onlyModels: [able.id],
      size: aStepSize({ callCount: 1, instructionTokens: 15_000 }),
    });
    const easy = aStepSize({ callCount: 1 });
    const step = aStep({ size: easy, modes: ['continue'] });
    expect(decide(input({ step, forecast: [hard] }))).toMatchObject({ kind: 'stay' });
  });

  test('scenarios are averaged: a coin toss between two futures lies between them', () => {
    const future = (part: Partial<DecideInput>): number => decide(input(part)).candidates[0]?.futureNanoUsd ?? 0;
    const [one, five] = [future({ forecast: later(1) }), future({ forecast: later(5) })];
    const mixed = future({ forecast: later(1), scenarios: [{ weightRatio: 0.5, forecast: later(5) }] });
    expect(mixed).toBeGreaterThan(Math.min(one, five));
    expect(mixed).toBeLessThan(Math.max(one, five));
  });
});

describe('a session without a plan', () => {
  const usual = [0.75, 0.5].map((probabilityRatio) =>
    aForecastStep('test', { probabilityRatio, quality: [aQuality(cheap, 0.9), aQuality(able, 0.9)] }),
  );

  const restOf = (callCount: number, pieceRatio: number): ForecastStep =>
    aForecastStep('plan', { size: aStepSize({ callCount, pieceRatio }), quality: [aQuality(able, 0.8)] });
  const amounts = (steps: readonly ForecastStep[]): readonly number[] => [
    steps.reduce((sum, { probabilityRatio, size }) => sum + probabilityRatio * size.callCount, 0),
    steps.reduce((sum, { probabilityRatio, size }) => sum + probabilityRatio * (size.pieceRatio ?? 1), 0),
  ];

  test('may ask for more of the same or for what usually follows, and for as much of either as is left', () => {
    const amount = fc.double({ min: 0.05, max: 300, noNaN: true });
    fc.assert(
      fc.property(amount, amount, (callCount, pieceRatio) => {
        const rest = [restOf(callCount, pieceRatio)];
        const { forecast, scenarios } = unplannedFuture(rest, usual, 0.75);
        expect(scenarios).toEqual([{ weightRatio: 0.75, forecast: rest }]);
        expect(forecast.map(({ kind }) => kind)).toEqual(['test', 'test']);
        const [calls = 0, pieces = 0] = amounts(forecast);
        expect(calls).toBeCloseTo(callCount, 6);
        expect(pieces).toBeCloseTo(pieceRatio, 6);
        for (const { probabilityRatio } of forecast) expect(probabilityRatio).toBeLessThanOrEqual(1);
      }),
    );
  });

  test('never asks for more summaries: what is left after one is what usually follows', () => {
    const rest = [{ ...restOf(5, 1), kind: 'summarize' as const }];
    const { forecast, scenarios } = unplannedFuture(rest, usual, 0.75);
    expect(scenarios).toBeUndefined();
    expect(amounts(forecast)[0]).toBeCloseTo(5, 6);
  });

  test('asks for nothing where nothing is left, or follows', () => {
    expect(unplannedFuture([], usual, 0.75)).toEqual({ forecast: [] });
    expect(unplannedFuture([restOf(5, 1)], [], 0.75)).toEqual({ forecast: [] });
    expect(unplannedFuture([restOf(5, 1)], usual, 0)).not.toHaveProperty('scenarios');
  });

  test('so the model that does for more of the same is kept, although another would do for what usually follows', () => {
    const step = aStep({ size: aStepSize({ callCount: 1 }), modes: ['continue'] });
    const often = Array.from(
      { length: 8 },
      () => ({ ...usual[0], modes: ['continue'], size: step.size }) as ForecastStep,
    );
    // Both would do for what usually follows.
    const quality = [aQuality(cheap, 0.93), aQuality(able, 0.95)];
    const part = { step, quality, warmth: [aWarmth(able, 30_000)], policy: aPolicy({ dial: 8 }) };
    const known = decide(input({ ...part, forecast: often }));
    const same = often.map((one) => ({ ...one, quality: [aQuality(cheap, 0), aQuality(able, 1)] }));
    const unknown = decide(input({ ...part, ...unplannedFuture(same, often, 0.75) }));
    expect(known).toMatchObject({ kind: 'switch', to: 'haiku' });
    expect(unknown).toMatchObject({ kind: 'stay', to: 'opus' });
  });
});

const planned = (start: DecideInput): PlanBill => planBill(start, decide);

test('a plan is billed step by step under the caches that each step leaves', () => {
  const size = aStepSize({ callCount: 1, instructionTokens: 0, outputTokensPerCall: 100 });
  const plan = planned(
    input({
      models: [able],
      step: aStep({ size, modes: ['continue'] }),
      forecast: [aForecastStep('review', { size, modes: ['continue'] })],
    }),
  );
  // 30,000 read at 0.5; then 30,000 read and 100 written at 6.25; each with 100 answered at 25, per million.
  expect(plan.steps.map((step) => step.billNanoUsd)).toEqual([17_500_000, 18_125_000]);
  expect(plan.expectedNanoUsd).toBe(35_625_000);
  expect(plan.lowNanoUsd).toBeLessThan(plan.expectedNanoUsd);
  expect(plan.highNanoUsd).toBeGreaterThan(plan.expectedNanoUsd);
  expect(plan.stoppedAt).toBeUndefined();
});

test('a model named for one step is not forced on the steps after it', () => {
  const step = aForecastStep('review', { modes: ['continue'] });
  const routed = (onlyModels: typeof step.onlyModels): readonly string[] =>
    planned(input({ override: able.id, forecast: [{ ...step, onlyModels, quality: [aQuality(cheap, 1)] }] })).steps.map(
      (one) => one.model,
    );
  expect(routed(undefined)).toEqual(['opus', 'haiku']);
  expect(routed([able.id])).toEqual(['opus', 'opus']);
  expect(routed([cheap.id])).toEqual(['opus', 'haiku']);
});

test('the overhead guard holds a plan against what never switching would have billed by then', () => {
  const later = aForecastStep('code', {
    modes: ['continue'],
    size: aStepSize({ callCount: 1 }),
    quality: [aQuality(cheap, 0.9), aQuality(able, 0.9)],
  });
  const billed = nanoFromUsd(0.001);
  const session = aSession({
    incumbent: able.id,
    transcriptTokens: 30_000,
    spentNanoUsd: billed,
    neverSwitchNanoUsd: billed,
  });
  const policy = aPolicy({ dial: 10, maxOverheadRatio: 1 });
  const plan = planned(input({ override: able.id, session, policy, forecast: Array.from({ length: 7 }, () => later) }));
  // Held against what was billed before the plan alone, every step would have to stay.
  expect(plan.steps.at(-1)?.model).toBe('haiku');
});

test('a plan that no model may finish says where it stops and what would mend it', () => {
  const image = aForecastStep('review', {
    requirements: { tools: false, toolNames: [], structuredOutput: false, inputModalities: ['video'] },
  });
  const plan = planned(input({ forecast: [image] }));
  expect(plan.steps).toHaveLength(1);
  expect(plan.stoppedAt).toEqual({ kind: 'review', hints: ['Add a model that reads this kind of input.'] });
});

test('a shorter tool list is sent only when it saves more than the warm prefix', () => {
  const question = {
    promptTokens: 40_000,
    warmTokens: 38_000,
    hitRatio: 1,
    presentToolTokens: 20_000,
    neededToolTokens: 2000,
    callCount: 3,
    growthTokens: 1000,
    outputTokens: 300,
  };
  expect(chooseToolList(able, question).choice).toBe('same-tools');
  expect(chooseToolList(able, { ...question, warmTokens: 0 }).choice).toBe('fewer-tools');
  expect(chooseToolList(able, { ...question, callCount: 60 }).choice).toBe('fewer-tools');
  expect(chooseToolList(able, { ...question, promptTokens: 40_000, callCount: 1 }).sameNanoUsd).toBe(
    (38_000 * 0.5 + 2000 * 6.25 + 300 * 25) * 1000,
  );
});

test('never switching is billed warm, and written again after a long pause', () => {
  const first = foldNeverSwitch(NEVER_SWITCHED, able, { at: 0, appendedTokens: 10_000, outputTokens: 100 });
  expect(first.nanoUsd).toBe((10_000 * 6.25 + 100 * 25) * 1000);
  const warm = foldNeverSwitch(first, able, { at: 300_000, appendedTokens: 0, outputTokens: 0 });
  expect(warm.nanoUsd - first.nanoUsd).toBe((10_000 * 0.5 + 100 * 6.25) * 1000);
  const cold = foldNeverSwitch(first, able, { at: 300_001, appendedTokens: 0, outputTokens: 0 });
  expect(cold.nanoUsd - first.nanoUsd).toBe(10_100 * 6.25 * 1000);
});

describe('words', () => {
  const decision = decide(
    input({ policy: aPolicy({ failureNanoUsd: { ...aPolicy().failureNanoUsd, code: nanoFromUsd(0.01) } }) }),
  );

  test('an explanation names the choice, the amounts and why each other model lost', () => {
    const text = explainDecision(decision, input());
    expect(text).toContain('The code step stays on opus (continue).');
    expect(text).toContain('opus holds 30k tokens warm');
    expect(text).toMatch(/haiku \(continue\): dearer by its bill for this step \$0\.0\d+/u);
    expect(text).not.toContain('undefined');
    expect(text).not.toContain('NaN');
  });

  test('why-not gives the counterfactual with numbers, or the limit, or the names there are', () => {
    expect(explainWhyNot(decision, input(), 'haiku')).toMatch(
      /^haiku in continue mode would have come to \$\d.* instead of \$\d/u,
    );
    expect(explainWhyNot(decision, input(), 'opus')).toBe('opus in continue mode is what was chosen.');
    expect(explainWhyNot(decision, input(), 'haiku', 'isolate')).toContain('does not offer that mode');
    expect(explainWhyNot(decision, input(), 'gpt-9')).toBe('gpt-9 was not in the pool, which held haiku, opus.');
    const denied = input({ policy: aPolicy({ denyModels: [cheap.id] }) });
    expect(explainWhyNot(decide(denied), denied, 'haiku')).toContain('denies it');
  });

  test('a refusal says what would have to change', () => {
    const refused = input({ policy: aPolicy({ denyModels: [cheap.id, able.id] }) });
    expect(explainDecision(decide(refused), refused)).toContain('Deny fewer models in the policy.');
  });
});
