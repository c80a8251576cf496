// One file: one direction of one wire format, a function for each kind of part.

import type { CallRequest } from '../../domain/call.ts';
import type { Model } from '../../domain/model.ts';
import type { Effort } from '../../domain/step.ts';
import {
  messageText,
  type AssistantPart,
  type ImagePart,
  type Message,
  type MessageEffort,
  type TextPart,
  type ToolResultPart,
} from '../../domain/transcript.ts';
import type { TranslationLoss } from '../../domain/translation-loss.ts';
import { placeMarkers, type PlacedMarker } from '../shared/cache-markers.ts';
import { effortNow, fitEffort } from '../shared/effort.ts';
import type { Encoded } from '../shared/stream-decoder.ts';
import { ANTHROPIC_TOOL_ID, ANTHROPIC_TOOL_NAME, mapName } from '../shared/tool-ids.ts';
import { describedWith, toolSchema } from '../shared/tool-schema.ts';
import {
  asReminder,
  mayReceive,
  outputLimit,
  splitUserParts,
  toolNameMaps,
  withSchemaText,
} from '../shared/translate.ts';
import { anthropicAnswerSchema } from './answer-schema.ts';
import type {
  AnthropicBlock,
  AnthropicCacheControl,
  AnthropicEffort,
  AnthropicMediaBlock,
  AnthropicMessage,
  AnthropicRequest,
  AnthropicTextBlock,
  AnthropicTool,
  AnthropicToolChoice,
  AnthropicToolResultBlock,
} from './anthropic-wire.ts';
import { effortMessage } from './message-effort.ts';

/** Anthropic API reference, prompt caching, read 2026-11: at most four breakpoints in one request. */
const MAX_BREAKPOINTS = 4;

/** A wire message while it is built, with the block that ends each neutral message. */
interface Turn {
  readonly role: 'user' | 'assistant';
  readonly blocks: readonly AnthropicBlock[];
  /** Said behind it: the effort from here on. */
  readonly effort?: AnthropicEffort | undefined;
}

interface Conversation {
  readonly turns: readonly Turn[];
  /** Neutral message index → its last block that may carry a marker. */
  readonly ends: ReadonlyMap<number, AnthropicBlock>;
  readonly losses: readonly TranslationLoss[];
}

/**
 * Writes a call in Anthropic's form: markers within the limit, native thinking byte for byte, foreign thinking dropped
 * and listed. Pure.
 */
export function encodeAnthropic(model: Model, request: CallRequest): Encoded<AnthropicRequest> {
  const names = toolNameMaps(ANTHROPIC_TOOL_NAME, request);
  const conversation = encodeConversation(model, request, names.toWire);
  const markerLimit = model.cacheRule.kind === 'explicit' ? Math.min(model.cacheRule.maxMarkers, MAX_BREAKPOINTS) : 0;
  const markers = placeMarkers(model, request, markerLimit);
  const controls = new Map<AnthropicBlock, AnthropicCacheControl>();
  for (const marker of markers) {
    const end = typeof marker.at === 'object' ? conversation.ends.get(marker.at.messageIndex) : undefined;
    if (end !== undefined) controls.set(end, cacheControl(marker));
  }
  const marked = (block: AnthropicBlock): AnthropicBlock => {
    const control = controls.get(block);
    return control === undefined ? block : ({ ...block, cache_control: control } as AnthropicBlock);
  };
  const thinking = encodeThinking(model, request, conversation);
  const limit = outputLimit(model, request);
  const asText = (request.responseSchema !== undefined && !model.structuredOutput) || request.isJsonAnswer === true;
  return {
    body: {
      model: model.wireModel,
      max_tokens: limit.tokens ?? model.maxOutputTokens,
      ...encodeSystem(withSchemaText(request, asText), markerAt(markers, 'system')),
      ...encodeTools(model, request, names.toWire, markerAt(markers, 'tools')),
      ...thinking.fields,
      ...outputConfig(request, thinking.effort, !asText),
      messages: conversation.turns.flatMap((turn): readonly AnthropicMessage[] => [
        { role: turn.role, content: turn.blocks.map(marked) },
        ...(turn.effort === undefined ? [] : [effortMessage(turn.effort)]),
      ]),
      stream: true,
    },
    losses: [
      ...conversation.losses,
      ...thinking.losses,
      ...(asText ? [{ kind: 'schema-as-text' } as const] : []),
      ...limit.losses,
      ...(mayForce(model, request) ? [] : [{ kind: 'tool-choice-relaxed' } as const]),
    ],
    toolNames: names.fromWire,
  };
}

function cacheControl(marker: PlacedMarker): AnthropicCacheControl {
  return marker.longTtl ? { type: 'ephemeral', ttl: '1h' } : { type: 'ephemeral' };
}

function markerAt(markers: readonly PlacedMarker[], at: 'tools' | 'system'): { cache_control?: AnthropicCacheControl } {
  const marker = markers.find((candidate) => candidate.at === at);
  return marker === undefined ? {} : { cache_control: cacheControl(marker) };
}

