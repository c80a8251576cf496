import { worstBillNanoUsd } from '../../catalog/bill.ts';
import { toPointsmanError, type PointsmanError } from '../../domain/errors.ts';
import { asId, type CallId } from '../../domain/ids.ts';
import { toNanoUsd, type NanoUsd } from '../../domain/money.ts';
import { MINUTE_MS, type At, type Ms, type Tokens } from '../../domain/time.ts';
import { promptTokens } from '../../domain/usage.ts';
import { mayHaveBilled } from '../../providers/may-have-billed.ts';
import type { CallRecord } from '../../recorder/record.ts';
import { foldWarmth, HIT_SHARE } from '../../warmth/fold-warmth.ts';
import { pingNanoUsd, rewriteNanoUsd } from '../../warmth/keep-alive.ts';
import { isWithinPingBound } from '../../warmth/pause-plan.ts';
import { tapBody, type TappedAnswer } from '../../wires/shared/answer-tap.ts';
import { WIRE_FORMATS } from '../../wires/wire-formats.ts';
import { billOf } from '../call/answer-bill.ts';
import { MAX_ANSWER_BYTES } from '../call/count-tokens.ts';
import { countUsage } from '../call/count-usage.ts';
import { reserveMoney, type MoneyHold } from '../call/reserve-money.ts';
import type { GatewayCore } from '../core/gateway-core.ts';
import type { KeptPrefix } from '../core/kept-prefix.ts';
import type { FeedEvent } from '../core/live-feed.ts';
import { checkMayUse } from '../core/may-use.ts';
import { policyOf } from '../core/policy-of.ts';
import { addToSession, type Session } from '../sessions/session-store.ts';
import { withPing } from '../sessions/thread-pauses.ts';
import { readWhole } from '../upstream/read-answer.ts';
import { upstreamError } from '../upstream/upstream-error.ts';
import { pingBody } from './ping-body.ts';

/** A ping that takes longer is of no use. */
const PING_TIMEOUT_MS: Ms = MINUTE_MS;

/**
 * Sends the prompt of an idle session once more for nothing but its prefix, and books it: bill, warmth, record, feed.
 * `false`: no other may follow, since it was not affordable, failed, told no usage or found the prefix gone. Never throws.
 */
export async function sendPing(core: GatewayCore, prefix: KeptPrefix, signal: AbortSignal): Promise<boolean> {
  try {
    return await pingOnce(core, prefix, signal);
  } catch (thrown) {
    core.deps.log.error('A keep-alive ping failed', { error: toPointsmanError(thrown) });
    return false;
  }
}

async function pingOnce(core: GatewayCore, prefix: KeptPrefix, signal: AbortSignal): Promise<boolean> {
  const startedAt = core.deps.clock.now();
  const { model, endpoint, path, target, headers } = prefix;
  if (core.health.of(model).stateAt(core.monotonicMs()) !== 'closed') return false;
  const { bytes: body, outputTokens } = pingBody(model, core.dialectOf(endpoint), prefix.body.toBuffer());
  const expected = pingNanoUsd(prefix.billedAs, prefix, outputTokens, startedAt);
  if (!isStillAllowed(core, prefix, startedAt)) return false;
  checkMayUse(core, prefix.principal, model);
  const hold = await holdFor(core, prefix, { expected, outputTokens }, startedAt);
  if (hold === undefined) return false;
  const made = { callId: asId<CallId>(core.newId('call')), startedAt, startedMs: performance.now(), expected, hold };
  try {
    return recordPing(core, prefix, made, await send(core, prefix, { path, target, headers, body, signal }));
  } finally {
    hold.release();
  }
}

/** Whether key, policy and endpoint are still what the call went out under: a gateway reads them anew while prompts wait. */
function isStillAllowed(core: GatewayCore, { principal, model, endpoint }: KeptPrefix, at: At): boolean {
  const key = principal.key && core.keys.current(principal.key.id);
  if (at >= (key?.expiresAt ?? Infinity)) return false;
  if (!policyOf(core, { key }).keepAlive) return false;
  const now = core.endpointOf(model);
  return now?.baseUrl === endpoint.baseUrl && now.apiKey?.reveal() === endpoint.apiKey?.reveal();
}

