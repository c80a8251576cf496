import { onStandardTier } from '../../catalog/service-tiers.ts';
import type { PointsmanError } from '../../domain/errors.ts';
import { modelIdentity, type Model } from '../../domain/model.ts';
import { toNanoUsd, type NanoUsd } from '../../domain/money.ts';
import { promptTokens, type Usage } from '../../domain/usage.ts';
import type { CallRecord } from '../../recorder/record.ts';
import { formatTraceParent, parseTraceParent } from '../../telemetry/trace-context.ts';
import { lastingOf, memoryOwner, transcriptOf, type UpstreamAttempt, type RoutedCall } from '../core/call-context.ts';
import { callLabels } from '../core/call-labels.ts';
import type { GatewayCore } from '../core/gateway-core.ts';
import { harnessNameOf } from '../core/harness-name.ts';
import type { FeedEvent } from '../core/live-feed.ts';
import { shareSession } from '../sessions/move-session.ts';
import { recordNeverSwitch } from '../sessions/never-switch-bill.ts';
import { textTokensOf } from '../sessions/prompt-size.ts';
import { addToSession } from '../sessions/session-store.ts';
import { billOf } from './answer-bill.ts';
import { countUsage } from './count-usage.ts';
import { recordWarmth } from './record-warmth.ts';
import type { AnswerOutcome } from './relay.ts';
import { unknownBill, type MoneyHold } from './reserve-money.ts';

/** What is left of a call when it has ended. */
export interface EndedCall {
  readonly attempt: UpstreamAttempt | undefined;
  readonly outcome: AnswerOutcome | undefined;
  readonly error: PointsmanError | undefined;
  readonly status: number;
  /** What was set aside for it. `undefined`: nothing went out, or it has been settled. */
  readonly hold: MoneyHold | undefined;
  /** By its tries that were cut before their answer began. */
  readonly mayHaveBilledNanoUsd: NanoUsd | undefined;
}

/** Books a call: bill, warmth, who issued what, health, record, feed. Runs after the caller has its answer. Never throws. */
export function finishCall(core: GatewayCore, call: RoutedCall, ended: EndedCall): void {
  const { attempt, outcome } = ended;
  const durationMs = performance.now() - call.startedMs;
  const usage = outcome?.usage;
  const bill = attempt && outcome && billOf(call, attempt, outcome);
  let mayHaveBilled = ended.mayHaveBilledNanoUsd;
  if (attempt !== undefined && outcome !== undefined) {
    recordHealth(core, call, attempt, outcome);
    const owner = memoryOwner(call.principal);
    for (const signature of outcome.signatures) core.signatures.note(owner, signature, modelIdentity(attempt.model));
    if (outcome.responseId !== undefined)
      // What goes on from it may not wait: it is bound to the model and its endpoint, and to no tier.
      core.responseIds.note(owner, outcome.responseId, onStandardTier(attempt.model.id), lastingOf(call.principal));
    // Where no access keys keep callers apart, nobody asks whose they are.
    if (call.principal.key !== undefined)
      for (const id of outcome.keptIds) core.keptIds.note(owner, id, attempt.model.endpoint, lastingOf(call.principal));
    for (const [id, state] of outcome.toolStates) core.toolStates.note(transcriptOf(call.place), id, state);
    recordWarmth(core, call, attempt, outcome);
    if (usage !== undefined && bill !== undefined) recordMoney(core, call, attempt.model, { usage, bill });
    mayHaveBilled = sumKnown(mayHaveBilled, settle(call, attempt, { outcome, bill, hold: ended.hold }));
  }
  shareSession(core.deps.sharedSessions, call.place.session);
  const error = ended.error ?? outcome?.error;
  const record = attempt && recordOf(call, attempt, { ...ended, error, durationMs, bill, mayHaveBilled });
  const answered = { wire: call.wire, status: String(ended.status) };
  core.metrics.count(
    'pointsman_calls_total',
    record === undefined ? answered : { ...answered, ...callLabels(record, core.placeOf) },
  );
  if (record !== undefined) {
    countUsage(core, record);
    core.deps.recorder.writeCall(record);
  }
  core.feed.publish(call.principal.tenant, () => eventOf(call, { ...ended, error, durationMs, bill, mayHaveBilled }));
}

function recordHealth(core: GatewayCore, call: RoutedCall, attempt: UpstreamAttempt, outcome: AnswerOutcome): void {
  const host = core.health.of(attempt.model);
  if (outcome.error === undefined) {
    host.succeeded(core.monotonicMs(), attempt.pass);
    const answerMs = performance.now() - call.startedMs - (outcome.ttftMs ?? 0);
    const outputTokens = outcome.usage?.outputTokens ?? 0;
    if (call.isStream) core.meter.ended(attempt.model, core.monotonicMs(), { outputTokens, streamMs: answerMs });
  } else if (outcome.error.code === 'aborted') host.released(attempt.pass);
  else {
    host.failed(core.monotonicMs(), true, attempt.pass);
    core.meter.failed(attempt.model, core.monotonicMs());
    core.metrics.count('pointsman_cut_streams_total', { endpoint: attempt.model.endpoint });
  }
}

function recordMoney(
  core: GatewayCore,
  call: RoutedCall,
  model: Model,
  { usage, bill }: { readonly usage: Usage; readonly bill: NanoUsd },
): void {
  const { session, thread } = call.place;
  addToSession(session, bill);
  const first = core.deps.models.find((one) => one.id === thread.firstModel);
  const stayed = recordNeverSwitch(thread, first, { model, usage, billNanoUsd: bill, at: call.startedAt });
  session.neverSwitchNanoUsd = toNanoUsd(session.neverSwitchNanoUsd + stayed);
  thread.promptTokens = textTokensOf(model, usage, call.size.media);
  thread.promptBytes = call.size.textBytes;
}

