import { describe, expect, test } from 'vitest';
import { strongWeakCurve } from '../learn/metrics-strong-weak.ts';
import { averageImprovement, routerArenaScore } from './quality-curves.ts';

describe('gap recovered', () => {
  test('its mean and its thresholds, by hand: four rows, strong helps on two, ranked first and third', () => {
    // Recovered after 0…4 strong calls: 0, ½, ½, 1, 1. Trapezoids: (¼ + ½ + ¾ + 1) / 4 = 0.625.
    const curve = strongWeakCurve([0.9, 0.8, 0.7, 0.1], [1, 1, 1, 1], [0, 1, 0, 1]);
    expect(curve.apgr).toBeCloseTo(0.625, 12);
    expect([curve.cpt50, curve.cpt80]).toEqual([0.25, 0.75]);
  });
});

describe('average improvement', () => {
  test('by hand: from (1, 0.4) to (3, 0.8), with a point below the hull', () => {
    // One trapezoid: (0.4 + 0.8) / 2.
    const points = [
      { cost: 1, quality: 0.4 },
      { cost: 2, quality: 0.5 },
      { cost: 3, quality: 0.8 },
    ];
    expect(averageImprovement(points)).toBeCloseTo(0.6, 12);
    expect(averageImprovement(points.toReversed())).toBeCloseTo(0.6, 12);
  });

  test('by hand: a point above the line lifts the hull, a dear bad one does not lower it', () => {
    // (1, 0.4) → (2, 0.8): 0.6; then flat at 0.8 for two: 1.6. Over a range of three.
    const points = [
      { cost: 1, quality: 0.4 },
      { cost: 2, quality: 0.8 },
      { cost: 4, quality: 0.5 },
    ];
    expect(averageImprovement(points)).toBeCloseTo(2.2 / 3, 12);
  });

  test('by hand: what cannot be afforded counts nothing, and a wider range goes on flat', () => {
    const one = [{ cost: 2, quality: 0.5 }];
    expect(averageImprovement(one, { min: 0, max: 4 })).toBeCloseTo(0.25, 12);
    expect(averageImprovement(one)).toBe(0.5);
    expect(averageImprovement([])).toBe(0);
  });
});

describe('the score of RouterArena', () => {
  test('gives its published values', () => {
    expect(routerArenaScore(0.6901, 0.0475)).toBeCloseTo(0.6973, 4);
    expect(routerArenaScore(0.5234, 0.176)).toBeCloseTo(0.5332, 4);
  });

  test('is 0 at the dearest and for nothing right, and counts costs outside the bounds as the bound', () => {
    expect(routerArenaScore(1, 200)).toBe(0);
    expect(routerArenaScore(0, 1)).toBe(0);
    expect(routerArenaScore(1, 0)).toBe(1);
  });
});