/** Pings together cost no more than a rewrite would, stay within the policy's bound, and fit into what session and key have left. */
async function holdFor(
  core: GatewayCore,
  prefix: KeptPrefix,
  { expected, outputTokens }: { readonly expected: NanoUsd; readonly outputTokens: Tokens },
  at: At,
): Promise<MoneyHold | undefined> {
  if (prefix.pingedNanoUsd + expected > rewriteNanoUsd(prefix.billedAs, prefix, at)) return undefined;
  const { limitNanoUsd, overheadRatio, place, principal } = prefix;
  const { session } = place;
  const account = { spentNanoUsd: session.spentNanoUsd, ...session.pings };
  if (!isWithinPingBound(account, expected, overheadRatio)) return undefined;
  if (limitNanoUsd !== undefined && session.spentNanoUsd + expected > limitNanoUsd) return undefined;
  const policy = { budget: { jobNanoUsd: limitNanoUsd, stepNanoUsd: undefined } };
  const payer = { principal, sessionId: session.sessionId, policy };
  // Should the prefix be gone, all of it is written again.
  const longest = { promptTokens: prefix.promptTokens, outputTokens };
  const worstNanoUsd = worstBillNanoUsd(prefix.billedAs.prices, longest, at);
  const answer = await reserveMoney(core, payer, { expectedNanoUsd: expected, worstNanoUsd, at });
  return 'kind' in answer ? undefined : answer;
}

/** Nobody tells what a ping that was cut, or that came without usage, has billed. Returns what that may be. */
function settle({ hold, expected }: PingSent, answer: PingAnswer, bill: NanoUsd | undefined): NanoUsd | undefined {
  if (bill !== undefined) {
    hold.settle({ kind: 'billed', nanoUsd: bill });
    return undefined;
  }
  if (answer.kind === 'failed' && !mayHaveBilled(answer.error)) return undefined;
  hold.settle({ kind: 'unknown', atLeastNanoUsd: expected });
  return expected;
}

interface PingSent {
  readonly callId: CallId;
  readonly startedAt: At;
  readonly startedMs: number;
  readonly expected: NanoUsd;
  readonly hold: MoneyHold;
}

type PingAnswer =
  | { readonly kind: 'answered'; readonly tapped: TappedAnswer }
  | { readonly kind: 'failed'; readonly status: number; readonly error: PointsmanError };

async function send(
  core: GatewayCore,
  { endpoint, model }: KeptPrefix,
  request: Parameters<GatewayCore['upstream']['open']>[1],
): Promise<PingAnswer> {
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(PING_TIMEOUT_MS)]);
  try {
    const answer = await core.upstream.open(endpoint, { ...request, signal });
    const bytes = await readWhole(answer, MAX_ANSWER_BYTES);
    if (answer.status >= 200 && answer.status < 300)
      return { kind: 'answered', tapped: tapBody(WIRE_FORMATS[model.wire].tap, bytes) };
    const error = upstreamError(answer.status, answer.headers, bytes, core.deps.clock.now());
    return { kind: 'failed', status: answer.status, error };
  } catch (thrown) {
    return { kind: 'failed', status: 502, error: toPointsmanError(thrown, 'provider-unavailable') };
  }
}

function recordPing(core: GatewayCore, prefix: KeptPrefix, made: PingSent, answer: PingAnswer): boolean {
  const { model, place, principal } = prefix;
  const { session, thread } = place;
  const durationMs = performance.now() - made.startedMs;
  const tapped = answer.kind === 'answered' ? answer.tapped : { usage: undefined, servedTier: undefined };
  const { usage } = tapped;
  const bill = billOf({ startedAt: made.startedAt }, { model }, tapped);
  if (answer.kind === 'answered') {
    thread.ledger = foldWarmth(thread.ledger, {
      type: 'keep-alive',
      model,
      account: prefix.account,
      effort: prefix.effort,
      transcript: thread.name,
      at: made.startedAt,
      usage,
    });
  }
  if (bill !== undefined) {
    addToSession(session, bill);
    prefix.pingedNanoUsd = toNanoUsd(prefix.pingedNanoUsd + bill);
    addToPings(session, bill);
    // A transcript that never left its first model would have been pinged there just so.
    if (!thread.hasLeft) session.neverSwitchNanoUsd = toNanoUsd(session.neverSwitchNanoUsd + bill);
  }
  const mayHaveBilledNanoUsd = settle(made, answer, bill);
  if (mayHaveBilledNanoUsd !== undefined) {
    addToSession(session, mayHaveBilledNanoUsd);
    addToPings(session, mayHaveBilledNanoUsd);
  }
  thread.pauses = withPing(thread.pauses, { at: made.startedAt, usage });
  const isKept = usage !== undefined && (usage.cacheReadTokens ?? 0) >= HIT_SHARE * prefix.heldTokens;
  const outcome = answer.kind === 'failed' ? 'failed' : isKept ? 'kept' : 'lost';
  core.metrics.count('pointsman_keep_alive_total', { outcome });
  const report = { durationMs, bill, mayHaveBilledNanoUsd, answer, reason: `prefix-${outcome}` };
  const record = recordOf(prefix, made, report);
  countUsage(core, record);
  core.deps.recorder.writeCall(record);
  core.feed.publish(principal.tenant, () => eventOf(prefix, made, report));
  return isKept;
}

