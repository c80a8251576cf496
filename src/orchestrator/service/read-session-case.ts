import type { SessionCall, SessionCase } from '../../autopsy/session-case.ts';
import type { DecisionId } from '../../domain/ids.ts';
import { sumNanoUsd } from '../../domain/money.ts';
import type { CallRecord, StepRecord } from '../../recorder/record.ts';
import type { SessionRecords } from '../model/session-records.ts';

/** Puts together what was recorded of a session, for whoever wants to know why it went wrong. Pure. */
export function toSessionCase(id: string, { calls, steps, outcomes }: SessionRecords): SessionCase {
  const byId = new Map(steps.map((step) => [step.decision.decisionId, step]));
  const own = calls.filter(({ purpose }) => purpose === undefined).toSorted((a, b) => a.startedAt - b.startedAt);
  const stepOf = new Map(
    own.flatMap(({ gateway, stepId }) => (gateway === undefined ? [] : [[gateway.decisionId, stepId] as const])),
  );
  return {
    id,
    calls: own.map((call) => toSessionCall(call, call.gateway && byId.get(call.gateway.decisionId))),
    reports: outcomes
      .flatMap(({ decisionId, at, verdict, truth, principal }) => {
        const stepId = stepOf.get(decisionId);
        return stepId === undefined
          ? []
          : [{ stepId, at, verdict: truth === 'wrong' ? ('failed' as const) : verdict, by: principal }];
      })
      .toSorted((a, b) => a.at - b.at),
  };
}

function toSessionCall(call: CallRecord, step: StepRecord | undefined): SessionCall {
  const { usage, gateway } = call;
  const quality = (step?.input.quality ?? []).toSorted((a, b) => b.successRatio - a.successRatio);
  const [best] = quality;
  return {
    stepId: call.stepId,
    thread: call.sessionId,
    at: call.startedAt,
    model: call.requestedModel,
    family: step?.input.models.find(({ id }) => id === call.requestedModel)?.family,
    isNamed: step?.decision.reasons.some(({ code }) => code === 'override') ?? false,
    successRatio: quality.find(({ model }) => model === call.requestedModel)?.successRatio,
    best: best === undefined ? undefined : { model: best.model, successRatio: best.successRatio },
    promptTokens:
      usage === undefined
        ? undefined
        : usage.uncachedTokens + (usage.cacheReadTokens ?? 0) + (usage.cacheWriteTokens ?? 0),
    finishReason: call.finishReason,
    errorCode: call.errorCode,
    fallbackFrom: (gateway?.fallbackFrom ?? []).map(({ model }) => model),
    isWeakerThanDecided: gateway?.weakerThanDecided ?? false,
    lossCount: (gateway?.losses.length ?? 0) + (gateway?.strippedThinkingCount ?? 0),
    billNanoUsd: sumNanoUsd(call.billNanoUsd === undefined ? [] : [call.billNanoUsd]),
  };
}

/** The decision that a step went by. Pure. */
export function decisionOf({ calls }: Pick<SessionRecords, 'calls'>, stepId: string): DecisionId | undefined {
  return calls.find((call) => call.stepId === stepId)?.gateway?.decisionId;
}
