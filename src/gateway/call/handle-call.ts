// One file: the life of one call in the order in which it happens, from its body to its record.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { withFlex } from '../../catalog/service-tiers.ts';
import { isOnOurAccount } from '../../config/config.ts';
import { PointsmanError, toPointsmanError } from '../../domain/errors.ts';
import { asId, type CallId, type ModelId } from '../../domain/ids.ts';
import type { Model } from '../../domain/model.ts';
import type { Ms } from '../../domain/time.ts';
import type { IssuedState } from '../../domain/transcript.ts';
import { hostViews } from '../../providers/hosts/host-views.ts';
import { foldWarmth } from '../../warmth/fold-warmth.ts';
import { cannotCarry, mediaOf, untranslatable, wordsToGoOnFrom } from '../../wires/cannot-carry.ts';
import { toRefusal, type Refusal } from '../../wires/shared/errors/refusal.ts';
import { textIn } from '../../wires/shared/fields.ts';
import type { InboundCall } from '../../wires/shared/inbound-call.ts';
import { openSealed } from '../../wires/shared/issued-envelope.ts';
import { withToolStates } from '../../wires/shared/tool-call-ids.ts';
import type { WireFormat } from '../../wires/shared/wire-format.ts';
import { memoryOwner, transcriptOf, type Principal, type ReceivedCall, type RoutedCall } from '../core/call-context.ts';
import { refuseHandedSubscription } from '../core/caller-credential.ts';
import { isIssuedHere, previousNotFound, refuseForeignReferences } from '../core/foreign-references.ts';
import type { GatewayCore } from '../core/gateway-core.ts';
import { refusedEvent } from '../core/live-feed.ts';
import { straightModel } from '../core/pass-through.ts';
import { policyOf } from '../core/policy-of.ts';
import { virtualModel } from '../core/virtual-models.ts';
import { deadlineOf, withoutDeadline } from '../route/deadline.ts';
import type { RefuseDecision } from '../route/refusals.ts';
import { routeCall } from '../route/route-call.ts';
import { answerHeaders } from '../server/answer-headers.ts';
import { CallerStream } from '../server/caller-stream.ts';
import { readBody } from '../server/read-body.ts';
import type { StreamPinger } from '../server/stream-pinger.ts';
import {
  firstAnswerIndex,
  firstUserIndex,
  newestWordsOf,
  opensWithSummary,
  triggerOfTranscript,
} from '../sessions/call-shape.ts';
import { bringSession } from '../sessions/move-session.ts';
import { asksForChecks, isAside, originOfCall, saysCompacted, turnOf } from '../sessions/origin-of-call.ts';
import { promptSizeOf } from '../sessions/prompt-size.ts';
import { sessionKeyOf } from '../sessions/session-key.ts';
import type { SessionLookup, SessionPlace, Thread } from '../sessions/session-store.ts';
import { transcriptHead, type TranscriptHead } from '../sessions/shared-heads.ts';
import { fingerprintTranscript } from '../sessions/transcript-fingerprint.ts';
import { headersToCaller } from '../upstream/forward-headers.ts';
import { keyRefused, refusalFor, upstreamError } from '../upstream/upstream-error.ts';
import { attemptCall } from './attempts.ts';
import { effortOfCall } from './effort-of-call.ts';
import { finishCall } from './finish-call.ts';
import { pauseLimitOf } from './hour-of-call.ts';
import { keptPrefixOf } from './kept-prefix.ts';
import { checkUnpriced, modelByName, type ModelOnWire } from './named-model.ts';
import { readingCaller } from './reading-call.ts';
import { recordDecision } from './record-decision.ts';
import { relayAnswer, relayTranslated, type AnswerOutcome } from './relay.ts';
import { answerFromMemory, cacheTicket, rememberAnswer } from './remembered-answer.ts';
import { keyLeft, noteProgress, unknownBill } from './reserve-money.ts';
import type { AttemptResult } from './upstream-end.ts';

/** A request for a model, not yet read. */
export interface CallArrival {
  readonly format: WireFormat;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly pathname: string;
  readonly search: string;
  readonly principal: Principal;
}

/**
 * One model call from first byte to last: read, route, send, relay, book. Every failure reaches the caller in its own
 * wire format. Never throws.
 */
