import { planBill, type PlanBill, type PlanStep } from '../../decisions/plan-bill.ts';
import type { JobId } from '../../domain/ids.ts';
import { ZERO_USD } from '../../domain/money.ts';
import type { RouterPolicy } from '../../domain/router-policy.ts';
import type { ToolRegistry } from '../../tools/tool-registry.ts';
import { waveOf } from '../context/step-plan.ts';
import { openCallLog } from '../model/call-log.ts';
import { POLICY } from '../model/job-facts.ts';
import type { JobEntry } from '../model/job-journal.ts';
import { inOrder, summaryStep, type JobStep } from '../model/job-plan.ts';
import type { JobReport } from '../model/job-report.ts';
import type { JobRun, JobServices } from '../model/job-run.ts';
import { EMPTY_STATE, isDone, type JobState } from '../model/job-state.ts';
import type { KnownTests } from '../model/known-tests.ts';
import type { Agents } from '../model/load-agents.ts';
import type { PlanPreview } from '../model/pointsman.ts';
import { whyOf } from '../model/why-phrase.ts';
import { decideStep } from '../steps/select-step.ts';

export interface PreviewSource {
  readonly jobId: JobId;
  readonly report: JobReport;
  readonly state: JobState | undefined;
  readonly agents: Agents;
  /** The tools as they were offered while the plan was made. */
  readonly tools: ToolRegistry['tools'];
}

/**
 * Where each planned step would go if every one before it were accepted, under the caches and the spending that the ones
 * before are expected to leave. Decided on paper, not run: what steps really need and leave warm changes it.
 */
export async function previewPlan(services: JobServices, source: PreviewSource): Promise<PlanPreview> {
  const state = source.state ?? EMPTY_STATE;
  const run = await toRun(services, source);
  const isPlanned = state.steps.length > 0 || source.state !== undefined;
  const steps = isPlanned ? [...inOrder(state.steps), summaryStep(state.steps)] : [];
  const [first] = steps;
  const transcriptTokens =
    run.calls.entries().findLast(({ purpose }) => purpose !== 'reader' && purpose !== 'advice')?.expectedPromptTokens ??
    0;
  const wave = waveOf(run, state.steps, (stepId) => isDone(state, stepId));
  const parallel = wave.length > 1 && wave.some((step) => step.stepId === first?.stepId);
  const options = { attempt: 0, parallel, transcriptTokens, tests: NO_RUN_YET };
  const bill =
    first === undefined
      ? undefined
      : planBill((await decideStep(run, state, first, options)).input, run.services.decide);
  return {
    jobId: source.jobId,
    steps: steps.map((step) => {
      const planned = bill?.steps.find((one) => one.stepId === step.stepId);
      return rowOf(step, planned, bill?.stoppedAt);
    }),
    expectedNanoUsd: bill?.expectedNanoUsd ?? ZERO_USD,
    lowNanoUsd: bill?.lowNanoUsd ?? ZERO_USD,
    highNanoUsd: bill?.highNanoUsd ?? ZERO_USD,
    label: 'modelled',
    report: source.report,
  };
}

function rowOf(
  step: JobStep,
  planned: PlanStep | undefined,
  stoppedAt: PlanBill['stoppedAt'],
): PlanPreview['steps'][number] {
  return {
    id: step.stepId,
    kind: step.kind,
    title: step.title,
    goal: step.goal,
    dependsOn: step.dependsOn,
    model: planned?.model,
    mode: planned?.mode,
    why: planned === undefined ? (stoppedAt?.hints[0] ?? 'no model is eligible') : whyOf(planned.route),
    expectedNanoUsd: planned?.billNanoUsd,
  };
}

const NO_RUN_YET: KnownTests = { canCheck: true, named: new Set(), reproduced: new Map() };

/** A run that can only decide. */
async function toRun(services: JobServices, source: PreviewSource): Promise<JobRun> {
  const { journal, catalog } = services;
  const entry = (await journal.job(source.jobId)) as JobEntry;
  return {
    services,
    entry,
    workTree: services.workTreeOf(entry.request.workspace),
    policy: (await journal.fact(source.jobId, POLICY)) as RouterPolicy,
    agents: source.agents,
    tools: {
      tools: source.tools,
      unavailable: [],
      refusal: () => undefined,
      call: () => Promise.reject(new Error('A preview runs no tools')),
      close: () => Promise.resolve(),
    },
    calls: await openCallLog(journal, catalog, source.jobId),
    signal: AbortSignal.abort(),
    emit: () => undefined,
    latestCalls: new Map(),
    ask: () => {
      throw new Error('A preview asks nothing');
    },
  };
}
