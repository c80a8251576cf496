import { describe, expect, test } from 'vitest';
import type { DecideInput, StepView } from '../domain/decision.ts';
import type { Model } from '../domain/model.ts';
import { EFFORTS, nextEffort } from '../domain/step.ts';
import { aDecideInput, aPolicy, aQuality, aSession, aStep, aStepSize, aWarmth } from '../testing/decision-builders.ts';
import { aGptModel, aModel, aPriceRow, anExplicitCache, modelId } from '../testing/model-builders.ts';
import { decide } from './decide.ts';
import { explainDecision } from './explain/explain.ts';

const small = aModel({
  id: modelId('small'),
  cacheRule: anExplicitCache({ minTokens: 0 }),
  usualEffort: 'medium',
  effortPerMessage: true,
});
const large = aModel({
  id: modelId('large'),
  cacheRule: anExplicitCache({ minTokens: 0 }),
  prices: {
    base: aPriceRow({ input: 10, output: 50, cacheRead: 1, cacheWrite: 12.5 }),
    tiers: [],
    peak: undefined,
  },
});

interface Case {
  readonly model?: Model;
  readonly step?: Partial<StepView>;
  readonly warmTokens?: number;
  readonly models?: readonly Model[];
  readonly override?: DecideInput['override'];
}

function after({ model = small, step = {}, warmTokens = 100_000, models, override }: Case): ReturnType<typeof decide> {
  const input = inputOf({ model, step, warmTokens, ...(models === undefined ? {} : { models }), override });
  return decide(input);
}

function inputOf({
  model = small,
  step = {},
  warmTokens = 100_000,
  models = [model, large],
  override,
}: Case): DecideInput {
  return aDecideInput({
    session: aSession({ incumbent: model.id, transcriptTokens: 100_000 }),
    step: aStep({
      size: aStepSize({ callCount: 2 }),
      modes: ['continue'],
      effortHolds: 'at-once',
      tried: [{ model: model.id, mode: 'continue', rejectedBy: 'tests' }],
      ...step,
    }),
    models,
    warmth: [aWarmth(model, warmTokens)],
    quality: [aQuality(model, 0.7), aQuality(large, 0.95)],
    policy: aPolicy(),
    override,
  });
}

describe('after a rejection', () => {
  test('the same model tries once more with the next effort on its warm prefix, and says what that saves', () => {
    const decision = after({});
    expect(decision).toMatchObject({ kind: 'escalate', from: 'small', to: 'small', trigger: 'check-failed' });
    const [again, other] = decision.candidates;
    expect(again).toMatchObject({ model: 'small', effort: 'high', warmTokens: 100_000 });
    expect(other).toMatchObject({ model: 'large', warmTokens: 0 });
    const [reason] = decision.reasons;
    expect(reason?.code).toBe('effort-first');
    expect(reason?.amountNanoUsd).toBe((other?.billNanoUsd ?? 0) - (again?.billNanoUsd ?? 0));
    expect(reason?.text).toContain('keeps the 100k tokens');
    const text = explainDecision(decision, inputOf({}));
    expect(text).toContain('The code step is escalated from small to small at effort high (continue).');
    expect(text).toContain('tries once more with effort high');
  });

  test('nothing is claimed for the effort itself: its chance is less than it was, and it writes more', () => {
    const [again] = after({}).candidates;
    const [first] = decide(inputOf({ step: { tried: [] } })).candidates.filter((row) => row.model === 'small');
    expect(again?.successRatio).toBeLessThan(first?.successRatio ?? 0);
    expect(again?.tokens.output).toBeGreaterThan(first?.tokens.output ?? Infinity);
  });

  test('a second rejection goes to another model', () => {
    const tried = [
      { model: small.id, mode: 'continue', rejectedBy: 'tests' },
      { model: small.id, mode: 'continue', effort: 'high', rejectedBy: 'tests' },
    ] as const;
    const decision = after({ step: { tried } });
    expect(decision).toMatchObject({ kind: 'escalate', from: 'small', to: 'large' });
    expect(decision.rejected).toContainEqual(expect.objectContaining({ model: 'small', code: 'already-tried' }));
  });

  test('a prefix that is not warm saves nothing, and the likelier model tries', () => {
    expect(after({ warmTokens: 0, step: { size: aStepSize({ callCount: 40 }) } })).toMatchObject({ to: 'large' });
  });

  test.each<readonly [string, Case]>([
    ['results of tools alone, beside which an effort holds later', { step: { effortHolds: 'later' } }],
    ['a vendor that keeps another cache per effort', { model: { ...small, effortPerMessage: undefined } as never }],
  ])('with %s it would write its prompt anew, and has had its try', (_what, asked) => {
    const decision = after(asked);
    expect(decision).toMatchObject({ to: 'large' });
    expect(decision.rejected).toContainEqual(expect.objectContaining({ model: 'small', code: 'already-tried' }));
  });

  test('where no other model may try, another cache per effort is priced cold', () => {
    const gpt = aGptModel({ id: modelId('gpt'), usualEffort: 'medium' });
    const decision = after({ model: gpt, models: [gpt] });
    expect(decision.candidates[0]).toMatchObject({ model: 'gpt', effort: 'high', warmTokens: 0 });
    expect(decision.candidates[0]?.tokens.cacheRead).toBeLessThan(120_000);
    expect(decision.reasons[0]).toMatchObject({ code: 'check-failed' });
    expect(decision.reasons[0]?.text).toContain('written anew');
  });

  test.each<readonly [string, Case]>([
    ['the most that there is', { step: { effort: 'max' } }],
    ['an effort that nobody knows', { model: { ...small, usualEffort: undefined } as never }],
    ['a harness, which is asked for no effort', { step: { effortHolds: undefined } as never }],
    ['no effort to choose', { model: { ...small, efforts: [] } }],
  ])('with %s the model has had its try', (_what, asked) => {
    const decision = after(asked);
    expect(decision.kind === 'escalate' && decision.to === 'large').toBe(true);
    expect(decision.rejected).toContainEqual(expect.objectContaining({ model: 'small', code: 'already-tried' }));
  });

  test('a model that was named is obeyed as it is', () => {
    const decision = after({ override: small.id });
    expect(decision.candidates.every((row) => row.effort === undefined)).toBe(true);
  });
});

test('the next effort is the least that is offered above', () => {
  expect(nextEffort(['low', 'high', 'max'], 'low')).toBe('high');
  expect(nextEffort(['high', 'low'], 'none')).toBe('low');
  expect(nextEffort(EFFORTS, 'max')).toBeUndefined();
});