export async function handleCall(core: GatewayCore, pinger: StreamPinger, arrival: CallArrival): Promise<void> {
  const { settings } = core.deps;
  const requestId = core.newId('req');
  const startedMs = performance.now();
  const { format } = arrival;
  const read = await readBody(arrival.request, { maxBytes: settings.maxBodyBytes, budgets: core.bodies });
  if (read.kind === 'gone') return;
  let requestedModel = '';
  const refuseEarly = (refusal: Refusal): void => {
    const caller = callerFor(core, pinger, arrival.response, { format, requestId, isStream: false });
    core.metrics.count('pointsman_refused_total', { kind: refusal.kind });
    caller.refuse(refusal);
    core.feed.publish(arrival.principal.tenant, () =>
      refusedEvent(refusal, { requestId, requestedModel, at: core.deps.clock.now(), startedMs }),
    );
  };
  if (read.kind === 'refused') {
    refuseEarly(read.refusal);
    return;
  }
  arrival.response.once('close', read.release);
  if (arrival.response.closed) read.release();
  try {
    const call = receive(core, arrival, { bytes: read.bytes, requestId, startedMs });
    ({ requestedModel } = call);
    const caller = callerFor(core, pinger, arrival.response, { format, requestId, isStream: call.isStream });
    await serve(core, call, caller);
  } catch (thrown) {
    const error = toPointsmanError(thrown);
    refuseEarly(toRefusal(error));
  }
}

function callerFor(
  core: GatewayCore,
  pinger: StreamPinger,
  response: ServerResponse,
  options: Pick<ConstructorParameters<typeof CallerStream>[1], 'format' | 'requestId' | 'isStream'>,
): CallerStream {
  const { pingMs, commitAfterMs } = core.deps.settings;
  const caller = new CallerStream(response, { ...options, log: core.deps.log, pinger, pingMs, commitAfterMs });
  core.live.watch(caller, response);
  return caller;
}

/** @throws PointsmanError `request-invalid` */
function receive(
  core: GatewayCore,
  arrival: CallArrival,
  read: { readonly bytes: Buffer; readonly requestId: string; readonly startedMs: number },
): ReceivedCall {
  const { format, pathname } = arrival;
  const { body, layout } = core.bodyReader.read(memoryOwner(arrival.principal), read.bytes);
  refuseHandedSubscription(body);
  refuseForeignReferences(core, arrival.principal, body);
  const requestedModel = format.modelOf(body, pathname);
  if (requestedModel === undefined || requestedModel === '') {
    throw new PointsmanError('request-invalid', 'The field "model" is missing or not text');
  }
  const fault = format.transcriptFault(body);
  if (fault !== undefined) {
    throw new PointsmanError('request-invalid', `The field "${fault}" is missing or not a list`);
  }
  const abort = new AbortController();
  arrival.response.once('close', () => {
    if (!arrival.response.writableFinished) abort.abort();
  });
  return {
    callId: asId<CallId>(core.newId('call')),
    requestId: read.requestId,
    wire: format.wire,
    format,
    request: arrival.request,
    response: arrival.response,
    pathname,
    search: arrival.search,
    principal: arrival.principal,
    bytes: read.bytes,
    body,
    layout,
    requestedModel,
    isStream: format.isStream(body, pathname),
    startedAt: core.deps.clock.now(),
    startedMs: read.startedMs,
    abort,
  };
}

/** The call in no vendor's form, with the vendors' state that its caller could not keep; read once, when first needed. */
function inboundOf(
  core: GatewayCore,
  { format, body, principal }: ReceivedCall,
  place: SessionPlace,
): () => InboundCall {
  const owner = memoryOwner(principal);
  const read = (): InboundCall => {
    const inbound = format.readRequest(withoutDeadline(body), (signature, wire) => {
      const by = core.signatures.issuerOf(owner, signature);
      return openSealed(signature) ?? (by === undefined ? undefined : { by, wire });
    });
    const stateOf = (id: string): IssuedState | undefined => core.toolStates.stateOf(transcriptOf(place), id);
    return { ...inbound, messages: withToolStates(inbound.messages, stateOf) };
  };
  let inbound: InboundCall | undefined;
  return () => (inbound ??= read());
}

