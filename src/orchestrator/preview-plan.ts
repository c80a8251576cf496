import { EMPTY_STATE, withAttempt } from './job-state.ts';
import { inOrder, summaryStep } from './job-plan.ts';
import { openCallLog } from './call-log.ts';
import { sumNanoUsd } from '../domain/money.ts';
import { toAttempt, decideStep } from './select-step.ts';
import { whyOf } from './why-phrase.ts';
import type { Agents } from './load-agents.ts';
import type { Decision } from '../domain/decision.ts';
import type { JobId } from '../domain/ids.ts';
import type { JobEntry } from './job-journal.ts';
import type { JobReport } from './job-report.ts';
import type { JobRun, JobServices } from './job-run.ts';
import type { JobState } from './job-state.ts';
import type { NanoUsd } from '../domain/money.ts';
import type { PlanPreview } from './pointsman.ts';
import type { RouterPolicy } from '../domain/router-policy.ts';
import type { ToolRegistry } from '../tools/tool-registry.ts';

export interface PreviewSource {
  readonly jobId: JobId;
  readonly report: JobReport;
  readonly state: JobState | undefined;
  readonly agents: Agents;
  /** The tools as they were offered while the plan was made. */
  readonly tools: ToolRegistry['tools'];
}

/**
 * Where each planned step would go if every one before it were accepted at its first try. Decided, not run: what steps
 * really need and leave warm changes it.
 */
export async function previewPlan(services: JobServices, source: PreviewSource): Promise<PlanPreview> {
  const planned = source.state ?? EMPTY_STATE;
  const run = toRun(services, source);
  const steps = [...inOrder(planned.steps), summaryStep(planned.steps)];
  let state = planned;
  let transcriptTokens = run.calls.entries().at(-1)?.expectedPromptTokens ?? 0;
  const rows: PlanPreview['steps'][number][] = [];
  for (const step of planned.steps.length === 0 && source.state === undefined ? [] : steps) {
    const options = { attempt: 0, parallel: false, transcriptTokens, hasTests: true };
    const route = await decideStep(run, state, step, options);
    const { decision } = route;
    rows.push({
      id: step.stepId,
      kind: step.kind,
      title: step.title,
      goal: step.goal,
      dependsOn: step.dependsOn,
      model: decision.kind === 'refuse' ? undefined : decision.to,
      mode: decision.kind === 'refuse' ? undefined : decision.mode,
      why: whyOf(decision),
      expectedNanoUsd: expectedBill(decision),
    });
    if (decision.kind === 'refuse') continue;
    transcriptTokens += route.input.step.size.resultTokens;
    state = {
      ...state,
      attempts: withAttempt(state.attempts, step.stepId, { ...toAttempt(route), status: 'accepted' }),
    };
  }
  return {
    jobId: source.jobId,
    steps: rows,
    expectedNanoUsd: sumNanoUsd(rows.flatMap((row) => row.expectedNanoUsd ?? [])),
    report: source.report,
  };
}

/** The bill of the candidate that was chosen, later rungs of its ladder included. */
function expectedBill(decision: Decision): NanoUsd | undefined {
  if (decision.kind === 'refuse') return undefined;
  const row = decision.candidates.find((one) => one.model === decision.to && one.mode === decision.mode);
  return row === undefined ? undefined : sumNanoUsd([row.billNanoUsd, row.ladderNanoUsd]);
}

/** A run that can only decide. */
function toRun(services: JobServices, source: PreviewSource): JobRun {
  const { journal, catalog } = services;
  return {
    services,
    entry: journal.job(source.jobId) as JobEntry,
    policy: journal.fact(source.jobId, 'policy') as unknown as RouterPolicy,
    agents: source.agents,
    tools: {
      tools: source.tools,
      unavailable: [],
      call: () => Promise.reject(new Error('A preview runs no tools')),
      close: () => Promise.resolve(),
    },
    calls: openCallLog(journal, catalog, source.jobId),
    signal: AbortSignal.abort(),
    emit: () => undefined,
    reserved: new Map(),
    latestCalls: new Map(),
    ask: () => {
      throw new Error('A preview asks nothing');
    },
  };
}
