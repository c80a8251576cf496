import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { declaredPart, STAKES_FACTORS, type NeedPart, type StepNeed } from '../domain/need.ts';
import { STEP_KINDS } from '../domain/step.ts';
import { agreedNeed, jointNeed } from './joint-need.ts';
import { pieceRatioOf, pricedDifficulty, sizeOf } from './step-sizes.ts';

const partOf = (count: number): fc.Arbitrary<NeedPart> =>
  fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: count, maxLength: count }).map((ratios) => {
    const sum = ratios.reduce((total, one) => total + one, 0);
    return { ratios: ratios.map((one) => one / sum), source: 'local-head' };
  });
const needs = fc
  .record({ kind: partOf(7), size: partOf(4), difficulty: partOf(5), stakes: partOf(3) })
  .map((parts): StepNeed => ({ v: 1, ...parts, origin: 'person', grounds: [] }));
const sum = (values: readonly number[]): number => values.reduce((total, one) => total + one, 0);

describe('parts of a need together', () => {
  test('every part stays a distribution, and what was declared stays as it was said', () => {
    fc.assert(
      fc.property(needs, fc.constantFrom(1, 2, 3, 4, 5), (need, difficulty) => {
        const agreed = agreedNeed({ ...need, difficulty: declaredPart('difficulty', difficulty as 1) });
        for (const part of [agreed.kind, agreed.size, agreed.difficulty, agreed.stakes])
          expect(sum(part.ratios)).toBeCloseTo(1, 9);
        expect(agreed.difficulty.ratios[difficulty - 1]).toBeCloseTo(1, 9);
        expect(agreed.kind).toEqual(need.kind);
      }),
    );
  });

  test('price of failure in one number per part is what all combinations cost together', () => {
    fc.assert(
      fc.property(needs, (need) => {
        // Any falling failure chance per difficulty.
        const failure = [0.01, 0.05, 0.2, 0.5, 0.8];
        let direct = 0;
        for (const [cell, ratio] of jointNeed(need).entries()) {
          const [d, s, z] = [Math.floor(cell / 12), Math.floor(cell / 4) % 3, cell % 4];
          const calls = [1, 3, 12, 40][z] ?? 1;
          const share = sum(
            STEP_KINDS.map((kind, index) => (need.kind.ratios[index] ?? 0) * pieceRatioOf(kind, calls)),
          );
          direct += ratio * (STAKES_FACTORS[s] ?? 1) * share * (failure[d] ?? 0);
        }
        const size = sizeOf({
          v: 1,
          text: '',
          kind: 'code',
          kindConfidenceRatio: 1,
          need,
          trigger: 'user',
          evidence: {} as never,
          structure: { plannedStepCount: undefined, artifactTokens: 0 } as never,
        });
        const stakes = sum(agreedNeed(need).stakes.ratios.map((ratio, index) => ratio * (STAKES_FACTORS[index] ?? 1)));
        const failed = sum(pricedDifficulty(need).map((ratio, index) => ratio * (failure[index] ?? 0)));
        expect(stakes * (size.pieceRatio ?? 1) * failed).toBeCloseTo(direct, 9);
      }),
    );
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
