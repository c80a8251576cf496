import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HOUR_MS, MINUTE_MS } from '../../domain/time.ts';
import {
  DEFAULT_AUTOMATIC_RULE,
  DEFAULT_BREAKPOINT_RULE,
  DEFAULT_EXPLICIT_RULE,
  SimulatedCache,
  type PromptBlock,
} from './simulated-cache.ts';

/** `tokens` tokens of text that starts like no other block. */
function block(name: string, tokens: number, marker?: PromptBlock['marker']): PromptBlock {
  const text = name.padEnd(tokens * 4, '.');
  return marker === undefined ? { text } : { text, marker };
}

describe('marked prefixes', () => {
  const rule = DEFAULT_EXPLICIT_RULE;
  const first = [block('system', 2000, 'short'), block('question', 100, 'short')];

  test('are written once, read after, and only the new tail is written again', () => {
    const cache = new SimulatedCache();
    expect(cache.use('m', rule, first, 0)).toEqual({
      promptTokens: 2100,
      readTokens: 0,
      writeTokens: 2100,
      longWriteTokens: 0,
    });
    const longer = [block('system', 2000, 'short'), block('question', 100), block('more', 50, 'short')];
    expect(cache.use('m', rule, longer, 1)).toMatchObject({ readTokens: 2100, writeTokens: 50 });
  });

  test('live from their last use, five minutes or an hour', () => {
    const cache = new SimulatedCache();
    const long = [block('system', 2000, 'long'), block('question', 100, 'short')];
    expect(cache.use('m', rule, long, 0)).toMatchObject({ writeTokens: 2100, longWriteTokens: 2000 });
    expect(cache.use('m', rule, long, 4 * MINUTE_MS).readTokens).toBe(2100);
    expect(cache.use('m', rule, long, 9 * MINUTE_MS).readTokens).toBe(2100);
    expect(cache.use('m', rule, long, 15 * MINUTE_MS).readTokens).toBe(2000);
    expect(cache.use('m', rule, long, 15 * MINUTE_MS + HOUR_MS + 1).readTokens).toBe(0);
  });

  test('belong to one model and to every byte before them', () => {
    const cache = new SimulatedCache();
    cache.use('m', rule, first, 0);
    expect(cache.use('other', rule, first, 1).readTokens).toBe(0);
    expect(cache.use('m', rule, [block('System', 2000, 'short'), ...first.slice(1)], 1).readTokens).toBe(0);
  });

  test('shorter than the minimum are not kept', () => {
    const cache = new SimulatedCache();
    const short = [block('system', 1023, 'short')];
    expect(cache.use('m', rule, short, 0)).toMatchObject({ readTokens: 0, writeTokens: 0 });
    expect(cache.use('m', rule, short, 1).readTokens).toBe(0);
  });

  test('are found at most twenty blocks behind a marker, unless that place is marked again', () => {
    const tail = (count: number): readonly PromptBlock[] => Array.from({ length: count }, (_, i) => block(`t${i}`, 10));
    const after = (count: number, system?: PromptBlock['marker']): number => {
      const cache = new SimulatedCache();
      cache.use('m', rule, [block('system', 2000, 'short')], 0);
      const prompt = [block('system', 2000, system), ...tail(count - 1), block('end', 10, 'short')];
      return cache.use('m', rule, prompt, 1).readTokens;
    };
    expect(after(20)).toBe(2000);
    expect(after(21)).toBe(0);
    expect(after(21, 'short')).toBe(2000);
  });
});

describe('automatic caching', () => {
  test('reads the longest known prefix in steps of 128 tokens, from 1,024 on', () => {
    const cache = new SimulatedCache();
    const use = (text: string): number => cache.use('m', DEFAULT_AUTOMATIC_RULE, [{ text }], 0).readTokens;
    const base = 'abcd'.repeat(1300);
    expect(use(base)).toBe(0);
    expect(use(base + 'new')).toBe(1280);
    expect(use('abcd'.repeat(1000))).toBe(0);
    expect(use(`${'abcd'.repeat(1100)}${'zzzz'.repeat(500)}`)).toBe(1024);
  });

  test('does not care where blocks begin', () => {
    const cache = new SimulatedCache();
    const text = 'abcdefgh'.repeat(1000);
    cache.use('m', DEFAULT_AUTOMATIC_RULE, [{ text }], 0);
    const split = [{ text: text.slice(0, 777) }, { text: text.slice(777) }];
    expect(cache.use('m', DEFAULT_AUTOMATIC_RULE, split, 1).readTokens).toBe(1920);
  });
});

describe('breakpoints that match exactly', () => {
  const rule = DEFAULT_BREAKPOINT_RULE;

  test('read the end of the previous prompt only where it is marked', () => {
    const cache = new SimulatedCache();
    const first = [block('system', 2000), block('one', 100)];
    expect(cache.use('m', rule, first, 0)).toMatchObject({ readTokens: 0, writeTokens: 2100 });
    expect(cache.use('m', rule, [...first, block('two', 10)], 1).readTokens).toBe(0);
    const marked = [block('system', 2000), block('one', 100, 'short'), block('three', 10)];
    expect(cache.use('m', rule, marked, 2)).toMatchObject({ readTokens: 2100, writeTokens: 10 });
  });
});

test('whatever is asked, the parts never exceed the prompt', () => {
  const blocks = fc.array(
    fc.record({
      text: fc.string({ maxLength: 9000, size: 'max' }),
      marker: fc.constantFrom<PromptBlock['marker'][]>(undefined, 'short', 'long'),
    }),
    { maxLength: 6 },
  );
  const rules = fc.constantFrom(DEFAULT_EXPLICIT_RULE, DEFAULT_AUTOMATIC_RULE, DEFAULT_BREAKPOINT_RULE);
  fc.assert(
    fc.property(rules, fc.array(blocks, { maxLength: 4 }), (rule, prompts) => {
      const cache = new SimulatedCache();
      prompts.forEach((prompt, at) => {
        const use = cache.use('m', rule, prompt as readonly PromptBlock[], at);
        expect(use.readTokens + use.writeTokens).toBeLessThanOrEqual(use.promptTokens);
        expect(use.longWriteTokens).toBeLessThanOrEqual(use.writeTokens);
        for (const tokens of Object.values(use)) expect(tokens).toBeGreaterThanOrEqual(0);
      });
    }),
    { numRuns: 50 },
  );
});
