import type { Tokens } from '../domain/time.ts';
import type { PriceTerms, Usage } from '../domain/usage.ts';
import { countAt, rowAt, textAt, type Row } from './fields.ts';

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

/** The usage in `count` parts as equal as whole tokens allow; their sum is the whole. */
export function spreadUsage(usage: Usage, count: number): readonly Usage[] {
  const share = (tokens: Tokens, index: number): Tokens =>
    Math.floor((tokens * (index + 1)) / count) - Math.floor((tokens * index) / count);
  const known = (tokens: Tokens | undefined, index: number): Tokens | undefined =>
    tokens === undefined ? undefined : share(tokens, index);
  return Array.from({ length: count }, (_, index) => ({
    uncachedTokens: share(usage.uncachedTokens, index),
    cacheReadTokens: known(usage.cacheReadTokens, index),
    cacheWriteTokens: known(usage.cacheWriteTokens, index),
    cacheWrite1hTokens: known(usage.cacheWrite1hTokens, index),
    outputTokens: share(usage.outputTokens, index),
    reasoningTokens: known(usage.reasoningTokens, index),
  }));
}

/** What Anthropic's usage says of the price beside the tokens; `undefined` when it says nothing that changes it. */
export function anthropicTerms(usage: Row | undefined): PriceTerms | undefined {
  const webSearchCount = countAt(rowAt(usage, 'server_tool_use'), 'web_search_requests') ?? 0;
  const speed = unless('standard', textAt(usage, 'speed'));
  const serviceTier = unless('standard', textAt(usage, 'service_tier'));
  const geography = unless('global', unless('not_available', textAt(usage, 'inference_geo')));
  if (webSearchCount === 0 && speed === undefined && serviceTier === undefined && geography === undefined)
    return undefined;
  return { speed, serviceTier, geography, webSearchCount };
}

function unless(usual: string, value: string | undefined): string | undefined {
  return value === usual || value === '' ? undefined : value;
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
