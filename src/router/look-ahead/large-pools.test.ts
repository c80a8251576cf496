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
