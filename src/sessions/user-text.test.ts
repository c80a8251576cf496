import { describe, expect, test } from 'vitest';
import { STEP_TEXT_CHARS, keepText, maskSecrets, readCorrection } from './user-text.ts';

/** Joined at run time, so that no scanner takes this file for a leak. */
const prefix = (...parts: readonly string[]): string => parts.join('');

describe('maskSecrets', () => {
  test.each([
    `key ${prefix('sk-ant-', 'api03-')}${'a'.repeat(40)} end`,
    `key ${prefix('gh', 'p_')}${'b'.repeat(36)} end`,
    `key ${prefix('AK', 'IA')}ABCDEFGHIJKLMNOP end`,
    'Authorization: Bearer abcdefghijklmnop1234 end',
    'postgres://me:hunter2pass@host/db end',
    'password = "correcthorsebattery" end',
    `key ${prefix('e', 'yJ')}hbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcdefgh end`,
  ])('masks a credential and leaves the rest: %s', (text) => {
    const masked = maskSecrets(text);
    expect(masked).toContain('[masked]');
    expect(masked).toMatch(/end$/u);
    expect(masked).not.toMatch(/aaaa|bbbb|ABCDEFGH|abcdefghijkl|hunter2|correcthorse|eyJhbG/u);
  });

  test('leaves plain prose and code alone', () => {
    const text = 'Rename the token count to tokenCount; see https://example.org/a and task-skip-list.';
    expect(maskSecrets(text)).toBe(text);
  });
});

test('cuts long text without leaving half a key at the cut', () => {
  const text = `${'x '.repeat(STEP_TEXT_CHARS / 2 - 10)}sk-proj-${'k'.repeat(60)}`;
  expect(keepText(text).length).toBeLessThanOrEqual(STEP_TEXT_CHARS);
  expect(keepText(text)).not.toContain('kkkk');
});

test.each([
  ['no, use the other file', 'says-wrong'],
  ['please undo that', 'reverts'],
  ['again', 'asks-again'],
  ['it still fails on windows', 'says-wrong'],
  ['now add a changelog entry', undefined],
  ['add a note that nothing else changes', undefined],
])('reads "%s" as %s', (text, correction) => {
  expect(readCorrection(text)).toBe(correction);
});
