import { describe, expect, test } from 'vitest';
import { shippedModels } from '../catalog/load-catalog.ts';
import type { DecideInput, Decision } from '../domain/decision.ts';
import { asId, type DecisionId, type SessionId, type StepId } from '../domain/ids.ts';
import { nanoFromUsd, ZERO_USD } from '../domain/money.ts';
import { createPriorPredictor } from '../predict/prior-predictor.ts';
import { decide } from '../router/decide.ts';
import { aPolicy, aQuality, aStepSize, TEST_NOW } from '../testing/decision-builders.ts';
import { aModel, modelId } from '../testing/model-builders.ts';
import { CALL_GAP_MS } from './defaults.ts';
import { makeDecision, toOpenRecord, toStepRecord } from './make-decision.ts';
import { withPoolDial } from './pool-dial.ts';
import { readRiskOf, readStep, stepReaders } from './read-step.ts';
import type { StepToDecide } from './step-to-decide.ts';
import { budgetLeft, toDecideInput } from './to-decide-input.ts';

const models = [aModel({ id: modelId('m/one') }), aModel({ id: modelId('m/two') })];

/** As little as a door may say. */
function least(overrides: Partial<StepToDecide> = {}): StepToDecide {
  return {
    decisionId: asId<DecisionId>('d'),
    now: TEST_NOW,
    policy: aPolicy(),
    session: { sessionId: asId<SessionId>('s') },
    step: { stepId: asId<StepId>('s#1'), kind: 'code', trigger: 'user' },
    reading: { size: aStepSize(), quality: models.map((model) => aQuality(model)) },
    future: { forecast: [] },
    models,
    warmth: [],
    ...overrides,
  };
}

describe('the input of a decision', () => {
  test('is whole when a door says nothing but who, what and how big', () => {
    const input = toDecideInput(least());
    expect(decide(input).kind).toBe('switch');
    expect(input.step).toMatchObject({ modes: ['continue'], callGapMs: CALL_GAP_MS.foreign, tried: [], checks: [] });
    expect(input.session).toMatchObject({ incumbent: undefined, risk: 'none', spentNanoUsd: 0 });
    expect(input.budget).toEqual({ jobLeftNanoUsd: undefined, stepLeftNanoUsd: undefined });
  });

  test('takes what a door knows better', () => {
    const base = least();
    const input = toDecideInput({
      ...base,
      session: { ...base.session, transcriptTokens: 12, riskWhy: 'by form', risk: 'secrets' },
      step: { ...base.step, callGapMs: 1, modes: ['isolate'] },
      override: models[0]?.id,
      mayWriteLong: true,
    });
    expect(input.session).toMatchObject({ transcriptTokens: 12, risk: 'secrets', riskWhy: 'by form' });
    expect(input.step).toMatchObject({ callGapMs: 1, modes: ['isolate'] });
    expect([input.override, input.mayWriteLong]).toEqual(['m/one', true]);
  });

  test('carries a reading’s need to the step and its record', async () => {
    const need = {
      v: 1,
      kind: { ratios: [1, 0, 0, 0, 0, 0, 0], source: 'declared' },
      size: { ratios: [1, 0, 0, 0], source: 'declared' },
      difficulty: { ratios: [1, 0, 0, 0, 0], source: 'declared' },
      stakes: { ratios: [1, 0, 0], source: 'declared' },
      origin: 'person',
      grounds: [],
    } as const;
    const base = least();
    const made = makeDecision(toDecideInput({ ...base, reading: { ...base.reading, need } }), { decide, shadows: [] });
    const record = toStepRecord(toOpenRecord(made, { title: 't', predictorVersion: 'p' }));
    expect(record.input.step.need).toEqual(need);
  });

  test('is limited by the tighter of policy and key', () => {
    const policy = aPolicy({ budget: { jobNanoUsd: nanoFromUsd(5), stepNanoUsd: nanoFromUsd(1) } });
    expect(budgetLeft(policy, nanoFromUsd(2))).toEqual({
      jobLeftNanoUsd: nanoFromUsd(3),
      stepLeftNanoUsd: nanoFromUsd(1),
    });
    expect(budgetLeft(policy, nanoFromUsd(9)).jobLeftNanoUsd).toBe(0);
    expect(budgetLeft(policy, nanoFromUsd(2), nanoFromUsd(0.5)).jobLeftNanoUsd).toBe(nanoFromUsd(0.5));
    expect(budgetLeft(aPolicy(), ZERO_USD, nanoFromUsd(0.5)).jobLeftNanoUsd).toBe(nanoFromUsd(0.5));
    expect(budgetLeft(aPolicy(), ZERO_USD).jobLeftNanoUsd).toBeUndefined();
  });
});

