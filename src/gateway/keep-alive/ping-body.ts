import type { Model } from '../../domain/model.ts';
import type { Tokens } from '../../domain/time.ts';
import { PING_OUTPUT_TOKENS } from '../../warmth/keep-alive.ts';
import type { Dialect } from '../../wires/shared/endpoint-config.ts';
import { fieldsIn, numberIn, textIn, type Fields } from '../../wires/shared/fields.ts';
import { editJson, parseBody, type JsonEdit } from '../../wires/shared/json-bytes.ts';

/** A body that reads a prefix and asks for next to no answer. */
export interface PingBody {
  readonly bytes: Buffer;
  /** The longest answer that it allows. */
  readonly outputTokens: Tokens;
}

/** Bodies that are pinged went out before, so their depth was checked. */
const MAX_DEPTH_COUNT = Number.POSITIVE_INFINITY;

/**
 * The same body with the smallest answer that its vendor allows, in one piece. Every byte that a cache looks at stays:
 * tools, system, messages, thinking and tool choice.
 */
export function pingBody(model: Model, dialect: Dialect, sent: Buffer): PingBody {
  const body = parseBody(sent, MAX_DEPTH_COUNT);
  const outputTokens = leastOutput(model, body);
  const edits: JsonEdit[] = [
    { op: 'remove', path: ['stream'] },
    { op: 'set', path: [outputField(model, dialect, body)], value: outputTokens },
  ];
  if (model.wire === 'openai-chat') edits.push({ op: 'remove', path: ['stream_options'] });
  if (model.wire === 'openai-responses') edits.push({ op: 'set', path: ['store'], value: false });
  return { bytes: editJson(sent, edits), outputTokens };
}

function outputField(model: Model, dialect: Dialect, body: Fields): string {
  if (model.wire === 'anthropic-messages') return 'max_tokens';
  if (model.wire === 'openai-responses') return 'max_output_tokens';
  const given = ['max_completion_tokens', 'max_tokens'].find((name) => body[name] !== undefined);
  return given ?? (dialect === 'openai' ? 'max_completion_tokens' : 'max_tokens');
}

/**
 * Anthropic takes 0, but not beside thinking, a forced tool or an output format (prompt-caches.md §2, 2026-11-21); with a
 * budget for thinking the answer must be longer than that.
 */
function leastOutput(model: Model, body: Fields): Tokens {
  if (model.wire !== 'anthropic-messages') return PING_OUTPUT_TOKENS;
  const thinking = fieldsIn(body['thinking']);
  const budget = numberIn(thinking['budget_tokens']);
  if (thinking['type'] === 'enabled' && budget !== undefined) return budget + 1;
  const thinks = thinking['type'] !== undefined && thinking['type'] !== 'disabled';
  const choice = textIn(fieldsIn(body['tool_choice'])['type']);
  const isForced = choice === 'any' || choice === 'tool';
  const hasFormat = body['output_format'] !== undefined || fieldsIn(body['output_config'])['format'] !== undefined;
  return thinks || isForced || hasFormat || model.endpoint !== 'anthropic' ? 1 : 0;
}
