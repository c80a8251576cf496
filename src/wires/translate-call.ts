import type { CacheMarker, CallRequest } from '../domain/call.ts';
import type { ModelId } from '../domain/ids.ts';
import type { Model } from '../domain/model.ts';
import type { TranslationLoss } from '../domain/translation-loss.ts';
import type { Dialect } from './shared/endpoint-config.ts';
import type { Fields } from './shared/fields.ts';
import type { InboundCall } from './shared/inbound-call.ts';
import type { LossId } from './shared/lossy-fields.ts';
import type { StreamDecoder } from './shared/stream-decoder.ts';
import type { WireFormat } from './shared/wire-format.ts';
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
}

/** Writes a call for a model of another wire format. Always streams: what the caller sees is ours to fold. */
export function translateCall(inbound: InboundCall, model: Model, options: TranslateOptions): TranslatedCall {
  const request = toCallRequest(inbound, model.id, model, options);
  const format = WIRE_FORMATS[model.wire];
  const encoded = format.writeRequest(model, request, options.dialect);
  const sampling = format.sampling.write(inbound.sampling, encoded.body);
  const body = { ...encoded.body, ...sampling };
  return {
    body,
    decoder: format.createAnswerReader(model, encoded.toolNames),
    losses: [...inbound.losses, ...samplingLosses(inbound, format, sampling), ...new Set(encoded.losses.map(lossName))],
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

/** What the target's words for sampling leave of the caller's. */
function samplingLosses({ wire, sampling }: InboundCall, to: WireFormat, sent: Fields): readonly LossId[] {
  const losses: LossId[] = [];
  const { sampling: from } = WIRE_FORMATS[wire];
  const isSame = sent['temperature'] === sampling.temperature && sent['top_p'] === sampling.topP;
  if (!isSame) losses.push(from.loss);
  if (sampling.stop.length > 0 && !to.sampling.takesStop) losses.push(from.stopLoss);
  return losses;
}

function lossName(loss: TranslationLoss): string {
  return loss.kind;
}
