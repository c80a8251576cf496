import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { billNanoUsd } from '../catalog/bill.ts';
import type { Model } from '../domain/model.ts';
import { aStepSize } from '../testing/decision-builders.ts';
import { aModel, aPriceRow, anAutomaticCache, anExplicitCache } from '../testing/model-builders.ts';
import { ratesOf } from './model-rates.ts';
import { priceStep, shapeOf, transcriptAfter, type StepCost } from './step-cost.ts';

const opus = aModel({
  prices: { base: aPriceRow({ input: 4, output: 20, cacheRead: 0.2, cacheWrite: 5 }), tiers: [], peak: undefined },
  cacheRule: anExplicitCache({ minTokens: 1024, priorHitRatio: 1 }),
});

function cost(
  model: Model,
  shape: {
    readonly prompt: number;
    readonly growth?: number;
    readonly output?: number;
    readonly calls?: number;
    readonly work?: number;
  },
  warm: { readonly tokens?: number; readonly hit?: number; readonly inside?: number } = {},
): StepCost {
  return priceStep(
    ratesOf(model),
    {
      promptTokens: shape.prompt,
      growthTokens: shape.growth ?? 0,
      outputTokens: shape.output ?? 0,
      callCount: shape.calls ?? 1,
      workRatio: shape.work ?? 1,
    },
    { warmTokens: warm.tokens ?? 0, hitRatio: warm.hit ?? 1, insideHitRatio: warm.inside ?? 1 },
    { uncached: 0, cacheRead: 0, cacheWrite: 0, output: 0, nanoUsd: 0 },
  );
}

describe('one call', () => {
  test('a warm step of 60k costs 26.2 thousandths of a dollar, a cold one 307', () => {
    const shape = { prompt: 61_500, output: 350 };
    expect(cost(opus, shape, { tokens: 60_000 }).nanoUsd).toBe(26_500_000);
    expect(cost(opus, { prompt: 60_000, output: 350 }).nanoUsd).toBe(307_000_000);
  });

  test('expected cost lies between hit and miss by the hit ratio', () => {
    const shape = { prompt: 10_000 };
    const hit = cost(opus, shape, { tokens: 10_000 }).nanoUsd;
    const miss = cost(opus, shape).nanoUsd;
    expect(cost(opus, shape, { tokens: 10_000, hit: 0.25 }).nanoUsd).toBe(0.25 * hit + 0.75 * miss);
  });

  test('under the vendor’s minimum everything is billed as input, however warm', () => {
    expect(cost(opus, { prompt: 1000 }, { tokens: 1000 })).toMatchObject({ uncached: 1000, nanoUsd: 4_000_000 });
  });

  test('an automatic cache without a write price bills what it does not read as input', () => {
    const model = aModel({
      prices: {
        base: { input: 2, output: 10, cacheRead: 0.2, cacheWrite: undefined, cacheWrite1h: undefined },
        tiers: [],
        peak: undefined,
      },
      cacheRule: anAutomaticCache(),
    });
    expect(cost(model, { prompt: 5000 }, { tokens: 3072 })).toMatchObject({
      uncached: 1928,
      cacheRead: 3072,
      cacheWrite: 0,
    });
  });

  test('a model without a cache pays input for all of it', () => {
    const model = aModel({ cacheRule: { kind: 'none' } });
    expect(cost(model, { prompt: 5000 }, { tokens: 5000 })).toMatchObject({ uncached: 5000, cacheRead: 0 });
  });
});