function encodeSystem(
  text: string,
  marker: { cache_control?: AnthropicCacheControl },
): { system?: readonly AnthropicTextBlock[] } {
  return text.trim() === '' ? {} : { system: [{ type: 'text', text, ...marker }] };
}

function encodeTools(
  model: Model,
  request: CallRequest,
  toWire: (name: string) => string,
  marker: { cache_control?: AnthropicCacheControl },
): { tools?: readonly AnthropicTool[]; tool_choice?: AnthropicToolChoice } {
  if (request.tools.length === 0) return {};
  const last = request.tools.length - 1;
  const tools = request.tools.map((tool, index) => {
    const { schema, note } = toolSchema(tool.inputSchema);
    return {
      name: toWire(tool.name),
      description: describedWith(tool.description, note),
      input_schema: schema,
      ...(index === last ? marker : {}),
    };
  });
  return { tools, ...(mayForce(model, request) ? encodeToolChoice(request.toolChoice, toWire) : {}) };
}

/** Whether the call forces a tool at all. */
function isForced({ toolChoice }: CallRequest): boolean {
  return toolChoice === 'required' || typeof toolChoice === 'object';
}

/** False where a tool is forced and the model refuses that. */
function mayForce(model: Model, request: CallRequest): boolean {
  return !isForced(request) || model.requestLimits?.forcedTool === undefined;
}

function encodeToolChoice(
  choice: CallRequest['toolChoice'],
  toWire: (name: string) => string,
): { tool_choice?: AnthropicToolChoice } {
  if (choice === undefined || choice === 'auto') return {};
  if (choice === 'none') return { tool_choice: { type: 'none' } };
  if (choice === 'required') return { tool_choice: { type: 'any' } };
  return { tool_choice: { type: 'tool', name: toWire(choice.tool) } };
}

interface Thinking {
  readonly fields: Pick<AnthropicRequest, 'thinking'>;
  readonly effort: NonNullable<AnthropicRequest['output_config']>['effort'];
  readonly losses: readonly TranslationLoss[];
}

/**
 * Effort above `none` turns adaptive thinking on, save where the vendor refuses it: a forced tool, and a tool loop whose
 * assistant turn was opened by another model's thinking. `none` turns it off. Models that always think keep thinking.
 */
function encodeThinking(model: Model, request: CallRequest, conversation: Conversation): Thinking {
  const { efforts, requestLimits } = model;
  // What a message says of it is said there, and the head of the prompt stays what it was.
  const asked = model.effortPerMessage === true ? request.effort : effortNow(request);
  if (asked === undefined || efforts.length === 0) {
    return { fields: {}, effort: undefined, losses: fitEffort(asked, efforts).losses };
  }
  const isStuck = requestLimits?.thinkingOff === 'refused';
  if (asked === 'none' && !isStuck) {
    return { fields: { thinking: { type: 'disabled' } }, effort: undefined, losses: [] };
  }
  const fitted = fitEffort(asked, efforts);
  const effort = toAnthropicEffort(fitted.effort);
  const why =
    isForced(request) && mayForce(model, request)
      ? 'forced-tool'
      : openLoopIsForeign(request.messages, conversation)
        ? 'foreign-tool-loop'
        : undefined;
  if (why === undefined || isStuck) {
    // Adaptive thinking needs no thought of its own before an open tool call; only `enabled` did.
    return { fields: { thinking: { type: 'adaptive' } }, effort, losses: fitted.losses };
  }
  const isTooMuch = requestLimits?.thinkingOff === 'refused-above-high' && (effort === 'xhigh' || effort === 'max');
  return {
    fields: { thinking: { type: 'disabled' } },
    effort: isTooMuch ? 'high' : effort,
    losses: [...fitted.losses, { kind: 'thinking-paused', why }],
  };
}

function toAnthropicEffort(effort: Effort | undefined): AnthropicEffort | undefined {
  return effort === 'none' || effort === 'minimal' ? 'low' : effort;
}

/** What a message says of the effort, where the vendor takes that in mid-conversation; `undefined`: nothing. */
function effortFrom(
  model: Model,
  request: Pick<CallRequest, 'effort'>,
  said: MessageEffort | undefined,
): AnthropicEffort | undefined {
  if (said === undefined || model.effortPerMessage !== true) return undefined;
  const effort = said === 'usual' ? (request.effort ?? model.usualEffort) : said;
  return toAnthropicEffort(fitEffort(effort, model.efforts).effort);
}

function openLoopIsForeign(messages: readonly Message[], conversation: Conversation): boolean {
  const last = messages.at(-1);
  if (last?.role !== 'user' || !last.content.some((part) => part.type === 'tool-result')) return false;
  const opener = messages.findLastIndex((message) => message.role === 'assistant');
  return conversation.losses.some((loss) => loss.kind === 'thinking-dropped' && loss.messageIndex === opener);
}

