import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { didYouMean, nearest } from './nearest.ts';

describe('nearest', () => {
  test('ignores case and punctuation, prefers fewer edits', () => {
    expect(nearest('Opus_5.5', ['opus-4-8', 'opus-5-5', 'haiku-4-5'])[0]).toBe('opus-5-5');
    expect(nearest('gtp-6-sol', ['gpt-5.6-sol', 'gpt-6-sol'])[0]).toBe('gpt-6-sol');
    expect(nearest('budgetUSD', ['budget', 'budgetUsd'])[0]).toBe('budgetUsd');
  });

  test('says nothing where nothing is near', () => {
    expect(nearest('zebra', ['balanced', 'thrifty'])).toEqual([]);
    expect(didYouMean('zebra', ['balanced'])).toBe('');
    expect(didYouMean('blanced', ['balanced'])).toBe(' Did you mean "balanced"?');
  });

  test('a hostile word costs little and never throws', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string()), (word, known) => {
        for (const found of nearest(word, known)) expect(known).toContain(found);
      }),
    );
    expect(nearest('a'.repeat(1_000_000), ['abc'])).toEqual([]);
  });
});
