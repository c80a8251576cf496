import { expect, test } from 'vitest';
import { newestLines, shownOutput } from './live-output.ts';

test.each<readonly [string, string, string]>([
  ['lines', 'one\ntwo\n', 'one\ntwo'],
  ['a bar that is drawn over itself', 'begin\n 10 %\r 50 %\r100 %\nend', 'begin\n100 %\nend'],
  ['line ends of DOS', 'one\r\ntwo\r\n', 'one\r\ntwo'],
  ['colours and a cursor', '\u001B[32mgreen\u001B[0m\u001B[2K', 'green'],
  ['blanks alone', ' \n\n', ''],
])('of %s what is new is shown', (_what, written, shown) => {
  expect(newestLines(Buffer.from(written))).toBe(shown);
});

test('of what is long the end is shown, and of a secret that stands where it is cut nothing', () => {
  expect(shownOutput(`${'x'.repeat(1000)}\nend`, (text) => text)).toBe(`${'x'.repeat(396)}\nend`);
  const secret = 'sk-0123456789abcdef';
  const shown = shownOutput(`${secret}${'x'.repeat(390)}`, (text) => text.replace(secret, '[redacted:key]'));
  expect([shown.length, shown.includes('abcdef')]).toEqual([400, false]);
});
