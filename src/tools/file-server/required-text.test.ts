import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { decodeText } from './file-text.ts';
import { requiredText } from './required-text.ts';
import { searchText } from './search-files.ts';

let folder: string | undefined;
afterEach(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  folder = undefined;
});

test.each([
  ['needle', 'needle'],
  [String.raw`def \w+_total\b`, '_total'],
  ['colou?r: red', 'r: red'],
  ['ab*c{2}de', 'de'],
  ['[abc]def+gh', 'def'],
  [String.raw`a\.bcd$`, 'bcd'],
  ['one|two', ''],
  ['(one)?two', ''],
  [String.raw`\x6eeedle`, ''],
  ['größe', 'gr'],
])('%s needs "%s"', (pattern, text) => {
  expect(requiredText(pattern)).toBe(text);
});

const piece = fc.constantFrom(
  'a',
  'b',
  'ab',
  'é',
  ' ',
  '.',
  '\\.',
  '\\w',
  '\\b',
  '[ab]',
  '[^a]',
  '(ab)',
  '(?:a|b)',
  '|',
  '^',
  '$',
  '\\x61',
);
const quantifier = fc.constantFrom('', '', '', '*', '+', '?', '{0}', '{1,2}', '*?', '??');
const pattern = fc
  .array(
    fc.tuple(piece, quantifier).map((both) => both.join('')),
    { minLength: 1, maxLength: 6 },
  )
  .map((pieces) => pieces.join(''))
  .filter(isPattern);
const line = fc
  .array(fc.constantFrom('a', 'b', 'é', ' ', '.', 'aa', 'abab'), { maxLength: 8 })
  .map((all) => all.join(''));

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, 'u') instanceof RegExp;
  } catch {
    return false;
  }
}

test('whatever matches holds what is needed', () => {
  fc.assert(
    fc.property(pattern, line, (source, text) => {
      if (new RegExp(source, 'u').test(text)) expect(text).toContain(requiredText(source));
    }),
    { numRuns: 2000 },
  );
});

const ENCODINGS = {
  utf8: (text: string) => Buffer.from(text),
  latin1: (text: string) => Buffer.from(text, 'latin1'),
  mark: (text: string) => Buffer.from(`\uFEFF${text}`),
  wide: (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le'),
  swapped: (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le').swap16(),
  binary: (text: string) => Buffer.from(`\0${text}`),
} as const;

test('a search finds what looking at every line of every file finds', async () => {
  const file = fc.tuple(
    fc.constantFrom(...(Object.keys(ENCODINGS) as (keyof typeof ENCODINGS)[])),
    fc.array(line, { maxLength: 5 }),
    fc.constantFrom('\n', '\r\n'),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(file, { minLength: 1, maxLength: 5 }),
      pattern,
      fc.boolean(),
      async (files, source, ignoreCase) => {
        const root = (folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'pointsman-search-'))));
        mkdirSync(path.join(root, 'src'));
        const flags = ignoreCase ? 'iu' : 'u';
        const expected = files.flatMap(([encoding, lines, end], index) => {
          const bytes = ENCODINGS[encoding](lines.join(end));
          writeFileSync(path.join(root, `src/${index}.txt`), bytes);
          const all = decodeText(bytes)?.text.split(/\r\n|\r|\n/u) ?? [];
          return all.flatMap((one, at) =>
            new RegExp(source, flags).test(one) ? [`src/${index}.txt:${at + 1}: ${one}`] : [],
          );
        });
        const search = { pattern: source, glob: undefined, ignoreCase, context: 0, everything: false, closed: [] };
        const found = await searchText(root, '.', { ...search, signal: new AbortController().signal });
        expect(found).toBe(expected.length === 0 ? 'No line matches.' : expected.join('\n'));
        rmSync(root, { recursive: true, force: true });
      },
    ),
    { numRuns: 60 },
  );
});
