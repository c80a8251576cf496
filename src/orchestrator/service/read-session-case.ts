import type { SessionCallCase, SessionCase } from '../../autopsy/session-case.ts';
import type { DecisionId } from '../../domain/ids.ts';
import { ZERO_USD } from '../../domain/money.ts';
import type { CallRecord, StepRecord } from '../../recorder/record.ts';
import type { SessionRecords } from '../model/job-run.ts';

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

function toSessionCall(call: CallRecord, step: StepRecord | undefined): SessionCallCase {
  return {
    stepId: call.stepId,
    thread: call.sessionId,
    at: call.startedAt,
    model: call.requestedModel,
    isNamed: step?.decision.reasons.some(({ code }) => code === 'override') ?? false,
    ...believedOf(step, call.requestedModel),
    promptTokens: promptTokensOf(call.usage),
    finishReason: call.finishReason,
    errorCode: call.errorCode,
    ...onTheWay(call.gateway),
    billNanoUsd: call.billNanoUsd ?? ZERO_USD,
  };
}

function believedOf(step: StepRecord | undefined, model: string): Pick<SessionCallCase, 'successRatio' | 'best'> {
  const quality = (step?.input.quality ?? []).toSorted((a, b) => b.successRatio - a.successRatio);
  const [best] = quality;
  return {
    successRatio: quality.find((row) => row.model === model)?.successRatio,
    best: best === undefined ? undefined : { model: best.model, successRatio: best.successRatio },
  };
}

function promptTokensOf(usage: CallRecord['usage']): number | undefined {
  return usage && usage.uncachedTokens + (usage.cacheReadTokens ?? 0) + (usage.cacheWriteTokens ?? 0);
}

function onTheWay(
  gateway: CallRecord['gateway'],
): Pick<SessionCallCase, 'fallbackFrom' | 'isWeakerThanDecided' | 'lossCount'> {
  if (gateway === undefined) return { fallbackFrom: [], isWeakerThanDecided: false, lossCount: 0 };
  return {
    fallbackFrom: gateway.fallbackFrom.map(({ model }) => model),
    isWeakerThanDecided: gateway.weakerThanDecided,
    lossCount: gateway.losses.length + gateway.strippedThinkingCount,
  };
}

/** The decision that a step went by. Pure. */
export function decisionOfStep({ calls }: Pick<SessionRecords, 'calls'>, stepId: string): DecisionId | undefined {
  return calls.find((call) => call.stepId === stepId)?.gateway?.decisionId;
}
