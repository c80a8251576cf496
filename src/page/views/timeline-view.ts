import type { Decision } from '../../domain/decision.ts';
import { asId, type DecisionId, type JobId } from '../../domain/ids.ts';
import type { At } from '../../domain/time.ts';
import { commandToGoOn } from '../../recorder/command-to-go-on.ts';
import type { ListedCall } from '../../recorder/listed-call.ts';
import type { JobRecord, StepOutcome, StepRecord } from '../../recorder/record.ts';
import type { StoreViews } from '../../recorder/store-views.ts';
import { callView, type CallView } from './call-view.ts';

/** A step of a session or job with its calls; a step that was tried again is one row per try. */
export interface TimelineStep {
  readonly stepId: string;
  readonly attempt: number;
  readonly at: At;
  readonly kind: string | undefined;
  readonly title: string;
  /** Absent: its record is gone, or it was never decided. */
  readonly decision?: DecisionView;
  readonly outcome: StepOutcome | undefined;
  readonly calls: readonly CallView[];
}

export interface DecisionView {
  readonly decisionId: string;
  readonly kind: Decision['kind'];
  readonly policyId: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly mode: string | undefined;
  readonly reason: string;
}

export interface TimelineView {
  readonly id: string;
  readonly job: JobView | undefined;
  readonly steps: readonly TimelineStep[];
  /** There are more calls than are shown. */
  readonly isCut: boolean;
}

type JobView = Pick<
  JobRecord,
  'jobId' | 'task' | 'workspace' | 'policyId' | 'dial' | 'status' | 'startedAt' | 'endedAt'
> &
  Pick<JobRecord, 'spentNanoUsd' | 'pause' | 'failure'> & {
    /** What to type where it waits: the page only reads. Absent: it waits for nobody. */
    readonly goOn?: string;
  };

const MOST_CALLS = 1500;
const MOST_STEPS = 300;

/** `undefined`: nothing of that name was recorded. */
export async function timelineView(views: StoreViews, id: string): Promise<TimelineView | undefined> {
  const [calls, job] = await Promise.all([views.callsOf(id, MOST_CALLS + 1), views.job(asId<JobId>(id))]);
  if (calls.length === 0 && job === undefined) return undefined;
  const shown = calls.slice(0, MOST_CALLS);
  const steps = await stepsOf(views, shown, job);
  return { id, job: job && jobView(job), steps: timelineSteps(shown, steps), isCut: calls.length > MOST_CALLS };
}

async function stepsOf(
  views: StoreViews,
  calls: readonly ListedCall[],
  job: JobRecord | undefined,
): Promise<readonly StepRecord[]> {
  if (job !== undefined) return views.stepsOf(job.jobId, MOST_STEPS);
  const decisions = new Set(calls.flatMap(({ call }) => call.gateway?.decisionId ?? []));
  return views.steps([...decisions].slice(0, MOST_STEPS));
}

/** Tries of steps in the order in which they began; calls of steps whose record is gone stand alone. */
function timelineSteps(calls: readonly ListedCall[], steps: readonly StepRecord[]): readonly TimelineStep[] {
  const byDecision = new Map<string, ListedCall[]>();
  for (const listed of calls) {
    const key = keyOf(listed);
    const own = byDecision.get(key);
    if (own === undefined) byDecision.set(key, [listed]);
    else own.push(listed);
  }
  const rows = steps.map((step): TimelineStep => {
    const keys = [String(step.decision.decisionId), tryKey(step.stepId, step.attempt)];
    const own = keys.flatMap((key) => byDecision.get(key) ?? []);
    for (const key of keys) byDecision.delete(key);
    return {
      stepId: step.stepId,
      attempt: step.attempt,
      at: step.startedAt,
      kind: step.kind,
      title: step.title,
      decision: decisionView(step.decision),
      outcome: step.outcome,
      calls: own.map(callView),
    };
  });
  const rest = [...byDecision.values()].map((own): TimelineStep => {
    const views = own.map(callView);
    const [first] = views;
    return {
      stepId: first?.stepId ?? '',
      attempt: first?.attempt ?? 0,
      at: first?.at ?? 0,
      kind: first?.kind,
      title: '',
      outcome: undefined,
      calls: views,
    };
  });
  return [...rows, ...rest].sort((a, b) => a.at - b.at);
}

function keyOf({ call }: ListedCall): string {
  const decisionId: DecisionId | undefined = call.gateway?.decisionId;
  return decisionId ?? tryKey(call.stepId, call.attempt);
}

function tryKey(stepId: string, attempt: number): string {
  return `${stepId}\n${attempt}`;
}

export function decisionView(decision: Decision): DecisionView {
  const isRefused = decision.kind === 'refuse';
  return {
    decisionId: decision.decisionId,
    kind: decision.kind,
    policyId: decision.policyId,
    from: isRefused || decision.kind === 'stay' ? undefined : decision.from,
    to: isRefused ? undefined : decision.to,
    mode: isRefused ? undefined : decision.mode,
    reason: decision.reasons[0]?.text ?? (isRefused ? (decision.hints[0] ?? '') : ''),
  };
}

function jobView(job: JobRecord): JobView {
  const { jobId, task, workspace, policyId, dial, status, startedAt, endedAt, spentNanoUsd, pause, failure } = job;
  const goOn = pause === undefined ? {} : { goOn: commandToGoOn(jobId, pause.kind) };
  return { jobId, task, workspace, policyId, dial, status, startedAt, endedAt, spentNanoUsd, pause, failure, ...goOn };
}
