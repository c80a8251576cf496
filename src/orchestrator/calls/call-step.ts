// One file: a call from what it is expected to bill to its record, which share what was sent.

import { billNanoUsd, knownBillNanoUsd } from '../../catalog/bill.ts';
import { asServed } from '../../catalog/service-tiers.ts';
import type { CallRequest, CallResult, StreamPart } from '../../domain/call.ts';
import { isPointsmanError, type ErrorCode } from '../../domain/errors.ts';
import type { PromptHead } from '../../domain/forecast.ts';
import type { CallId } from '../../domain/ids.ts';
import type { Model } from '../../domain/model.ts';
import type { NanoUsd } from '../../domain/money.ts';
import type { At, Ratio, Tokens } from '../../domain/time.ts';
import type { Usage } from '../../domain/usage.ts';
import type { CallRecord } from '../../recorder/record.ts';
import { cacheMarkersFor } from '../../warmth/cache-markers.ts';
import { PING_OUTPUT_TOKENS, rewriteNanoUsd, writeClassFor } from '../../warmth/keep-alive.ts';
import { warmthAt, type WarmthQuery } from '../../warmth/warmth-at.ts';
import { MARGIN_RATIO } from '../context/transcript-room.ts';
import { cacheEffort, warmthQuery } from '../model/call-log.ts';
import type { CallEntry, CallSlot } from '../model/job-journal.ts';
import { leftNanoUsd } from '../model/job-money.ts';
import type { JobRun } from '../model/job-run.ts';
import { headBlockCount, headOfChain } from '../model/prompt-chain.ts';
import type { StepCall } from '../model/step-call.ts';
import { toCallEnd } from './call-end.ts';
import { headTurn, type CallHead } from './head-turn.ts';
import { askForBudget, reserveForStep, settleCall, type ExpectedCall, type SettledCall } from './reserve-call.ts';
import { standardOf } from './standard-tier.ts';
import { usageWithCache } from './usage-with-cache.ts';

export const MAX_OUTPUT_TOKENS: Tokens = 16_000;
/** What an answer is expected to hold when money is set aside for it, in reference tokens. */
const EXPECTED_OUTPUT_TOKENS = 1500;

/**
 * Makes one call, or gives back the one that this slot already paid for. When it returns, the answer is in the journal:
 * the next call never starts before that.
 * @throws PointsmanError of the provider when it failed; `record-unwritable` when the answer could not be kept.
 */
export async function callForStep(run: JobRun, call: StepCall): Promise<CallResult> {
  const { clock } = run.services;
  const paid = run.calls.answered(call);
  if (paid?.end?.kind === 'answered') return paid.end.result;

  const startedAt = clock();
  const forecast = expectUsage(run, call, startedAt);
  askForBudget(run, call, forecast.billNanoUsd);
  run.signal.throwIfAborted();
  run.latestCalls.set(call.thread, call);
  const turn = await headTurn(run, call, callHead(call, forecast.cacheReadTokens, startedAt));
  const queue = queueOf(run, call);
  try {
    const onBegin = (): void => {
      turn.end(true);
      queue.begun();
    };
    return await send(run, call, { startedAt: clock(), forecast, signal: queue.signal, onBegin });
  } catch (thrown) {
    const standard = run.signal.aborted || call.queueMs === undefined ? undefined : standardOf(run, call.model);
    if (standard === undefined || !isTurnedAway(thrown)) throw thrown;
    // Its tier has no room, or takes too long: the deadline is kept on the standard one.
    const { queueMs: _, ...rest } = call;
    return await callForStep(run, { ...rest, model: standard });
  } finally {
    turn.end(false);
    queue.begun();
  }
}

const TURNED_AWAY: ReadonlySet<ErrorCode> = new Set([
  'provider-rate-limited',
  'provider-unavailable',
  'provider-timeout',
  'aborted',
]);

function isTurnedAway(thrown: unknown): boolean {
  return isPointsmanError(thrown) && TURNED_AWAY.has(thrown.code);
}