test('a decision comes with its shadows, and its record can be decided again', () => {
  const shadow = aPolicy({ denyModels: [modelId('m/one')] });
  const made = makeDecision(toDecideInput(least()), { decide, shadows: [shadow] });
  const record = toStepRecord(toOpenRecord(made, { title: 'title', predictorVersion: 'p1', attempt: 2 }));
  expect(record).toMatchObject({
    attempt: 2,
    kind: 'code',
    title: 'title',
    predictorVersion: 'p1',
    startedAt: TEST_NOW,
  });
  expect(JSON.stringify(decide(record.input))).toBe(JSON.stringify(record.decision));
  expect(record.shadows.map((one) => (one.kind === 'refuse' ? one.kind : one.to))).toEqual(['m/two']);
});

test('a step is held against itself without its words at the same dial, and held back at it', () => {
  const pool = shippedModels().filter((model) => model.vendor === 'anthropic');
  const policy = aPolicy({ dial: 2 });
  const asked = (successRatio: number): DecideInput =>
    toDecideInput(
      least({
        policy,
        models: pool,
        reading: {
          size: aStepSize(),
          quality: pool.map((model) => aQuality(model, model.frontier ? 0.99 : successRatio)),
        },
      }),
    );
  const dialled = withPoolDial(policy, pool, decide);
  expect(dialled.dialFactors).toBeDefined();
  const scales: unknown[] = [];
  const watched = (input: DecideInput): Decision => {
    if (input.session.sessionId === 's') scales.push(input.policy.dialFactors);
    return decide(input);
  };
  const upgrades = new Map([['p', { excess: 1000, decisionCount: 1000, upgradeCount: 1000 }]]);
  const bound = { withoutWords: asked(0.98), upgrades, principal: 'p', maxUpgradeRatio: 0 };
  const made = makeDecision(asked(0.2), { decide: watched, shadows: [], bound });
  expect(new Set(scales)).toEqual(new Set([dialled.dialFactors]));
  expect(made.input.session.wordsHeld).toBe(true);
  expect(made.input.policy).toEqual(dialled);
});

describe('a model that a caller named', () => {
  const [named] = models;
  if (named === undefined) throw new Error('A pool without models');

  test('runs though it cannot do what the step asks, with the whole table it was refused by', () => {
    const base = least({ override: named.id });
    const input = toDecideInput({ ...base, reading: { ...base.reading, size: aStepSize({ newTokensPerCall: 1e9 }) } });
    const refused = decide(input);
    expect(refused.kind).toBe('refuse');
    const { decision } = makeDecision(input, { decide, shadows: [], named });
    const { kind: _kind, reasons: _reasons, ...shared } = refused;
    expect(decision).toMatchObject({ kind: 'switch', to: named.id, mode: 'continue', rejected: shared.rejected });
    for (const key of Object.keys(shared).filter((one) => one !== 'code' && one !== 'hints')) {
      expect(Object.keys(decision)).toContain(key);
    }
  });

  test('stays refused where the policy denies it', () => {
    const input = toDecideInput(least({ override: named.id, policy: aPolicy({ denyModels: [named.id] }) }));
    expect(makeDecision(input, { decide, shadows: [], named }).decision.kind).toBe('refuse');
  });
});

test('a step is read by the predictor as records have corrected it', async () => {
  const readers = stepReaders(createPriorPredictor(), undefined, undefined);
  const features = {
    v: 1,
    text: 'fix the test',
    kind: 'code',
    kindConfidenceRatio: 1,
    trigger: 'user',
    evidence: {
      recentErrorCount: 0,
      repeatedCallCount: 0,
      editsToSameFileCount: 0,
      testsState: 'unknown',
      humanCorrectionCount: 0,
      callsInStepCount: 0,
    },
    structure: {
      position: 0,
      plannedStepCount: undefined,
      artifactTokens: 0,
      requiredToolCount: 0,
      requiresWrite: false,
      transcriptTokens: 0,
    },
  } as const;
  const reading = await readStep(readers, features, { models, policy: aPolicy() });
  expect(reading.quality.map((row) => row.model)).toEqual(['m/one', 'm/two']);
  expect(reading.size).toEqual(createPriorPredictor().size(features));
});

test('risk is read only where the policy is careful, and a session keeps its gravest', () => {
  const read = (): { risk: 'personal-data' } => ({ risk: 'personal-data' });
  const careful = aPolicy({ risk: { mode: 'watch' } });
  expect(readRiskOf(aPolicy(), read, 'x').risk).toBe('none');
  expect(readRiskOf(careful, undefined, 'x').risk).toBe('none');
  expect(readRiskOf(careful, read, 'x').risk).toBe('personal-data');
  expect(readRiskOf(careful, read, 'x', { risk: 'secrets' }).risk).toBe('secrets');
  expect(readRiskOf(careful, read, undefined, { risk: 'secrets' }).risk).toBe('secrets');
});
