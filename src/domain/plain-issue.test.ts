import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { plainIssue } from './plain-issue.ts';

const shape = z.strictObject({
  dial: z.number().min(0).max(10).optional(),
  budget: z.number().positive().optional(),
  name: z.string().min(1),
  list: z.array(z.string()).max(1).optional(),
  mode: z.enum(['shadow', 'enforce']).optional(),
});

function fault(value: unknown): string | undefined {
  return shape.safeParse(value, { error: plainIssue }).error?.issues[0]?.message;
}

describe('a fault of a shape', () => {
  test.each([
    [{}, 'is missing'],
    [{ name: '' }, 'is empty'],
    [{ name: 3 }, 'should be a text, not a number'],
    [{ name: [] }, 'should be a text, not a list'],
    [{ name: null }, 'should be a text, not nothing'],
    [{ name: 'a', dial: 11 }, 'should be at most 10'],
    [{ name: 'a', dial: -1 }, 'should be at least 0'],
    [{ name: 'a', dial: Number.NaN }, 'should be a number, not NaN'],
    [{ name: 'a', budget: 0 }, 'should be more than 0'],
    [{ name: 'a', list: ['b', 'c'] }, 'should have at most 1 entries'],
    [{ name: 'a', mode: 'on' }, 'should be one of shadow, enforce'],
    ['text', 'should be a mapping of names to values, not a text'],
  ])('%j is told without the words of the library', (value, words) => {
    expect(fault(value)).toBe(words);
  });

  test('what is not described here keeps its own words', () => {
    expect(fault({ name: 'a', extra: 1 })).toContain('extra');
  });
});