/** Ends a call that stands in a queue for too long, until its answer begins. */
function queueOf(run: JobRun, { queueMs }: StepCall): { readonly signal: AbortSignal; readonly begun: () => void } {
  if (queueMs === undefined) return { signal: run.signal, begun: () => undefined };
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), queueMs);
  return { signal: AbortSignal.any([run.signal, limit.signal]), begun: () => clearTimeout(timer) };
}

/**
 * Sends a call's prompt once more for nothing but its prefix. `false`: it was not affordable, or it failed; then pings end.
 * Its bill is its own. Never throws for what a provider did.
 */
export async function pingPrefix(run: JobRun, call: StepCall, signal: AbortSignal): Promise<boolean> {
  const startedAt = run.services.clock();
  const forecast = expectUsage(run, call, startedAt, PING_OUTPUT_TOKENS);
  const left = leftNanoUsd(run);
  if (left !== undefined && left < forecast.billNanoUsd) return false;
  try {
    await send(run, call, { startedAt, forecast, signal, purpose: 'keep-alive' });
    return true;
  } catch (thrown) {
    if (isPointsmanError(thrown) && thrown.code !== 'record-unwritable') return false;
    throw thrown;
  }
}

interface CallSending {
  readonly startedAt: At;
  readonly forecast: Expected;
  readonly signal: AbortSignal;
  readonly purpose?: 'keep-alive';
  /** Its answer has begun. */
  readonly onBegin?: () => void;
}

async function send(run: JobRun, call: StepCall, sending: CallSending): Promise<CallResult> {
  const { startedAt, forecast, signal, purpose } = sending;
  const longWrite = purpose === undefined && wantsLongWrite(run, call);
  const begun: Parameters<JobRun['calls']['begin']>[0] = {
    ...slotOf(call),
    kind: call.kind,
    mode: call.mode,
    thread: call.thread,
    trigger: call.trigger,
    model: call.model.id,
    endpoint: call.model.endpoint,
    startedAt,
    expectedPromptTokens: promptTokensOf(call),
    chain: call.chain,
    ...purposeOf(call, purpose),
    ...(longWrite ? { longWrite } : {}),
    ...effortOfCall(call),
    headBlockCount: headBlockCount(call.system, call.tools),
    expectedBillNanoUsd: forecast.billNanoUsd,
  };
  const request = toRequest(run, call, { now: startedAt, longWrite, purpose });
  const { maxOutputTokens = MAX_OUTPUT_TOKENS } = request;
  const { id: hold, heldNanoUsd } = await reserveForStep(run, call, {
    startedAt,
    expected: forecast,
    maxOutputTokens,
    purpose,
  });
  let callId: CallId;
  try {
    callId = await run.calls.begin({ ...begun, heldNanoUsd }, forecast.billNanoUsd);
  } catch (thrown) {
    run.services.ledger.release(hold);
    throw thrown;
  }
  run.emit({ type: 'call-start', stepId: call.stepId, attempt: call.attempt, callId, model: call.model.id });
  const outcome = await run.services.callModel(call.model, request, {
    signal,
    onPart: (part) => {
      sending.onBegin?.();
      if (purpose === undefined) relayText(run, call, part);
    },
  });
  return finish(run, call, { callId, startedAt, expected: forecast, outcome, purpose, hold });
}

interface Made extends SettledCall {
  readonly callId: CallId;
  readonly expected: Expected;
  readonly purpose: 'keep-alive' | undefined;
}

async function finish(run: JobRun, call: StepCall, made: Made): Promise<CallResult> {
  const { recorder, redactor, clock } = run.services;
  const { outcome, callId, startedAt } = made;
  const usage = outcome.kind === 'finished' ? outcome.result.usage : outcome.usage;
  const served = asServed(call.model, outcome.kind === 'finished' ? outcome.result.servedTier : undefined);
  const bill = usage === undefined ? undefined : knownBillNanoUsd(served.prices, usage, startedAt);
  const mayHaveBilled = settleCall(run, call.model, made, bill);
  const at = clock();
  const record = redactor.record(toRecord(run, call, made, { usage, bill, mayHaveBilled, durationMs: at - startedAt }));
  const about = { at, durationMs: at - startedAt, usage, billNanoUsd: bill, record };
  await run.calls.end(callId, toCallEnd({ redactor }, outcome, about));
  recorder.writeCall(record);
  run.emit({
    type: 'call-end',
    stepId: call.stepId,
    attempt: call.attempt,
    callId,
    model: call.model.id,
    usage,
    billNanoUsd: bill,
    durationMs: at - startedAt,
    errorCode: outcome.kind === 'failed' ? outcome.error.code : undefined,
  });
  if (outcome.kind === 'failed') throw outcome.error;
  return outcome.result;
}

