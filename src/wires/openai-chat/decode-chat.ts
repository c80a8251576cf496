// One file: one direction of one wire format, a function for each kind of part.

import { VERBOSITIES, type Verbosity } from '../../domain/call.ts';
import type { JsonObject, JsonValue } from '../../domain/json.ts';
import type { AssistantPart, ImagePart, Message, TextPart, ToolSpec, UserPart } from '../../domain/transcript.ts';
import { toEffort } from '../shared/body-facts.ts';
import { fieldsIn, isFields, listIn, numberIn, parseFields, textIn, type Fields } from '../shared/fields.ts';
import {
  createNotes,
  noteRemovedTools,
  noteUnknown,
  noteVendorState,
  type DecodeNotes,
  type InboundCall,
} from '../shared/inbound-call.ts';
import { mediaFromData, mediaFromUrl, mediaTypeOf, typeOfName } from '../shared/media/media.ts';
import { ERROR_PREFIX } from '../shared/translate.ts';
import { DROPPED, lossOf, onlyAtOpenai } from './chat-losses.ts';

const KNOWN: ReadonlySet<string> = new Set([
  ...DROPPED.keys(),
  ...'model messages tools tool_choice functions function_call parallel_tool_calls stream'.split(' '),
  ...'max_tokens max_completion_tokens reasoning_effort response_format stream_options'.split(' '),
  ...'temperature top_p stop'.split(' '),
]);
const KNOWN_STREAM: ReadonlySet<string> = new Set(['include_usage']);

/** Reads an OpenAI Chat Completions request; lenient, both max-token fields and the older `functions`. */
export function decodeChat(body: Fields): InboundCall {
  const notes = createNotes();
  for (const field of DROPPED.keys()) {
    const loss = lossOf(body, field);
    if (loss !== undefined) notes.losses.add(loss);
  }
  noteUnknown(body, KNOWN, 'chat.unknown', notes);
  notes.bounds.push(...onlyHere(body));
  noteUnknown(fieldsIn(body['stream_options']), KNOWN_STREAM, 'chat.stream_options', notes);
  const toolNames = new Map<string, string>();
  const system: string[] = [];
  const messages: Message[] = [];
  const messageEnds: number[] = [];
  for (const raw of listIn(body['messages'])) {
    const fields = fieldsIn(raw);
    if (fields['name'] !== undefined) notes.losses.add('chat.message_name');
    const isSystem = fields['role'] === 'system' || fields['role'] === 'developer';
    if (isSystem && messages.length === 0) system.push(textOf(fields['content']));
    else appendMessage(messages, fields, notes, toolNames);
    messageEnds.push(messages.length - 1);
  }
  return {
    wire: 'openai-chat',
    system: system.join('\n\n'),
    tools: decodeTools(body, notes),
    messages,
    messageEnds,
    maxOutputTokens: numberIn(body['max_completion_tokens']) ?? numberIn(body['max_tokens']),
    effort: toEffort(body['reasoning_effort']),
    toolChoice: decodeToolChoice(body['tool_choice'] ?? olderChoice(body['function_call']), notes),
    responseSchema: decodeSchema(fieldsIn(body['response_format']), notes),
    isJsonAnswer: wantsAnyJson(fieldsIn(body['response_format'])),
    verbosity: verbosityIn(body['verbosity']),
    openaiFields: openaiFieldsIn(body),
    cacheMarkers: [],
    sampling: {
      temperature: numberIn(body['temperature']),
      topP: numberIn(body['top_p']),
      stop: stopsIn(body['stop']),
      parallelToolCalls: parallelIn(body),
    },
    toolForms: notes.toolForms,
    losses: notes.losses,
    bounds: notes.bounds,
    isBoundToVendor: notes.isBoundToVendor,
    includeUsage: fieldsIn(body['stream_options'])['include_usage'] === true,
    includeThoughts: true,
  };
}

/** Offers functions in the older form alone: whoever sends tools beside them reads tool calls. */
function speaksFunctions(body: Fields): boolean {
  return listIn(body['functions']).length > 0 && listIn(body['tools']).length === 0;
}

/** The older functions are called one at a time: an answer has room for one call. */
function parallelIn(body: Fields): boolean | undefined {
  if (typeof body['parallel_tool_calls'] === 'boolean') return body['parallel_tool_calls'];
  return speaksFunctions(body) ? false : undefined;
}

