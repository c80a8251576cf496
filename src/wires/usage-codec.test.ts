import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { promptTokens, type Usage } from '../domain/usage.ts';
import { aUsage } from '../testing/index.ts';
import { anthropicUsage, mergeAnthropicUsage } from './anthropic-messages/anthropic-usage-codec.ts';
import { chatUsage } from './openai-chat/chat-usage.ts';
import { responsesUsage } from './openai-responses/responses-usage.ts';

/** Shapes as the vendors document them (read 2026-11), with numbers that could be told apart if they were mixed up. */
const samples: readonly (readonly [string, () => Usage | undefined, Partial<Usage>, number])[] = [
  [
    'Anthropic, both write classes: input leaves the cache out',
    () =>
      anthropicUsage({
        input_tokens: 21,
        cache_read_input_tokens: 18_030,
        cache_creation_input_tokens: 2_372,
        cache_creation: { ephemeral_5m_input_tokens: 372, ephemeral_1h_input_tokens: 2_000 },
        output_tokens: 393,
        output_tokens_details: { thinking_tokens: 120 },
      }),
    {
      uncachedTokens: 21,
      cacheReadTokens: 18_030,
      cacheWriteTokens: 2_372,
      cacheWrite1hTokens: 2_000,
      outputTokens: 393,
      reasoningTokens: 120,
    },
    20_423,
  ],
  [
    'Anthropic without cache fields',
    () => anthropicUsage({ input_tokens: 12, cache_read_input_tokens: null, output_tokens: 3 }),
    { uncachedTokens: 12, outputTokens: 3 },
    12,
  ],
  [
    'OpenAI chat up to 5.5: prompt includes the cached part, writes are not told',
    () =>
      chatUsage({
        prompt_tokens: 2_006,
        completion_tokens: 300,
        prompt_tokens_details: { cached_tokens: 1_920 },
        completion_tokens_details: { reasoning_tokens: 64 },
      }),
    { uncachedTokens: 86, cacheReadTokens: 1_920, outputTokens: 300, reasoningTokens: 64 },
    2_006,
  ],
  [
    'OpenAI chat from 5.6 on: prompt includes reads and writes',
    () =>
      chatUsage({
        prompt_tokens: 10_000,
        completion_tokens: 5,
        prompt_tokens_details: { cached_tokens: 7_000, cache_write_tokens: 2_500 },
      }),
    { uncachedTokens: 500, cacheReadTokens: 7_000, cacheWriteTokens: 2_500, outputTokens: 5 },
    10_000,
  ],
  [
    'OpenAI Responses',
    () =>
      responsesUsage({
        input_tokens: 10_809,
        input_tokens_details: { cached_tokens: 9_000, cache_write_tokens: 1_800 },
        output_tokens: 104,
        output_tokens_details: { reasoning_tokens: 40 },
      }),
    { uncachedTokens: 9, cacheReadTokens: 9_000, cacheWriteTokens: 1_800, outputTokens: 104, reasoningTokens: 40 },
    10_809,
  ],
  [
    'DeepSeek: hit and miss, writes are free',
    () =>
      chatUsage({
        prompt_tokens: 5_000,
        completion_tokens: 7,
        prompt_cache_hit_tokens: 4_864,
        prompt_cache_miss_tokens: 136,
        prompt_tokens_details: { cached_tokens: 4_864 },
      }),
    { uncachedTokens: 136, cacheReadTokens: 4_864, cacheWriteTokens: 0, outputTokens: 7 },
    5_000,
  ],
  [
    'Moonshot: cached tokens at the top',
    () => chatUsage({ prompt_tokens: 900, cached_tokens: 768, completion_tokens: 1 }),
    { uncachedTokens: 132, cacheReadTokens: 768, outputTokens: 1 },
    900,
  ],
  [
    'a local server that says nothing of caches',
    () => chatUsage({ prompt_tokens: 50, completion_tokens: 2 }),
    { uncachedTokens: 50, outputTokens: 2 },
    50,
  ],
];

describe('usage in four buckets', () => {
  test.each(samples)('%s', (_name, read, expected, prompt) => {
    const usage = read();
    expect(usage).toEqual({ ...aUsage({ uncachedTokens: 0, outputTokens: 0 }), ...expected });
    expect(usage && promptTokens(usage)).toBe(prompt);
  });

  test('nothing is zero that the vendor did not say', () => {
    const usage = chatUsage({ prompt_tokens: 50, completion_tokens: 2, prompt_tokens_details: null });
    expect([usage?.cacheReadTokens, usage?.cacheWriteTokens, usage?.reasoningTokens]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('later counts of a stream replace earlier ones and keep what they do not name', () => {
    const merged = mergeAnthropicUsage({ input_tokens: 5, output_tokens: 1 }, { output_tokens: 9, input_tokens: null });
    expect(merged).toEqual({ input_tokens: 5, output_tokens: 9 });
  });
});

describe('an odd usage report', () => {
  const odd: readonly (readonly [string, () => Usage | undefined, Partial<Usage> | undefined])[] = [
    [
      'more cached than sent is cut to what was sent',
      () => chatUsage({ prompt_tokens: 10, prompt_tokens_details: { cached_tokens: 50 } }),
      { uncachedTokens: 0, cacheReadTokens: 10 },
    ],
    ['negative input is unknown', () => anthropicUsage({ input_tokens: -1 }), undefined],
    ['half a token is unknown', () => responsesUsage({ input_tokens: 1.5 }), undefined],
    ['a count as text is a count', () => chatUsage({ prompt_tokens: '12' }), { uncachedTokens: 12 }],
    [
      'more one-hour writes than writes are cut to the writes',
      () =>
        anthropicUsage({
          input_tokens: 1,
          cache_creation_input_tokens: 1,
          cache_creation: { ephemeral_1h_input_tokens: 2 },
        }),
      { cacheWriteTokens: 1, cacheWrite1hTokens: 1 },
    ],
    ['no input at all is unknown', () => anthropicUsage({ output_tokens: 1 }), undefined],
    ['nothing is unknown', () => chatUsage({}), undefined],
    ['no object is unknown', () => responsesUsage('many'), undefined],
  ];
  test.each(odd)('%s', (_name, read, expected) => {
    if (expected === undefined) expect(read()).toBeUndefined();
    else expect(read()).toMatchObject(expected);
  });

  test('never throws, and never gets through as a negative or fractional bucket', () => {
    const count = fc.oneof(fc.integer({ min: -5, max: 5000 }), fc.double(), fc.string(), fc.constant(undefined));
    fc.assert(
      fc.property(count, count, count, count, (prompt, cached, written, output) => {
        const usage = chatUsage({
          prompt_tokens: prompt,
          completion_tokens: output,
          prompt_tokens_details: { cached_tokens: cached, cache_write_tokens: written },
        });
        if (usage === undefined) return;
        for (const value of Object.values(usage)) if (value !== undefined) expect(value).toBeGreaterThanOrEqual(0);
        // JSON has a -0, and a count of it is 0.
        expect(promptTokens(usage) === Number(prompt)).toBe(true);
      }),
    );
  });
});
