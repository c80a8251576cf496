import { expect, test } from 'vitest';
import { createSeenCalls } from './seen-calls.ts';

test('a key is new once, however many others there are', () => {
  const seen = createSeenCalls();
  const keys = Array.from({ length: 5000 }, (_, index) => `claude-code\0msg_${index}`);
  expect(keys.filter((key) => seen.has(key))).toEqual([]);
  expect(keys.every((key) => seen.add(key))).toBe(true);
  expect(keys.filter((key) => seen.add(key) || !seen.has(key))).toEqual([]);
  expect(seen.size).toBe(keys.length);
  expect([seen.has('another'), seen.has('')]).toEqual([false, false]);
  expect(seen.add('')).toBe(true);
});
