import { expect, test } from 'vitest';
import { canonicalJson, isRawNumber, parseExactJson } from './json.ts';

test.each([
  '{"a":9007199254740993}',
  '[-12345678901234567890,0.12345678901234567890123]',
  '{"deep":{"er":[18446744073709551615]},"n":1.5,"s":"9007199254740993"}',
])('%s is written back with every digit', (text) => {
  expect(JSON.stringify(parseExactJson(text))).toBe(text);
});

test('numbers that a double holds stay numbers', () => {
  expect(parseExactJson('[9007199254740991,1e21,0.1,1000000000000000000]')).toEqual([
    9007199254740991, 1e21, 0.1, 1000000000000000000,
  ]);
});

test('what is kept as digits is known as such, and a look-alike is not', () => {
  const { a } = parseExactJson('{"a":9007199254740993}') as { readonly a: unknown };
  expect(isRawNumber(a)).toBe(true);
  expect(isRawNumber({ rawJSON: '1' })).toBe(false);
});

test('sorting keys keeps the digits', () => {
  expect(canonicalJson(parseExactJson('{"b":9007199254740993,"a":1}'))).toBe('{"a":1,"b":9007199254740993}');
});
