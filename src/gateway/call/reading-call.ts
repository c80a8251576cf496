import type { MakeReadingCall } from '../../decisions/ask-model.ts';
import { readingMaker } from '../../decisions/make-reading.ts';
import { asId, type CallId, type DecisionId, type StepId } from '../../domain/ids.ts';
import { sumNanoUsd } from '../../domain/money.ts';
import type { RouterPolicy } from '../../domain/router-policy.ts';
import { promptTokens } from '../../domain/usage.ts';
import type { CallRecord } from '../../recorder/record.ts';
import type { ReceivedCall } from '../core/call-context.ts';
import type { GatewayCore } from '../core/gateway-core.ts';
import { harnessNameOf } from '../core/harness-name.ts';
import type { FeedEvent } from '../core/live-feed.ts';
import { addToSession, type SessionPlace } from '../sessions/session-store.ts';
import { countUsage } from './count-usage.ts';
import { reserveMoney, settleByRecord, type MoneyHold } from './reserve-money.ts';

/** A foreign call whose step a model may be asked of. */
export interface ReadFor {
  readonly call: ReceivedCall;
  readonly place: SessionPlace;
  readonly policy: RouterPolicy;
}

/** Asks a model what a foreign step needs: paid by who pays for the step, counted in its session, recorded and shown. */
export function readingCaller(
  core: GatewayCore,
  { call, place, policy }: ReadFor,
  step: { readonly stepId: StepId; readonly decisionId: DecisionId },
): MakeReadingCall | undefined {
  const { callModel, clock, recorder } = core.deps;
  if (callModel === undefined) return undefined;
  const { principal } = call;
  const { session } = place;
  let hold: MoneyHold | undefined;
  return readingMaker({
    callModel,
    now: () => clock.now(),
    begin: async ({ expectedNanoUsd, worstNanoUsd }, at) => {
      const payer = { principal, sessionId: session.sessionId, policy };
      const answer = await reserveMoney(core, payer, { expectedNanoUsd, worstNanoUsd, at });
      if ('kind' in answer) return undefined;
      hold = answer;
      return {
        callId: asId<CallId>(core.newId('call')),
        jobId: undefined,
        sessionId: session.sessionId,
        stepId: step.stepId,
        gateway: gatewayPart(call, step.decisionId),
      };
    },
    end: ({ record }) => {
      if (hold !== undefined) settleByRecord(hold, record);
      addToSession(session, sumNanoUsd([record.billNanoUsd ?? [], record.mayHaveBilledNanoUsd ?? []].flat()));
      countUsage(core, record);
      core.metrics.count('pointsman_reader_calls_total', { outcome: record.reading === undefined ? 'failed' : 'read' });
      recorder.writeCall(record);
      core.feed.publish(principal.tenant, () => eventOf(record, call.requestedModel, step.decisionId));
    },
  });
}

function gatewayPart(call: ReceivedCall, decisionId: DecisionId): NonNullable<CallRecord['gateway']> {
  const { key } = call.principal;
  const harness = harnessNameOf(call.request.headers['user-agent']);
  return {
    askedFor: call.requestedModel,
    wire: call.wire,
    ...(key === undefined ? {} : { key: key.name }),
    ...(harness === undefined ? {} : { harness }),
    decisionId,
    losses: [],
    strippedThinkingCount: 0,
    fallbackFrom: [],
    weakerThanDecided: false,
  };
}

function eventOf(record: CallRecord, requestedModel: string, decisionId: DecisionId): FeedEvent {
  const { usage, errorCode } = record;
  return {
    at: record.startedAt,
    callId: record.callId,
    sessionId: record.sessionId,
    stepId: record.stepId,
    kind: 'reader',
    decisionId,
    requestedModel,
    model: record.requestedModel,
    endpoint: record.endpoint,
    reason: record.reading === undefined ? 'step-unread' : 'step-read',
    switchedFrom: undefined,
    fallbackFrom: [],
    status: errorCode === undefined ? 200 : 502,
    outcome: errorCode === undefined ? 'answered' : 'failed',
    durationMs: record.durationMs,
    ttftMs: record.ttftMs,
    promptTokens: usage === undefined ? undefined : promptTokens(usage),
    cacheReadTokens: usage?.cacheReadTokens,
    outputTokens: usage?.outputTokens,
    billNanoUsd: record.billNanoUsd,
    mayHaveBilledNanoUsd: record.mayHaveBilledNanoUsd,
    predictedBillNanoUsd: record.predictedBillNanoUsd,
    losses: [],
  };
}
