import type { Model } from '../../domain/model.ts';
import type { Tokens } from '../../domain/time.ts';
import { fieldsIn, numberIn, textIn, type Fields } from '../shared/fields.ts';
import type { PingEdits } from '../shared/wire-format.ts';

/** A Messages body as a ping: the same prefix, the smallest answer, in one piece. */
export function anthropicPing(body: Fields, model: Model): PingEdits {
  const outputTokens = leastOutput(model, body);
  return {
    outputTokens,
    edits: [
      { op: 'remove', path: ['stream'] },
      { op: 'set', path: ['max_tokens'], value: outputTokens },
    ],
  };
}

/**
 * Anthropic takes 0, but not beside thinking, a forced tool or an output format (prompt-caches.md §2, 2026-11-21); with a
 * budget for thinking the answer must be longer than that.
 */
function leastOutput(model: Model, body: Fields): Tokens {
  const thinking = fieldsIn(body['thinking']);
  const budget = numberIn(thinking['budget_tokens']);
  if (thinking['type'] === 'enabled' && budget !== undefined) return budget + 1;
  const thinks = thinking['type'] !== undefined && thinking['type'] !== 'disabled';
  const choice = textIn(fieldsIn(body['tool_choice'])['type']);
  const isForced = choice === 'any' || choice === 'tool';
  const hasFormat = body['output_format'] !== undefined || fieldsIn(body['output_config'])['format'] !== undefined;
  return thinks || isForced || hasFormat || model.endpoint !== 'anthropic' ? 1 : 0;
}
