import { knownBillNanoUsd } from '../catalog/bill.ts';
import type { CallId, JobId, SessionId, StepId } from '../domain/ids.ts';
import type { NeedLabel } from '../domain/need.ts';
import type { At } from '../domain/time.ts';
import type { CallOutcome } from '../providers/collect.ts';
import { mayHaveBilled } from '../providers/may-have-billed.ts';
import type { ModelCaller } from '../providers/model-caller.ts';
import type { CallRecord, GatewayCallRecord } from '../recorder/record.ts';
import type { MakeReadingCall, ReadingCall } from './ask-model.ts';

/** Whose step a reading call is made for. */
export interface ReadingPlace {
  readonly callId: CallId;
  readonly jobId: JobId | undefined;
  readonly sessionId: SessionId;
  readonly stepId: StepId;
  readonly gateway?: GatewayCallRecord;
}

/** A reading call that has ended, before anybody has kept it. */
export interface EndedReading {
  readonly record: CallRecord;
  readonly outcome: CallOutcome;
}

/** What whoever asks does about a reading call: the money and the record are its own. */
export interface ReadingHooks {
  readonly callModel: ModelCaller;
  readonly now: () => At;
  /** Sets the money aside and says where the call belongs. `undefined`: it is not affordable, and is not made. */
  begin(call: ReadingCall, startedAt: At): Promise<ReadingPlace | undefined>;
  /** Books what it billed and keeps the record. */
  end(ended: EndedReading): Promise<void> | void;
}

/** Makes reading calls. */
export function readingMaker(hooks: ReadingHooks): MakeReadingCall {
  return async (call) => {
    const startedAt = hooks.now();
    const place = await hooks.begin(call, startedAt);
    if (place === undefined) return undefined;
    const options = { signal: call.signal, onPart: () => undefined };
    const outcome = await hooks.callModel(call.model, call.request, options);
    const answer = answerOf(outcome);
    const label = answer === undefined ? undefined : await call.toLabel(answer);
    const record = toReadingRecord(call, place, { startedAt, endedAt: hooks.now(), outcome, label });
    await hooks.end({ record, outcome });
    return answer;
  };
}

/** The text of an answer. */
export function answerOf(outcome: CallOutcome): string | undefined {
  if (outcome.kind === 'failed') return undefined;
  return outcome.result.message.content.map((part) => (part.type === 'text' ? part.text : '')).join('');
}

interface Ended {
  readonly startedAt: At;
  readonly endedAt: At;
  readonly outcome: CallOutcome;
  readonly label: NeedLabel | undefined;
}

/** What it used and billed, and what it may have billed beyond: it was cut, or its vendor reported nothing. */
function billOf(
  { model, expectedNanoUsd }: ReadingCall,
  at: At,
  outcome: CallOutcome,
): Pick<CallRecord, 'usage' | 'billNanoUsd' | 'mayHaveBilledNanoUsd'> {
  const usage = outcome.kind === 'finished' ? outcome.result.usage : outcome.usage;
  const bill = usage === undefined ? undefined : knownBillNanoUsd(model.prices, usage, at);
  const isUnseen = bill === undefined && (outcome.kind === 'finished' || mayHaveBilled(outcome.error));
  return { usage, billNanoUsd: bill, ...(isUnseen ? { mayHaveBilledNanoUsd: expectedNanoUsd } : {}) };
}

/** The record of a reading call: a line of its own in every bill. */
function toReadingRecord(call: ReadingCall, place: ReadingPlace, ended: Ended): CallRecord {
  const { startedAt, endedAt, outcome, label } = ended;
  const result = outcome.kind === 'finished' ? outcome.result : undefined;
  const { gateway, ...ids } = place;
  return {
    v: 1,
    ...ids,
    attempt: 0,
    requestedModel: call.model.id,
    servedModel: result?.servedModel,
    endpoint: call.model.endpoint,
    mode: 'isolate',
    startedAt,
    durationMs: endedAt - startedAt,
    ttftMs: result?.ttftMs,
    ...billOf(call, startedAt, outcome),
    predictedBillNanoUsd: call.expectedNanoUsd,
    predictedCacheReadTokens: undefined,
    finishReason: result?.finishReason,
    errorCode: outcome.kind === 'failed' ? outcome.error.code : undefined,
    requestId: result?.requestId,
    retryCount: (outcome.kind === 'finished' ? outcome.result.retryCount : outcome.retryCount) ?? 0,
    purpose: 'reader',
    ...(label === undefined ? {} : { reading: label }),
    ...(gateway === undefined ? {} : { gateway }),
  };
}