describe('a whole step', () => {
  test('costs what its calls cost one by one, across a price tier and the minimum too', () => {
    const dear = aPriceRow({ input: 8, output: 30, cacheRead: 0.4, cacheWrite: 10 });
    const tiered = aModel({
      prices: { base: opus.prices.base, tiers: [{ aboveTokens: 4000, row: dear }], peak: undefined },
      cacheRule: anExplicitCache({ minTokens: 1024 }),
    });
    for (const model of [opus, tiered]) {
      let sum = 0;
      for (let call = 0; call < 10; call += 1) {
        const prompt = 500 + call * 700;
        const before = prompt - 700;
        const read = call > 0 && before >= 1024 ? before : 0;
        const isCached = prompt >= 1024;
        sum += billNanoUsd(
          model.prices,
          {
            uncachedTokens: isCached ? 0 : prompt,
            cacheReadTokens: read,
            cacheWriteTokens: isCached ? prompt - read : 0,
            cacheWrite1hTokens: 0,
            outputTokens: 200,
            reasoningTokens: undefined,
          },
          0,
        );
      }
      expect(cost(model, { prompt: 500, growth: 700, output: 200, calls: 10 }).nanoUsd).toBeCloseTo(sum, 3);
    }
  });

  test('a step of a million calls is priced at once and finitely', () => {
    const one = cost(opus, { prompt: 2000, growth: 1, calls: 1_000_000 });
    expect(Number.isFinite(one.nanoUsd)).toBe(true);
  });

  test('the shape counts in the model’s own tokens, calls and answers', () => {
    const model = aModel({ tokenRatio: 1.2, outputRatio: 0.5, callsRatio: 1.5 });
    const size = aStepSize({
      callCount: 4,
      outputTokensPerCall: 600,
      newTokensPerCall: 1000,
      instructionTokens: 500,
      freshWorkRatio: 1.5,
    });
    expect(shapeOf(model, size, 'continue', 10_000)).toEqual({
      callCount: 6,
      promptTokens: 12_600,
      growthTokens: 1560,
      outputTokens: 360,
      workRatio: 1,
    });
    expect(shapeOf(model, size, 'handoff', 10_000)).toMatchObject({
      promptTokens: 4800,
      growthTokens: 2340,
      workRatio: 1.5,
    });
  });

  test('a step that may be short or long costs what its lengths cost on average, not what the average length does', () => {
    const weight = fc.integer({ min: 1, max: 20 });
    const ways = fc.array(fc.record({ calls: fc.integer({ min: 1, max: 60 }), weight }), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(ways, fc.integer({ min: 1, max: 3 }), (lengths, callsRatio) => {
        const model = { ...opus, callsRatio };
        const of = (size: { callCount: number; callSquareRatio?: number }): number =>
          priceStep(
            ratesOf(model),
            shapeOf(model, aStepSize({ ...size, newTokensPerCall: 900 }), 'continue', 30_000),
            { warmTokens: 0, hitRatio: 1, insideHitRatio: 0.9 },
            { uncached: 0, cacheRead: 0, cacheWrite: 0, output: 0, nanoUsd: 0 },
          ).nanoUsd;
        const whole = lengths.reduce((sum, one) => sum + one.weight, 0);
        const mean = (valueOf: (calls: number) => number): number =>
          lengths.reduce((sum, one) => sum + one.weight * valueOf(one.calls), 0) / whole;
        const callCount = mean((calls) => calls);
        const callSquareRatio = mean((calls) => calls * calls) / callCount ** 2;
        const average = mean((calls) => of({ callCount: calls }));
        expect(of({ callCount, callSquareRatio }) / average).toBeCloseTo(1, 9);
        expect(of({ callCount })).toBeLessThanOrEqual(average * (1 + 1e-9));
      }),
    );
  });

  test('a continued step leaves all it wrote in the transcript, a fresh one only its result', () => {
    const size = aStepSize({
      callCount: 3,
      outputTokensPerCall: 100,
      newTokensPerCall: 1000,
      instructionTokens: 50,
      closingTokens: 7,
      resultTokens: 300,
    });
    expect(transcriptAfter(opus, size, 'continue', 5000)).toBe(5000 + 50 + 300 + 2000 + 7);
    expect(transcriptAfter(opus, size, 'isolate', 5000)).toBe(5300);
  });
});
