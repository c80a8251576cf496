import { describe, expect, test } from 'vitest';
import { declaredPart, type Stakes, type StepNeed } from '../domain/need.ts';
import type { StepKind } from '../domain/step.ts';
import { aPolicy, aStepSize } from '../testing/decision-builders.ts';
import { stepFailureNanoUsd } from './dial.ts';

const policy = aPolicy({ dial: 5 });
const needOf = (kind: StepKind, stakes: Stakes): StepNeed => ({
  v: 1,
  kind: declaredPart('kind', kind),
  size: declaredPart('size', 'few'),
  difficulty: declaredPart('difficulty', 3),
  stakes: declaredPart('stakes', stakes),
  origin: 'person',
  grounds: [],
});

describe('price of a failed step', () => {
  test.each([
    [1, 1],
    [2, 3],
    [3, 10],
  ] as const)('at stakes %i it is %i times the kind’s', (stakes, factor) => {
    const step = { kind: 'code', need: needOf('code', stakes), size: aStepSize() } as const;
    expect(stepFailureNanoUsd(policy, step)).toBe(factor * policy.failureNanoUsd.code);
  });

  test('a policy says what its stakes multiply', () => {
    const own = aPolicy({ dial: 5, stakesFactors: [1, 2, 50] });
    const step = { kind: 'code', need: needOf('code', 3), size: aStepSize() } as const;
    expect(stepFailureNanoUsd(own, step)).toBe(50 * own.failureNanoUsd.code);
  });

  test('it is charged in the share of a whole piece of work that the step is', () => {
    const step = { kind: 'code', need: needOf('code', 1), size: aStepSize({ pieceRatio: 0.25 }) } as const;
    expect(stepFailureNanoUsd(policy, step)).toBe(0.25 * policy.failureNanoUsd.code);
  });

  test('kind and stakes that are in doubt are weighed by how likely they are', () => {
    const code = needOf('code', 1);
    const doubt = {
      ...code,
      kind: { ratios: [0, 0.5, 0, 0, 0.5, 0, 0], source: 'local-head' },
      stakes: { ratios: [0.5, 0.5, 0], source: 'local-head' },
    } as const;
    const { code: dear, summarize: cheap } = policy.failureNanoUsd;
    expect(stepFailureNanoUsd(policy, { kind: 'code', need: doubt, size: aStepSize() })).toBeCloseTo(
      ((dear + cheap) / 2) * 2,
      3,
    );
  });

  test('a step of which only the kind is known has the lowest stakes', () => {
    expect(stepFailureNanoUsd(policy, { kind: 'review', size: aStepSize() })).toBe(policy.failureNanoUsd.review);
  });
});
