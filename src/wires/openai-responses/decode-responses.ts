// One file: one direction of one wire format, a function for each kind of item.

import type { JsonObject, JsonValue } from '../../domain/json.ts';
import type { AssistantPart, ImagePart, Message, TextPart, ToolSpec } from '../../domain/transcript.ts';
import {
  addCustomTool,
  appendToUser,
  audioPart,
  fileParts,
  openaiFieldsIn,
  readErrorMark,
  verbosityIn,
} from '../openai-chat/decode-chat.ts';
import { joinToolName } from '../openai-shared/tool-names.ts';
import { toEffort } from '../shared/body-facts.ts';
import { fieldsIn, isFields, listIn, numberIn, parseFields, textIn, type Fields } from '../shared/fields.ts';
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
import { mediaFromUrl } from '../shared/media/media.ts';

const DROPPED: readonly (readonly [string, LossId])[] = [
  ['store', 'responses.store'],
  ['include', 'responses.include'],
  ['client_metadata', 'responses.client_metadata'],
  ['metadata', 'responses.client_metadata'],
  ['service_tier', 'responses.service_tier'],
  ['truncation', 'responses.truncation'],
  ['max_tool_calls', 'responses.limits'],
  ['top_logprobs', 'responses.limits'],
  ['prompt_cache_key', 'responses.prompt_cache_key'],
];

const KNOWN: ReadonlySet<string> = new Set([
  ...DROPPED.map(([field]) => field),
  ...'model input instructions tools tool_choice parallel_tool_calls stream'.split(' '),
  ...'max_output_tokens reasoning text temperature top_p'.split(' '),
  ...'previous_response_id conversation background prompt'.split(' '),
]);

/** Fields that tie a call to state on the vendor's servers. */
const BINDING = ['previous_response_id', 'conversation', 'background', 'prompt'] as const;

/** Reads an OpenAI Responses request; lenient. */
export function decodeResponses(body: Fields, readIssued: IssuedReader): InboundCall {
  const notes = createNotes();
  for (const [field, loss] of DROPPED) if (body[field] !== undefined) notes.losses.add(loss);
  noteUnknown(body, KNOWN, 'responses.unknown', notes);
  for (const field of BINDING) {
    if (body[field] !== undefined && body[field] !== null && body[field] !== false) {
      noteVendorState(notes, bindingText(field, body[field]));
    }
  }
  const specs: ToolSpec[] = [];
  const removed: string[] = [];
  for (const tool of listIn(body['tools'])) addTool(fieldsIn(tool), specs, notes, removed);
  noteRemovedTools(notes, removed, { kept: specs.length, forced: fieldsIn(body['tool_choice'])['type'] });
  const transcript = decodeInput(body['input'], specs, notes, readIssued);
  const instructions = textIn(body['instructions']);
  const system = instructions === undefined ? transcript.system : [instructions, ...transcript.system];
  const text = fieldsIn(body['text']);
  if (text['verbosity'] !== undefined) notes.losses.add('responses.verbosity');
  if (fieldsIn(text['format'])['type'] === 'json_object') notes.losses.add('responses.json_object');
  const reasoning = fieldsIn(body['reasoning']);
  if (reasoning['summary'] !== undefined) notes.losses.add('responses.reasoning_summary');
  return {
    wire: 'openai-responses',
    system: system.join('\n\n'),
    tools: specs,
    messages: transcript.messages,
    messageEnds: transcript.messageEnds,
    maxOutputTokens: numberIn(body['max_output_tokens']),
    effort: toEffort(reasoning['effort']),
    toolChoice: decodeToolChoice(body['tool_choice'], notes),
    responseSchema: decodeSchema(fieldsIn(text['format']), notes),
    isJsonAnswer: fieldsIn(text['format'])['type'] === 'json_object',
    verbosity: verbosityIn(text['verbosity']),
    openaiFields: openaiFieldsIn(body),
    cacheMarkers: [],
    sampling: {
      temperature: numberIn(body['temperature']),
      topP: numberIn(body['top_p']),
      stop: [],
      parallelToolCalls: typeof body['parallel_tool_calls'] === 'boolean' ? body['parallel_tool_calls'] : undefined,
    },
    toolForms: notes.toolForms,
    losses: notes.losses,
    bounds: notes.bounds,
    isBoundToVendor: notes.isBoundToVendor,
    includeUsage: true,
    includeThoughts: true,
  };
}

function bindingText(field: string, value: unknown): string {
  // The words of the vendor itself, which clients look for.
  if (field === 'previous_response_id')
    return `Previous response with id '${String(value).slice(0, 100)}' not found, as it lies at another vendor`;
  return `${field}, which lies on its vendor’s servers`;
}

