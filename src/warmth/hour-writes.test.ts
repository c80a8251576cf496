import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HOUR_MS, MINUTE_MS } from '../domain/time.ts';
import { aModel, aPriceRow, modelId } from '../testing/model-builders.ts';
import { chooseWrite, premiumNanoUsd, type WriteOutlook } from './hour-writes.ts';
import { keepAlivePlan } from './keep-alive.ts';
import type { ReturnHazard } from './return-hazard.ts';
import { RETURN_EDGES_MS } from './returns.ts';

const MODEL = aModel({
  id: modelId('m'),
  prices: {
    base: aPriceRow({ input: 5, output: 25, cacheRead: 0.5, cacheWrite: 6.25, cacheWrite1h: 10 }),
    tiers: [],
    peak: undefined,
  },
});

/** Shares of returns by the minute until which they come. */
function hazardOf(byMinute: Readonly<Record<number, number>>, keptRatio = 1): ReturnHazard {
  let sum = 0;
  return { byEdge: RETURN_EDGES_MS.map((edge) => (sum += byMinute[edge / MINUTE_MS] ?? 0)), keptRatio };
}

function outlook(hazard: ReturnHazard, more: Partial<WriteOutlook> = {}): WriteOutlook {
  return { promptTokens: 80_000, writtenTokens: 80_000, callCount: 10, growthTokens: 1000, hazard, ...more };
}

describe('how a prefix is written', () => {
  test.each([
    ['by default where nobody comes back', hazardOf({}), 'let-go'],
    ['by default where all come back in time', hazardOf({ 1: 1 }), 'let-go'],
    ['by default, and pinged, where the late ones come soon', hazardOf({ 2: 0.7, 7.5: 0.2 }), 'ping'],
    ['for an hour where the late ones come within it', hazardOf({ 2: 0.1, 45: 0.8 }), 'hour'],
    ['by default where they come after it', hazardOf({ 480: 1 }), 'let-go'],
    ['by default where what comes back begins with nothing of it', hazardOf({ 45: 1 }, 0), 'let-go'],
  ])('%s', (_name, hazard, kind) => {
    expect(chooseWrite(MODEL, outlook(hazard), 0)?.kind).toBe(kind);
  });

  test('the likelier a return within the hour, the more an hour saves', () => {
    const share = fc.double({ min: 0, max: 0.5, noNaN: true });
    fc.assert(
      fc.property(share, share, (less, more) => {
        const saved = (ratio: number): number =>
          chooseWrite(MODEL, outlook(hazardOf({ 1: 0.5, 45: ratio })), 0)?.savedNanoUsd.hour ?? NaN;
        expect(saved(Math.min(less, more))).toBeLessThanOrEqual(saved(Math.max(less, more)));
      }),
    );
  });

  test('is no question where the vendor offers no hour, or at no known price', () => {
    const { cacheWrite1h: _, ...base } = MODEL.prices.base;
    const unpriced = { ...MODEL, prices: { ...MODEL.prices, base: { ...base, cacheWrite1h: undefined } } };
    expect(chooseWrite(unpriced, outlook(hazardOf({ 45: 1 })), 0)).toBeUndefined();
    expect(premiumNanoUsd(unpriced, 1000, 0)).toBe(0);
    const { cacheRule } = MODEL;
    const short = cacheRule.kind === 'none' ? cacheRule : { ...cacheRule, longTtlMs: undefined };
    expect(chooseWrite({ ...MODEL, cacheRule: short }, outlook(hazardOf({ 45: 1 })), 0)).toBeUndefined();
  });

  test('the premium is the difference of the two write prices', () => {
    expect(premiumNanoUsd(MODEL, 1_000_000, 0)).toBe(3.75e9);
  });

  test('pings of a prefix that was written for an hour come just inside the hour', () => {
    expect(keepAlivePlan(MODEL, '1h')?.everyMs).toBe(0.95 * HOUR_MS);
    expect(keepAlivePlan(MODEL)?.everyMs).toBe(0.95 * 5 * MINUTE_MS);
  });
});
