import type { JobId } from '../domain/ids.ts';
import type { At } from '../domain/time.ts';
import type { CallRecord, JobRecord, StepRecord } from '../recorder/record.ts';
import { callSpan, recordCall } from './call-span.ts';
import { GEN_AI, GENERAL, OPERATION } from './names.ts';
import { cleanCall, type ObserveOptions } from './observe-options.ts';
import { decisionSpan, jobSpan, decisionFigure, stepSpan, stepSpanId } from './step-span.ts';
import type { FinishedSpan, Telemetry } from './telemetry.ts';
import { spanIdOf, traceIdOf, type TraceParent } from './trace-context.ts';

/** One run of a job in this process. */
interface Run {
  readonly startedAt: At;
  readonly traceId: string;
  readonly spanId: string;
  readonly isSampled: boolean;
  readonly caller: TraceParent | undefined;
  /** Decisions whose span has left. */
  readonly decided: Set<string>;
}

export interface ObservedJobs {
  calledFrom(jobId: JobId, caller: TraceParent): void;
  job(job: JobRecord): void;
  step(step: StepRecord & { readonly jobId: JobId }): void;
  call(call: CallRecord & { readonly jobId: JobId }): void;
}

/**
 * Spans and figures of jobs. What an earlier process recorded is recorded again when a job goes on, and is older than the run: it does
 * not leave a second time.
 */
export function observeJobs(telemetry: Telemetry, { clock, clean, placeOf }: ObserveOptions): ObservedJobs {
  const runs = new Map<JobId, Run>();
  const callers = new Map<JobId, TraceParent>();
  const endRun = (job: JobRecord, run: Run): void => {
    runs.delete(job.jobId);
    const durationMs = Math.max(0, clock() - run.startedAt);
    const parent = run.caller === undefined ? undefined : { ...run.caller, isRemote: true };
    const span = jobSpan(job, { ...run, parent, durationMs });
    telemetry.span(span);
    recordAgent(telemetry, OPERATION.job, 'pointsman', span);
  };
  return {
    calledFrom: (jobId, caller) => void callers.set(jobId, caller),
    job(job) {
      const run = runs.get(job.jobId);
      if (job.status !== 'running') {
        if (run !== undefined) endRun(job, run);
        return;
      }
      if (run !== undefined) return;
      const caller = callers.get(job.jobId);
      callers.delete(job.jobId);
      runs.set(job.jobId, beginRun(telemetry, job.jobId, { caller, startedAt: clock() }));
    },
    step(step) {
      const run = runs.get(step.jobId);
      if (run === undefined || (step.endedAt ?? step.startedAt) < run.startedAt) return;
      const { decisionId } = step.decision;
      if (!run.decided.has(decisionId) && step.startedAt >= run.startedAt) {
        run.decided.add(decisionId);
        telemetry.span(decisionSpan(step, insideStep(run, step)));
        decisionFigure(telemetry, step);
      }
      if (step.endedAt === undefined) return;
      const span = stepSpan(step, { traceId: run.traceId, parent: { ...run, isRemote: false } });
      telemetry.span(span);
      recordAgent(telemetry, OPERATION.step, step.kind, span);
    },
    call(recorded) {
      const run = runs.get(recorded.jobId);
      if (run === undefined || recorded.startedAt + recorded.durationMs < run.startedAt) return;
      const call = cleanCall(recorded, clean);
      const place = placeOf(call);
      telemetry.span(callSpan(call, { ...insideStep(run, call), place }));
      recordCall(telemetry, call, place);
    },
  };
}

function beginRun(telemetry: Telemetry, jobId: JobId, { caller, startedAt }: Pick<Run, 'caller' | 'startedAt'>): Run {
  const traceId = caller?.traceId ?? traceIdOf('job', jobId);
  const spanId = spanIdOf('run', jobId, startedAt);
  return { startedAt, traceId, spanId, caller, isSampled: telemetry.isSampled(traceId, caller), decided: new Set() };
}

function insideStep(
  { traceId, isSampled }: Run,
  of: { readonly jobId: JobId; readonly stepId: string; readonly attempt: number },
): { readonly traceId: string; readonly parent: NonNullable<FinishedSpan['parent']> } {
  const spanId = stepSpanId(of.jobId, of.stepId, of.attempt);
  return { traceId, parent: { traceId, spanId, isSampled, isRemote: false } };
}

function recordAgent(telemetry: Telemetry, operation: string, agent: string, span: FinishedSpan): void {
  telemetry.record('gen_ai.invoke_agent.duration', span.durationMs / 1000, {
    [GEN_AI.operation]: operation,
    [GEN_AI.agent]: agent,
    [GENERAL.errorType]: span.errorType,
  });
}