function outputConfig(
  request: CallRequest,
  effort: Thinking['effort'],
  withFormat: boolean,
): Pick<AnthropicRequest, 'output_config'> {
  const schema = withFormat ? request.responseSchema?.schema : undefined;
  if (effort === undefined && schema === undefined) return {};
  return {
    output_config: {
      ...(effort === undefined ? {} : { effort }),
      ...(schema === undefined
        ? {}
        : { format: { type: 'json_schema' as const, schema: anthropicAnswerSchema(schema) } }),
    },
  };
}

/** Folds system messages into the user's turn, behind any tool results that must come first. */
function encodeConversation(
  model: Model,
  request: Pick<CallRequest, 'effort' | 'messages'>,
  toWire: (name: string) => string,
): Conversation {
  const { messages } = request;
  const turns: Turn[] = [];
  const ends = new Map<number, AnthropicBlock>();
  const losses: TranslationLoss[] = [];
  let waiting: { readonly index: number; readonly block: AnthropicTextBlock }[] = [];
  const note = (index: number, blocks: readonly AnthropicBlock[]): void => {
    const end = blocks.findLast(mayCarryMarker);
    if (end !== undefined) ends.set(index, end);
  };
  const flush = (): void => {
    for (const { index, block } of waiting) {
      turns.push({ role: 'user', blocks: [block] });
      note(index, [block]);
    }
    waiting = [];
  };
  messages.forEach((message, index) => {
    if (message.role === 'system') {
      const text = messageText(message);
      losses.push({ kind: 'system-folded', messageIndex: index });
      if (text.trim() !== '') waiting.push({ index, block: { type: 'text', text: asReminder(text) } });
      return;
    }
    if (message.role === 'assistant') {
      flush();
      const blocks = encodeAssistant(model, message.content, index, toWire, losses);
      if (blocks.length === 0) return;
      turns.push({ role: 'assistant', blocks });
      note(index, blocks);
      return;
    }
    const { results, others } = splitUserParts(message.content);
    const resultBlocks = results.map(encodeToolResult);
    const reminders = results.length > 0 ? waiting : [];
    if (results.length === 0) flush();
    for (const { index: systemIndex, block } of reminders) note(systemIndex, [block]);
    waiting = [];
    const blocks = [...resultBlocks, ...reminders.map(({ block }) => block), ...others.flatMap(encodeUserPart)];
    if (blocks.length === 0) return;
    turns.push({ role: 'user', blocks, effort: effortFrom(model, request, message.effort) });
    note(index, blocks);
  });
  flush();
  return { turns, ends, losses };
}

function mayCarryMarker(block: AnthropicBlock): boolean {
  return block.type !== 'thinking' && block.type !== 'redacted_thinking';
}

function encodeAssistant(
  model: Model,
  parts: readonly AssistantPart[],
  messageIndex: number,
  toWire: (name: string) => string,
  losses: TranslationLoss[],
): readonly AnthropicBlock[] {
  return parts.flatMap((part): readonly AnthropicBlock[] => {
    switch (part.type) {
      case 'text':
        return textBlocks(part.text);
      case 'thinking':
        if (part.issued !== undefined && mayReceive(model, part.issued))
          return [part.issued.wire as unknown as AnthropicBlock];
        losses.push({ kind: 'thinking-dropped', messageIndex, issuedBy: part.issued?.by });
        return [];
      case 'tool-call':
        if (part.issued !== undefined && !mayReceive(model, part.issued)) {
          losses.push({ kind: 'issued-dropped', messageIndex, issuedBy: part.issued.by });
        }
        return [
          {
            type: 'tool_use',
            id: mapName(ANTHROPIC_TOOL_ID, part.toolCallId),
            name: toWire(part.toolName),
            input: part.input,
          },
        ];
    }
  });
}

/** The vendor refuses texts of nothing but white space. Error text of its API, read 2026-11-29. */
function textBlocks(text: string): readonly AnthropicTextBlock[] {
  return text.trim() === '' ? [] : [{ type: 'text', text }];
}

function encodeUserPart(part: TextPart | ImagePart): readonly (AnthropicTextBlock | AnthropicMediaBlock)[] {
  if (part.type === 'text') return textBlocks(part.text);
  const type = part.mediaType === 'application/pdf' ? 'document' : 'image';
  const { source } = part;
  if (source.kind === 'url') return [{ type, source: { type: 'url', url: source.url } }];
  return [{ type, source: { type: 'base64', media_type: part.mediaType, data: source.data } }];
}

function encodeToolResult(part: ToolResultPart): AnthropicToolResultBlock {
  return {
    type: 'tool_result',
    tool_use_id: mapName(ANTHROPIC_TOOL_ID, part.toolCallId),
    content: part.content.flatMap(encodeUserPart),
    ...(part.isError ? { is_error: true } : {}),
  };
}
