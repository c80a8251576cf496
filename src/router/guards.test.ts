import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DecideInput } from '../domain/decision.ts';
import type { Model } from '../domain/model.ts';
import type { NanoUsd } from '../domain/money.ts';
import {
  TEST_NOW,
  aDecideInput,
  aForecastStep,
  aPolicy,
  aQuality,
  aSession,
  aStep,
  aStepSize,
} from '../testing/decision-builders.ts';
import { aModel, aPriceRow, anExplicitCache, modelId } from '../testing/model-builders.ts';
import { decide } from './decide.ts';
import { ratesOf } from './model-rates.ts';
import { priceStep, shapeOf } from './step-cost.ts';

const TTL_MS = 300_000;

interface AdversarialStep {
  readonly gapMs: number;
  readonly needsFrontier: boolean;
  readonly instruction: number;
  readonly output: number;
  readonly hasFresh: boolean;
  /** What the router is told will come: lies. */
  readonly lie: readonly boolean[];
}

const adversarialStep: fc.Arbitrary<AdversarialStep> = fc.record({
  gapMs: fc.constantFrom(1000, 20_000, 200_000, 290_000, 310_000, 4_000_000),
  needsFrontier: fc.boolean(),
  instruction: fc.integer({ min: 0, max: 20_000 }),
  output: fc.integer({ min: 0, max: 4000 }),
  hasFresh: fc.boolean(),
  lie: fc.array(fc.boolean(), { maxLength: 5 }),
});

function priced(id: string, input: number, read: number): Model {
  return aModel({
    id: modelId(id),
    contextTokens: 10_000_000,
    prices: {
      base: aPriceRow({ input, output: 5 * input, cacheRead: read * input, cacheWrite: 1.25 * input }),
      tiers: [],
      peak: undefined,
    },
    cacheRule: anExplicitCache({ minTokens: 0, priorHitRatio: 1 }),
  });
}

/** Runs a session whose pauses, needs and forecasts are the adversary's; returns the worst excess over the bound so far. */
function worstExcess(
  steps: readonly AdversarialStep[],
  world: {
    readonly models: readonly Model[];
    readonly ratio: number;
    readonly isStrict: boolean;
    readonly start: number;
  },
): { readonly excess: number; readonly rewrite: number; readonly overshoot: number } {
  const { models, ratio } = world;
  const frontier = models.at(-1);
  if (frontier === undefined) throw new Error('no frontier');
  const held = new Map<string, { tokens: number; at: number }>();
  const stay = { tokens: 0, at: -TTL_MS * 2, transcript: world.start, usd: 0 };
  let [now, transcript, spent, excess, rewrite] = [TEST_NOW, world.start, 0, Number.NEGATIVE_INFINITY, 0];
  let incumbent = frontier.id;
  let overshoot = 0;
  for (const step of steps) {
    now += step.gapMs;
    const size = aStepSize({
      callCount: 1,
      outputTokensPerCall: step.output,
      instructionTokens: step.instruction,
      newTokensPerCall: 0,
      resultTokens: 0,
    });
    const cost = (
      model: Model,
      mode: 'continue' | 'handoff' | 'isolate',
      length: number,
      warmTokens: number,
    ): number => {
      const bill = { uncached: 0, cacheRead: 0, cacheWrite: 0, output: 0, nanoUsd: 0 };
      return priceStep(
        ratesOf(model),
        shapeOf(model, size, mode, length),
        { warmTokens, hitRatio: 1, insideHitRatio: 1 },
        bill,
      ).nanoUsd;
    };
    const warmOf = (id: string): number => {
      const cache = held.get(id);
      return cache !== undefined && now - cache.at <= TTL_MS ? cache.tokens : 0;
    };
    const allowed = step.needsFrontier ? [frontier.id] : models.map((model) => model.id);
    const input: DecideInput = aDecideInput({
      now,
      models,
      quality: models.map((model) => aQuality(model, 1)),
      drift: [{ fromFamily: 'any', toFamily: 'any', mode: 'any', lossRatio: 0 }],
      session: aSession({
        incumbent,
        transcriptTokens: transcript,
        spentNanoUsd: Math.round(spent) as NanoUsd,
        neverSwitchNanoUsd: Math.round(stay.usd) as NanoUsd,
        neverSwitchModel: frontier.id,
      }),
      step: aStep({ size, modes: step.hasFresh ? ['continue', 'handoff'] : ['continue'], trigger: 'tool-result' }),
      warmth: models.map((model) => ({
        model: model.id,
        warmTokens: warmOf(model.id),
        hitRatio: 1,
        lastUsedAt: held.get(model.id)?.at ?? 0,
        ttlMs: TTL_MS,
      })),
      forecast: step.lie.map((needs) =>
        aForecastStep('other', {
          size,
          modes: step.hasFresh ? ['continue', 'handoff'] : ['continue'],
          onlyModels: needs ? [frontier.id] : undefined,
        }),
      ),
      policy: aPolicy({
        lookahead: { maxSteps: 10, beamWidth: 64 },
        maxOverheadRatio: ratio,
        strictOverhead: world.isStrict,
        kindModels: { code: allowed },
      }),
    });
    const decision = decide(input);
    if (decision.kind === 'refuse') throw new Error('refused');
    const model = models.find((one) => one.id === decision.to) ?? frontier;
    expect(allowed).toContain(model.id);
    spent += cost(model, decision.mode, transcript, decision.mode === 'continue' ? warmOf(model.id) : 0);
    if (decision.mode === 'continue') {
      held.set(model.id, { tokens: transcript + step.instruction, at: now });
      transcript += step.instruction + step.output;
      incumbent = model.id;
    }
    stay.usd += cost(frontier, 'continue', stay.transcript, now - stay.at <= TTL_MS ? stay.tokens : 0);
    stay.tokens = stay.transcript + step.instruction;
    stay.at = now;
    stay.transcript += step.instruction + step.output;
    rewrite = Math.max(rewrite, stay.transcript * (ratesOf(frontier).base.write - ratesOf(frontier).base.read));
    excess = Math.max(excess, spent - (1 + ratio) * stay.usd);
    overshoot = Math.max(overshoot, spent / stay.usd - 1);
  }
  return { excess, rewrite, overshoot };
}

