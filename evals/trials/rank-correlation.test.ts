import { expect, test } from 'vitest';
import { rankCorrelation } from './rank-correlation.ts';

test('the same order is 1, the reverse is -1, whatever the sizes', () => {
  expect(rankCorrelation([1, 2, 3, 40], [0.1, 0.2, 5, 6]).value).toBe(1);
  expect(rankCorrelation([1, 2, 3, 40], [9, 8, 7, 1]).value).toBe(-1);
});

test('ties share a rank: worked by hand', () => {
  // Ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4: deviations give 4.5 / sqrt(4.5 · 5).
  expect(rankCorrelation([1, 2, 2, 3], [1, 2, 3, 4]).value).toBeCloseTo(4.5 / Math.sqrt(4.5 * 5), 4);
});

test('the interval holds the value and is the same at every run', () => {
  const pairs = [
    [3, 1, 4, 1, 5, 9, 2, 6],
    [2, 7, 1, 8, 2, 8, 1, 8],
  ] as const;
  const first = rankCorrelation(...pairs);
  expect(first.low).toBeLessThanOrEqual(first.value);
  expect(first.high).toBeGreaterThanOrEqual(first.value);
  expect(rankCorrelation(...pairs)).toEqual(first);
});
