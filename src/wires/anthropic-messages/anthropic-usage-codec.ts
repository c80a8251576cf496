import { checkUsage, type Usage } from '../../domain/usage.ts';
import { protocolError } from '../shared/stream-decoder.ts';
import type { AnthropicUsage } from './anthropic-wire.ts';

/**
 * Four buckets of an Anthropic usage object, whose `input_tokens` already leaves the cache out.
 * @throws PointsmanError `provider-protocol` for negative or broken buckets, or when no input count was given.
 */
export function anthropicUsage(wire: AnthropicUsage): Usage {
  if (typeof wire.input_tokens !== 'number') throw protocolError('Usage without input_tokens', wire);
  return checkUsage({
    uncachedTokens: wire.input_tokens,
    cacheReadTokens: wire.cache_read_input_tokens ?? undefined,
    cacheWriteTokens: wire.cache_creation_input_tokens ?? undefined,
    cacheWrite1hTokens: wire.cache_creation?.ephemeral_1h_input_tokens ?? undefined,
    outputTokens: wire.output_tokens ?? 0,
    reasoningTokens: wire.output_tokens_details?.thinking_tokens ?? undefined,
  });
}

/** Counts in a stream are cumulative: what a later event names replaces what an earlier one said. */
export function mergeAnthropicUsage(earlier: AnthropicUsage, later: AnthropicUsage): AnthropicUsage {
  const named = Object.entries(later).filter(([, value]) => value !== undefined && value !== null);
  return { ...earlier, ...Object.fromEntries(named) };
}
