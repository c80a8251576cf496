import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadBearingWords } from './load-bearing-words.ts';

const same = (one: string, other: string): boolean => {
  const words = loadBearingWords(one);
  return words !== undefined && words === loadBearingWords(other);
};

describe('one request in two wordings', () => {
  test.each([
    ['What is the capital of France?', 'what is the capital of France'],
    ['What is the capital of France?', "What's the capital of France?"],
    ['What is the capital of France?', 'Hello! Could you please What is capital of France? Thanks!'],
    ['Sort the list.', 'Please sort the list. Thank you very much.'],
    ['I want you to sort a list', 'sort  the\nlist'],
    ['Help me write an essay', 'help me to write essay.'],
    ['Why do cats not swim?', "Why don't cats swim?".replace("don't cats", 'do cats not')],
    ['It is cold. The sea is not.', "It's cold. the sea isn't"],
  ])('%j and %j', (one, other) => expect(same(one, other)).toBe(true));
});

describe('another request', () => {
  test.each([
    ['Add 2 and 3', 'Add 2 and 4'],
    ['Add 1,000', 'Add 1, 000'],
    ['Is this safe?', 'Is this not safe?'],
    ['Convert EUR to USD', 'Convert USD to EUR'],
    ['Find the maximum', 'Find the minimum'],
    ['Swim', 'Can you swim?'],
    ['world in Python', 'Hello world in Python'],
    ['翻译：thank you', '翻译：thank you very much'],
    ['Translate "the dog"', 'Translate "a dog"'],
    ['Correct this: he go', 'Correct this: he go.'],
    ['What does US mean?', 'What does us mean?'],
    ['How do I make polish?', 'How do I make Polish?'],
    ['x > y', 'x < y'],
    ['naïve', 'naive'],
  ])('%j and %j', (one, other) => expect(same(one, other)).toBe(false));
});

test.each(['', '   ', 'a', 'if x:\n  y()', 'a\tb', '```js\nx\n```', 'a | b', 'x'.repeat(2001)])(
  '%j has no words to compare by',
  (text) => expect(loadBearingWords(text)).toBeUndefined(),
);

test('any two texts that share their words share every number and every word of four letters or more', () => {
  const word = fc.constantFrom(
    'the',
    'a',
    'Please',
    'Sort',
    'not',
    '3',
    '4.5',
    'lists',
    'thanks',
    'France',
    ',',
    '.',
    '?',
  );
  const text = fc.array(word, { maxLength: 8 }).map((words) => words.join(' '));
  const kept = (from: string): readonly string[] =>
    [...from.matchAll(/[\p{L}\p{N}.]{3,}|\d|not/gu)]
      .map(([found]) => found.toLowerCase())
      .filter((found) => !['the', 'please', 'thanks'].includes(found));
  fc.assert(
    fc.property(text, text, (one, other) => {
      fc.pre(same(one, other));
      expect(kept(one)).toEqual(kept(other));
    }),
    { numRuns: 300, maxSkipsPerRun: 10_000 },
  );
});

test('no text makes it slow or fail', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 3000 }), (text) => {
      const words = loadBearingWords(text);
      expect(words === undefined || words.length > 0).toBe(true);
    }),
  );
  expect(loadBearingWords('please '.repeat(285))).toBeDefined();
  expect(loadBearingWords(`hello${' '.repeat(1900)}x`)).toBeDefined();
});
