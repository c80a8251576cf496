import { expect, test } from 'vitest';
import type { JsonObject } from '../domain/json.ts';
import { aTool } from '../testing/transcript-builders.ts';
import type { RegisteredTool } from './tool-registry.ts';
import { needsPermission, riskOf } from './tool-risk.ts';

test('a tool that does not say otherwise is destructive', () => {
  expect([undefined, {}, { destructiveHint: true }, { readOnlyHint: false }].map(riskOf)).toEqual(
    Array(4).fill('destructive'),
  );
  expect(
    [{ destructiveHint: false }, { readOnlyHint: true }, { readOnlyHint: true, destructiveHint: true }].map(riskOf),
  ).toEqual(['write', 'read-only', 'read-only']);
});

const tool = (overrides: Partial<RegisteredTool>): RegisteredTool => ({
  spec: aTool(),
  server: 'commands',
  serverTool: 'run',
  risk: 'destructive',
  ...overrides,
});
const why = (input: JsonObject, overrides: Partial<RegisteredTool> = {}) =>
  needsPermission(tool(overrides), input)?.why;

test('only what may destroy needs permission', () => {
  expect(why({}, { risk: 'read-only' })).toBeUndefined();
  expect(why({}, { risk: 'write' })).toBeUndefined();
});

test('the question shows the command as it would be typed, or the input', () => {
  expect(why({ program: 'npm', args: ['run', 'a b'], cwd: 'sub' })).toBe('It wants to run: npm run "a b" (in "sub")');
  expect(why({ id: 1 }, { server: 'db', serverTool: 'drop' })).toBe(
    'It wants to use drop of db, which may change or delete things: {"id":1}',
  );
});

test('nothing in the question can forge what the terminal shows', () => {
  const shown = why({ program: 'npm', args: ['\u001B[2Kx\rnpm test\u202E', 'y'.repeat(5000)] }) ?? '';
  expect(shown).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  expect(shown.length).toBeLessThan(400);
  for (const input of [
    { program: 7 },
    { program: 'x', args: 'y' },
    { program: 'x', args: [null, {}] },
  ] as JsonObject[]) {
    expect(why(input)).toMatch(/^It wants to/u);
  }
});