interface Expected extends ExpectedCall {
  readonly cacheReadTokens: Tokens;
}

/** The bill that this call should come to: warm tokens as the ledger has them, the rest written where writes cost. */
function expectUsage(run: JobRun, call: StepCall, now: At, outputTokens = EXPECTED_OUTPUT_TOKENS): Expected {
  const prompt = promptTokensOf(call);
  const warm = warmthAt(run.calls.ledger(), [call.model], {
    ...warmthOfCall(call, now),
    chain: call.chain,
  })[0];
  const head = headOfCall(call);
  const warmHead = warm?.heads?.find((row) => row.key === head?.key)?.warmTokens ?? 0;
  const read = Math.min(Math.max(warm?.warmTokens ?? 0, warmHead), prompt);
  const output = modelTokens(call.model, outputTokens * call.model.outputRatio);
  const usage = usageWithCache(call.model, { prompt, read, output, longWrite: wantsLongWrite(run, call) });
  return { billNanoUsd: billNanoUsd(call.model.prices, usage, now), usage, cacheReadTokens: read };
}

function toRequest(
  run: JobRun,
  call: StepCall,
  {
    now,
    longWrite,
    purpose,
  }: { readonly now: At; readonly longWrite: boolean; readonly purpose: CallSending['purpose'] | undefined },
): CallRequest {
  const query = { ...warmthOfCall(call, now), chain: call.chain };
  return {
    model: call.model.id,
    system: call.system,
    tools: call.tools,
    messages: call.messages,
    maxOutputTokens: purpose === undefined ? longestAnswer(call) : PING_OUTPUT_TOKENS,
    // Contexts with one head go to one cache, whichever thread they are.
    cacheKey: `${run.entry.sessionId}/${headOfCall(call)?.key ?? call.thread}`,
    cacheMarkers: cacheMarkersFor(run.calls.ledger(), call.model, query, {
      messageEnds: call.messageEnds,
      longWrite,
    }),
  };
}

/** As far as the model goes, and the rest of its window where more is asked for than usual: prompt and answer share it. */
function longestAnswer(call: StepCall): Tokens {
  const { contextTokens, maxOutputTokens } = call.model;
  const left = Math.floor(contextTokens * (1 - MARGIN_RATIO)) - promptTokensOf(call);
  const asked = call.maxOutputTokens ?? MAX_OUTPUT_TOKENS;
  return Math.min(asked, maxOutputTokens, Math.max(MAX_OUTPUT_TOKENS, left));
}

function warmthOfCall(call: StepCall, now: At): WarmthQuery {
  return warmthQuery(now, call.trigger, call.thread, cacheEffort(call.model, call.messages));
}

function purposeOf(
  { isAdvice }: StepCall,
  purpose: CallSending['purpose'],
): { readonly purpose?: 'keep-alive' | 'advice' } {
  const own = purpose ?? (isAdvice === true ? 'advice' : undefined);
  return own === undefined ? {} : { purpose: own };
}

function effortOfCall({ model, messages }: StepCall): Pick<CallEntry, 'effort'> {
  const effort = cacheEffort(model, messages);
  return effort === undefined ? {} : { effort };
}

/** The one-hour class: as decided, or, opt-in, when the next call on this transcript has mostly come after the default one. */
function wantsLongWrite(run: JobRun, call: StepCall): boolean {
  if (call.writesLong) return true;
  return run.policy.keepAlive && writeClassFor(call.model, lateRatio(run.calls.entries(), call)) === '1h';
}

