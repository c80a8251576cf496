import { describe, expect, test } from 'vitest';
import type { StepKind } from '../../domain/step.ts';
import { sameRatioOf } from './same-ratio.ts';

const repeated = (kinds: readonly StepKind[], count: number): readonly StepKind[] =>
  Array.from({ length: count }, (_, index) => kinds[index % kinds.length] ?? 'other');

describe('how much to expect more of the same', () => {
  test('nothing seen: both guesses are as good', () => expect(sameRatioOf([])).toBe(0.5));

  test('kinds that take turns: the chain is right each time, the same kind every other time', () => {
    const ratio = sameRatioOf([repeated(['explore', 'code'], 400)]);
    expect(ratio).toBeGreaterThan(0.3);
    expect(ratio).toBeLessThan(0.36);
  });

  test('kinds in a round of five never repeat in four steps: hardly at all', () => {
    expect(sameRatioOf([repeated(['plan', 'code', 'test', 'review', 'summarize'], 400)])).toBeLessThan(0.02);
  });

  test('one kind throughout: both guesses are right and weigh alike', () => {
    expect(sameRatioOf([repeated(['other'], 200)])).toBeCloseTo(0.5);
  });

  test('the chain is judged by what others taught it, so that a habit of one half alone earns nothing', () => {
    const halves = Array.from({ length: 10 }, (_, index) =>
      repeated(index % 2 === 0 ? ['plan', 'review'] : ['explore', 'test'], 40),
    );
    // The chain of the other half knows none of these kinds: it guesses, and the same kind is right every other time.
    expect(sameRatioOf(halves)).toBeGreaterThan(0.6);
  });
});
