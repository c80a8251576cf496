import { expect, test } from 'vitest';
import { declaredPart, type StepNeed } from '../../domain/need.ts';
import type { StepKind } from '../../domain/step.ts';
import { followedNeed } from './follow-up.ts';

function need(kind: StepKind, size: 'one' | 'many', difficulty: 1 | 4): StepNeed {
  return {
    v: 1,
    kind: declaredPart('kind', kind),
    size: declaredPart('size', size),
    difficulty: declaredPart('difficulty', difficulty),
    stakes: declaredPart('stakes', difficulty === 4 ? 3 : 1),
    origin: 'person',
    grounds: ['words'],
  };
}

test('work that goes on is of the kind, size, difficulty and stakes that it was', () => {
  const [read, before] = [need('other', 'one', 1), need('code', 'many', 4)];
  const follows = followedNeed(read, before);
  for (const part of ['kind', 'size', 'difficulty', 'stakes'] as const) {
    expect(follows[part]).toEqual({ ratios: before[part].ratios, source: 'followed' });
  }
  expect(follows.grounds).toEqual(['follow-up']);
});

test('what follows an approved plan is as hard and grave as the plan, of the kind and size that is read', () => {
  const [read, plan] = [need('code', 'many', 1), need('plan', 'one', 4)];
  const follows = followedNeed(read, plan);
  expect([follows.kind, follows.size]).toEqual([read.kind, read.size]);
  expect(follows.difficulty.ratios).toEqual(plan.difficulty.ratios);
  expect(follows.stakes.ratios).toEqual(plan.stakes.ratios);
});
