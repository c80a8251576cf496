import { expect, test } from 'vitest';
import { newestLines } from './live-output.ts';

test.each<readonly [string, string, string]>([
  ['lines', 'one\ntwo\n', 'one\ntwo'],
  ['a bar that is drawn over itself', 'begin\n 10 %\r 50 %\r100 %\nend', 'begin\n100 %\nend'],
  ['line ends of DOS', 'one\r\ntwo\r\n', 'one\r\ntwo'],
  ['colours and a cursor', '\u001B[32mgreen\u001B[0m\u001B[2K', 'green'],
  ['blanks alone', ' \n\n', ''],
  ['the end of what is long', `${'x'.repeat(1000)}\nend`, `${'x'.repeat(396)}\nend`],
])('of %s what is new is shown', (_what, written, shown) => {
  expect(newestLines(Buffer.from(written))).toBe(shown);
});
