import type { Usage } from '../../domain/usage.ts';
import { bucketsWithin, countIn } from '../shared/counts.ts';
import { fieldsIn } from '../shared/fields.ts';

/**
 * Four buckets of a Responses usage, whose `input_tokens` includes what was cached. Without a prompt count all of it is
 * unknown (`undefined`). Never throws.
 */
export function responsesUsage(report: unknown): Usage | undefined {
  const wire = fieldsIn(report);
  const details = fieldsIn(wire['input_tokens_details']);
  const prompt = countIn(wire['input_tokens']);
  if (prompt === undefined) return undefined;
  return {
    ...bucketsWithin(prompt, countIn(details['cached_tokens']), countIn(details['cache_write_tokens'])),
    outputTokens: countIn(wire['output_tokens']) ?? 0,
    reasoningTokens: countIn(fieldsIn(wire['output_tokens_details'])['reasoning_tokens']),
  };
}
