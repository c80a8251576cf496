import { describe, expect, test } from 'vitest';
import {
  DIFFICULTIES,
  declaredPart,
  likeliestOf,
  meanOf,
  NEED_PARTS,
  NEED_SIZES,
  NEED_VALUES,
  STAKES,
  type Difficulty,
  type NeedSize,
  type Stakes,
  type StepNeed,
} from './need.ts';

const need: StepNeed = {
  v: 1,
  kind: { ratios: [0.1, 0.5, 0.1, 0.1, 0.1, 0.05, 0.05], source: 'local-head' },
  size: { ratios: [0.25, 0.25, 0.25, 0.25], source: 'local-head' },
  difficulty: declaredPart('difficulty', 4),
  stakes: { ratios: [0.2, 0.3, 0.5], source: 'local-encoder' },
  origin: 'person',
  grounds: ['words'],
};

describe('what a step needs', () => {
  test('says the likeliest value and how likely it is, the first of equals', () => {
    expect(likeliestOf(need, 'kind')).toEqual({ value: 'code', ratio: 0.5 });
    expect(likeliestOf(need, 'size')).toEqual({ value: 'one', ratio: 0.25 });
    expect(likeliestOf(need, 'stakes')).toEqual({ value: 3, ratio: 0.5 });
  });

  test('is certain of what somebody declared', () => {
    expect(likeliestOf(need, 'difficulty')).toEqual({ value: 4, ratio: 1 });
    expect(need.difficulty.source).toBe('declared');
  });

  test('has a probability for each value of each part', () => {
    const size: NeedSize | undefined = NEED_SIZES[0];
    const difficulty: Difficulty | undefined = DIFFICULTIES.at(-1);
    const stakes: Stakes | undefined = STAKES.at(-1);
    expect([size, difficulty, stakes]).toEqual(['one', 5, 3]);
    for (const part of NEED_PARTS) expect(need[part].ratios).toHaveLength(NEED_VALUES[part].length);
  });

  test('weighs a number per value by how likely the value is', () => {
    expect(meanOf(need.stakes, [0.5, 1, 3])).toBeCloseTo(0.1 + 0.3 + 1.5);
  });
});
