// One file: one direction of one wire format, a function for each kind of part.

import type { CacheMarker } from '../../domain/call.ts';
import type { JsonObject, JsonValue } from '../../domain/json.ts';
import { EFFORTS, type Effort } from '../../domain/step.ts';
import type { AssistantPart, ImagePart, Message, TextPart, ToolSpec, UserPart } from '../../domain/transcript.ts';
import { fieldsIn, isFields, listIn, numberIn, textIn, type Fields } from '../shared/fields.ts';
import {
  createNotes,
  noteRemovedTools,
  noteUnknown,
  noteVendorState,
  type DecodeNotes,
  type InboundCall,
  type IssuedReader,
} from '../shared/inbound-call.ts';
import type { LossId } from '../shared/lossy-fields.ts';
import { mediaFromData, mediaFromUrl, mediaTypeOf } from '../shared/media/media.ts';
import { clientTool } from './client-tools.ts';
import { readOnce } from './known-messages.ts';
import { SaidEfforts } from './message-effort.ts';

const DROPPED: readonly (readonly [string, LossId])[] = [
  ['top_k', 'anthropic.top_k'],
  ['metadata', 'anthropic.metadata'],
  ['context_management', 'anthropic.context_management'],
  ['service_tier', 'anthropic.service_tier'],
  ['container', 'anthropic.container'],
  ['mcp_servers', 'anthropic.mcp_servers'],
  ['thinking', 'anthropic.thinking'],
  ['cache_control', 'anthropic.cache_control'],
];

const KNOWN: ReadonlySet<string> = new Set([
  ...DROPPED.map(([field]) => field),
  ...'model messages system tools tool_choice max_tokens stream'.split(' '),
  ...'temperature top_p stop_sequences output_config output_format'.split(' '),
]);
const KNOWN_OUTPUT: ReadonlySet<string> = new Set(['effort', 'format']);

/** The attribution block that Claude Code puts first in its system prompt (observed 2026-11-21). */
const BILLING_BLOCK = /^x-anthropic-billing-header:/u;

/** Reads an Anthropic Messages request; lenient, both API versions in use. */
export function decodeAnthropic(body: Fields, readIssued: IssuedReader): InboundCall {
  const notes = createNotes();
  for (const [field, loss] of DROPPED) if (body[field] !== undefined) notes.losses.add(loss);
  if (listIn(body['mcp_servers']).length > 0) notes.bounds.push('mcp_servers, which its vendor calls');
  noteUnknown(body, KNOWN, 'anthropic.unknown', notes);
  noteUnknown(fieldsIn(body['output_config']), KNOWN_OUTPUT, 'anthropic.output_config', notes);
  const toolNames = new Map<string, string>();
  const markers: CacheMarker[] = [];
  const messages: Message[] = [];
  const messageEnds: number[] = [];
  const efforts = new SaidEfforts(messages);
  for (const raw of listIn(body['messages'])) {
    if (efforts.isAllOf(fieldsIn(raw))) {
      messageEnds.push(messages.length - 1);
      continue;
    }
    const message = readOnce(raw, { notes, toolNames }, (fields, own) =>
      decodeMessage(fields, own, toolNames, readIssued),
    );
    messageEnds.push(message === undefined ? messages.length - 1 : messages.length);
    if (message === undefined) continue;
    noteCalls(message, toolNames);
    const ttl = markerIn(fieldsIn(raw)['content']);
    if (ttl !== undefined) {
      notes.losses.add('anthropic.cache_control');
      markers.push({ messageIndex: messages.length, ttl, purpose: 'newest' });
    }
    messages.push(efforts.onto(message));
  }
  const output = fieldsIn(body['output_config']);
  const choice = fieldsIn(body['tool_choice']);
  return {
    wire: 'anthropic-messages',
    system: decodeSystem(body['system'], notes),
    tools: decodeTools(body['tools'], choice['name'], notes),
    messages,
    messageEnds,
    maxOutputTokens: numberIn(body['max_tokens']),
    effort: decodeEffort(output['effort'], fieldsIn(body['thinking'])),
    toolChoice: decodeToolChoice(choice),
    responseSchema: decodeSchema(output['format'] ?? body['output_format']),
    isJsonAnswer: false,
    verbosity: undefined,
    openaiFields: {},
    cacheMarkers: markers,
    sampling: {
      temperature: numberIn(body['temperature']),
      topP: numberIn(body['top_p']),
      stop: listIn(body['stop_sequences']).filter((stop) => typeof stop === 'string'),
      parallelToolCalls: choice['disable_parallel_tool_use'] === true ? false : undefined,
    },
    toolForms: notes.toolForms,
    losses: notes.losses,
    bounds: notes.bounds,
    isBoundToVendor: notes.isBoundToVendor,
    includeUsage: true,
    includeThoughts: true,
  };
}

