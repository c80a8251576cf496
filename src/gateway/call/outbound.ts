import type { ConfiguredEndpoint } from '../../config/config.ts';
import { PointsmanError } from '../../domain/errors.ts';
import type { ModelId } from '../../domain/ids.ts';
import type { Model } from '../../domain/model.ts';
import { betasAt } from '../../providers/beta-flags.ts';
import { targetOf, type CallTarget } from '../../providers/host.ts';
import { firstCallWarmth } from '../../router/prompt-head.ts';
import { insideCall } from '../../telemetry/observe-calls.ts';
import { parseTraceParent, type TraceParent } from '../../telemetry/trace-context.ts';
import { warmthOf } from '../../warmth/warmth-at.ts';
import { lostOnTheWay, untranslatable } from '../../wires/cannot-carry.ts';
import type { ByteRope } from '../../wires/shared/body/byte-rope.ts';
import type { Fields } from '../../wires/shared/fields.ts';
import { isSealed } from '../../wires/shared/issued-envelope.ts';
import { editedJson, type JsonEdit } from '../../wires/shared/json-bytes.ts';
import type { StreamDecoder } from '../../wires/shared/stream-decoder.ts';
import type { StreamRelay, AddressedCall } from '../../wires/shared/wire-format.ts';
import { translateCall } from '../../wires/translate-call.ts';
import { WIRE_FORMATS } from '../../wires/wire-formats.ts';
import { memoryOwner, transcriptOf, type RoutedCall } from '../core/call-context.ts';
import { forecastCall, forHour, type CallForecast } from '../core/call-forecast.ts';
import { callerKeyAt } from '../core/caller-key.ts';
import type { GatewayCore } from '../core/gateway-core.ts';
import { checkMayUse } from '../core/may-use.ts';
import { deadlineEdits } from '../route/deadline.ts';
import { promptTokensFor } from '../sessions/prompt-size.ts';
import { warmthQueryOf } from '../sessions/thread-warmth.ts';
import { headersToUpstream } from '../upstream/forward-headers.ts';
import { headerLosses } from '../upstream/header-losses.ts';
import { effortEditsFor, headersWithEfforts, inboundWithEfforts } from './effort-of-call.ts';
import { hourFor } from './hour-of-call.ts';
import { mostAnswerTokens } from './reserve-money.ts';

/** A call ready to be sent to one model. */
export interface Outbound {
  readonly endpoint: ConfiguredEndpoint;
  readonly path: string;
  readonly target: CallTarget;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ByteRope;
  /** Reads the stream of another wire format; `undefined`: bytes pass as they are. */
  readonly decoder: StreamDecoder | undefined;
  readonly losses: readonly string[];
  readonly strippedThinkingCount: number;
  readonly forecast: CallForecast;
}

/**
 * Writes a call for one model. Inside one wire format the caller's bytes stay, but for the model's name and what a switch
 * must repair; otherwise the call is translated.
 * @throws PointsmanError `config-invalid` when the model's endpoint cannot be called, `no-eligible-model` when the caller may not
 * use the model
 */
export function prepareOutbound(
  core: GatewayCore,
  call: RoutedCall,
  model: Model,
  options: { readonly stripAll: boolean },
): Outbound {
  checkMayUse(core, call.principal, model);
  const endpoint = core.endpointOf(model);
  if (endpoint === undefined) throw missingEndpoint(model, undefined);
  const key = endpoint.apiKey?.reveal() ?? callerKeyAt(core, call.principal, endpoint.id);
  if (key === undefined && !endpoint.keyless) throw missingEndpoint(model, endpoint.apiKeyName);
  const plain = headersToUpstream(
    { headers: call.request.headers, wire: call.wire, trace: traceOf(core, call) },
    { endpoint, wire: model.wire, key },
  );
  const headers = headersWithEfforts(plain, call, model);
  const base = { endpoint, headers, forecast: forecastFor(core, call, model) };
  const nameLosses = call.lostRegion === undefined ? [] : (['name.region'] as const);
  const dialect = core.dialectOf(endpoint);
  if (model.wire === call.wire && call.format.isForeignTo?.(call.body, dialect) !== true) {
    const same = sameWire(core, call, { model, endpoint, forecast: base.forecast, stripAll: options.stripAll });
    return {
      ...base,
      ...addressOf(endpoint, model, { isStream: call.isStream, search: call.search }),
      ...same,
      losses: [...nameLosses, ...same.losses, ...betaLosses(endpoint, headers)],
    };
  }
  const missing = lostOnTheWay(call.inbound(), model);
  if (missing.length > 0) throw untranslatable(missing.join('; '), `"${model.id}"`);
  const translated = translateCall(inboundWithEfforts(call, model), model, {
    dialect,
    cacheKey: call.place.session.sessionId,
    reanchorAt: reanchorAt(call, model),
    promptTokens: base.forecast.promptTokens,
  });
  const body = core.bodyWriter.write(call.place.thread, translated.body as Fields);
  const losses = [...nameLosses, ...translated.losses, ...headerLosses(call.request.headers)];
  // A translated call always streams: what its caller sees is ours to fold.
  const address = addressOf(endpoint, model, { isStream: true, search: '' });
  return { ...base, ...address, body, decoder: translated.decoder, losses, strippedThinkingCount: 0 };
}

/** Where the span of a call will stand, while spans are sent and their context may be handed on. */
function traceOf({ deps: { telemetry } }: GatewayCore, { callId, request }: RoutedCall): TraceParent | undefined {
  if (telemetry?.propagates !== true) return undefined;
  return insideCall(telemetry, callId, parseTraceParent(request.headers['traceparent']));
}

