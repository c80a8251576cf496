import { describe, expect, test } from 'vitest';
import { clusterInterval, type ClusterSum } from './cluster-interval.ts';
import { runningBounds } from './running-bounds.ts';
import { seededRandom } from './seeded-random.ts';

/** Heavy tails: e to a normal, with mean 1. */
function heavy(random: () => number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Math.exp(normal - 0.5);
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

test('running bounds are wrong seldom, though somebody looks after every row', () => {
  const random = seededRandom(5);
  let wrong = 0;
  for (let stream = 0; stream < 200; stream += 1) {
    const values: number[] = [];
    for (let row = 0; row < 400; row += 1) {
      values.push(heavy(random) - 1);
      if (row >= 60 && row % 10 === 0 && runningBounds(values, { level: 0.05, tightestAt: 200 }).low > 0) {
        wrong += 1;
        break;
      }
    }
  }
  expect(wrong).toBeLessThanOrEqual(10);
});
