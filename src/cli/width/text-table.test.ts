import { expect, test } from 'vitest';
import { broken, displayWidth, shortened } from './display-width.ts';
import { textTable } from './text-table.ts';
import { fitted, wrapped } from './wrapped.ts';

test.each([
  ['abc', 3],
  ['日本語', 6],
  ['한국어', 6],
  ['カタカナ、', 10],
  ['🚚', 2],
  ['❤️', 2],
  ['e\u0301', 1],
  ['\u001B[31mred\u001B[0m', 3],
  ['…·✓→', 4],
])('%j is as wide as a terminal draws it', (text, columns) => expect(displayWidth(text)).toBe(columns));

test('cells of words go on below where there is no room, figures and names to copy stay whole', () => {
  const table = textTable(
    [{ title: 'ID', isWhole: true }, { title: 'TASK' }, { title: 'USD', align: 'right' }],
    [['an-id-that-is-copied', '請求書の集計を直す and then some words of a plain kind', '$12.345678']],
    { width: 50, below: () => 'why it is so' },
  );
  expect(table).toBe(
    [
      'ID                    TASK                     USD',
      'an-id-that-is-copied  請求書の集計を直  $12.345678',
      '                      す',
      '                      and then some',
      '                      words of a plain',
      '                      kind',
      'why it is so',
      '',
    ].join('\n'),
  );
});

test('a cut keeps the end that says more, within its columns', () => {
  expect(shortened('請求書の集計', 6)).toBe('請求…');
  expect(shortened('/home/dev/project', 8, 'end')).toBe('…project');
  expect(broken('請求書', 1)).toEqual(['請', '求', '書']);
});

test('a line goes on below what stands behind its label, and no word is lost', () => {
  expect(fitted('  key  one two three four', 15)).toBe('  key  one two\n    three four');
  expect(fitted('  k  one two three four', 15)).toBe('  k  one two\n     three four');
  expect(wrapped('a share of 40 % of it', 14)).toBe('a share of\n  40 % of it');
});
