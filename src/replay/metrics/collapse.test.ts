import { expect, test } from 'vitest';
import { collapseIndex, pickEntropy } from './collapse.ts';

const pick = (isStrongest: boolean, cheaperSufficed: boolean): { isStrongest: boolean; cheaperSufficed: boolean } => ({
  isStrongest,
  cheaperSufficed,
});

test('by hand: of four steps for which a cheaper model was enough, one went to the strongest', () => {
  const picks = [pick(true, true), pick(false, true), pick(false, true), pick(false, true), pick(true, false)];
  expect(collapseIndex(picks)).toBe(0.25);
});

test('picking the strongest where it is needed is no collapse, and nothing to waste is no result', () => {
  expect(collapseIndex([pick(true, false), pick(false, true)])).toBe(0);
  expect(collapseIndex([pick(true, false)])).toBeUndefined();
});

test('by hand: entropy of 1, 1, 2 over three models', () => {
  // ¼·2 + ¼·2 + ½·1 = 1.5 bits of log₂ 3.
  expect(pickEntropy([1, 1, 2])).toBeCloseTo(1.5 / Math.log2(3), 12);
  expect(pickEntropy([5, 0])).toBe(0);
  expect(pickEntropy([3, 3])).toBe(1);
  expect(pickEntropy([3])).toBeUndefined();
  expect(pickEntropy([0, 0])).toBeUndefined();
});