/** Calls that are taken to have come in time before any was seen. */
const PRIOR_TIMELY_COUNT = 1;

/** How often a call on this transcript and model came after the default time to live but inside the long one. Pure. */
export function lateRatio(entries: readonly CallEntry[], call: Pick<StepCall, 'thread' | 'model'>): Ratio {
  const rule = call.model.cacheRule;
  if (rule.kind === 'none' || rule.longTtlMs === undefined) return 0;
  const { ttlMs, longTtlMs } = rule;
  const own = entries.filter(
    (entry) => entry.thread === call.thread && entry.model === call.model.id && entry.purpose === undefined,
  );
  const gaps = own.slice(1).map((entry, index) => entry.startedAt - (own[index]?.startedAt ?? entry.startedAt));
  return gaps.filter((gap) => gap > ttlMs && gap <= longTtlMs).length / (gaps.length + PRIOR_TIMELY_COUNT);
}

function callHead(call: StepCall, readTokens: Tokens, at: At): CallHead | undefined {
  const head = headOfCall(call);
  if (head === undefined) return undefined;
  const tokens = modelTokens(call.model, head.tokens);
  const rewrite = rewriteNanoUsd(call.model, { heldTokens: tokens, promptTokens: tokens }, at);
  return { key: head.key, tokens, readTokens, rewriteNanoUsd: rewrite };
}

function headOfCall(call: StepCall): PromptHead | undefined {
  return headOfChain(call.chain, headBlockCount(call.system, call.tools));
}

function promptTokensOf(call: StepCall): Tokens {
  return modelTokens(call.model, call.chain.tokens.at(-1) ?? 0);
}

function relayText(run: JobRun, call: StepCall, part: StreamPart): void {
  if (part.type !== 'text-delta' || call.isQuiet === true) return;
  run.emit({ type: 'text-delta', stepId: call.stepId, attempt: call.attempt, text: part.text });
}

function toRecord(
  run: JobRun,
  call: StepCall,
  made: Made,
  settled: {
    readonly usage: Usage | undefined;
    readonly bill: NanoUsd | undefined;
    readonly mayHaveBilled: NanoUsd | undefined;
    readonly durationMs: number;
  },
): CallRecord {
  const { outcome } = made;
  const result = outcome.kind === 'finished' ? outcome.result : undefined;
  return {
    v: 1,
    callId: made.callId,
    jobId: run.entry.jobId,
    sessionId: run.entry.sessionId,
    stepId: call.stepId,
    attempt: call.attempt,
    requestedModel: call.model.id,
    ...servedBy(result),
    endpoint: call.model.endpoint,
    mode: call.mode,
    startedAt: made.startedAt,
    durationMs: settled.durationMs,
    ttftMs: result?.ttftMs,
    isStream: true,
    usage: settled.usage,
    billNanoUsd: settled.bill,
    ...(settled.mayHaveBilled === undefined ? {} : { mayHaveBilledNanoUsd: settled.mayHaveBilled }),
    predictedBillNanoUsd: made.expected.billNanoUsd,
    predictedCacheReadTokens: made.expected.cacheReadTokens,
    finishReason: result?.finishReason,
    errorCode: outcome.kind === 'failed' ? outcome.error.code : undefined,
    requestId: result?.requestId,
    retryCount: outcome.kind === 'finished' ? (outcome.result.retryCount ?? 0) : outcome.retryCount,
    ...purposeOf(call, made.purpose),
  };
}

function servedBy(result: CallResult | undefined): Pick<CallRecord, 'servedModel' | 'servedTier'> {
  const { servedModel, servedTier } = result ?? { servedModel: undefined };
  return { servedModel, ...(servedTier === undefined ? {} : { servedTier }) };
}

function slotOf(call: CallSlot): CallSlot {
  return { jobId: call.jobId, stepId: call.stepId, attempt: call.attempt, callIndex: call.callIndex };
}

/** Reference tokens as the model counts them. */
function modelTokens(model: Model, reference: Tokens): Tokens {
  return Math.ceil(reference * model.tokenRatio);
}
