import { expect, test } from 'vitest';
import { headroom } from './headroom.ts';

const task = (a: readonly boolean[], b: readonly boolean[]): ReadonlyMap<string, readonly boolean[]> =>
  new Map([
    ['a', a],
    ['b', b],
  ]);

test('systems that are each sure of their own half: hindsight is all skill', () => {
  const tasks = [task([true, true], [false, false]), task([false, false], [true, true])];
  expect(headroom(tasks)).toEqual({ taskCount: 2, singleScore: 0.5, oracleScore: 1, noiseAwareScore: 1 });
});

test('two coins: the oracle picks the luckier one, and held-out runs show that it was luck', () => {
  const tasks = [task([true, false], [false, false]), task([false, true], [false, true])];
  const { oracleScore, noiseAwareScore } = headroom(tasks);
  expect(oracleScore).toBe(0.5);
  // Task 1: run 0 held: both look alike by run 1, half a hit; run 1 held: a by run 0, a miss. Task 2: a miss, then half of two hits.
  expect(noiseAwareScore).toBeCloseTo((0.25 + 0.5) / 2);
});
