import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dialScale } from './dial-scale.ts';

/** Changes the mix at each threshold, as a router does. */
const mixOf =
  (thresholds: readonly number[]) =>
  (factor: number): string =>
    String(thresholds.filter((threshold) => factor < threshold).length);

describe('dialScale', () => {
  test('with enough changes every notch has a mix of its own', () => {
    const thresholds = Array.from({ length: 20 }, (_, at) => 50 / 1.5 ** at);
    const { factors, mixCount } = dialScale(mixOf(thresholds));
    expect(mixCount).toBe(21);
    expect(new Set(factors.map(mixOf(thresholds))).size).toBe(11);
  });

  test('equal travel passes equally many changes, however unevenly they lie', () => {
    const thresholds = [90, 80, 70, 60, 50, 0.05, 0.04, 0.03, 0.02, 0.01];
    const passed = dialScale(mixOf(thresholds)).factors.map(mixOf(thresholds)).map(Number);
    expect(passed).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  test('a pool of one model has one mix and a scale all the same', () => {
    const { factors, mixCount } = dialScale(() => 'only');
    expect(mixCount).toBe(1);
    expect(factors).toHaveLength(11);
    expect(factors.at(-1)).toBe(0);
  });

  test('never rises, whatever the changes', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 200, noNaN: true })), (thresholds) => {
        const { factors } = dialScale(mixOf(thresholds));
        expect(factors).toHaveLength(11);
        expect(factors.every((factor, at) => at === 0 || factor <= (factors[at - 1] ?? 0))).toBe(true);
      }),
      { numRuns: 50 },
    );
  });
});
