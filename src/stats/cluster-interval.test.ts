import { describe, expect, test } from 'vitest';
import { clusterInterval, type ClusterSum } from './cluster-interval.ts';
import { runningBounds } from './running-bounds.ts';
import { seededRandom } from './seeded-random.ts';

/** Heavy tails: e to a normal, with mean 1. */
function heavy(random: () => number, spread = 1): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Math.exp(spread * normal - spread ** 2 / 2);
}

describe('an interval over clusters', () => {
  test('covers what is true in about 95 of 100 streams whose rows hang together and have heavy tails', () => {
    const random = seededRandom(3);
    let covered = 0;
    for (let stream = 0; stream < 200; stream += 1) {
      const clusters: ClusterSum[] = Array.from({ length: 120 }, () => {
        const rows = 1 + Math.floor(random() * 6);
        const shared = heavy(random);
        return { over: rows * shared, under: rows };
      });
      const { low, high } = clusterInterval(clusters, stream);
      if (low <= 1 && 1 <= high) covered += 1;
    }
    expect(covered).toBeGreaterThanOrEqual(180);
    expect(covered).toBeLessThan(200);
  });

  test('says nothing of fewer than five', () => {
    expect(clusterInterval([{ over: 1, under: 1 }], 1)).toEqual({ low: -Infinity, high: Infinity });
  });
});

describe('running bounds', () => {
  test.each([
    ['below', 1],
    ['above', -1],
  ])('are wrong %s seldom, though somebody looks all the time', (_, sign) => {
    const random = seededRandom(5);
    let wrong = 0;
    for (let stream = 0; stream < 200; stream += 1) {
      const values: number[] = [];
      for (let row = 0; row < 1000; row += 1) {
        values.push(sign * (heavy(random, 0.5) - 1));
        if (row >= 50 && row % 10 === 0 && runningBounds(values, { level: 0.05, tightestAt: 400 }).low > 0) {
          wrong += 1;
          break;
        }
      }
    }
    expect(wrong).toBeLessThanOrEqual(10);
  });

  test('end where something is there', () => {
    const random = seededRandom(7);
    const values = Array.from({ length: 800 }, () => heavy(random) - 1 + 0.3);
    expect(runningBounds(values, { level: 0.05, tightestAt: 800 }).low).toBeGreaterThan(0);
  });
});
