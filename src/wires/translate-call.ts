import type { CacheMarker, CallRequest } from '../domain/call.ts';
import type { ModelId } from '../domain/ids.ts';
import type { Model, Wire } from '../domain/model.ts';
import type { TranslationLoss } from '../domain/translation-loss.ts';
import { encodeAnthropic } from './anthropic-messages/anthropic-request-codec.ts';
import { createAnthropicDecoder } from './anthropic-messages/anthropic-stream-codec.ts';
import { decodeAnthropic } from './anthropic-messages/decode-anthropic.ts';
import { encodeChat } from './openai-chat/chat-request-codec.ts';
import { createChatDecoder } from './openai-chat/chat-stream-codec.ts';
import { decodeChat } from './openai-chat/decode-chat.ts';
import { decodeResponses } from './openai-responses/decode-responses.ts';
import { encodeResponses } from './openai-responses/responses-request-codec.ts';
import { createResponsesDecoder } from './openai-responses/responses-stream-codec.ts';
import type { Dialect } from './shared/endpoint-config.ts';
import type { Fields } from './shared/fields.ts';
import type { InboundCall, MintReader, Sampling } from './shared/inbound-call.ts';
import type { LossId } from './shared/lossy-fields.ts';
import type { Encoded, StreamDecoder } from './shared/stream-decoder.ts';

/** Reads a request of any wire format. */
export function decodeCall(wire: Wire, body: Fields, readMint: MintReader): InboundCall {
  switch (wire) {
    case 'anthropic-messages':
      return decodeAnthropic(body, readMint);
    case 'openai-chat':
      return decodeChat(body);
    case 'openai-responses':
      return decodeResponses(body, readMint);
  }
}

/** A call in the wire format of the model that takes it, and what reads its stream. */
export interface TranslatedCall {
  readonly body: object;
  readonly decoder: StreamDecoder;
  /** Keys of the loss table, then what the target's codec could not carry. */
  readonly losses: readonly string[];
}

export interface TranslateOptions {
  readonly dialect: Dialect;
  /** Session and thread: keeps the calls of one prefix on one cache. */
  readonly cacheKey: string;
  /** The last message that the target cached before other models took turns. */
  readonly reanchorAt: number | undefined;
}

/** Writes a call for a model of another wire format. Always streams: what the caller sees is ours to fold. */
export function translateCall(inbound: InboundCall, model: Model, options: TranslateOptions): TranslatedCall {
  const request = toCallRequest(inbound, model.id, model, options);
  const encoded = encodeFor(model, request, options.dialect);
  const sampling = samplingFor(model.wire, inbound.sampling, encoded.body);
  const body = { ...encoded.body, ...sampling };
  return {
    body,
    decoder: decoderFor(model, encoded.toolNames),
    losses: [
      ...inbound.losses,
      ...samplingLosses(inbound, model.wire, sampling),
      ...new Set(encoded.losses.map(lossName)),
    ],
  };
}

function toCallRequest(inbound: InboundCall, id: ModelId, model: Model, options: TranslateOptions): CallRequest {
  return {
    model: id,
    system: inbound.system,
    tools: inbound.tools,
    messages: inbound.messages,
    maxOutputTokens: inbound.maxOutputTokens ?? model.maxOutputTokens,
    ...(inbound.effort === undefined ? {} : { effort: inbound.effort }),
    ...(inbound.toolChoice === undefined ? {} : { toolChoice: inbound.toolChoice }),
    ...(inbound.responseSchema === undefined ? {} : { responseSchema: inbound.responseSchema }),
    cacheKey: options.cacheKey,
    cacheMarkers: markersFor(inbound, options.reanchorAt),
  };
}

function markersFor(inbound: InboundCall, reanchorAt: number | undefined): readonly CacheMarker[] {
  const last = inbound.messages.length - 1;
  if (last < 0) return [];
  const own: readonly CacheMarker[] =
    inbound.cacheMarkers.length > 0
      ? inbound.cacheMarkers
      : [{ messageIndex: last, ttl: 'default', purpose: 'newest' }];
  if (reanchorAt === undefined || reanchorAt >= last || own.some((marker) => marker.messageIndex === reanchorAt))
    return own;
  return [{ messageIndex: reanchorAt, ttl: 'default', purpose: 'reanchor' }, ...own];
}

function encodeFor(model: Model, request: CallRequest, dialect: Dialect): Encoded<object> {
  switch (model.wire) {
    case 'anthropic-messages':
      return encodeAnthropic(model, request);
    case 'openai-chat':
      return encodeChat(model, request, dialect);
    case 'openai-responses':
      return encodeResponses(model, request, dialect);
  }
}

function decoderFor(model: Model, toolNames: ReadonlyMap<string, string>): StreamDecoder {
  switch (model.wire) {
    case 'anthropic-messages':
      return createAnthropicDecoder(model, toolNames);
    case 'openai-chat':
      return createChatDecoder(model, toolNames);
    case 'openai-responses':
      return createResponsesDecoder(model, toolNames);
  }
}

/** Sampling fields in the target's words; left out where the target refuses them beside what the codec wrote. */
function samplingFor(wire: Wire, sampling: Sampling, body: object): Fields {
  const { temperature, topP, stop, parallelToolCalls } = sampling;
  const fields: Record<string, unknown> = {};
  if (wire === 'anthropic-messages') {
    const thinks = 'thinking' in body && (body.thinking as { type?: string }).type !== 'disabled';
    if (temperature !== undefined && !thinks) fields['temperature'] = Math.min(temperature, 1);
    if (topP !== undefined && temperature === undefined && !thinks) fields['top_p'] = topP;
    if (stop.length > 0) fields['stop_sequences'] = stop;
    if (parallelToolCalls === false && 'tools' in body) {
      const choice = 'tool_choice' in body ? (body.tool_choice as object) : { type: 'auto' };
      fields['tool_choice'] = { ...choice, disable_parallel_tool_use: true };
    }
    return fields;
  }
  const thinks = 'reasoning_effort' in body || 'reasoning' in body;
  if (temperature !== undefined && !thinks) fields['temperature'] = temperature;
  if (topP !== undefined && !thinks) fields['top_p'] = topP;
  if (stop.length > 0 && wire === 'openai-chat') fields['stop'] = stop;
  if (parallelToolCalls !== undefined && 'tools' in body) fields['parallel_tool_calls'] = parallelToolCalls;
  return fields;
}

/** What the target's words for sampling leave of the caller's. */
function samplingLosses({ wire, sampling }: InboundCall, to: Wire, sent: Fields): readonly LossId[] {
  const losses: LossId[] = [];
  const isSame = sent['temperature'] === sampling.temperature && sent['top_p'] === sampling.topP;
  if (!isSame) losses.push(SAMPLING_LOSS[wire]);
  if (sampling.stop.length > 0 && to === 'openai-responses') {
    losses.push(wire === 'anthropic-messages' ? 'anthropic.stop_sequences' : 'chat.stop');
  }
  return losses;
}

const SAMPLING_LOSS: Readonly<Record<Wire, LossId>> = {
  'anthropic-messages': 'anthropic.sampling',
  'openai-chat': 'chat.sampling',
  'openai-responses': 'responses.sampling',
};

function lossName(loss: TranslationLoss): string {
  return loss.kind;
}
