import { checkUsage, type Usage } from '../../domain/usage.ts';
import type { ChatUsage } from '../openai-chat/chat-wire.ts';
import type { ResponsesUsage } from '../openai-responses/responses-wire.ts';
import { protocolError } from './stream-decoder.ts';

/**
 * Four buckets of a Chat Completions usage, whose `prompt_tokens` includes what was cached. DeepSeek's hit and miss
 * counts are read where they are given; Moonshot's bare `cached_tokens` too. What was not reported stays unknown.
 * @throws PointsmanError `provider-protocol` for negative or broken buckets.
 */
export function chatUsage(wire: ChatUsage): Usage {
  const details = wire.prompt_tokens_details;
  const hit = wire.prompt_cache_hit_tokens ?? undefined;
  const miss = wire.prompt_cache_miss_tokens ?? undefined;
  const output = {
    outputTokens: wire.completion_tokens ?? 0,
    reasoningTokens: wire.completion_tokens_details?.reasoning_tokens ?? undefined,
  };
  if (hit !== undefined && miss !== undefined) {
    return checkUsage({
      uncachedTokens: miss,
      cacheReadTokens: hit,
      cacheWriteTokens: 0,
      cacheWrite1hTokens: undefined,
      ...output,
    });
  }
  if (typeof wire.prompt_tokens !== 'number') throw protocolError('Usage without prompt_tokens', wire);
  const read = details?.cached_tokens ?? wire.cached_tokens ?? undefined;
  const write = details?.cache_write_tokens ?? undefined;
  return checkUsage({ ...promptBuckets(wire.prompt_tokens, read, write), ...output });
}

/** The same for a Responses usage, whose `input_tokens` includes what was cached. */
export function responsesUsage(wire: ResponsesUsage): Usage {
  if (typeof wire.input_tokens !== 'number') throw protocolError('Usage without input_tokens', wire);
  const details = wire.input_tokens_details;
  const read = details?.cached_tokens ?? undefined;
  const write = details?.cache_write_tokens ?? undefined;
  return checkUsage({
    ...promptBuckets(wire.input_tokens, read, write),
    outputTokens: wire.output_tokens ?? 0,
    reasoningTokens: wire.output_tokens_details?.reasoning_tokens ?? undefined,
  });
}

function promptBuckets(
  promptTokens: number,
  read: number | undefined,
  write: number | undefined,
): Pick<Usage, 'uncachedTokens' | 'cacheReadTokens' | 'cacheWriteTokens' | 'cacheWrite1hTokens'> {
  return {
    uncachedTokens: promptTokens - (read ?? 0) - (write ?? 0),
    cacheReadTokens: read,
    cacheWriteTokens: write,
    cacheWrite1hTokens: undefined,
  };
}
