import fc from 'fast-check';
import { expect, test } from 'vitest';
import { literalPattern } from './literal-pattern.ts';

test.each(['', 'g', 'i', 's', 'u', 'iu', 'gu', 'v'])('a text matches itself, whole, under the flags "%s"', (flags) => {
  const signs = fc.constantFrom(...Array.from('\\^$.*+?()[]{}|/-,#&~= \n\t_9aZé字\u{1F600}'));
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: signs })), (text) => {
      expect(new RegExp(`^${literalPattern(text)}$`, flags).exec(text)?.[0]).toBe(text);
    }),
  );
});

test('nothing in a text is syntax', () => {
  expect(new RegExp(`^${literalPattern('a.c')}$`, 'u').test('abc')).toBe(false);
  expect(new RegExp(`^${literalPattern('run-AddsPairs')}$`, 'iu').test('run-addspairs')).toBe(true);
});