const world = fc
  .record({
    cheap: fc.double({ min: 0.05, max: 4, noNaN: true }),
    middle: fc.double({ min: 0.5, max: 5, noNaN: true }),
    read: fc.constantFrom(0.05, 0.1, 0.3),
    ratio: fc.constantFrom(0, 0.05, 0.1, 0.5),
    start: fc.integer({ min: 0, max: 60_000 }),
  })
  .map(({ cheap, middle, read, ratio, start }) => ({
    models: [priced('a-cheap', cheap, 0.1), priced('b-middle', middle, read), priced('c-frontier', 5, read)],
    ratio,
    start,
  }));

const ROUNDING_NANO = 1000;

test('with the strict bound no adversary makes a session dearer than the bound over never switching', () => {
  fc.assert(
    fc.property(fc.array(adversarialStep, { minLength: 1, maxLength: 25 }), world, (steps, one) => {
      expect(worstExcess(steps, { ...one, isStrict: true }).excess).toBeLessThanOrEqual(ROUNDING_NANO);
    }),
    { numRuns: 150 },
  );
});

test('otherwise a pause that outlasts a cache adds one rewrite at most', () => {
  fc.assert(
    fc.property(fc.array(adversarialStep, { minLength: 1, maxLength: 25 }), world, (steps, one) => {
      const { excess, rewrite } = worstExcess(steps, { ...one, isStrict: false });
      expect(excess).toBeLessThanOrEqual(rewrite + ROUNDING_NANO);
    }),
    { numRuns: 150 },
  );
});

test('without long pauses the bound holds exactly', () => {
  const quick = adversarialStep.map((step) => ({ ...step, gapMs: Math.min(step.gapMs, 5000) }));
  fc.assert(
    fc.property(fc.array(quick, { minLength: 1, maxLength: 25 }), world, (steps, one) => {
      expect(worstExcess(steps, { ...one, isStrict: false }).excess).toBeLessThanOrEqual(ROUNDING_NANO);
    }),
    { numRuns: 100 },
  );
});

test('the guard is what holds it: without one the same adversary succeeds', () => {
  const lied = (needsFrontier: boolean): AdversarialStep => ({
    gapMs: 1000,
    needsFrontier,
    instruction: 0,
    output: 10,
    hasFresh: false,
    lie: [false, false, false, false, false, false, false, false, false, false],
  });
  const steps = [lied(true), lied(true), lied(false), lied(true)];
  const models = [priced('a-cheap', 1.5, 0.1), priced('c-frontier', 5, 0.1)];
  const overshootAt = (ratio: number): number =>
    worstExcess(steps, { models, ratio, isStrict: false, start: 50_000 }).overshoot;
  expect(overshootAt(100)).toBeGreaterThan(0.1);
  expect(overshootAt(0.05)).toBeLessThanOrEqual(0.05);
});

test('the bound is on switching, not on ability: an abler model is not held back by a cheap start', () => {
  const models = [priced('a-cheap', 1, 0.1), priced('c-frontier', 5, 0.1)];
  const decideAt = (ability: number): ReturnType<typeof decide> =>
    decide(
      aDecideInput({
        models,
        quality: [aQuality('a-cheap', 0.5), aQuality('c-frontier', ability)],
        session: aSession({
          incumbent: modelId('a-cheap'),
          transcriptTokens: 20_000,
          spentNanoUsd: 1_000_000 as NanoUsd,
          neverSwitchNanoUsd: 1_000_000 as NanoUsd,
        }),
        policy: aPolicy({ maxOverheadRatio: 0.1 }),
      }),
    );
  expect(decideAt(0.95)).toMatchObject({ kind: 'switch', to: 'c-frontier' });
  expect(decideAt(0.5).rejected.map((one) => one.code)).toContain('overhead-guard');
});
