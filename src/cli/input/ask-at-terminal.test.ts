import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { askAtTerminal } from './ask-at-terminal.ts';

function terminal(): { readonly input: PassThrough; readonly output: PassThrough; readonly onInterrupt: () => void } {
  return { input: new PassThrough(), output: new PassThrough(), onInterrupt: () => undefined };
}

test('a line is the answer', async () => {
  const at = terminal();
  at.input.write('yes\n');
  expect(await askAtTerminal('Go on? ', new AbortController().signal, at)).toBe('yes');
  expect(String(at.output.read())).toContain('Go on? ');
});

test('an end of input is no answer', async () => {
  const at = terminal();
  at.input.end();
  expect(await askAtTerminal('Go on? ', new AbortController().signal, at)).toBe('');
});

test('an interruption is no answer, whether it comes while the question stands or before it', async () => {
  const interrupt = new AbortController();
  const asked = askAtTerminal('Go on? ', interrupt.signal, terminal());
  interrupt.abort();
  expect(await asked).toBe('');
  expect(await askAtTerminal('Go on? ', interrupt.signal, terminal())).toBe('');
});
