import fc from 'fast-check';
import { expect, test } from 'vitest';
import { likenessOf } from './alike-changes.ts';

const diff = (file: string, ...lines: readonly string[]): string =>
  [`--- a/${file}`, `+++ b/${file}`, '@@ -1,2 +1,2 @@', ' same', ...lines].join('\n');
const FIX = diff('src/sum.js', '-return a - b;', '+return a + b;');

test.each<readonly [string, string, string, 'identical' | 'near' | undefined]>([
  ['the same change', FIX, FIX, 'identical'],
  ['the same change in other spacing', FIX, diff('src/sum.js', '-return a - b;', '+  return  a + b;'), 'identical'],
  ['the same change with another test', FIX, `${FIX}\n${diff('test/sum.test.js', '+sum(1, 1);')}`, 'identical'],
  ['half of the lines', FIX, diff('src/sum.js', '-return a - b;', '+return a + b;', '+log();'), 'near'],
  ['a third of the lines', FIX, diff('src/sum.js', '+return a + b;', '+log();', '+more();'), undefined],
  ['another file', FIX, diff('src/other.js', '-return a - b;', '+return a + b;'), undefined],
  ['tests alone', diff('test/a.test.js', '+a'), diff('test/a.test.js', '+a'), undefined],
  ['docs alone', diff('README.md', '+a'), diff('README.md', '+a'), undefined],
  ['nothing', '', '', undefined],
])('%s', (_what, one, other, expected) => {
  expect(likenessOf(one, other)).toBe(expected);
  expect(likenessOf(other, one)).toBe(expected);
});

test('a change is identical to itself in any order, and never to one with a line more', () => {
  const line = fc.string({ minLength: 1, maxLength: 9, unit: fc.constantFrom('a', 'b', 'c') });
  fc.assert(
    fc.property(fc.uniqueArray(line, { minLength: 1, maxLength: 8 }), (lines) => {
      const added = lines.map((text) => `+${text}`);
      const change = diff('src/a.ts', ...added);
      expect(likenessOf(change, diff('src/a.ts', ...added.toReversed()))).toBe('identical');
      expect(likenessOf(change, diff('src/a.ts', ...added, '+x'))).not.toBe('identical');
    }),
  );
});