/** @throws PointsmanError for calls that cannot be routed; failures after that are told to the caller here. */
async function serve(core: GatewayCore, call: ReceivedCall, caller: CallerStream): Promise<void> {
  const ticket = core.passThrough.isOn ? undefined : cacheTicket(core, call, policyOf(core, call.principal));
  if (ticket !== undefined && (await answerFromMemory(core, call, caller, ticket))) return;
  const routed = await route(core, call);
  core.metrics.observeOverhead((performance.now() - call.startedMs) / 1000);
  const result = await attemptCall(core, routed);
  recordDecision(core, routed, result);
  if (result.kind !== 'answered') {
    reportFailure(core, routed, caller, result);
    return;
  }
  const { attempt, outbound, answer, hold, mayHaveBilledNanoUsd } = result;
  const keepBytes = ticket === undefined ? 0 : core.deps.settings.cache.maxBytes / 4;
  const onFirstByte = (): void => {
    core.health.of(attempt.model).answering(core.monotonicMs(), attempt.pass);
    core.meter.began(attempt.model, core.monotonicMs(), performance.now() - attempt.sentMs);
  };
  const onSeen = noteProgress(hold, routed, attempt.model, attempt.forecast);
  const options = { call: routed, attempt, answer, caller, keepBytes, onFirstByte, onSeen };
  let outcome: AnswerOutcome;
  try {
    outcome =
      outbound.decoder === undefined ? await relayAnswer(options) : await relayTranslated(options, outbound.decoder);
    if (ticket !== undefined) rememberAnswer(core, routed, attempt, ticket, outcome);
    const status = outcome.error === undefined ? 200 : 502;
    finishCall(core, routed, { attempt, outcome, error: undefined, status, hold, mayHaveBilledNanoUsd });
  } finally {
    // A fault of ours on the way makes no answer free; after `finishCall` this does nothing.
    hold.settle({ kind: 'unknown', atLeastNanoUsd: unknownBill(routed, attempt.model, attempt.forecast, 0) });
  }
  if (!routed.policy.keepAlive || core.passThrough.isOn || routed.place.relation === 'aside') return;
  const prefix = keptPrefixOf(routed, outbound, attempt.model, outcome);
  if (prefix !== undefined) core.warmKeeper.keep(prefix);
}

/** Nobody can be chosen, and it is not the key that says so. */
function refuseEmpty(pool: readonly Model[], key: ReceivedCall['principal']['key']): void {
  if (pool.length === 0 && key?.allowModels === undefined) throw noKeys();
}

async function route(core: GatewayCore, call: ReceivedCall): Promise<RoutedCall> {
  const { deps } = core;
  const { key } = call.principal;
  const { headers } = call.request;
  const items = call.format.transcriptOf(call.body);
  const brief = call.format.briefOf(call.body);
  const fingerprints = fingerprintTranscript(items);
  const tenant = memoryOwner(call.principal);
  const sessionKey = sessionKeyOf(headers, call.body);
  const moving = { sessions: core.sessions, shared: deps.sharedSessions };
  await bringSession(moving, { tenant, key: sessionKey, now: call.startedAt }, (id) => deps.catalog.get(id));
  const origin = originOfCall(
    { items, headers, body: call.body, brief },
    core.sessions.worksWithTools(tenant, sessionKey),
  );
  const headParts = call.format.headOf(call.body);
  const lookup: SessionLookup = {
    tenant,
    key: sessionKey,
    hasTools: brief.toolCount > 0,
    fingerprints,
    firstAnswerIndex: firstAnswerIndex(items),
    firstUserIndex: firstUserIndex(items),
    headFingerprint: fingerprintTranscript(headParts)[0],
    isAside: isAside(origin),
    isCut: () => saysCompacted(headers) || opensWithSummary(items),
    now: call.startedAt,
  };
  const place = core.sessions.find(lookup);
  const { session, thread } = place;
  const inbound = inboundOf(core, call, place);
  core.warmKeeper.release(session, thread);
  const callInStep = thread.step?.callCount ?? 0;
  const pinnedId = deps.pinned?.(session.sessionId, callInStep);
  const virtual = virtualModel(call.requestedModel);
  const deadlineMs = deadlineOf(call.request.headers, call.body);
  const pool = poolAt(core.pool(key), call, deadlineMs);
  const named = resolveNamed(core, call, pinnedId, virtual !== undefined) ?? unrouted(core, call, { pool, thread });
  noteHead(thread, lookup.headFingerprint, () => transcriptHead(headParts, call.body));
  const size = promptSizeOf(call, thread);
  const effort = call.format.effortOf(call.body);
  const account = key?.id ?? 'default';
  if (named === undefined) refuseEmpty(pool, key);
  const policy = core.policyVariant(policyOf(core, call.principal), virtual?.dial);
  const routed = await routeCall(deps, {
    place,
    ledger: core.sharedHeads.join(tenant, thread, call.startedAt),
    wire: call.wire,
    requestedModel: call.requestedModel,
    named: named?.model,
    namedAs: named?.wireModel,
    elsewhere: named?.elsewhere ?? [],
    hostsOf: (models) => hostViews(core, models, { session: session.sessionId, nowMs: core.monotonicMs() }),
    isPinned: pinnedId !== undefined,
    pool,
    watched: core.watched(key),
    policy,
    trigger: triggerOfTranscript(items),
    deadlineMs,
    pauseLimit: () => pauseLimitOf(core, call, pool),
    origin,
    asksForChecks: asksForChecks(call.body),
    turn: turnOf(headers),
    wordsPrint: () => wordsPrintOf(items),
    fingerprints,
    size,
    keyLeftNanoUsd: await keyLeft(core, call.principal, call.startedAt),
    account,
    effort,
    isThinkingOff: isThinkingOff(call),
    now: call.startedAt,
    inbound,
    principal: call.principal.tenant,
    upgrades: core.upgrades,
    refusals: core.refusals,
    readingCall: (step) => readingCaller(core, { call, place, policy }, step),
    newId: core.newId,
  });
  core.sessions.advance(place, lookup);
  if (routed.kind === 'refused') throw refusedCall(inbound(), routed.decision, named?.model);
  if (routed.isDecided) core.metrics.count('pointsman_decisions_total', { kind: routed.step.decisionKind });
  const { lostRegion } = named ?? {};
  return {
    ...call,
    place,
    inbound,
    fingerprints,
    routed,
    policy,
    account,
    effort: effortOfCall(routed, effort, named !== undefined),
    size,
    lostRegion,
    deadlineMs,
  };
}

