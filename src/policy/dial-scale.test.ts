import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dialScale } from './dial-scale.ts';

/** Steps go to the ablest models from their own factor on, as a router sends them. */
const shareOf =
  (thresholds: readonly number[]) =>
  (factor: number): number =>
    thresholds.filter((threshold) => factor >= threshold).length / thresholds.length;
const even = Array.from({ length: 200 }, (_, at) => 100 * 0.95 ** at);

describe('dialScale', () => {
  test('every notch moves the same share on its side of the middle', () => {
    const factors = dialScale(shareOf(even))?.factors ?? [];
    const shares = factors.map(shareOf(even));
    for (const [notch, share] of shares.entries()) {
      if (notch > 0) expect((shares[notch - 1] ?? 0) - share).toBeGreaterThan(0.03);
    }
    expect(shares[0]).toBeGreaterThan(0.9);
    expect(shares[10]).toBeLessThan(0.1);
  });

  test('the middle is the price as the policy states it, where it leaves travel on both sides', () => {
    const dear = even.map((threshold) => threshold * 8);
    expect(dialScale(shareOf(dear))?.factors[5]).toBe(1);
    const cheap = even.map((threshold) => threshold / 30);
    const lopsided = dialScale(shareOf(cheap))?.factors ?? [];
    expect(lopsided[5]).toBeLessThan(1);
    expect(new Set(lopsided.map(shareOf(cheap))).size).toBeGreaterThanOrEqual(8);
  });

  test('a price that sends nearly all to the ablest leaves a middle that still tells steps apart', () => {
    const dear = even.map((threshold) => threshold / 60);
    const middle = dialScale(shareOf(dear))?.factors[5] ?? 0;
    expect(shareOf(dear)(middle)).toBeGreaterThan(0.3);
    expect(shareOf(dear)(middle)).toBeLessThan(0.45);
  });

  test('a pool in which nothing moves has no scale of its own', () => {
    expect(dialScale(() => 1)).toBeUndefined();
    expect(dialScale(() => 0)).toBeUndefined();
  });

  test('never rises, however unevenly the steps lie', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.002, max: 200, noNaN: true }), { minLength: 10, maxLength: 200 }),
        (thresholds) => {
          const factors = dialScale(shareOf(thresholds))?.factors ?? [];
          expect(factors).toHaveLength(11);
          expect(factors.every((factor, at) => at === 0 || factor <= (factors[at - 1] ?? 0))).toBe(true);
        },
      ),
      { numRuns: 50 },
    );
  });
});
