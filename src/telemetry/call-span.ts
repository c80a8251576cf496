import { usdFromNano } from '../domain/money.ts';
import { promptTokens, type Usage } from '../domain/usage.ts';
import type { CallRecord } from '../recorder/record.ts';
import { GENERAL, GEN_AI, OPERATION, OWN, providerName, type InstrumentName } from './names.ts';
import type { Attributes, FinishedSpan, Telemetry } from './telemetry.ts';
import { spanIdOf } from './trace-context.ts';

/** What is known of the place that a call went to. */
export interface CallPlace {
  readonly address: string | undefined;
  readonly port: number | undefined;
  /** What cloud serves there, where one does. */
  readonly cloud: string | undefined;
  /** The model by the name that the vendor knows it by. */
  readonly modelName: string;
}

/** No model was called: bytes were passed on as they came. */
const RELAY = 'relay';

/** A recorded call as a span. @param place where it went */
export function callSpan(
  call: CallRecord,
  {
    traceId,
    parent,
    place,
  }: { readonly traceId: string; readonly parent: FinishedSpan['parent']; readonly place: CallPlace },
): FinishedSpan {
  const operation = call.purpose === 'beside' ? RELAY : OPERATION.call;
  return {
    traceId,
    spanId: callSpanId(call.callId),
    parent,
    name: `${operation} ${place.modelName}`,
    kind: 'client',
    startedAt: call.startedAt,
    durationMs: call.durationMs,
    errorType: call.errorCode,
    attributes: {
      ...shared(call, operation, place),
      [GEN_AI.conversation]: call.sessionId === '' ? undefined : call.sessionId,
      [GEN_AI.finishReasons]: call.finishReason === undefined ? undefined : [call.finishReason],
      [GEN_AI.requestStream]: call.isStream,
      [GEN_AI.firstChunkSeconds]: call.isStream === true ? seconds(call.ttftMs) : undefined,
      ...usageAttributes(call.usage),
      [OWN.callId]: call.callId,
      [OWN.jobId]: call.jobId,
      [OWN.stepId]: call.stepId,
      [OWN.stepKind]: call.gateway?.kind,
      [OWN.attempt]: call.attempt,
      [OWN.purpose]: call.purpose,
      [OWN.mode]: call.mode,
      [OWN.decisionId]: call.gateway?.decisionId,
      [OWN.askedFor]: call.gateway?.askedFor,
      [OWN.key]: call.gateway?.key,
      [OWN.harness]: call.gateway?.harness,
      [OWN.retries]: call.retryCount,
      [OWN.fallbackFrom]: call.gateway?.fallbackFrom.map(({ model }) => model),
      [OWN.billUsd]: usd(call.billNanoUsd),
      [OWN.predictedBillUsd]: usd(call.predictedBillNanoUsd),
    },
  };
}

export function callSpanId(callId: string): string {
  return spanIdOf('call', callId);
}

/** What a call adds to the figures. An answer that was given again used nothing of a vendor's. */
export function recordCall(telemetry: Pick<Telemetry, 'record'>, call: CallRecord, place: CallPlace): void {
  if (call.purpose === 'response-cache' || call.purpose === 'beside') return;
  const of = shared(call, OPERATION.call, place);
  const timed = call.errorCode === undefined ? of : { ...of, [GENERAL.errorType]: call.errorCode };
  telemetry.record('gen_ai.client.inference.duration', call.durationMs / 1000, timed);
  const first = call.isStream === true ? seconds(call.ttftMs) : undefined;
  if (first !== undefined) telemetry.record('gen_ai.client.inference.time_to_first_chunk', first, of);
  for (const [name, value] of countsOf(call)) if (value !== undefined && value > 0) telemetry.record(name, value, of);
}

function countsOf({ usage, billNanoUsd }: CallRecord): readonly (readonly [InstrumentName, number | undefined])[] {
  return [
    ['gen_ai.client.inference.usage.input_tokens', usage && promptTokens(usage)],
    ['gen_ai.client.inference.usage.output_tokens', usage?.outputTokens],
    ['gen_ai.client.inference.usage.cache_read.input_tokens', usage?.cacheReadTokens],
    ['gen_ai.client.inference.usage.cache_write.input_tokens', usage?.cacheWriteTokens],
    ['gen_ai.client.inference.usage.reasoning.output_tokens', usage?.reasoningTokens],
    ['pointsman.bill', usd(billNanoUsd)],
  ];
}

/** What is low in cardinality, for spans and figures alike. */
function shared(call: CallRecord, operation: string, place: CallPlace): Attributes {
  return {
    [GEN_AI.operation]: operation,
    [GEN_AI.provider]: providerName(call.endpoint, place.cloud),
    [GEN_AI.requestModel]: place.modelName,
    [GEN_AI.responseModel]: call.servedModel,
    [GENERAL.serverAddress]: place.address,
    [GENERAL.serverPort]: place.port,
    [OWN.endpoint]: call.endpoint,
  };
}

function usageAttributes(usage: Usage | undefined): Attributes {
  if (usage === undefined) return {};
  return {
    [GEN_AI.inputTokens]: promptTokens(usage),
    [GEN_AI.outputTokens]: usage.outputTokens,
    [GEN_AI.cacheReadTokens]: usage.cacheReadTokens,
    [GEN_AI.cacheWriteTokens]: usage.cacheWriteTokens,
    [GEN_AI.reasoningTokens]: usage.reasoningTokens,
  };
}

function usd(amount: CallRecord['billNanoUsd']): number | undefined {
  return amount === undefined ? undefined : usdFromNano(amount);
}

function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000;
}
