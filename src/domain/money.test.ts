import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isPointsmanError } from './errors.ts';
import { formatUsd, nanoFromUsd, roundNanoUsd, sumNanoUsd, toNanoUsd, usdFromNano } from './money.ts';

const amounts = fc.integer({ min: -1e12, max: 1e12 }).map(toNanoUsd);

test('sums of money are exact whatever the order', () => {
  fc.assert(
    fc.property(fc.array(amounts, { maxLength: 50 }), (parts) => {
      expect(sumNanoUsd(parts)).toBe(sumNanoUsd([...parts].reverse()));
    }),
  );
});

test('dollars to nano-dollars and back is the identity on whole nano-dollars', () => {
  fc.assert(
    fc.property(amounts, (amount) => {
      expect(nanoFromUsd(usdFromNano(amount))).toBe(amount);
    }),
  );
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, 0.5, 2 ** 53])('%s is not an amount of money', (bad) => {
  let thrown: unknown;
  try {
    toNanoUsd(bad);
  } catch (error) {
    thrown = error;
  }
  expect(isPointsmanError(thrown) && thrown.code).toBe('internal');
});

test('minus zero becomes zero, so that equal amounts have equal bytes', () => {
  expect(Object.is(roundNanoUsd(-0.2), 0)).toBe(true);
});

test.each([
  [0, '$0.00'],
  [1_234_567_890, '$1.23'],
  [12_345_678, '$0.0123'],
  [1234, '$0.000001'],
  [-2_500_000_000, '-$2.50'],
])('%d nano-dollars read as %s', (amount, text) => {
  expect(formatUsd(toNanoUsd(amount))).toBe(text);
});