/** What no other interface can answer, and a caller would miss. */
function onlyHere(body: Fields): readonly string[] {
  const choices = numberIn(body['n']) ?? 1;
  return [
    ...(choices > 1 ? [`n: ${choices} choices`] : []),
    ...(body['logprobs'] === true ? ['logprobs'] : []),
    ...onlyAtOpenai(body),
  ];
}

/** What both of OpenAI's formats say in the same field, and nobody else's. OpenAI API reference, read 2026-11. */
const OPENAI_FIELDS = ['service_tier', 'metadata', 'user', 'safety_identifier'] as const;

export function openaiFieldsIn(body: Fields): JsonObject {
  return Object.fromEntries(
    OPENAI_FIELDS.flatMap((field) =>
      (body[field] ?? undefined) === undefined ? [] : [[field, body[field] as JsonValue]],
    ),
  );
}

export function verbosityIn(value: unknown): Verbosity | undefined {
  return VERBOSITIES.find((verbosity) => verbosity === value);
}

function stopsIn(stop: unknown): readonly string[] {
  if (typeof stop === 'string') return [stop];
  return listIn(stop).filter((item) => typeof item === 'string');
}

function decodeTools(body: Fields, notes: DecodeNotes): readonly ToolSpec[] {
  const specs: ToolSpec[] = [];
  const removed: string[] = [];
  const add = (fn: Fields): void => {
    const name = textIn(fn['name']);
    if (name === undefined) return;
    const schema = isFields(fn['parameters']) ? (fn['parameters'] as JsonObject) : { type: 'object', properties: {} };
    if (fn['strict'] === true) notes.losses.add('chat.strict_tool');
    specs.push({
      name,
      description: textIn(fn['description']) ?? '',
      inputSchema: schema,
      ...(fn['strict'] === true ? { strict: true } : {}),
    });
  };
  for (const raw of listIn(body['tools'])) {
    const tool = fieldsIn(raw);
    if (isFields(tool['function'])) add(tool['function']);
    else if (tool['type'] === 'custom') addCustomTool(fieldsIn(tool['custom']), specs, notes, 'chat.custom_tool');
    else removed.push(String(tool['type']));
  }
  const legacy = listIn(body['functions']);
  if (legacy.length > 0) notes.losses.add('chat.functions');
  for (const raw of legacy) {
    const fn = fieldsIn(raw);
    add(fn);
    if (speaksFunctions(body)) notes.toolForms.set(textIn(fn['name']) ?? '', { kind: 'older-function' });
  }
  if (removed.length > 0) notes.losses.add('chat.server_tool');
  noteRemovedTools(notes, removed, { kept: specs.length, forced: fieldsIn(body['tool_choice'])['type'] });
  return specs;
}

/** A free-form tool as a function with one text argument. */
export function addCustomTool(
  tool: Fields,
  specs: ToolSpec[],
  notes: DecodeNotes,
  loss: 'chat.custom_tool' | 'responses.custom_tool',
): void {
  const name = textIn(tool['name']);
  if (name === undefined) return;
  notes.losses.add(loss);
  notes.toolForms.set(name, { kind: 'custom', name });
  const format = fieldsIn(tool['format']);
  const grammar = textIn(format['definition']) ?? textIn(fieldsIn(format['grammar'])['definition']);
  const description = textIn(tool['description']) ?? '';
  specs.push({
    name,
    description:
      grammar === undefined ? description : `${description}\n\nThe text must follow this grammar:\n${grammar}`,
    inputSchema: {
      type: 'object',
      properties: { input: { type: 'string', description: 'The whole input of the tool, as plain text.' } },
      required: ['input'],
      additionalProperties: false,
    },
  });
}

function appendMessage(messages: Message[], raw: Fields, notes: DecodeNotes, toolNames: Map<string, string>): void {
  switch (raw['role']) {
    case 'assistant':
      messages.push({ role: 'assistant', content: assistantParts(raw, notes, toolNames) });
      return;
    case 'tool':
    case 'function':
      appendToolResult(messages, raw, notes, toolNames);
      return;
    case 'system':
    case 'developer':
      messages.push({ role: 'system', content: [{ type: 'text', text: textOf(raw['content']) }] });
      return;
    default:
      messages.push({ role: 'user', content: contentParts(raw['content'], notes) });
  }
}

