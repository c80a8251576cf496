import type { CallRecord, StepRecord } from '../recorder/record.ts';
import { callSpan, callSpanId, recordCall } from './call-span.ts';
import { cleanCall, type ObserveOptions } from './observe-options.ts';
import { decisionSpan, decisionFigure } from './step-span.ts';
import type { Telemetry } from './telemetry.ts';
import { parseTraceParent, traceIdOf, type TraceParent } from './trace-context.ts';

export interface ObservedCalls {
  step(step: StepRecord): void;
  call(call: CallRecord): void;
}

/** Decisions whose first call has not ended: past that the oldest go. */
const MAX_WAITING = 1000;

/** Spans and figures of calls that belong to no job, such as a gateway's. A decision is part of the call that it was made for. */
export function observeCalls(telemetry: Telemetry, { clean, placeOf }: ObserveOptions): ObservedCalls {
  const waiting = new Map<string, StepRecord>();
  return {
    step(step) {
      if (step.decision.kind === 'refuse') {
        // No call comes of it.
        telemetry.span(decisionSpan(step, { traceId: traceIdOf('decision', step.decision.decisionId) }));
        decisionFigure(telemetry, step);
        return;
      }
      const [oldest] = waiting.keys();
      if (waiting.size >= MAX_WAITING && oldest !== undefined) waiting.delete(oldest);
      waiting.set(step.decision.decisionId, step);
    },
    call(recorded) {
      const call = cleanCall(recorded, clean);
      const caller = parseTraceParent(call.gateway?.trace);
      const { traceId, spanId, isSampled } = insideCall(telemetry, call.callId, caller);
      const step = waiting.get(call.gateway?.decisionId ?? '');
      if (step !== undefined) {
        waiting.delete(step.decision.decisionId);
        telemetry.span(decisionSpan(step, { traceId, parent: { traceId, spanId, isSampled, isRemote: false } }));
        decisionFigure(telemetry, step);
      }
      const place = placeOf(call);
      const parent = caller === undefined ? undefined : { ...caller, isRemote: true };
      telemetry.span(callSpan(call, { traceId, parent, place }));
      recordCall(telemetry, call, place);
    },
  };
}

/** Where the trace of a call stands while it is made, for whoever it is handed on to. */
export function insideCall(telemetry: Telemetry, callId: string, caller: TraceParent | undefined): TraceParent {
  const traceId = caller?.traceId ?? traceIdOf('call', callId);
  return { traceId, spanId: callSpanId(callId), isSampled: telemetry.isSampled(traceId, caller) };
}