/** A host may leave out flags that it does not know. */
function betaLosses({ host }: ConfiguredEndpoint, headers: Outbound['headers']): readonly 'headers.betas'[] {
  return betasAt(host?.kind, headers['anthropic-beta']).dropped.length === 0 ? [] : ['headers.betas'];
}

function addressOf(
  endpoint: ConfiguredEndpoint,
  model: Model,
  call: Omit<AddressedCall, 'model'>,
): Pick<Outbound, 'path' | 'target'> {
  return {
    path: WIRE_FORMATS[model.wire].path(endpoint.baseUrl, { model: model.wireModel, ...call }),
    target: targetOf(model, call.isStream),
  };
}

function sameWire(
  core: GatewayCore,
  call: RoutedCall,
  {
    model,
    endpoint,
    forecast,
    stripAll,
  }: {
    readonly model: Model;
    readonly endpoint: ConfiguredEndpoint;
    readonly forecast: CallForecast;
    readonly stripAll: boolean;
  },
): Pick<Outbound, 'body' | 'decoder' | 'losses' | 'strippedThinkingCount' | 'forecast'> {
  const edits: JsonEdit[] = [];
  // Always ours: what a caller wrote, and how, is nobody's to obey.
  edits.push(...call.format.modelEdits(model.wireModel));
  edits.push(...(streamRelayOf(call)?.edits ?? []), ...deadlineEdits(call.body));
  const repair = call.format.repair(call.body, model, {
    issuerOf: issuerLookup(core, memoryOwner(call.principal)),
    dialect: core.dialectOf(endpoint),
    toolStateOf: (id) => core.toolStates.stateOf(transcriptOf(call.place), id),
    ownThoughts: isAloneInThread(call, model),
    stripAll,
  });
  edits.push(...repair.edits);
  edits.push(...effortEditsFor(call, model), ...(call.format.tierEdits?.(model) ?? []));
  const anchor = anchorFor(call, model);
  if (anchor !== undefined) edits.push(anchor);
  // A prompt that a switch repairs, or that needs one more marker, is sent as it would be anyway.
  const hour = anchor === undefined && repair.edits.length === 0 ? hourFor(call, model, { endpoint, forecast }) : [];
  edits.push(...hour);
  return {
    forecast: hour.length === 0 ? forecast : forHour(forecast, model, call.startedAt),
    body: editedJson(call.bytes, edits, call.layout),
    decoder: undefined,
    losses: [...repair.losses],
    strippedThinkingCount: repair.strippedThinkingCount,
  };
}

/** What stands between a stream that passes through and its caller. */
export function streamRelayOf({ format, isStream, body }: RoutedCall): StreamRelay | undefined {
  return isStream ? format.streamRelay(body) : undefined;
}

/** Whether every answer that this thread has had came from the model. */
function isAloneInThread(call: RoutedCall, model: Model): boolean {
  const { cachedAt } = call.place.thread;
  return cachedAt.size > 0 && [...cachedAt.keys()].every((id) => id === model.id);
}

/** Who issued a piece of vendor-bound state, as far as this gateway has seen it. */
export function issuerLookup(core: GatewayCore, owner: string): (signature: string) => ModelId | 'unknown' {
  return (signature) => {
    // An envelope never goes upstream as it is, not even to the model that its content came from.
    if (isSealed(signature)) return SEALED;
    return core.signatures.issuerOf(owner, signature) ?? 'unknown';
  };
}

/** No model is called this, so what it "issued" is taken out everywhere. */
const SEALED = 'sealed' as ModelId;

/** A marker where this model left off, when other models took turns since. */
function anchorFor(call: RoutedCall, model: Model): JsonEdit | undefined {
  const { thread } = call.place;
  const place = thread.cachedAt.get(model.id);
  if (place === undefined || call.fingerprints[place.messageIndex] !== place.fingerprint) return undefined;
  const newest = Math.max(0, ...[...thread.cachedAt.values()].map((other) => other.messageIndex));
  return newest > place.messageIndex ? call.format.reanchor(call.body, place.messageIndex) : undefined;
}

/**
 * The message that this model cached last, in a transcript of another wire format. Marked in every call and not only
 * after other models took turns: one step with many tools at once puts more blocks behind it than vendors look back.
 */
function reanchorAt(call: RoutedCall, model: Model): number | undefined {
  const place = call.place.thread.cachedAt.get(model.id);
  if (place === undefined || call.fingerprints[place.messageIndex] !== place.fingerprint) return undefined;
  const { messageEnds } = call.inbound();
  const end = messageEnds[place.messageIndex] ?? -1;
  // A message that has grown since ends elsewhere now.
  return end < 0 || messageEnds[place.messageIndex + 1] === end ? undefined : end;
}

function forecastFor(core: GatewayCore, call: RoutedCall, model: Model): CallForecast {
  const { thread } = call.place;
  const { account, effort, startedAt: now } = call;
  const { trigger } = call.routed.step;
  const ledger = core.sharedHeads.join(memoryOwner(call.principal), thread, now);
  const row = warmthOf(ledger, model, warmthQueryOf(thread, { now, trigger, account, effort }));
  const heads = { mode: 'continue', sharedHead: thread.head?.prompt, freshHead: undefined } as const;
  const warmth = row && { ...row, ...firstCallWarmth(model, row, heads) };
  const sizes = {
    promptTokens: promptTokensFor(model, call.size),
    outputTokens: Math.min(call.routed.step.outputTokens * model.outputRatio, mostAnswerTokens(call, model)),
  };
  return forecastCall(model, warmth, sizes, call.startedAt);
}

function missingEndpoint(model: Model, keyName: string | undefined): PointsmanError {
  return new PointsmanError('not-found', `The model "${model.id}" cannot be called: its endpoint has no key.`, {
    hint: keyName === undefined ? 'Configure the endpoint.' : `Set ${keyName}, or name another model.`,
  });
}
