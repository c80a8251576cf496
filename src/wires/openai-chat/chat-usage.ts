import type { Usage } from '../../domain/usage.ts';
import { bucketsWithin, countIn } from '../shared/counts.ts';
import { fieldsIn } from '../shared/fields.ts';

/**
 * Four buckets of a Chat Completions usage, whose `prompt_tokens` includes what was cached. DeepSeek's hit and miss
 * counts are read where they are given; Moonshot's bare `cached_tokens` too. What was not reported stays unknown; without
 * a prompt count all of it is (`undefined`). Never throws.
 */
export function chatUsage(report: unknown): Usage | undefined {
  const wire = fieldsIn(report);
  const details = fieldsIn(wire['prompt_tokens_details']);
  const hit = countIn(wire['prompt_cache_hit_tokens']);
  const miss = countIn(wire['prompt_cache_miss_tokens']);
  const output = {
    outputTokens: countIn(wire['completion_tokens']) ?? 0,
    reasoningTokens: countIn(fieldsIn(wire['completion_tokens_details'])['reasoning_tokens']),
  };
  if (hit !== undefined && miss !== undefined) {
    const buckets = { uncachedTokens: miss, cacheReadTokens: hit, cacheWriteTokens: 0, cacheWrite1hTokens: undefined };
    return { ...buckets, ...output };
  }
  const prompt = countIn(wire['prompt_tokens']);
  if (prompt === undefined) return undefined;
  const read = countIn(details['cached_tokens']) ?? countIn(wire['cached_tokens']);
  return { ...bucketsWithin(prompt, read, countIn(details['cache_write_tokens'])), ...output };
}