function decodeSystem(system: unknown, notes: DecodeNotes): string {
  if (typeof system === 'string') return system;
  const texts: string[] = [];
  for (const block of listIn(system)) {
    const fields = fieldsIn(block);
    const text = textIn(fields['text']);
    if (fields['cache_control'] !== undefined) notes.losses.add('anthropic.cache_control');
    if (text === undefined) continue;
    if (BILLING_BLOCK.test(text)) notes.losses.add('anthropic.billing_header');
    else texts.push(text);
  }
  if (texts.length > 1) notes.losses.add('anthropic.system_blocks');
  return texts.join('\n\n');
}

function decodeTools(tools: unknown, forced: unknown, notes: DecodeNotes): readonly ToolSpec[] {
  const specs: ToolSpec[] = [];
  const removed: string[] = [];
  for (const raw of listIn(tools)) {
    const tool = fieldsIn(raw);
    const name = textIn(tool['name']);
    const type = textIn(tool['type']);
    if (tool['cache_control'] !== undefined) notes.losses.add('anthropic.cache_control');
    if (tool['defer_loading'] !== undefined) notes.losses.add('anthropic.defer_loading');
    if (tool['strict'] !== undefined || tool['input_examples'] !== undefined) notes.losses.add('anthropic.strict_tool');
    if (name === undefined || (type !== undefined && type !== 'custom')) {
      const spec = clientTool(type ?? '', name ?? '');
      if (spec === undefined) removed.push(name ?? type ?? '');
      else specs.push(spec);
      notes.losses.add(spec === undefined ? 'anthropic.server_tool' : 'anthropic.client_tool');
      continue;
    }
    specs.push({
      name,
      description: textIn(tool['description']) ?? '',
      inputSchema: schemaIn(tool['input_schema']),
      ...(tool['strict'] === true ? { strict: true } : {}),
    });
  }
  noteRemovedTools(notes, removed, { kept: specs.length, forced });
  return specs;
}

function schemaIn(schema: unknown): JsonObject {
  return isFields(schema) ? (schema as JsonObject) : { type: 'object', properties: {} };
}

function decodeMessage(
  raw: Fields,
  notes: DecodeNotes,
  toolNames: ReadonlyMap<string, string>,
  readIssued: IssuedReader,
): Message | undefined {
  const role = raw['role'];
  const content = raw['content'];
  const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : listIn(content);
  if (role === 'assistant') {
    return {
      role,
      content: blocks.flatMap((block) => assistantPart(fieldsIn(block), notes, readIssued)),
    };
  }
  if (role === 'system') {
    const parts = blocks.flatMap((block) => {
      const text = textIn(fieldsIn(block)['text']);
      return text === undefined ? [] : [{ type: 'text', text } as const];
    });
    return { role, content: parts };
  }
  if (role !== 'user') return undefined;
  return { role, content: blocks.flatMap((block) => userParts(fieldsIn(block), notes, toolNames)) };
}

/** How later results know what they are of. */
function noteCalls(message: Message, toolNames: Map<string, string>): void {
  if (message.role !== 'assistant') return;
  for (const part of message.content) {
    if (part.type === 'tool-call') toolNames.set(part.toolCallId, part.toolName);
  }
}

function assistantPart(block: Fields, notes: DecodeNotes, readIssued: IssuedReader): readonly AssistantPart[] {
  const type = block['type'];
  if (type === 'text') {
    if (block['citations'] !== undefined && block['citations'] !== null) notes.losses.add('anthropic.citations');
    return [{ type: 'text', text: textIn(block['text']) ?? '' }];
  }
  if (type === 'thinking' || type === 'redacted_thinking') {
    notes.losses.add('anthropic.thinking_block');
    const signature = textIn(block['signature']) ?? textIn(block['data']) ?? '';
    const issued = readIssued(signature, block as JsonValue);
    const text = textIn(block['thinking']) ?? '';
    return [issued === undefined ? { type: 'thinking', text } : { type: 'thinking', text, issued }];
  }
  if (type === 'tool_use') {
    const toolCallId = textIn(block['id']) ?? '';
    const toolName = textIn(block['name']) ?? '';
    return [{ type: 'tool-call', toolCallId, toolName, input: fieldsIn(block['input']) as JsonObject }];
  }
  noteVendorState(notes, `a ${String(type)} block in the transcript`);
  return [];
}

