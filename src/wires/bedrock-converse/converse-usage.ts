import type { Usage } from '../../domain/usage.ts';
import { countIn } from '../shared/counts.ts';
import { fieldsIn, listIn } from '../shared/fields.ts';

/**
 * Four buckets of a `usage`: its input leaves out what was read from the cache or written to it. Unknown without an input count
 * (`undefined`). Never throws. Amazon Bedrock user guide, prompt caching, read 2026-11.
 */
export function converseUsage(report: unknown): Usage | undefined {
  const wire = fieldsIn(report);
  const uncachedTokens = countIn(wire['inputTokens']);
  if (uncachedTokens === undefined) return undefined;
  const longWrites = listIn(wire['cacheDetails'])
    .map(fieldsIn)
    .filter(({ ttl }) => ttl === '1h')
    .map(({ inputTokens }) => countIn(inputTokens) ?? 0);
  return {
    uncachedTokens,
    cacheReadTokens: countIn(wire['cacheReadInputTokens']),
    cacheWriteTokens: countIn(wire['cacheWriteInputTokens']),
    cacheWrite1hTokens: longWrites.length === 0 ? undefined : longWrites.reduce((sum, count) => sum + count, 0),
    outputTokens: countIn(wire['outputTokens']) ?? 0,
    reasoningTokens: undefined,
  };
}