function assistantParts(raw: Fields, notes: DecodeNotes, toolNames: Map<string, string>): readonly AssistantPart[] {
  const parts: AssistantPart[] = [];
  const thought = textIn(raw['reasoning_content']) ?? textIn(raw['reasoning']);
  if (thought !== undefined && thought !== '') {
    notes.losses.add('chat.reasoning_content');
    parts.push({ type: 'thinking', text: thought });
  }
  notes.bounds.push(...unspoken(raw));
  if (isFields(raw['audio'])) noteVendorState(notes, 'a spoken answer by its id, which only its vendor holds');
  const text = textOf(raw['content']);
  if (text !== '') parts.push({ type: 'text', text });
  for (const call of listIn(raw['tool_calls'])) {
    const fields = fieldsIn(call);
    const toolCallId = textIn(fields['id']) ?? '';
    const custom = fieldsIn(fields['custom']);
    const fn = fieldsIn(fields['function']);
    const toolName = textIn(fn['name']) ?? textIn(custom['name']) ?? '';
    toolNames.set(toolCallId, toolName);
    const input =
      fields['type'] === 'custom'
        ? { input: textIn(custom['input']) ?? '' }
        : (parseFields(textIn(fn['arguments'])) ?? {});
    parts.push({ type: 'tool-call', toolCallId, toolName, input: input as JsonObject });
  }
  if (isFields(raw['function_call'])) parts.push(olderCall(raw['function_call'], notes, toolNames));
  return parts;
}

/** The older form of a call has no id: its result names the function, and follows it. */
function olderCall(call: Fields, notes: DecodeNotes, toolNames: Map<string, string>): AssistantPart {
  notes.losses.add('chat.functions');
  const toolCallId = `function_call_${toolNames.size}`;
  const toolName = textIn(call['name']) ?? '';
  toolNames.set(toolCallId, toolName);
  return {
    type: 'tool-call',
    toolCallId,
    toolName,
    input: (parseFields(textIn(call['arguments'])) ?? {}) as JsonObject,
  };
}

/** What an assistant turn holds beside words and calls: no other interface takes it back. */
function unspoken(raw: Fields): readonly string[] {
  const kinds = listIn(raw['content'])
    .map((part) => fieldsIn(part)['type'])
    .filter((type) => type !== 'text' && type !== 'refusal');
  const images = listIn(raw['images']).length === 0 ? [] : ['images'];
  return [...kinds, ...images].map((kind) => `${String(kind)} in an assistant message`);
}

function appendToolResult(
  messages: Message[],
  raw: Fields,
  notes: DecodeNotes,
  toolNames: ReadonlyMap<string, string>,
): void {
  const toolCallId = textIn(raw['tool_call_id']) ?? newestCallOf(textIn(raw['name']), toolNames) ?? '';
  const { content, isError } = readErrorMark(contentParts(raw['content'], notes));
  const part: UserPart = {
    type: 'tool-result',
    toolCallId,
    toolName: toolNames.get(toolCallId) ?? textIn(raw['name']) ?? '',
    content,
    isError,
  };
  appendToUser(messages, part);
}

function newestCallOf(name: string | undefined, toolNames: ReadonlyMap<string, string>): string | undefined {
  return [...toolNames].findLast(([, called]) => called === name)?.[0];
}

/** These wires have no field for a failed tool; the mark in its text is read back, so that it is not written twice. */
export function readErrorMark(content: readonly (TextPart | ImagePart)[]): {
  readonly content: readonly (TextPart | ImagePart)[];
  readonly isError: boolean;
} {
  const [first, ...rest] = content;
  if (first?.type !== 'text' || !first.text.startsWith(ERROR_PREFIX)) return { content, isError: false };
  return { content: [{ type: 'text', text: first.text.slice(ERROR_PREFIX.length) }, ...rest], isError: true };
}

/**
 * Results of one round stand in one message right behind their calls, as vendors that pair them demand, whatever the caller
 * put between them.
 */
