import type { ModelId } from '../../domain/ids.ts';
import type { JsonValue } from '../../domain/json.ts';
import type { Model, Wire } from '../../domain/model.ts';
import { fieldsIn, isFields, listIn, textIn, type Fields } from './fields.ts';
import type { JsonEdit } from './json-bytes.ts';
import {
  ANTHROPIC_TOOL_ID,
  MISTRAL_TOOL_ID,
  mapName,
  OPENAI_CALL_ID,
  OPENAI_CHAT_TOOL_ID,
  type NameRule,
} from './tool-ids.ts';

/** Who minted a signature, as far as the ledger and the envelopes know. */
export type MinterOf = (signature: string) => ModelId | 'unknown';

/** What must change in a body that stays in its wire format, and what was taken out. */
export interface Repair {
  readonly edits: readonly JsonEdit[];
  readonly strippedThinkingCount: number;
  readonly remappedIdCount: number;
}

export interface RepairOptions {
  readonly minterOf: MinterOf;
  /** Takes out all thinking, whoever minted it: the target has just refused it. */
  readonly stripAll?: boolean;
}

/**
 * The edits that make a body acceptable to another model of the same wire format: thinking that the target did not mint
 * is removed, its own stays byte for byte; tool ids are mapped alike in call and result. State of unknown origin stays:
 * within one wire format it most likely is the target vendor's own, from before this gateway knew the session.
 */
export function repairFor(wire: Wire, body: Fields, target: Model, options: RepairOptions): Repair {
  const found: Found = { edits: [], stripped: 0, remapped: 0 };
  const rule = idRuleOf(wire, target);
  if (wire === 'anthropic-messages') repairAnthropic(body, target, rule, options, found);
  else if (wire === 'openai-responses') repairResponses(body, target, rule, options, found);
  else repairChat(body, rule, found);
  return { edits: found.edits, strippedThinkingCount: found.stripped, remappedIdCount: found.remapped };
}

interface Found {
  readonly edits: JsonEdit[];
  stripped: number;
  remapped: number;
}

function idRuleOf(wire: Wire, target: Model): NameRule {
  if (target.vendor === 'mistral') return MISTRAL_TOOL_ID;
  if (wire === 'anthropic-messages') return ANTHROPIC_TOOL_ID;
  return wire === 'openai-chat' ? OPENAI_CHAT_TOOL_ID : OPENAI_CALL_ID;
}

function mayKeep(signature: unknown, target: Model, options: RepairOptions): boolean {
  if (options.stripAll === true) return false;
  const minter = options.minterOf(textIn(signature) ?? '');
  return minter === 'unknown' || minter === target.id;
}

function remap(found: Found, rule: NameRule, path: readonly (string | number)[], id: unknown): void {
  if (typeof id !== 'string') return;
  const mapped = mapName(rule, id);
  if (mapped === id) return;
  found.edits.push({ op: 'set', path, value: mapped });
  found.remapped++;
}

function repairAnthropic(body: Fields, target: Model, rule: NameRule, options: RepairOptions, found: Found): void {
  const messages = listIn(body['messages']).map(fieldsIn);
  let strippedFromOpener = false;
  messages.forEach((message, index) => {
    const blocks = listIn(message['content']).map(fieldsIn);
    const cut: number[] = [];
    blocks.forEach((block, at) => {
      const path = ['messages', index, 'content', at] as const;
      const type = block['type'];
      if (type === 'thinking' || type === 'redacted_thinking') {
        if (!mayKeep(block['signature'] ?? block['data'], target, options)) cut.push(at);
      } else if (type === 'tool_use') remap(found, rule, [...path, 'id'], block['id']);
      else if (type === 'tool_result') remap(found, rule, [...path, 'tool_use_id'], block['tool_use_id']);
    });
    if (cut.length === 0) return;
    found.stripped += cut.length;
    strippedFromOpener = index === messages.length - 2;
    if (cut.length === blocks.length) found.edits.push({ op: 'remove', path: ['messages', index] });
    else for (const at of cut) found.edits.push({ op: 'remove', path: ['messages', index, 'content', at] });
  });
  const last = listIn(messages.at(-1)?.['content']);
  const inToolLoop = last.some((block) => fieldsIn(block)['type'] === 'tool_result');
  // A turn with enabled thinking must open with a thinking block of the model's own; there is none to give.
  if (strippedFromOpener && inToolLoop && fieldsIn(body['thinking'])['type'] === 'enabled') {
    found.edits.push({ op: 'set', path: ['thinking'], value: { type: 'disabled' } });
  }
}

function repairResponses(body: Fields, target: Model, rule: NameRule, options: RepairOptions, found: Found): void {
  listIn(body['input']).forEach((raw, index) => {
    const item = fieldsIn(raw);
    if (item['type'] === 'reasoning') {
      if (mayKeep(item['encrypted_content'], target, options)) return;
      found.edits.push({ op: 'remove', path: ['input', index] });
      found.stripped++;
    } else if (item['call_id'] !== undefined) remap(found, rule, ['input', index, 'call_id'], item['call_id']);
  });
}

function repairChat(body: Fields, rule: NameRule, found: Found): void {
  listIn(body['messages']).forEach((raw, index) => {
    const message = fieldsIn(raw);
    if (message['role'] === 'tool') {
      remap(found, rule, ['messages', index, 'tool_call_id'], message['tool_call_id']);
      return;
    }
    listIn(message['tool_calls']).forEach((call, at) => {
      remap(found, rule, ['messages', index, 'tool_calls', at, 'id'], fieldsIn(call)['id']);
    });
  });
}

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