function userParts(block: Fields, notes: DecodeNotes, toolNames: ReadonlyMap<string, string>): readonly UserPart[] {
  if (block['type'] !== 'tool_result') return contentParts(block, notes);
  const toolCallId = textIn(block['tool_use_id']) ?? '';
  const content = block['content'];
  const inner =
    typeof content === 'string'
      ? [{ type: 'text', text: content } as const]
      : listIn(content).flatMap((part) => contentParts(fieldsIn(part), notes));
  return [
    {
      type: 'tool-result',
      toolCallId,
      toolName: toolNames.get(toolCallId) ?? '',
      content: inner,
      isError: block['is_error'] === true,
    },
  ];
}

function contentParts(block: Fields, notes: DecodeNotes): readonly (TextPart | ImagePart)[] {
  switch (block['type']) {
    case 'text':
      return [{ type: 'text', text: textIn(block['text']) ?? '' }];
    case 'image':
      return imageParts(fieldsIn(block['source']), notes, 'image/*');
    case 'document':
      notes.losses.add('anthropic.document');
      return imageParts(fieldsIn(block['source']), notes, 'application/pdf');
    case 'tool_reference':
      notes.losses.add('anthropic.tool_reference');
      return [{ type: 'text', text: `Tool available: ${textIn(block['tool_name']) ?? ''}` }];
    case 'search_result':
      notes.losses.add('anthropic.citations');
      return listIn(block['content']).flatMap((part) => contentParts(fieldsIn(part), notes));
    default:
      noteVendorState(notes, `a ${String(block['type'])} block in the transcript`);
      return [];
  }
}

function imageParts(source: Fields, notes: DecodeNotes, urlType: string): readonly (TextPart | ImagePart)[] {
  const mediaType = mediaTypeOf(textIn(source['media_type']) ?? 'application/octet-stream');
  switch (source['type']) {
    case 'base64':
      return [mediaFromData(textIn(source['data']) ?? '', mediaType)];
    case 'url':
      return [mediaFromUrl(textIn(source['url']) ?? '', urlType)];
    case 'content':
      return typeof source['content'] === 'string'
        ? [{ type: 'text', text: source['content'] }]
        : listIn(source['content']).flatMap((part) => contentParts(fieldsIn(part), notes));
    case 'text':
      return [{ type: 'text', text: textIn(source['data']) ?? '' }];
    default:
      noteVendorState(notes, `a ${String(source['type'])} source, which points into its vendor’s store`);
      return [];
  }
}

function markerIn(content: unknown): CacheMarker['ttl'] | undefined {
  for (const block of listIn(content).toReversed()) {
    const control = fieldsIn(block)['cache_control'];
    if (isFields(control)) return control['ttl'] === '1h' ? '1h' : 'default';
  }
  return undefined;
}

/** `output_config.effort` as it stands; otherwise a thinking budget as the effort that usually spends it. */
function decodeEffort(effort: unknown, thinking: Fields): Effort | undefined {
  if (EFFORTS.includes(effort as Effort)) return effort as Effort;
  if (thinking['type'] === 'disabled') return 'none';
  if (thinking['type'] !== 'enabled') return undefined;
  const budgetTokens = numberIn(thinking['budget_tokens']) ?? 0;
  if (budgetTokens < 4096) return 'low';
  return budgetTokens < 16_384 ? 'medium' : 'high';
}

function decodeToolChoice(choice: Fields): InboundCall['toolChoice'] {
  switch (choice['type']) {
    case 'auto':
    case 'none':
      return choice['type'];
    case 'any':
      return 'required';
    case 'tool':
      return { tool: textIn(choice['name']) ?? '' };
    default:
      return undefined;
  }
}

function decodeSchema(format: unknown): InboundCall['responseSchema'] {
  const fields = fieldsIn(format);
  if (fields['type'] !== 'json_schema' || !isFields(fields['schema'])) return undefined;
  return { name: 'answer', schema: fields['schema'] as JsonObject };
}
