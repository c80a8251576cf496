import type { NanoUsd } from '../../domain/money.ts';
import type { At, Ms, Tokens } from '../../domain/time.ts';
import { promptTokens } from '../../domain/usage.ts';
import type { ListedCall } from '../../recorder/listed-call.ts';

/** One call as a row of the page. No prompt, no answer, no key. */
export interface CallView {
  readonly callId: string;
  readonly at: At;
  readonly sessionId: string;
  readonly jobId: string | undefined;
  readonly stepId: string;
  readonly attempt: number;
  readonly kind: string | undefined;
  readonly decisionId: string | undefined;
  readonly model: string;
  readonly servedModel: string | undefined;
  readonly askedFor: string | undefined;
  readonly endpoint: string;
  readonly harness: string | undefined;
  readonly key: string | undefined;
  readonly mode: string;
  readonly purpose: string | undefined;
  readonly durationMs: Ms;
  readonly ttftMs: Ms | undefined;
  readonly promptTokens: Tokens | undefined;
  readonly cacheReadTokens: Tokens | undefined;
  readonly predictedCacheReadTokens: Tokens | undefined;
  readonly outputTokens: Tokens | undefined;
  readonly billNanoUsd: NanoUsd | undefined;
  readonly mayHaveBilledNanoUsd: NanoUsd | undefined;
  readonly predictedBillNanoUsd: NanoUsd | undefined;
  readonly finishReason: string | undefined;
  readonly errorCode: string | undefined;
  readonly retryCount: number;
  readonly fallbackFrom: readonly string[];
}

export function callView({ call }: ListedCall): CallView {
  const { usage, gateway } = call;
  return {
    callId: call.callId,
    at: call.startedAt,
    sessionId: call.sessionId,
    jobId: call.jobId,
    stepId: call.stepId,
    attempt: call.attempt,
    kind: gateway?.kind,
    decisionId: gateway?.decisionId,
    model: call.requestedModel,
    servedModel: call.servedModel,
    askedFor: gateway?.askedFor,
    endpoint: call.endpoint,
    harness: gateway?.harness,
    key: gateway?.key,
    mode: call.mode,
    purpose: call.purpose,
    durationMs: call.durationMs,
    ttftMs: call.ttftMs,
    promptTokens: usage === undefined ? undefined : promptTokens(usage),
    cacheReadTokens: usage?.cacheReadTokens,
    predictedCacheReadTokens: call.predictedCacheReadTokens,
    outputTokens: usage?.outputTokens,
    billNanoUsd: call.billNanoUsd,
    mayHaveBilledNanoUsd: call.mayHaveBilledNanoUsd,
    predictedBillNanoUsd: call.predictedBillNanoUsd,
    finishReason: call.finishReason,
    errorCode: call.errorCode,
    retryCount: call.retryCount,
    fallbackFrom: gateway?.fallbackFrom.map(({ model, why }) => `${model}: ${why}`) ?? [],
  };
}
