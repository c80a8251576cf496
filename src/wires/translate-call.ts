import { isDeepStrictEqual } from 'node:util';
import type { CacheMarker, CallRequest } from '../domain/call.ts';
import type { ModelId } from '../domain/ids.ts';
import type { Model } from '../domain/model.ts';
import type { Tokens } from '../domain/time.ts';
import { messageText, type ToolSpec } from '../domain/transcript.ts';
import type { TranslationLoss } from '../domain/translation-loss.ts';
import type { Dialect } from './shared/endpoint-config.ts';
import type { InboundCall } from './shared/inbound-call.ts';
import type { LossId } from './shared/lossy-fields.ts';
import type { CodecPart, StreamDecoder } from './shared/stream-decoder.ts';
import { toolCallIds, withUniqueToolIds } from './shared/tool-call-ids.ts';
import type { WireFormat, WrittenSampling } from './shared/wire-format.ts';
import { WIRE_FORMATS } from './wire-formats.ts';

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
  /** Estimated size of the prompt as the target counts it. */
  readonly promptTokens: Tokens;
}

/** Writes a call for a model of another wire format. Always streams: what the caller sees is ours to fold. */
export function translateCall(inbound: InboundCall, model: Model, options: TranslateOptions): TranslatedCall {
  const request = toCallRequest(inbound, model.id, model, options);
  const format = WIRE_FORMATS[model.wire];
  const encoded = format.writeRequest(model, request, options.dialect);
  const sampling = format.sampling.write(inbound.sampling, encoded.body, model);
  const body = { ...encoded.body, ...sampling.fields };
  return {
    body,
    decoder: withNewToolIds(format.createAnswerReader(model, encoded.toolNames), toolCallIds(request.messages)),
    losses: [
      ...inbound.losses,
      ...samplingLosses(inbound, { format, model }, sampling),
      ...new Set(encoded.losses.map(lossName)),
    ],
  };
}

function toCallRequest(inbound: InboundCall, id: ModelId, model: Model, options: TranslateOptions): CallRequest {
  return {
    model: id,
    tools: withoutCopies(inbound.tools),
    ...withTurn(inbound),
    ...(inbound.maxOutputTokens === undefined
      ? {}
      : { maxOutputTokens: fittingOutput(inbound.maxOutputTokens, model, options.promptTokens) }),
    ...(inbound.isJsonAnswer ? { isJsonAnswer: true } : {}),
    ...(inbound.verbosity === undefined ? {} : { verbosity: inbound.verbosity }),
    openaiFields: inbound.openaiFields,
    ...(inbound.effort === undefined ? {} : { effort: inbound.effort }),
    ...(inbound.toolChoice === undefined ? {} : { toolChoice: inbound.toolChoice }),
    ...(inbound.responseSchema === undefined ? {} : { responseSchema: inbound.responseSchema }),
    cacheKey: options.cacheKey,
    cacheMarkers: markersFor(inbound, options.reanchorAt),
  };
}

/** A transcript of system prompts alone is taken by OpenAI and by nobody else: what they say is said by the user. */
function withTurn({ system, messages }: InboundCall): Pick<CallRequest, 'system' | 'messages'> {
  if (messages.some(({ role }) => role !== 'system')) return { system, messages: withUniqueToolIds(messages) };
  const text = [system, ...messages.map(messageText)].filter((one) => one.trim() !== '').join('\n\n');
  return { system: '', messages: text === '' ? messages : [{ role: 'user', content: [{ type: 'text', text }] }] };
}

/** Each tool once, where a caller offers the very same twice: some vendors refuse that. */
function withoutCopies(tools: CallRequest['tools']): CallRequest['tools'] {
  const isCopy = (tool: ToolSpec, index: number): boolean =>
    tools.slice(0, index).some((earlier) => earlier.name === tool.name && isDeepStrictEqual(earlier, tool));
  return new Set(tools.map(({ name }) => name)).size === tools.length
    ? tools
    : tools.filter((tool, index) => !isCopy(tool, index));
}

/** Estimates err: this much of a prompt is left free in the window. */
const ESTIMATE_MARGIN_RATIO = 1.2;

/** What was asked for, but no more than the window has room for: servers that are asked for more refuse the call. */
function fittingOutput(asked: Tokens, model: Model, promptTokens: Tokens): Tokens {
  const room = Math.floor(model.contextTokens - promptTokens * ESTIMATE_MARGIN_RATIO);
  return room < 1 ? asked : Math.min(asked, room);
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

/** What the target's words for sampling leave of the caller's. */
function samplingLosses(
  { wire, sampling }: InboundCall,
  { format: to, model }: { readonly format: WireFormat; readonly model: Model },
  sent: WrittenSampling,
): readonly LossId[] {
  const losses: LossId[] = [];
  const { sampling: from } = WIRE_FORMATS[wire];
  const isSame = sent.temperature === sampling.temperature && sent.topP === sampling.topP;
  if (sampling.parallelToolCalls === false && !to.sampling.takesSerialCalls) losses.push('any.parallel_calls');
  if (!isSame) losses.push(from.loss);
  const maxStopCount = Math.min(to.sampling.maxStopCount, model.requestLimits?.maxStopCount ?? Infinity);
  if (sampling.stop.length > maxStopCount) losses.push(maxStopCount === 0 ? from.stopLoss : 'any.stop_count');
  return losses;
}

function lossName(loss: TranslationLoss): string {
  return loss.kind;
}

/** Gives a call of the answer another id where the transcript has its id already: callers keep both in one transcript. */
function withNewToolIds(decoder: StreamDecoder, taken: ReadonlySet<string>): StreamDecoder {
  if (taken.size === 0) return decoder;
  const fresh = (part: CodecPart): CodecPart => {
    if (part.type !== 'tool-call-start' || !taken.has(part.toolCallId)) return part;
    let number = 2;
    while (taken.has(`${part.toolCallId}_${number}`)) number += 1;
    return { ...part, toolCallId: `${part.toolCallId}_${number}` };
  };
  return {
    push: (event) => decoder.push(event).map(fresh),
    end: () => decoder.end().map(fresh),
    usage: () => decoder.usage(),
  };
}
