import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DecideInput } from '../../domain/decision.ts';
import type { Model } from '../../domain/model.ts';
import {
  TEST_NOW,
  aDecideInput,
  aForecastStep,
  aPolicy,
  aQuality,
  aSession,
  aStep,
  aWarmth,
} from '../../testing/decision-builders.ts';
import { aModel, aPriceRow, anExplicitCache, modelId } from '../../testing/model-builders.ts';
import { decide } from '../decide.ts';

/** Prices and abilities that rise together, as in a real catalogue, over four families. */
function poolOf(count: number): readonly Model[] {
  return Array.from({ length: count }, (_, index) => {
    const input = 0.1 * 40 ** (index / Math.max(1, count - 1));
    return aModel({
      id: modelId(`model-${String(index).padStart(2, '0')}`),
      family: `family-${index % 4}`,
      contextTokens: 1_000_000,
      prices: {
        base: aPriceRow({ input, output: 5 * input, cacheRead: 0.1 * input, cacheWrite: 1.25 * input }),
        tiers: [],
        peak: undefined,
      },
      cacheRule: anExplicitCache({ priorHitRatio: 0.95 }),
    });
  });
}

function sessionOver(models: readonly Model[], stepCount: number): DecideInput {
  const quality = models.map((model, index) => aQuality(model, 0.6 + (0.35 * index) / models.length));
  const [, warm] = models;
  return aDecideInput({
    models,
    quality,
    policy: aPolicy({ lookahead: { maxSteps: 64, beamWidth: 64 } }),
    session: aSession({ incumbent: warm?.id, transcriptTokens: 60_000 }),
    step: aStep({ modes: ['continue'] }),
    warmth: warm === undefined ? [] : [aWarmth(warm, 60_000, { lastUsedAt: TEST_NOW - 30_000 })],
    forecast: Array.from({ length: stepCount }, () => aForecastStep('code', { modes: ['continue'], quality })),
  });
}

describe('the look-ahead over large pools', () => {
  test.each([2, 8, 12, 19, 26])('is exact for the usual five steps of %i models', (count) => {
    expect(decide(sessionOver(poolOf(count), 5)).lookahead.method).toBe('exact');
  });

  test('gives way to a beam where the plan is long, and still prices every candidate', () => {
    const decision = decide(sessionOver(poolOf(26), 40));
    expect(decision.lookahead.method).toBe('beam');
    expect(decision.candidates).toHaveLength(26);
    for (const row of decision.candidates) expect(row.futureNanoUsd).toBeGreaterThan(0);
  });
});

/** A pool without order: any price, any ability, any cache rule, as users may configure. */
const anyModel = fc.record({
  input: fc.double({ min: 0.05, max: 15, noNaN: true }),
  outputShare: fc.double({ min: 2, max: 6, noNaN: true }),
  readShare: fc.double({ min: 0.02, max: 0.9, noNaN: true }),
  success: fc.double({ min: 0.3, max: 0.98, noNaN: true }),
  family: fc.constantFrom('claude', 'gpt', 'gemini', 'glm'),
  minTokens: fc.constantFrom(0, 1024, 4096),
});

const anySession = fc
  .record({
    parts: fc.array(anyModel, { minLength: 2, maxLength: 72 }),
    transcriptTokens: fc.integer({ min: 0, max: 150_000 }),
    incumbentAt: fc.nat(71),
    stepCount: fc.constantFrom(1, 5, 12),
    modes: fc.constantFrom(['continue'] as const, ['continue', 'handoff', 'isolate'] as const),
  })
  .map(({ parts, transcriptTokens, incumbentAt, stepCount, modes }): DecideInput => {
    const models = parts.map(({ input, outputShare, readShare, family, minTokens }, index) =>
      aModel({
        id: modelId(`model-${String(index).padStart(2, '0')}`),
        family,
        contextTokens: 2_000_000,
        prices: {
          base: aPriceRow({
            input,
            output: outputShare * input,
            cacheRead: readShare * input,
            cacheWrite: 1.25 * input,
          }),
          tiers: [],
          peak: undefined,
        },
        cacheRule: anExplicitCache({ minTokens }),
      }),
    );
    const quality = models.map((model, index) => aQuality(model, parts[index]?.success));
    const incumbent = models[incumbentAt];
    return aDecideInput({
      models,
      quality,
      policy: aPolicy({ lookahead: { maxSteps: 64, beamWidth: 64 } }),
      session: aSession({ incumbent: incumbent?.id, transcriptTokens }),
      step: aStep({ modes }),
      warmth: incumbent === undefined ? [] : [aWarmth(incumbent, transcriptTokens, { lastUsedAt: TEST_NOW - 30_000 })],
      forecast: Array.from({ length: stepCount }, () => aForecastStep('code', { modes, quality })),
    });
  });

describe('no chosen candidate is dominated in its own table', () => {
  test('none is dearer and less likely to succeed and leaves a dearer future than another', () => {
    fc.assert(
      fc.property(anySession, (input) => {
        const [chosen, ...others] = decide(input).candidates;
        const beaten = others.filter(
          (row) =>
            chosen !== undefined &&
            row.billNanoUsd < chosen.billNanoUsd &&
            row.successRatio > chosen.successRatio &&
            row.futureNanoUsd <= chosen.futureNanoUsd,
        );
        expect(beaten).toEqual([]);
      }),
      { numRuns: 40, seed: 11 },
    );
  });

  test('a twin that is cheaper in every price and likelier everywhere is never passed over', () => {
    fc.assert(
      fc.property(anySession, (input) => {
        const decision = decide(input);
        const [chosen] = decision.candidates;
        const own = input.models.find((model) => model.id === chosen?.model);
        if (own === undefined || chosen === undefined) return;
        // Half the price in every bucket and a little likelier, of the same family and cache rule, and as cold or warm.
        const half = (price: number | undefined): number | undefined => (price === undefined ? undefined : price / 2);
        const { base } = own.prices;
        const twin = {
          ...own,
          id: modelId('zz-twin'),
          prices: {
            ...own.prices,
            base: {
              ...base,
              input: base.input / 2,
              output: base.output / 2,
              cacheRead: half(base.cacheRead),
              cacheWrite: half(base.cacheWrite),
            },
          },
        };
        const likelier = (rows: DecideInput['quality']): DecideInput['quality'] => [
          ...rows,
          aQuality(twin, Math.min(1, (rows.find((row) => row.model === own.id)?.successRatio ?? 0.5) + 0.01)),
        ];
        const warm = input.warmth.find((row) => row.model === own.id);
        const again = decide({
          ...input,
          models: [...input.models, twin],
          quality: likelier(input.quality),
          warmth: warm === undefined ? input.warmth : [...input.warmth, { ...warm, model: twin.id }],
          forecast: input.forecast.map((step) => ({ ...step, quality: likelier(step.quality) })),
        });
        expect(again.candidates[0]?.model).not.toBe(own.id);
      }),
      { numRuns: 40, seed: 12 },
    );
  });
});