function isThinkingOff({ format, body }: ReceivedCall): boolean {
  return format.isThinkingOff?.(body) ?? format.effortOf(body) === 'none';
}

/** With the tiers that make calls wait, where the call can; who asks for a tier is obeyed. */
function poolAt(pool: readonly Model[], { format, body }: ReceivedCall, deadlineMs: Ms | undefined): readonly Model[] {
  return deadlineMs === undefined || format.tierOf(body) !== undefined ? pool : withFlex(pool);
}

/** @throws PointsmanError `request-invalid` for a call that nothing can carry; any other refusal is the result */
function refusedCall(inbound: InboundCall, decision: RefuseDecision, named: Model | undefined): PointsmanError {
  const { code, hints, rejected, decisionId } = decision;
  checkSendable(inbound, decision, named);
  const why = hints.length > 0 ? hints.join(' ') : (rejected[0]?.why ?? '');
  return new PointsmanError(code, `No model may take this call. ${why}`, { details: { decisionId } });
}

/**
 * A call that no model could be sent whole is wrong in itself, and its caller is told what of it.
 * @throws PointsmanError `request-invalid`
 */
function checkSendable(inbound: InboundCall, { rejected }: RefuseDecision, named: Model | undefined): void {
  const rows = named === undefined ? rejected : rejected.filter((row) => row.model === named.id);
  if (!rows.some((row) => row.code === 'cannot-carry')) return;
  const where = named === undefined ? 'any model that may be called' : `"${named.id}"`;
  const missing =
    named === undefined
      ? [...inbound.bounds, ...mediaOf(inbound.messages).map((part) => part.mediaType), ...wordsToGoOnFrom(inbound)]
      : cannotCarry(inbound, named);
  throw untranslatable([...new Set(missing)].join('; '), where);
}

function noKeys(): PointsmanError {
  return new PointsmanError('no-eligible-model', 'No model can be called: no endpoint has its key.', {
    hint: 'Set a provider key, such as ANTHROPIC_API_KEY, where "pointsman serve" runs, and start it again.',
  });
}

function wordsPrintOf(items: readonly unknown[]): number | undefined {
  const words = newestWordsOf(items);
  return words === '' ? undefined : fingerprintTranscript([words])[0];
}

/** A changed system prompt or tool list stands before everything: no cache of this transcript can be read any more. */
function noteHead(thread: Thread, head: number | undefined, read: () => TranscriptHead): void {
  if (thread.head === undefined || thread.headFingerprint !== head) thread.head = read();
  if (thread.headFingerprint !== undefined && thread.headFingerprint !== head) {
    thread.ledger = foldWarmth(thread.ledger, {
      type: 'transcript-changed',
      transcript: thread.name,
      reason: 'tools-changed',
      keptBlockCount: 0,
    });
    thread.cachedAt.clear();
  }
  thread.headFingerprint = head;
}