export function appendToUser(messages: Message[], part: UserPart): void {
  const calls = messages.findLastIndex((message) => message.role === 'assistant');
  const at = messages.findIndex(
    (message, index) =>
      index > calls && message.role === 'user' && message.content.every((inner) => inner.type === 'tool-result'),
  );
  const found = messages[at];
  if (found?.role === 'user') messages[at] = { role: 'user', content: [...found.content, part] };
  else messages.push({ role: 'user', content: [part] });
}

function contentParts(content: unknown, notes: DecodeNotes): readonly (TextPart | ImagePart)[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  return listIn(content).flatMap((raw): readonly (TextPart | ImagePart)[] => {
    const part = fieldsIn(raw);
    switch (part['type']) {
      case 'text':
        return [{ type: 'text', text: textIn(part['text']) ?? '' }];
      case 'image_url':
        if (fieldsIn(part['image_url'])['detail'] !== undefined) notes.losses.add('chat.image_detail');
        return [mediaFromUrl(textIn(part['image_url']) ?? textIn(fieldsIn(part['image_url'])['url']) ?? '')];
      case 'video_url':
        return [mediaFromUrl(textIn(fieldsIn(part['video_url'])['url']) ?? '', 'video/mp4')];
      case 'input_audio':
        return [audioPart(fieldsIn(part['input_audio']))];
      case 'file':
        return fileParts(fieldsIn(part['file']), notes);
      case 'refusal':
        return [{ type: 'text', text: textIn(part['refusal']) ?? '' }];
      default:
        notes.bounds.push(`a ${String(part['type'])} part in the transcript`);
        return [];
    }
  });
}

/** Sound as data: `format` is the end of a file's name. */
export function audioPart(audio: Fields): ImagePart | TextPart {
  return mediaFromData(textIn(audio['data']) ?? '', mediaTypeOf(`audio/${textIn(audio['format']) ?? 'wav'}`));
}

/** A file of either OpenAI interface: data, an address, or an id in the vendor's store. */
export function fileParts(file: Fields, notes: DecodeNotes): readonly (TextPart | ImagePart)[] {
  const name = textIn(file['filename']);
  const data = textIn(file['file_data']);
  const url = textIn(file['file_url']);
  if (data !== undefined) {
    return [
      data.startsWith('data:')
        ? mediaFromUrl(data, typeOfName(name), name)
        : mediaFromData(data, typeOfName(name), name),
    ];
  }
  if (url !== undefined) return [mediaFromUrl(url, typeOfName(name ?? url))];
  noteVendorState(notes, 'a file by its file_id, which points into its vendor’s store');
  return [];
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  return listIn(content)
    .map((part) => textIn(fieldsIn(part)['text']) ?? textIn(fieldsIn(part)['refusal']) ?? '')
    .join('\n');
}

function olderChoice(choice: unknown): unknown {
  return isFields(choice) ? { function: choice } : choice;
}

function decodeToolChoice(choice: unknown, notes: DecodeNotes): InboundCall['toolChoice'] {
  if (choice === 'auto' || choice === 'none' || choice === 'required') return choice;
  const fields = fieldsIn(choice);
  const name = textIn(fieldsIn(fields['function'])['name']) ?? textIn(fieldsIn(fields['custom'])['name']);
  if (name === undefined && choice !== undefined && choice !== null) notes.losses.add('chat.tool_choice');
  return name === undefined ? undefined : { tool: name };
}

/** JSON of any shape: asked for so, or by a schema that says none. */
function wantsAnyJson(format: Fields): boolean {
  const isUnsaid = format['type'] === 'json_schema' && !isFields(fieldsIn(format['json_schema'])['schema']);
  return format['type'] === 'json_object' || isUnsaid;
}

function decodeSchema(format: Fields, notes: DecodeNotes): InboundCall['responseSchema'] {
  if (wantsAnyJson(format)) notes.losses.add('chat.json_object');
  const inner = fieldsIn(format['json_schema']);
  if (format['type'] !== 'json_schema' || !isFields(inner['schema'])) return undefined;
  if (inner['strict'] !== undefined || inner['description'] !== undefined) notes.losses.add('chat.schema');
  return {
    name: textIn(inner['name']) ?? 'answer',
    schema: inner['schema'] as JsonObject,
    ...(typeof inner['strict'] === 'boolean' ? { strict: inner['strict'] } : {}),
  };
}
