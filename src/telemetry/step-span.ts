import { usdFromNano } from '../domain/money.ts';
import type { JobRecord, StepRecord } from '../recorder/record.ts';
import { GEN_AI, OPERATION, OWN } from './names.ts';
import type { Attributes, FinishedSpan, Telemetry } from './telemetry.ts';
import { spanIdOf } from './trace-context.ts';

type Placed = Pick<FinishedSpan, 'traceId' | 'parent'>;

/** A decision, at the moment when it fell: how long it took is a matter of microseconds, and no record has it. */
export function decisionSpan(step: StepRecord, placed: Placed): FinishedSpan {
  const { decision } = step;
  return {
    ...placed,
    spanId: spanIdOf('decision', decision.decisionId),
    name: `decide ${step.kind}`,
    kind: 'internal',
    startedAt: step.startedAt,
    durationMs: 0,
    errorType: decision.kind === 'refuse' ? decision.code : undefined,
    attributes: {
      ...ofStep(step),
      [OWN.decisionKind]: decision.kind,
      [OWN.decisionModel]: decision.kind === 'refuse' ? undefined : decision.to,
      [OWN.decisionFrom]: decision.kind === 'refuse' || decision.kind === 'stay' ? undefined : decision.from,
      [OWN.mode]: decision.kind === 'refuse' ? undefined : decision.mode,
      [OWN.decisionReasons]: decision.reasons.map(({ code }) => code),
      [OWN.candidateCount]: decision.candidates.length,
      [OWN.rejectedCount]: decision.rejected.length,
      [OWN.policy]: decision.policyId,
    },
  };
}

export function decisionFigure(telemetry: Pick<Telemetry, 'record'>, { decision, kind }: StepRecord): void {
  telemetry.record('pointsman.decisions', 1, { [OWN.decisionKind]: decision.kind, [OWN.stepKind]: kind });
}

/** One attempt of a step that has ended. */
export function stepSpan(step: StepRecord & { readonly jobId: string }, placed: Placed): FinishedSpan {
  return {
    ...placed,
    spanId: stepSpanId(step.jobId, step.stepId, step.attempt),
    name: `${OPERATION.step} ${step.kind}`,
    kind: 'internal',
    startedAt: step.startedAt,
    durationMs: Math.max(0, (step.endedAt ?? step.startedAt) - step.startedAt),
    errorType: step.outcome?.status === 'accepted' ? undefined : (step.outcome?.errorCode ?? step.outcome?.status),
    attributes: {
      ...ofStep(step),
      [GEN_AI.operation]: OPERATION.step,
      [GEN_AI.agent]: step.kind,
      [OWN.stepStatus]: step.outcome?.status,
    },
  };
}

export function stepSpanId(jobId: string, stepId: string, attempt: number): string {
  return spanIdOf('step', jobId, stepId, attempt);
}

/** One run of a job, from its start or resumption to its end or pause. */
export function jobSpan(
  job: JobRecord,
  run: Placed & Pick<FinishedSpan, 'spanId' | 'startedAt' | 'durationMs'>,
): FinishedSpan {
  return {
    ...run,
    name: `${OPERATION.job} pointsman`,
    kind: 'internal',
    errorType: job.status === 'failed' ? (job.failure?.code ?? 'failed') : undefined,
    attributes: {
      [GEN_AI.operation]: OPERATION.job,
      [GEN_AI.agent]: 'pointsman',
      [GEN_AI.conversation]: job.sessionId,
      [OWN.jobId]: job.jobId,
      [OWN.jobStatus]: job.status,
      [OWN.policy]: job.policyId,
      [OWN.billUsd]: usdFromNano(job.spentNanoUsd),
    },
  };
}

function ofStep(step: StepRecord): Attributes {
  return {
    [GEN_AI.conversation]: step.sessionId,
    [OWN.jobId]: step.jobId,
    [OWN.stepId]: step.stepId,
    [OWN.stepKind]: step.kind,
    [OWN.attempt]: step.attempt,
    [OWN.decisionId]: step.decision.decisionId,
  };
}