function addTool(tool: Fields, specs: ToolSpec[], notes: DecodeNotes, removed: string[] = []): void {
  switch (tool['type']) {
    case 'function':
      addFunction(tool, textIn(tool['name']) ?? '', specs, notes);
      return;
    case 'custom':
      addCustomTool(tool, specs, notes, 'responses.custom_tool');
      return;
    case 'namespace':
      addNamespace(tool, specs, notes);
      return;
    case 'tool_search':
      notes.losses.add('responses.tool_search');
      notes.toolForms.set('tool_search', { kind: 'tool-search' });
      addFunction({ ...tool, strict: undefined }, 'tool_search', specs, notes);
      return;
    default:
      notes.losses.add('responses.server_tool');
      noteRun(tool, removed, notes);
  }
}

/** Tools that the vendor defined and the client runs, whose calls other interfaces have no items for. */
const CLIENT_RUN: ReadonlySet<unknown> = new Set([
  'shell',
  'local_shell',
  'apply_patch',
  'computer',
  'computer_use_preview',
]);

function noteRun(tool: Fields, removed: string[], notes: DecodeNotes): void {
  const type = String(tool['type']);
  if (CLIENT_RUN.has(type))
    notes.bounds.push(`the tool ${type}, whose calls only its vendor’s interface has items for`);
  else removed.push(type);
}

function addFunction(tool: Fields, name: string, specs: ToolSpec[], notes: DecodeNotes): void {
  if (name === '' || specs.some((spec) => spec.name === name)) return;
  if (tool['strict'] === true) notes.losses.add('responses.strict_tool');
  const schema = isFields(tool['parameters']) ? (tool['parameters'] as JsonObject) : { type: 'object', properties: {} };
  const description = textIn(tool['description']) ?? '';
  specs.push({ name, description, inputSchema: schema, ...(tool['strict'] === true ? { strict: true } : {}) });
}

function addNamespace(namespace: Fields, specs: ToolSpec[], notes: DecodeNotes): void {
  const space = textIn(namespace['name']) ?? '';
  notes.losses.add('responses.namespace');
  for (const raw of listIn(namespace['tools'])) {
    const tool = fieldsIn(raw);
    const name = textIn(tool['name']);
    if (name === undefined) continue;
    const joined = joinToolName(space, name);
    notes.toolForms.set(joined, { kind: 'namespaced', namespace: space, name });
    addFunction(tool, joined, specs, notes);
  }
}

interface Transcript {
  readonly system: string[];
  readonly messages: Message[];
  readonly messageEnds: number[];
}

function decodeInput(input: unknown, specs: ToolSpec[], notes: DecodeNotes, readIssued: IssuedReader): Transcript {
  const transcript: Transcript = { system: [], messages: [], messageEnds: [] };
  if (typeof input === 'string') {
    transcript.messages.push({ role: 'user', content: [{ type: 'text', text: input }] });
    transcript.messageEnds.push(0);
    return transcript;
  }
  const toolNames = new Map<string, string>();
  for (const raw of listIn(input)) {
    const item = fieldsIn(raw);
    if (item['id'] !== undefined || item['phase'] !== undefined) notes.losses.add('responses.item_id');
    appendItem(transcript, item, { specs, notes, readIssued, toolNames });
    transcript.messageEnds.push(transcript.messages.length - 1);
  }
  return transcript;
}

interface ItemContext {
  readonly specs: ToolSpec[];
  readonly notes: DecodeNotes;
  readonly readIssued: IssuedReader;
  readonly toolNames: Map<string, string>;
}

function appendItem(transcript: Transcript, item: Fields, context: ItemContext): void {
  const { messages } = transcript;
  switch (item['type'] ?? 'message') {
    case 'message':
      appendMessageItem(transcript, item, context.notes);
      return;
    case 'reasoning':
      context.notes.losses.add('responses.reasoning_item');
      appendToAssistant(messages, reasoningPart(item, context.readIssued));
      return;
    case 'function_call': {
      const namespace = textIn(item['namespace']);
      const name = textIn(item['name']) ?? '';
      const toolName = namespace === undefined ? name : joinToolName(namespace, name);
      if (namespace !== undefined) context.notes.toolForms.set(toolName, { kind: 'namespaced', namespace, name });
      appendCall(messages, item, toolName, parseFields(textIn(item['arguments'])) ?? {}, context);
      return;
    }
    case 'custom_tool_call': {
      const name = textIn(item['name']) ?? '';
      context.notes.toolForms.set(name, { kind: 'custom', name });
      appendCall(messages, item, name, { input: textIn(item['input']) ?? '' }, context);
      return;
    }
    case 'tool_search_call':
      appendCall(messages, item, 'tool_search', fieldsIn(item['arguments']), context);
      return;
    case 'tool_search_output':
      appendFoundTools(messages, item, context);
      return;
    case 'function_call_output':
    case 'custom_tool_call_output':
      appendOutput(messages, item, contentParts(item['output'], context.notes), context);
      return;
    default:
      noteVendorState(context.notes, `a ${String(item['type'])} item in the transcript`);
  }
}