/**
 * The model that must take the call, if any: pinned by the operator, or named by the caller.
 * @throws PointsmanError `not-found` with the nearest names
 */
function resolveNamed(
  core: GatewayCore,
  call: ReceivedCall,
  pinned: ModelId | undefined,
  isVirtual: boolean,
): ModelOnWire | undefined {
  const listed = (model: Model | undefined): ModelOnWire | undefined =>
    model && { model, wireModel: model.wireModel, lostRegion: undefined, elsewhere: [] };
  if (pinned !== undefined) return listed(core.deps.catalog.get(pinned));
  const boundTo = responseOwner(core, call);
  if (isVirtual) return listed(boundTo);
  const named = modelByName(core, call.requestedModel, call);
  checkUnpriced(core, named, call.principal, policyOf(core, call.principal));
  return named;
}

/** While nothing is routed, a name that would be is one model's. */
function unrouted(
  core: GatewayCore,
  call: ReceivedCall,
  { pool, thread }: { readonly pool: readonly Model[]; readonly thread: Thread },
): ModelOnWire | undefined {
  if (!core.passThrough.isOn) return undefined;
  const model = straightModel(pool, { incumbent: thread.incumbent, wire: call.wire });
  return model && modelByName(core, model.id, call);
}

/**
 * The model whose vendor keeps the response that a Responses call goes on from.
 * @throws PointsmanError `not-found` for somebody else's, in the words that the vendor has for one that is not there
 */
function responseOwner(core: GatewayCore, call: ReceivedCall): Model | undefined {
  const previous = textIn(call.body['previous_response_id']);
  if (previous === undefined) return undefined;
  const caller = memoryOwner(call.principal);
  if (isIssuedHere(previous) || core.responseIds.isForeign(caller, previous)) {
    throw previousNotFound(previous);
  }
  const owner = core.responseIds.issuerOf(caller, previous);
  return owner === undefined ? undefined : core.deps.catalog.get(owner);
}

function reportFailure(
  core: GatewayCore,
  call: RoutedCall,
  caller: CallerStream,
  result: Exclude<AttemptResult, { kind: 'answered' }>,
): void {
  const { attempt, mayHaveBilledNanoUsd } = result;
  const headers = attempt === undefined ? {} : answerHeaders(call, attempt);
  if (result.kind === 'failed') {
    const refusal = toRefusal(result.error);
    if (result.error.code === 'aborted') caller.cut();
    else caller.refuse(refusal, headers);
    finishCall(core, call, {
      attempt,
      outcome: undefined,
      error: result.error,
      status: refusal.status,
      hold: undefined,
      mayHaveBilledNanoUsd,
    });
    return;
  }
  const error = upstreamError(result.status, result.headers, result.body, core.deps.clock.now());
  const endpoint = core.deps.endpoints.get(result.attempt.model.endpoint);
  const isOurKey = error.code === 'provider-auth' && endpoint !== undefined && isOnOurAccount(endpoint);
  // A cloud refuses in a form of its own, which no client of the model's format reads.
  const isVerbatim = !result.attempt.isTranslated && !isOurKey && !caller.hasBegun && endpoint?.host === undefined;
  if (isVerbatim) {
    caller.begin(result.status, {
      'request-id': call.requestId,
      ...headersToCaller(result.headers),
      ...headers,
      'content-length': String(result.body.length),
    });
    caller.end(result.body);
  } else {
    const { model, forecast } = result.attempt;
    const sizes = { promptTokens: forecast.promptTokens, limitTokens: model.contextTokens };
    caller.refuse(
      isOurKey ? toRefusal(keyRefused(endpoint)) : theirRefusal(result.status, refusalFor(call.wire, error, sizes)),
      headers,
    );
  }
  const { status } = result;
  finishCall(core, call, { attempt, outcome: undefined, error, status, hold: undefined, mayHaveBilledNanoUsd });
}

/** A vendor that turned the caller's own key away, as the caller's own vendor would say it. */
function theirRefusal(status: number, refusal: Refusal): Refusal {
  if (status === 401) return { ...refusal, status, kind: 'unauthenticated' };
  return status === 403 ? { ...refusal, status, kind: 'forbidden' } : refusal;
}
