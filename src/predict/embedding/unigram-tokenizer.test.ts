import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createUnigramTokenizer, type Vocabulary } from './unigram-tokenizer.ts';
import { createWordPieceTokenizer } from './wordpiece-tokenizer.ts';

const reserved: Vocabulary = ['?', '<s>', '</s>', 'a1', 'a2', 'a3'].map((piece) => [piece, 0] as const);
const vocabulary: Vocabulary = [
  ...reserved,
  ['\u2581', -4],
  ['\u2581re', -3],
  ['d', -2],
  ['\u2581red', -6],
  ['de', -2],
  ['r', -2],
  ['e', -2.5],
];
const tokenizer = createUnigramTokenizer(vocabulary);

describe('unigram tokenizer', () => {
  test('takes the most probable pieces, not the longest', () => {
    expect(tokenizer.encode('red')).toEqual([7, 8]);
    expect(tokenizer.encode('redder')).toEqual([7, 8, 10, 11]);
  });

  test('neighbouring unknown characters are one id', () => {
    expect(tokenizer.encode('xyz red')).toEqual([6, 0, 7, 8]);
  });

  test('spaces, case of width and broken halves are normalised; nothing gives nothing', () => {
    expect(tokenizer.encode('  \n\t ')).toEqual([]);
    expect(tokenizer.encode('ｒｅｄ')).toEqual(tokenizer.encode('red'));
    expect(tokenizer.encode('\uD800')).toEqual([6, 0]);
  });

  test('never throws and gives at most one id a character and one for the start', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        expect(tokenizer.encode(text).length).toBeLessThanOrEqual(text.normalize('NFKC').length + 1);
      }),
      { numRuns: 40 },
    );
  });
});

describe('WordPiece tokenizer', () => {
  const pieces = createWordPieceTokenizer({
    vocabulary: { '[UNK]': 0, '[CLS]': 1, '[SEP]': 2, red: 3, '##der': 4, '##d': 5, '!': 6 },
    lowercase: true,
    unknown: '[UNK]',
    first: '[CLS]',
    last: '[SEP]',
  });

  test('takes the longest known piece from the left, and unknown words whole', () => {
    expect(pieces.encode('Redder! blue')).toEqual([1, 3, 4, 6, 0, 2]);
    expect(pieces.encode('')).toEqual([]);
  });

  test('an endless word costs nothing', () => {
    expect(pieces.encode('a'.repeat(1_000_000))).toEqual([1, 0, 2]);
  });
});
