import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Prices } from '../domain/model.ts';
import type { Usage } from '../domain/usage.ts';
import { billNanoUsd, peakFactorAt, priceRowFor, worstBillNanoUsd } from './bill.ts';

const opus: Prices = {
  base: { input: 4, output: 20, cacheRead: 0.2, cacheWrite: 5, cacheWrite1h: 8 },
  tiers: [
    { aboveTokens: 200_000, row: { input: 8, output: 30, cacheRead: 0.4, cacheWrite: 10, cacheWrite1h: undefined } },
  ],
  peak: undefined,
};
const usage = (part: Partial<Usage>): Usage => ({
  uncachedTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  cacheWrite1hTokens: undefined,
  outputTokens: 0,
  reasoningTokens: undefined,
  ...part,
});

test('bills each of the four buckets at its own price', () => {
  const bill = billNanoUsd(
    opus,
    usage({ uncachedTokens: 10, cacheReadTokens: 60_000, cacheWriteTokens: 1_500, outputTokens: 350 }),
    0,
  );
  // 10·4 + 60000·0.2 + 1500·5 + 350·20 = 26,540 millionths of a dollar
  expect(bill).toBe(26_540_000);
});

test('bills one-hour writes in their own class and the rest in the default class', () => {
  const bill = billNanoUsd(opus, usage({ cacheWriteTokens: 1000, cacheWrite1hTokens: 400 }), 0);
  expect(bill).toBe((600 * 5 + 400 * 8) * 1000);
});

test('switches all prices past a long-context threshold, exclusive', () => {
  expect(priceRowFor(opus, 200_000).input).toBe(4);
  expect(billNanoUsd(opus, usage({ uncachedTokens: 200_001, outputTokens: 1 }), 0)).toBe((200_001 * 8 + 30) * 1000);
});

test('bills reads and writes as input where the vendor has no price for them', () => {
  const plain: Prices = { ...opus, base: { ...opus.base, cacheRead: undefined, cacheWrite: undefined } };
  expect(billNanoUsd(plain, usage({ cacheReadTokens: 100, cacheWriteTokens: 50 }), 0)).toBe(150 * 4 * 1000);
});

test('adds nothing for buckets that the provider did not report', () => {
  const bill = billNanoUsd(
    opus,
    usage({ uncachedTokens: 100, cacheReadTokens: undefined, cacheWriteTokens: undefined }),
    0,
  );
  expect(bill).toBe(100 * 4 * 1000);
});

test('multiplies by the peak factor inside peak hours of weekdays only', () => {
  const deepseek: Prices = {
    ...opus,
    peak: {
      factor: 2,
      utcHours: [
        [1, 4],
        [6, 10],
      ],
      weekdaysOnly: true,
    },
  };
  expect(peakFactorAt(deepseek, Date.UTC(2026, 10, 20, 6))).toBe(2);
  expect(peakFactorAt(deepseek, Date.UTC(2026, 10, 20, 10))).toBe(1);
  expect(peakFactorAt(deepseek, Date.UTC(2026, 10, 21, 7))).toBe(1);
  expect(billNanoUsd(deepseek, usage({ outputTokens: 1 }), Date.UTC(2026, 10, 20, 3, 59))).toBe(40_000);
});

test('refuses prices that are not numbers', () => {
  const broken: Prices = { ...opus, base: { ...opus.base, input: Number.NaN } };
  expect(() => billNanoUsd(broken, usage({ uncachedTokens: 1 }), 0)).toThrow(/not a number/u);
});

test('the worst bill is never below that of any split of the prompt, and unknown where a price is', () => {
  fc.assert(
    fc.property(
      fc.nat(300_000),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.nat(20_000),
      (promptTokens, a, b, outputTokens) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)].map((share) => Math.floor(share * promptTokens));
        const written = (high ?? 0) - (low ?? 0);
        const split: Usage = {
          uncachedTokens: low ?? 0,
          cacheWriteTokens: written,
          cacheWrite1hTokens: Math.floor(written / 2),
          cacheReadTokens: promptTokens - (high ?? 0),
          outputTokens,
          reasoningTokens: undefined,
        };
        const worst = worstBillNanoUsd(opus, { promptTokens, outputTokens }, 0);
        expect(worst).toBeGreaterThanOrEqual(billNanoUsd(opus, split, 0));
      },
    ),
  );
  const unpriced = { ...opus, base: { ...opus.base, output: Number.NaN } };
  expect(worstBillNanoUsd(unpriced, { promptTokens: 1, outputTokens: 1 }, 0)).toBeUndefined();
});
