import type { Tokens } from '../domain/time.ts';
import type { Usage } from '../domain/usage.ts';
import { countAt, rowAt, type Row } from './fields.ts';

interface Buckets {
  readonly uncached: Tokens | undefined;
  readonly read?: Tokens | undefined;
  readonly write?: Tokens | undefined;
  readonly write1h?: Tokens | undefined;
  readonly output: Tokens | undefined;
  readonly reasoning?: Tokens | undefined;
}

/** A usage of these buckets, or `undefined` when prompt or output is missing, or when nothing at all was counted. */
export function usageOf(buckets: Buckets): Usage | undefined {
  const { uncached, output } = buckets;
  if (uncached === undefined || output === undefined) return undefined;
  if (uncached + output + (buckets.read ?? 0) + (buckets.write ?? 0) === 0) return undefined;
  const write1h = buckets.write1h === undefined ? undefined : Math.min(buckets.write1h, buckets.write ?? 0);
  return {
    uncachedTokens: uncached,
    cacheReadTokens: buckets.read,
    cacheWriteTokens: buckets.write,
    cacheWrite1hTokens: write1h,
    outputTokens: output,
    reasoningTokens: buckets.reasoning,
  };
}

/** Anthropic's shape: cached tokens stand beside `input_tokens`. */
export function anthropicUsageAt(usage: Row | undefined): Usage | undefined {
  return usageOf({
    uncached: countAt(usage, 'input_tokens'),
    read: countAt(usage, 'cache_read_input_tokens'),
    write: countAt(usage, 'cache_creation_input_tokens'),
    write1h: countAt(rowAt(usage, 'cache_creation'), 'ephemeral_1h_input_tokens'),
    output: countAt(usage, 'output_tokens'),
    reasoning: countAt(rowAt(usage, 'output_tokens_details'), 'thinking_tokens'),
  });
}

/** Shapes in which the prompt's count includes what was cached. A part larger than its whole leaves nothing uncached. */
export function inclusiveUsage(counts: {
  readonly prompt: Tokens | undefined;
  readonly read: Tokens | undefined;
  readonly write?: Tokens | undefined;
  readonly output: Tokens | undefined;
  readonly reasoning?: Tokens | undefined;
}): Usage | undefined {
  const { prompt } = counts;
  if (prompt === undefined) return undefined;
  const read = counts.read === undefined ? undefined : Math.min(counts.read, prompt);
  const write = counts.write === undefined ? undefined : Math.min(counts.write, prompt - (read ?? 0));
  return usageOf({ ...counts, read, write, uncached: prompt - (read ?? 0) - (write ?? 0) });
}
