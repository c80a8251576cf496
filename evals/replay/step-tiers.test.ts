import { expect, test } from 'vitest';
import { tierScores } from './step-tiers.ts';

const COST = [1, 3, 6, 10] as const;

function step(trajectory: string, needed: number, given: number): Parameters<typeof tierScores>[0][number] {
  return { trajectory, needed, given, cost: COST[given] ?? 0, costAtTop: 10 };
}

test('by hand: two trajectories, one of which fails at its second step', () => {
  // a passes: 10 − 1 and 10 − 10 saved. b fails: −3 and −1. Rows 3 of 4 pass, 2 of 4 are exact, 1 of 2 trajectories.
  const scores = tierScores([step('a', 0, 0), step('a', 3, 3), step('b', 0, 1), step('b', 3, 0)]);
  expect(scores).toEqual({
    rowPass: 0.75,
    exact: 0.5,
    trajectoryPass: 0.5,
    costSave: 1 - 15 / 40,
    costSaveFailureAware: 5 / 40,
    combined: (0.75 + 0.5 + 0.5 + 0.125) / 4,
  });
});

test('always the highest tier saves exactly nothing and fails nowhere', () => {
  const scores = tierScores([step('a', 0, 3), step('a', 3, 3), step('b', 1, 3)]);
  expect(scores).toMatchObject({ rowPass: 1, trajectoryPass: 1, costSaveFailureAware: 0, costSave: 0 });
});

test('always the lowest tier loses where everything fails, although it is cheap', () => {
  expect(tierScores([step('a', 1, 0), step('b', 3, 0)])).toMatchObject({
    costSave: 0.9,
    costSaveFailureAware: -0.1,
    rowPass: 0,
  });
});

test('no steps, no scores', () => expect(tierScores([])).toBeUndefined());
