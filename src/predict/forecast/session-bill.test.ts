import { describe, expect, test } from 'vitest';
import { requireModel } from '../../catalog/create-catalog.ts';
import { loadCatalog } from '../../catalog/load-catalog.ts';
import { nanoFromUsd } from '../../domain/money.ts';
import { foreseeBill, promptFeatures, type SessionCall } from './session-bill.ts';

const opus = requireModel(loadCatalog(), 'claude-opus-5-5');
/** Prompts to come are in the mean a fifth longer than the newest one. */
const table = {
  threadCount: 1,
  callsPerTurn: 5,
  weights: { calls: [], pieces: [], laterCalls: [], laterPieces: [] },
  promptWeights: [Math.log(1.2)],
  newTokensPerCall: 1000,
  outputTokensPerCall: 500,
};

/** Calls 20 s apart that grow as others do, each billed at ten cents. */
function calls(count: number, gapMs = 20_000): readonly SessionCall[] {
  return Array.from({ length: count }, (_, index) => ({
    at: index * gapMs,
    billNanoUsd: nanoFromUsd(0.1),
    usage: {
      uncachedTokens: 0,
      cacheReadTokens: 20_000 + 1500 * index,
      cacheWriteTokens: 1500,
      cacheWrite1hTokens: undefined,
      outputTokens: 500,
      reasoningTokens: undefined,
    },
  }));
}

const foreseen = (soFar: readonly SessionCall[], callCount: number): number =>
  foreseeBill(opus, soFar, { callCount, table });

describe('what a session will have billed', () => {
  test('is what it has, where it is over', () => {
    expect(foreseen(calls(10), 10)).toBe(nanoFromUsd(1));
    expect(foreseen([], 10)).toBe(0);
  });

  test('of one more call, worked by hand', () => {
    // The prompt was 35,000 and is to be 42,000 in the mean; 60·2 % of 70 pauses are cold.
    const cold = (60 * 0.02) / 70;
    const warmNano = 35_000 * 200 + 7000 * 5000 + 500 * 20_000;
    const coldNano = 42_000 * 5000 + 500 * 20_000;
    expect(foreseen(calls(10), 11)).toBeCloseTo(nanoFromUsd(1) + (1 - cold) * warmNano + cold * coldNano, -1);
  });

  test('goes by the mean prompt that was foretold, longer or shorter than the newest', () => {
    const output = 4 * 500 * 20_000;
    const shrinks = { ...table, promptWeights: [Math.log(0.5)] };
    const rest = foreseeBill({ ...opus, cacheRule: { kind: 'none' } }, calls(10), { callCount: 14, table: shrinks });
    const { input } = opus.prices.base;
    expect(rest).toBeCloseTo(nanoFromUsd(1) + 4 * 17_500 * input * 1000 + output, -4);
  });

  test('holds no prompt that is longer than the window', () => {
    const small = { ...opus, cacheRule: { kind: 'none' as const }, contextTokens: 40_000 };
    const grows = { ...table, promptWeights: [Math.log(50)] };
    const rest = foreseeBill(small, calls(10), { callCount: 110, table: grows }) - nanoFromUsd(1);
    expect(rest).toBeLessThanOrEqual(100 * (40_000 * 4000 + 500 * 20_000));
  });

  test('goes past the listed window where longer prompts have a price, and no further than was ever sold', () => {
    const base = opus.prices.base;
    const sold = { base, tiers: [{ aboveTokens: 200_000, row: base }], peak: undefined };
    const grows = { ...table, promptWeights: [Math.log(500)] };
    const rest = (prices: typeof sold): number =>
      foreseeBill({ ...opus, cacheRule: { kind: 'none' }, contextTokens: 200_000, prices }, calls(10), {
        callCount: 110,
        table: grows,
      }) - nanoFromUsd(1);
    const most = (windowTokens: number): number => 100 * (windowTokens * 4000 + 500 * 20_000);
    expect(rest({ ...sold, tiers: [] })).toBeLessThanOrEqual(most(200_000));
    expect(rest(sold)).toBeGreaterThan(2 * most(200_000));
    expect(rest(sold)).toBeLessThanOrEqual(most(1_000_000));
  });

  test('is more the longer it goes on, and where it has paused', () => {
    for (let callCount = 10; callCount < 400; callCount += 30)
      expect(foreseen(calls(10), callCount + 30)).toBeGreaterThan(foreseen(calls(10), callCount));
    expect(foreseen(calls(10, 400_000), 60)).toBeGreaterThan(foreseen(calls(10), 60));
  });
});

describe('what is known of prompts to come', () => {
  const prompts = (pace: readonly number[]): readonly number[] =>
    pace.map((_, at) => pace.slice(0, at + 1).reduce((a, b) => a + b, 20_000));

  test('is their pace, the newest one, and whether they have grown faster or slower of late', () => {
    const even = promptFeatures(prompts(Array.from({ length: 40 }, () => 1500)), 80, table);
    expect(even).toEqual([1, Math.log(1 + (1500 * 80) / 80_000), Math.log(80_000 / 60_000), 0]);
    const slower = promptFeatures(prompts(Array.from({ length: 40 }, (_, at) => (at < 20 ? 2800 : 200))), 80, table);
    expect(slower[3]).toBeLessThan(-0.3);
  });

  test('counts no cut as growth, and takes others’ pace where nothing was seen', () => {
    expect(promptFeatures([20_000], 10, table)).toEqual([1, Math.log(1 + 15_000 / 20_000), Math.log(1 / 3), 0]);
    const cut = promptFeatures([100_000, 20_000, 21_500], 10, table);
    expect(cut[1]).toBeCloseTo(Math.log(1 + 15_000 / 21_500), 9);
  });
});
