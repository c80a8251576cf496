import { expect, test } from 'vitest';
import { toNanoUsd } from '../domain/money.ts';
import { decide } from '../router/decide.ts';
import { aDecideInput, aPolicy } from '../testing/decision-builders.ts';
import { aStepRecord } from '../testing/record-builders.ts';
import { effectOf } from './policy-effect.ts';
import type { Decide } from './pool-dial.ts';

test('the bill of a step is that of its first try, and of the checks and second tries that are planned with it', async () => {
  const steps = [aStepRecord({ input: aDecideInput() }), aStepRecord({ input: aDecideInput() })];
  const withLadder =
    (nano: number): Decide =>
    (input) => {
      const decision = decide(input);
      return {
        ...decision,
        candidates: decision.candidates.map((row) => ({ ...row, ladderNanoUsd: toNanoUsd(nano) })),
      };
    };
  const plain = await effectOf(steps, aPolicy(), withLadder(0));
  const checked = await effectOf(steps, aPolicy(), withLadder(700));
  expect(plain).toMatchObject({ stepCount: 2, refusedCount: 0 });
  expect(checked.billNanoUsd - plain.billNanoUsd).toBe(1400);
});