/**
 * An answer without usage, or cut before its last report, spends what it was expected to, or what was seen of it where that
 * is more: unknown is not nothing. Returns what it may have billed beyond the bill that is known.
 */
function settle(
  call: RoutedCall,
  { model, forecast }: UpstreamAttempt,
  ended: {
    readonly outcome: AnswerOutcome;
    readonly bill: NanoUsd | undefined;
    readonly hold: MoneyHold | undefined;
  },
): NanoUsd | undefined {
  const { outcome, bill, hold } = ended;
  if (bill !== undefined && outcome.error === undefined) {
    hold?.settle({ kind: 'billed', nanoUsd: bill });
    return undefined;
  }
  const whole = toNanoUsd(Math.max(bill ?? 0, unknownBill(call, model, forecast, outcome.seenTokens)));
  hold?.settle({ kind: 'unknown', atLeastNanoUsd: whole });
  const more = toNanoUsd(whole - (bill ?? 0));
  addToSession(call.place.session, more);
  return more;
}

interface RecordedCall extends EndedCall {
  readonly durationMs: number;
  readonly bill: NanoUsd | undefined;
  readonly mayHaveBilled: NanoUsd | undefined;
}

function recordOf(call: RoutedCall, attempt: UpstreamAttempt, ended: RecordedCall): CallRecord {
  const { step } = call.routed;
  const { outcome } = ended;
  return {
    v: 1,
    callId: call.callId,
    jobId: undefined,
    sessionId: call.place.session.sessionId,
    stepId: step.stepId,
    attempt: step.attempt,
    requestedModel: attempt.model.id,
    servedModel: outcome?.servedModel,
    ...(outcome?.servedTier === undefined ? {} : { servedTier: outcome.servedTier }),
    endpoint: attempt.model.endpoint,
    mode: 'continue',
    startedAt: call.startedAt,
    durationMs: ended.durationMs,
    ttftMs: outcome?.ttftMs,
    isStream: call.isStream,
    usage: outcome?.usage,
    billNanoUsd: ended.bill,
    ...(ended.mayHaveBilled === undefined ? {} : { mayHaveBilledNanoUsd: ended.mayHaveBilled }),
    predictedBillNanoUsd: attempt.forecast.billNanoUsd,
    predictedCacheReadTokens: attempt.forecast.cacheReadTokens,
    finishReason: outcome?.finishReason,
    errorCode: ended.error?.code,
    requestId: outcome?.upstreamRequestId,
    retryCount: attempt.retryCount,
    gateway: {
      askedFor: call.requestedModel,
      wire: call.wire,
      ...(call.principal.key === undefined ? {} : { key: call.principal.key.name }),
      ...harnessField(call.request.headers['user-agent']),
      callerRequestId: call.requestId,
      ...traceField(call.request.headers['traceparent']),
      decisionId: step.decisionId,
      kind: step.kind,
      losses: attempt.losses,
      strippedThinkingCount: attempt.strippedThinkingCount,
      fallbackFrom: attempt.fallbackFrom.map(({ model, why }) => ({ model: model.id, why })),
      weakerThanDecided: attempt.fallbackFrom.length > 0 && attempt.candidate.isWeaker,
    },
  };
}

/** Only what is one: it stands in records and leaves again. */
function traceField(traceparent: unknown): { readonly trace?: string } {
  const trace = parseTraceParent(traceparent);
  return trace === undefined ? {} : { trace: formatTraceParent(trace) };
}

function harnessField(userAgent: string | undefined): { readonly harness?: string } {
  const harness = harnessNameOf(userAgent);
  return harness === undefined ? {} : { harness };
}

/** `undefined` where both are. */
function sumKnown(one: NanoUsd | undefined, other: NanoUsd | undefined): NanoUsd | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return toNanoUsd(one + other);
}

function eventOf(call: RoutedCall, ended: RecordedCall): FeedEvent {
  const { attempt, outcome, error, durationMs, bill } = ended;
  const { step } = call.routed;
  return {
    at: call.startedAt,
    callId: call.callId,
    sessionId: call.place.session.sessionId,
    stepId: step.stepId,
    kind: step.kind,
    decisionId: step.decisionId,
    requestedModel: call.requestedModel,
    model: attempt?.model.id ?? step.model,
    endpoint: attempt?.model.endpoint ?? '',
    reason: step.reason,
    switchedFrom: call.routed.isDecided ? step.switchedFrom : undefined,
    fallbackFrom: attempt?.fallbackFrom.map(({ model }) => model.id) ?? [],
    status: ended.status,
    outcome: error === undefined ? 'answered' : error.code === 'aborted' ? 'aborted' : 'failed',
    durationMs,
    ttftMs: outcome?.ttftMs,
    promptTokens: outcome?.usage === undefined ? undefined : promptTokens(outcome.usage),
    cacheReadTokens: outcome?.usage?.cacheReadTokens,
    outputTokens: outcome?.usage?.outputTokens,
    billNanoUsd: bill,
    mayHaveBilledNanoUsd: ended.mayHaveBilled,
    predictedBillNanoUsd: attempt?.forecast.billNanoUsd,
    losses: attempt?.losses ?? [],
  };
}
