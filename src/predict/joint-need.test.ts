import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StepSize } from '../domain/forecast.ts';
import {
  declaredPart,
  type Difficulty,
  type FailurePrices,
  type NeedPart,
  type NeedSize,
  type Stakes,
  type StepNeed,
} from '../domain/need.ts';
import { STEP_KINDS, type StepKind } from '../domain/step.ts';
import { agreedNeed, type JointNeed, jointNeed } from './joint-need.ts';
import { KIND_SIZES, pieceRatioOf, sizeOf, successNeed } from './step-sizes.ts';

const partOf = (count: number): fc.Arbitrary<NeedPart> =>
  fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: count, maxLength: count }).map((ratios) => {
    const sum = ratios.reduce((total, one) => total + one, 0);
    return { ratios: ratios.map((one) => one / sum), source: 'local-head' };
  });
const needs = fc
  .record({ kind: partOf(7), size: partOf(4), difficulty: partOf(5), stakes: partOf(3) })
  .map((parts): StepNeed => ({ v: 1, ...parts, origin: 'person', grounds: [] }));
const sum = (values: readonly number[]): number => values.reduce((total, one) => total + one, 0);

function declared([kind, size, difficulty, stakes]: readonly [StepKind, NeedSize, Difficulty, Stakes]): StepNeed {
  return {
    v: 1,
    kind: declaredPart('kind', kind),
    size: declaredPart('size', size),
    difficulty: declaredPart('difficulty', difficulty),
    stakes: declaredPart('stakes', stakes),
    origin: 'person',
    grounds: [],
  };
}

/** Visits every combination with its probability; values count from 0. */
function eachCombination(
  joint: JointNeed,
  visit: (ratio: number, kind: number, difficulty: number, stakes: number, size: number) => void,
): void {
  for (const [cell, ratio] of joint.entries())
    visit(ratio, Math.floor(cell / 60), Math.floor(cell / 12) % 5, Math.floor(cell / 4) % 3, cell % 4);
}

/** Calls that sizes stand for. */
const CALLS = [1, 3, 12, 40] as const;

function sizeFor(need: StepNeed, prices: FailurePrices): StepSize {
  const features = {
    v: 1,
    text: '',
    kind: 'code',
    kindConfidenceRatio: 1,
    need,
    trigger: 'user',
    evidence: {} as never,
    structure: { plannedStepCount: undefined, artifactTokens: 0 } as never,
  } as const;
  return sizeOf(features, undefined, prices);
}