/** Unknown is not nothing: what a ping may have billed counts against the bound on pings as well. */
function addToPings(session: Session, nanoUsd: NanoUsd): void {
  session.pings = { ...session.pings, pingedNanoUsd: toNanoUsd(session.pings.pingedNanoUsd + nanoUsd) };
}

interface PingReport {
  readonly durationMs: Ms;
  readonly bill: NanoUsd | undefined;
  readonly mayHaveBilledNanoUsd: NanoUsd | undefined;
  readonly answer: PingAnswer;
  readonly reason: string;
}

function recordOf(prefix: KeptPrefix, made: PingSent, report: PingReport): CallRecord {
  const { durationMs, bill, mayHaveBilledNanoUsd, answer } = report;
  const { model, place } = prefix;
  const tapped = answer.kind === 'answered' ? answer.tapped : undefined;
  return {
    v: 1,
    callId: made.callId,
    jobId: undefined,
    sessionId: place.session.sessionId,
    stepId: prefix.stepId,
    attempt: prefix.attempt,
    requestedModel: model.id,
    servedModel: tapped?.servedModel,
    ...(tapped?.servedTier === undefined ? {} : { servedTier: tapped.servedTier }),
    endpoint: model.endpoint,
    mode: 'continue',
    startedAt: made.startedAt,
    durationMs,
    ttftMs: undefined,
    usage: tapped?.usage,
    billNanoUsd: bill,
    ...(mayHaveBilledNanoUsd === undefined ? {} : { mayHaveBilledNanoUsd }),
    predictedBillNanoUsd: made.expected,
    predictedCacheReadTokens: prefix.heldTokens,
    finishReason: tapped?.finishReason,
    errorCode: answer.kind === 'failed' ? answer.error.code : undefined,
    requestId: undefined,
    retryCount: 0,
    purpose: 'keep-alive',
    gateway: {
      askedFor: prefix.requestedModel,
      wire: prefix.wire,
      ...(prefix.principal.key === undefined ? {} : { key: prefix.principal.key.name }),
      ...(prefix.harness === undefined ? {} : { harness: prefix.harness }),
      decisionId: prefix.decisionId,
      losses: [],
      strippedThinkingCount: 0,
      fallbackFrom: [],
      weakerThanDecided: false,
    },
  };
}

function eventOf(prefix: KeptPrefix, made: PingSent, report: PingReport): FeedEvent {
  const { durationMs, bill, mayHaveBilledNanoUsd, answer, reason } = report;
  const { model, place } = prefix;
  const usage = answer.kind === 'answered' ? answer.tapped.usage : undefined;
  return {
    at: made.startedAt,
    callId: made.callId,
    sessionId: place.session.sessionId,
    stepId: prefix.stepId,
    kind: 'ping',
    decisionId: prefix.decisionId,
    requestedModel: prefix.requestedModel,
    model: model.id,
    endpoint: model.endpoint,
    reason,
    switchedFrom: undefined,
    fallbackFrom: [],
    status: answer.kind === 'failed' ? answer.status : 200,
    outcome: answer.kind === 'failed' ? 'failed' : 'answered',
    durationMs,
    ttftMs: undefined,
    promptTokens: usage === undefined ? undefined : promptTokens(usage),
    cacheReadTokens: usage?.cacheReadTokens,
    outputTokens: usage?.outputTokens,
    billNanoUsd: bill,
    mayHaveBilledNanoUsd,
    predictedBillNanoUsd: made.expected,
    losses: [],
  };
}
