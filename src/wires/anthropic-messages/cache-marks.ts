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
  return markersOf(body).length;
}

/** The hour for every marker of a request, as a longer class may not stand behind a shorter one; none where a marker names its own. */
export function hourEdits(body: Fields): readonly JsonEdit[] {
  const markers = [...markersOf(body)];
  if (isFields(body['cache_control'])) markers.push({ path: ['cache_control'], control: body['cache_control'] });
  if (markers.some(({ control }) => control['ttl'] !== undefined)) return [];
  return markers.map(({ path }) => ({ op: 'set', path: [...path, 'ttl'], value: '1h' }));
}

/** Whether the caller asks for a part of it to be kept for an hour. */
export function asksForHour(body: Fields): boolean {
  const whole = fieldsIn(body['cache_control']);
  return [whole, ...markersOf(body).map(({ control }) => control)].some((control) => control['ttl'] === '1h');
}

interface Marker {
  readonly path: readonly (string | number)[];
  readonly control: Fields;
}

const known = new WeakMap<Fields, readonly Marker[]>();

/** Looked for once in a body: they are counted when it goes out, and again when its answer is there. */
function markersOf(body: Fields): readonly Marker[] {
  let markers = known.get(body);
  if (markers === undefined) known.set(body, (markers = findMarkers(body)));
  return markers;
}

/** Those inside tool results and documents count as well. A long transcript has few: only where one stands is a path written. */
function findMarkers(body: Fields): readonly Marker[] {
  const found: Marker[] = [];
  const path: (string | number)[] = [];
  const look = (block: unknown): void => {
    if (!isFields(block)) return;
    lookInto('content', block['content']);
    const control = block['cache_control'];
    if (isFields(control)) found.push({ path: [...path, 'cache_control'], control });
  };
  const lookInto = (name: string, list: unknown): void => {
    if (!Array.isArray(list)) return;
    path.push(name);
    for (let index = 0; index < list.length; index += 1) {
      path.push(index);
      look(list[index]);
      path.pop();
    }
    path.pop();
  };
  for (const part of ['tools', 'system', 'messages']) lookInto(part, body[part]);
  return found;
}
