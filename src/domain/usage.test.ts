import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { promptTokens, sumUsage, type Usage } from './usage.ts';

const bucket = fc.integer({ min: 0, max: 1_000_000 });
const maybe = fc.option(bucket, { nil: undefined });
const usages: fc.Arbitrary<Usage> = fc.record({
  uncachedTokens: bucket,
  cacheReadTokens: maybe,
  cacheWriteTokens: maybe,
  cacheWrite1hTokens: fc.constant(undefined),
  outputTokens: bucket,
  reasoningTokens: maybe,
});

describe('usage', () => {
  test('the whole prompt of a sum is the sum of the whole prompts', () => {
    fc.assert(
      fc.property(fc.array(usages, { maxLength: 20 }), (parts) => {
        const whole = parts.reduce((sum, part) => sum + promptTokens(part), 0);
        expect(promptTokens(sumUsage(parts))).toBe(whole);
      }),
    );
  });

  test('a bucket that no call reported stays unknown instead of becoming zero', () => {
    const silent: Usage = {
      uncachedTokens: 10,
      cacheReadTokens: undefined,
      cacheWriteTokens: undefined,
      cacheWrite1hTokens: undefined,
      outputTokens: 1,
      reasoningTokens: undefined,
    };
    expect(sumUsage([silent, silent]).cacheReadTokens).toBeUndefined();
    expect(sumUsage([silent, { ...silent, cacheReadTokens: 0 }]).cacheReadTokens).toBe(0);
  });
});
