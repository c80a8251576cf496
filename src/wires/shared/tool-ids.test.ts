import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ANTHROPIC_TOOL_ID,
  MISTRAL_TOOL_ID,
  OPENAI_CALL_ID,
  OPENAI_CHAT_TOOL_ID,
  OPENAI_TOOL_NAME,
  mapName,
} from './tool-ids.ts';

const rules = { ANTHROPIC_TOOL_ID, MISTRAL_TOOL_ID, OPENAI_CALL_ID, OPENAI_CHAT_TOOL_ID, OPENAI_TOOL_NAME };

describe.each(Object.entries(rules))('names mapped for %s', (_name, rule) => {
  test('are accepted, whatever they were, and stay as they are once accepted', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 300, unit: 'grapheme' }), (name) => {
        const mapped = mapName(rule, name);
        expect(mapped.length).toBeLessThanOrEqual(rule.maxLength);
        expect(mapped).toMatch(rule.pattern);
        expect(mapName(rule, mapped)).toBe(mapped);
        expect(mapName(rule, name)).toBe(mapped);
      }),
    );
  });

  test('of different names differ', () => {
    const names = Array.from({ length: 2000 }, (_, index) => `functions.read_file:${index}${'-'.repeat(60)}`);
    expect(new Set(names.map((name) => mapName(rule, name))).size).toBe(names.length);
  });
});

test('an id that its vendor made is not touched by that vendor', () => {
  expect(mapName(ANTHROPIC_TOOL_ID, 'toolu_01A09q90qw90lq917835lq9')).toBe('toolu_01A09q90qw90lq917835lq9');
  expect(mapName(OPENAI_CALL_ID, 'call_12345xyz')).toBe('call_12345xyz');
  expect(mapName(MISTRAL_TOOL_ID, 'D681PevKs')).toBe('D681PevKs');
});
