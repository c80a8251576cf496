import type { JsonValue } from '../../domain/json.ts';
import { fieldsIn, isFields, listIn, type Fields } from '../shared/fields.ts';
import type { JsonEdit } from '../shared/json-bytes.ts';

/** Anthropic's limit of cache markers in one request (prompt-caches.md §1, 2026-11-21). */
const MAX_MARKERS = 4;

/**
 * One more cache marker, on the last position that the target cached before other models took turns: without it the
 * vendor's look-back does not find the warm prefix. `undefined` when the request has no marker to spare.
 */
export function reanchorEdit(body: Fields, messageIndex: number): JsonEdit | undefined {
  const messages = listIn(body['messages']);
  const message = fieldsIn(messages[messageIndex]);
  if (message['role'] === 'system' || body['cache_control'] !== undefined) return undefined;
  if (countMarkers(body) >= MAX_MARKERS) return undefined;
  const { content } = message;
  const control: JsonValue = { type: 'ephemeral' };
  if (typeof content === 'string' && content !== '') {
    const value = [{ type: 'text', text: content, cache_control: control }];
    return { op: 'set', path: ['messages', messageIndex, 'content'], value };
  }
  const blocks = listIn(content).map(fieldsIn);
  const at = blocks.findLastIndex((block) => block['type'] !== 'thinking' && block['type'] !== 'redacted_thinking');
  if (at < 0 || blocks[at]?.['cache_control'] !== undefined) return undefined;
  return { op: 'set', path: ['messages', messageIndex, 'content', at, 'cache_control'], value: control };
}

export function countMarkers(body: Fields): number {
  const marked = (block: unknown): number => (isFields(fieldsIn(block)['cache_control']) ? 1 : 0);
  let count = 0;
  for (const tool of listIn(body['tools'])) count += marked(tool);
  for (const block of listIn(body['system'])) count += marked(block);
  for (const message of listIn(body['messages'])) {
    for (const block of listIn(fieldsIn(message)['content'])) count += marked(block);
  }
  return count;
}