function appendMessageItem(transcript: Transcript, item: Fields, notes: DecodeNotes): void {
  const { messages, system } = transcript;
  const parts = contentParts(item['content'], notes);
  switch (item['role']) {
    case 'assistant':
      for (const part of parts) if (part.type === 'text') appendToAssistant(messages, part);
      return;
    case 'system':
    case 'developer': {
      const texts = parts.filter((part) => part.type === 'text');
      if (messages.length === 0) system.push(texts.map((part) => part.text).join('\n'));
      else messages.push({ role: 'system', content: texts });
      return;
    }
    default:
      messages.push({ role: 'user', content: parts });
  }
}

function reasoningPart(item: Fields, readIssued: IssuedReader): AssistantPart {
  const summary = [...listIn(item['summary']), ...listIn(item['content'])];
  const text = summary.map((part) => textIn(fieldsIn(part)['text']) ?? '').join('\n');
  const issued = readIssued(textIn(item['encrypted_content']) ?? '', item as JsonValue);
  return issued === undefined ? { type: 'thinking', text } : { type: 'thinking', text, issued };
}

/** Items of one model turn stand apart on this wire; they are one message in the transcript. */
function appendToAssistant(messages: Message[], part: AssistantPart): void {
  const last = messages.at(-1);
  if (last?.role === 'assistant')
    messages[messages.length - 1] = { role: 'assistant', content: [...last.content, part] };
  else messages.push({ role: 'assistant', content: [part] });
}

function appendCall(messages: Message[], item: Fields, toolName: string, input: Fields, context: ItemContext): void {
  const toolCallId = textIn(item['call_id']) ?? textIn(item['id']) ?? '';
  context.toolNames.set(toolCallId, toolName);
  appendToAssistant(messages, { type: 'tool-call', toolCallId, toolName, input: input as JsonObject });
}

function appendOutput(
  messages: Message[],
  item: Fields,
  output: readonly (TextPart | ImagePart)[],
  context: ItemContext,
): void {
  const toolCallId = textIn(item['call_id']) ?? '';
  const { content, isError } = readErrorMark(output);
  const toolName = context.toolNames.get(toolCallId) ?? '';
  appendToUser(messages, { type: 'tool-result', toolCallId, toolName, content, isError });
}

function appendFoundTools(messages: Message[], item: Fields, context: ItemContext): void {
  const before = context.specs.length;
  for (const tool of listIn(item['tools'])) addTool(fieldsIn(tool), context.specs, context.notes);
  const names = context.specs.slice(before).map((spec) => spec.name);
  const text = names.length === 0 ? 'No further tools.' : `Tools available: ${names.join(', ')}`;
  appendOutput(messages, item, [{ type: 'text', text }], context);
}

function contentParts(content: unknown, notes: DecodeNotes): readonly (TextPart | ImagePart)[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  return listIn(content).flatMap((raw): readonly (TextPart | ImagePart)[] => {
    const part = fieldsIn(raw);
    switch (part['type']) {
      case 'input_text':
      case 'output_text':
      case 'text':
      case 'summary_text':
        if (isFilled(part['annotations']) || isFilled(part['logprobs'])) notes.losses.add('responses.annotations');
        return [{ type: 'text', text: textIn(part['text']) ?? '' }];
      case 'refusal':
        return [{ type: 'text', text: textIn(part['refusal']) ?? '' }];
      case 'input_image':
        if (part['detail'] !== undefined) notes.losses.add('responses.image_detail');
        if (textIn(part['image_url']) !== undefined) return [mediaFromUrl(textIn(part['image_url']) ?? '')];
        noteVendorState(notes, 'an image by its file_id, which points into its vendor’s store');
        return [];
      case 'input_file':
        return fileParts(part, notes);
      case 'input_audio':
        return [audioPart(fieldsIn(part['input_audio']))];
      default:
        notes.bounds.push(`a ${String(part['type'])} part in the transcript`);
        return [];
    }
  });
}

function isFilled(list: unknown): boolean {
  return listIn(list).length > 0;
}

function decodeToolChoice(choice: unknown, notes: DecodeNotes): InboundCall['toolChoice'] {
  if (choice === 'auto' || choice === 'none' || choice === 'required') return choice;
  const name = textIn(fieldsIn(choice)['name']);
  if (name === undefined && choice !== undefined && choice !== null) notes.losses.add('responses.tool_choice');
  return name === undefined ? undefined : { tool: name };
}

function decodeSchema(format: Fields, notes: DecodeNotes): InboundCall['responseSchema'] {
  if (format['type'] !== 'json_schema' || !isFields(format['schema'])) return undefined;
  if (format['strict'] !== undefined || format['description'] !== undefined) notes.losses.add('responses.schema');
  return {
    name: textIn(format['name']) ?? 'answer',
    schema: format['schema'] as JsonObject,
    ...(typeof format['strict'] === 'boolean' ? { strict: format['strict'] } : {}),
  };
}