describe('parts of a need together', () => {
  test('every part stays a distribution, and what was declared stays as it was said', () => {
    fc.assert(
      fc.property(needs, fc.constantFrom(1, 2, 3, 4, 5), (need, difficulty) => {
        const agreed = agreedNeed({ ...need, difficulty: declaredPart('difficulty', difficulty as 1) });
        for (const part of [agreed.kind, agreed.size, agreed.difficulty, agreed.stakes])
          expect(sum(part.ratios)).toBeCloseTo(1, 9);
        expect(agreed.difficulty.ratios[difficulty - 1]).toBeCloseTo(1, 9);
      }),
    );
  });

  test('what is wholly declared is wholly believed', () => {
    const agreed = agreedNeed(declared(['summarize', 'long', 5, 3]));
    expect(agreed.kind.ratios[STEP_KINDS.indexOf('summarize')]).toBeCloseTo(1, 9);
    expect([agreed.size.ratios[3], agreed.difficulty.ratios[4], agreed.stakes.ratios[2]].map(Number)).toEqual([
      1, 1, 1,
    ]);
  });

  test('price of failure in one number per part is what all combinations cost together, at any policy’s prices', () => {
    const amounts = (count: number): fc.Arbitrary<number[]> =>
      fc.array(fc.double({ min: 0.1, max: 50, noNaN: true }), { minLength: count, maxLength: count });
    fc.assert(
      fc.property(needs, amounts(7), amounts(3), (need, kinds, stakes) => {
        // Any falling failure chance per difficulty.
        const failure = [0.01, 0.05, 0.2, 0.5, 0.8];
        let direct = 0;
        eachCombination(jointNeed(need), (ratio, k, d, s, z) => {
          const share = pieceRatioOf(STEP_KINDS[k] ?? 'other', CALLS[z] ?? 1);
          direct += ratio * (kinds[k] ?? 0) * (stakes[s] ?? 0) * share * (failure[d] ?? 0);
        });
        const prices = { kinds, stakes };
        const agreed = agreedNeed(need);
        const mean = (ratios: readonly number[], weights: readonly number[]): number =>
          sum(ratios.map((ratio, index) => ratio * (weights[index] ?? 0)));
        const failed = sum(successNeed(need, prices).map((row) => mean(row, failure)));
        const priced = mean(agreed.kind.ratios, kinds) * mean(agreed.stakes.ratios, stakes);
        expect(priced * (sizeFor(need, prices).pieceRatio ?? 1) * failed).toBeCloseTo(direct, 6);
      }),
    );
  });

  test('how unsure the calls are is said beside how many are expected; of a declared size nothing is', () => {
    const prices = { kinds: STEP_KINDS.map(() => 1), stakes: [1, 3, 10] };
    fc.assert(
      fc.property(needs, (need) => {
        let [calls, squares] = [0, 0];
        eachCombination(jointNeed(need), (ratio, _k, _d, _s, z) => {
          calls += ratio * (CALLS[z] ?? 0);
          squares += ratio * (CALLS[z] ?? 0) ** 2;
        });
        expect(sizeFor(need, prices).callSquareRatio).toBeCloseTo(squares / calls ** 2, 6);
      }),
    );
    expect(sizeFor(declared(['code', 'many', 3, 1]), prices).callSquareRatio).toBeUndefined();
  });

  test('a call is as big as the calls of each kind that it may be of', () => {
    const prices = { kinds: STEP_KINDS.map(() => 1), stakes: [1, 3, 10] };
    fc.assert(
      fc.property(needs, (need) => {
        let [calls, newTokens, outputTokens] = [0, 0, 0];
        eachCombination(jointNeed(need), (ratio, k, _d, _s, z) => {
          const count = ratio * (CALLS[z] ?? 0);
          const { newTokensPerCall, outputTokensPerCall } = KIND_SIZES[STEP_KINDS[k] ?? 'other'];
          calls += count;
          newTokens += count * newTokensPerCall;
          outputTokens += count * outputTokensPerCall;
        });
        const size = sizeFor(need, prices);
        expect(size.newTokensPerCall).toBeCloseTo(newTokens / calls, 6);
        expect(size.outputTokensPerCall).toBeCloseTo(outputTokens / calls, 6);
      }),
    );
  });

  test('a policy’s own stakes factors move what a step that may be grave is judged by', () => {
    const need: StepNeed = {
      ...declared(['code', 'few', 2, 1]),
      difficulty: { ratios: [0.5, 0.2, 0.1, 0.1, 0.1], source: 'local-head' },
      stakes: { ratios: [0.8, 0.1, 0.1], source: 'local-head' },
    };
    const hardAt = (stakes: readonly number[]): number => {
      const cells = successNeed(need, { kinds: STEP_KINDS.map(() => 1), stakes });
      return sum(cells.map((row) => (row[3] ?? 0) + (row[4] ?? 0)));
    };
    expect(hardAt([1, 1, 100])).toBeGreaterThan(hardAt([1, 3, 10]) + 0.02);
    expect(hardAt([1, 1, 1])).toBeLessThan(hardAt([1, 3, 10]) - 0.02);
  });

  test('no reading, however sure, rules out that it missed a hard and grave step', () => {
    const sure: StepNeed = {
      ...declared(['code', 'one', 1, 1]),
      difficulty: { ratios: [1, 0, 0, 0, 0], source: 'local-head' },
      stakes: { ratios: [1, 0, 0], source: 'local-encoder' },
      size: { ratios: [1, 0, 0, 0], source: 'local-head' },
    };
    let hardAndGrave = 0;
    eachCombination(jointNeed(sure), (ratio, _k, d, s) => (hardAndGrave += d >= 3 && s === 2 ? ratio : 0));
    expect(hardAndGrave).toBeGreaterThan(0.001);
    expect(hardAndGrave).toBeLessThan(0.03);
  });

  test('a stray chance of harm makes an easy step less dear than a hard one with the same stray chance', () => {
    const stray: NeedPart = { ratios: [0.7, 0.2, 0.1], source: 'local-head' };
    const at = (difficulty: 1 | 4): number => {
      const need: StepNeed = {
        v: 1,
        kind: declaredPart('kind', 'code'),
        size: declaredPart('size', 'few'),
        difficulty: declaredPart('difficulty', difficulty),
        stakes: stray,
        origin: 'person',
        grounds: [],
      };
      return agreedNeed(need).stakes.ratios[2] ?? 0;
    };
    expect(at(1)).toBeLessThan(0.1);
    expect(at(4)).toBeGreaterThan(0.1);
  });
});
