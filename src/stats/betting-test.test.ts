import { expect, test } from 'vitest';
import { meanBelowZeroPValue } from './betting-test.ts';
import { seededRandom } from './seeded-random.ts';

const draw = (count: number, chances: readonly (readonly [number, number])[], random: () => number): number[] =>
  Array.from({ length: count }, () => {
    let left = random();
    for (const [value, chance] of chances) {
      left -= chance;
      if (left < 0) return value;
    }
    return 0;
  });

test.each([
  [
    'a coin',
    1,
    [
      [1, 0.5],
      [-1, 0.5],
    ],
  ],
  [
    'a rare loss against small gains',
    1,
    [
      [1, 0.05],
      [-1 / 19, 0.95],
    ],
  ],
  [
    'mostly nothing',
    1,
    [
      [1, 0.02],
      [-1, 0.02],
    ],
  ],
  [
    'a rare gain',
    0.95,
    [
      [-1, 0.045],
      [0.0471204188, 0.955],
    ],
  ],
] as const)('%s with the mean 0 is taken for less in no more than 5 %% of samples', (_, most, chances) => {
  const random = seededRandom(7);
  let wrong = 0;
  for (let round = 0; round < 2000; round += 1) {
    if (meanBelowZeroPValue(draw(150, chances, random), most, 0.05) <= 0.05) wrong += 1;
  }
  expect(wrong / 2000).toBeLessThanOrEqual(0.05);
});

test('a mean well below 0 is proved by a hundred rows, and by none or a few not', () => {
  const random = seededRandom(8);
  const low = draw(
    100,
    [
      [1, 0.05],
      [-1, 0.35],
    ],
    random,
  );
  expect(meanBelowZeroPValue(low, 1, 0.05)).toBeLessThan(0.05);
  expect(meanBelowZeroPValue([], 1, 0.05)).toBe(1);
  expect(meanBelowZeroPValue(low.slice(0, 3), 1, 0.05)).toBeGreaterThan(0.05);
});

test('the worst that can come never leaves a debt', () => {
  expect(
    meanBelowZeroPValue(
      Array.from({ length: 500 }, () => 1),
      1,
      0.05,
    ),
  ).toBe(1);
  expect(meanBelowZeroPValue([...Array.from({ length: 50 }, () => -0.04), 0.95], 0.95, 0.05)).toBeLessThanOrEqual(1);
});
