import type { Usage } from '../../domain/usage.ts';
import { servedTierIn } from '../shared/answer-tap.ts';
import { countIn } from '../shared/counts.ts';
import { fieldsIn, type Fields } from '../shared/fields.ts';

/**
 * Four buckets of an Anthropic usage object, whose `input_tokens` already leaves the cache out. `undefined` without an
 * input count. Never throws: an odd report makes a bill unknown, and nothing else.
 */
export function anthropicUsage(report: unknown): Usage | undefined {
  const wire = fieldsIn(report);
  const uncachedTokens = countIn(wire['input_tokens']);
  if (uncachedTokens === undefined) return undefined;
  const written = countIn(wire['cache_creation_input_tokens']);
  const long = countIn(fieldsIn(wire['cache_creation'])['ephemeral_1h_input_tokens']);
  return {
    uncachedTokens,
    cacheReadTokens: countIn(wire['cache_read_input_tokens']),
    cacheWriteTokens: written,
    cacheWrite1hTokens: long === undefined ? undefined : Math.min(long, written ?? 0),
    outputTokens: countIn(wire['output_tokens']) ?? 0,
    reasoningTokens: countIn(fieldsIn(wire['output_tokens_details'])['thinking_tokens']),
  };
}

/** Counts in a stream are cumulative: what a later event names replaces what an earlier one said. */
export function mergeAnthropicUsage(earlier: Fields, later: Fields): Fields {
  const named = Object.entries(later).filter(([, value]) => value !== undefined && value !== null);
  return { ...earlier, ...Object.fromEntries(named) };
}

/** The tier that served, where it is not the standard one: a faster configuration is one, too. */
export function anthropicTier(report: unknown): string | undefined {
  const { speed, service_tier: tier } = fieldsIn(report);
  if (speed === 'fast') return speed;
  return tier === 'standard' ? undefined : servedTierIn(tier);
}
