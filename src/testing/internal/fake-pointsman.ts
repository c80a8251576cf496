import { PointsmanError } from '../../domain/errors.ts';
import { asId, type DecisionId, type JobId, type ModelId, type SessionId, type StepId } from '../../domain/ids.ts';
import { toNanoUsd, ZERO_USD } from '../../domain/money.ts';
import type { JobEvent } from '../../orchestrator/model/job-event.ts';
import type { JobReport } from '../../orchestrator/model/job-report.ts';
import type { JobHandle, Pointsman, ResumeAnswer, RouteAdvice } from '../../orchestrator/model/pointsman.ts';
import { aPolicy } from '../decision-builders.ts';
import { aModel } from '../model-builders.ts';

export const FAKE_JOB: JobId = asId<JobId>('job_1');
export const FAKE_DECISION: DecisionId = asId<DecisionId>('dec_1');

export interface FakePointsman extends Pointsman {
  /** Ends the running job with this report. */
  readonly finish: (patch?: Partial<JobReport>) => void;
  readonly cancelled: readonly JobId[];
  readonly answers: readonly (ResumeAnswer | undefined)[];
  /** Of each resume, whether a job that gave up was to be taken up again. */
  readonly agains: readonly (boolean | undefined)[];
}

/** A `Pointsman` without models, tools or store: one job, ended by `finish`. For tests of surfaces. */
export function aFakePointsman(): FakePointsman {
  let report = aJobReport({ status: 'running' });
  let settle: (report: JobReport) => void = () => undefined;
  const cancelled: JobId[] = [];
  const answers: (ResumeAnswer | undefined)[] = [];
  const agains: (boolean | undefined)[] = [];
  const known = (jobId: JobId): void => {
    if (jobId !== FAKE_JOB) throw new PointsmanError('not-found', `No job is called "${jobId}".`);
  };
  const open = (onEvent: ((event: JobEvent) => void) | undefined): JobHandle => {
    report = aJobReport({ status: 'running' });
    const result = new Promise<JobReport>((resolve) => {
      settle = resolve;
    });
    const step = { stepId: asId<StepId>('plan'), attempt: 0, jobId: FAKE_JOB, at: 0 };
    onEvent?.({ ...step, type: 'step-start', kind: 'plan', title: 'Plan', position: 1, plannedCount: 1 });
    return { jobId: FAKE_JOB, events: (async function* none() {})(), result };
  };
  const finish = (patch: Partial<JobReport> = {}): void => {
    report = aJobReport({ status: 'done', summary: 'mended', ...patch });
    settle(report);
  };
  const unused = async (): Promise<never> => {
    throw new PointsmanError('not-found', 'The fake has none.');
  };
  return {
    catalog: { models: [aModel()], get: () => undefined, suggest: () => [] },
    policies: [aPolicy()],
    defaultPolicyId: aPolicy().id,
    finish,
    cancelled,
    answers,
    agains,
    startJob: async (request, options) => {
      if (request.workspace.endsWith('missing'))
        throw new PointsmanError('not-found', 'No such workspace.', { hint: 'Name one that exists.' });
      return open(options?.onEvent);
    },
    keepJob: async () => FAKE_JOB,
    answerJob: async (jobId) => known(jobId),
    runJob: async (_request, options) => open(options?.onEvent).result,
    resumeJob: async (jobId, options) => {
      known(jobId);
      answers.push(options?.answer);
      agains.push(options?.again);
      return open(options?.onEvent);
    },
    cancelJob: async (jobId) => {
      known(jobId);
      cancelled.push(jobId);
      finish({ status: 'cancelled' });
      return report;
    },
    jobStatus: async (jobId) => {
      known(jobId);
      return report;
    },
    jobs: async () => [],
    jobSteps: unused,
    jobDiff: unused,
    undoJob: unused,
    applyJob: unused,
    async *exportJob() {
      yield await unused();
    },
    routeStep: async () => anAdvice(),
    decision: unused,
    explainDecision: async (decisionId) => {
      if (decisionId !== FAKE_DECISION) throw new PointsmanError('not-found', `No decision is called "${decisionId}".`);
      return { decisionId, decision: anAdvice().decision, text: 'because it is warm' };
    },
    autopsy: unused,
    jobDecisions: unused,
    memory: () => ({
      read: () => ({ memories: [], passedOver: [] }),
      recall: async (about) => [
        {
          name: 'one',
          scope: 'project',
          kind: 'fact',
          text: `all of ${about}`,
          from: undefined,
          madeAt: 0,
          expiresAt: undefined,
        },
      ],
      add: () => 'one.md',
      forget: () => undefined,
    }),
    recordOutcome: async (outcome) => ({
      v: 1,
      decisionId: outcome.decisionId,
      at: 0,
      verdict: outcome.verdict,
      reward: outcome.reward,
      truth: outcome.truth,
      note: outcome.note,
      principal: outcome.principal ?? 'user',
    }),
    outcomes: unused,
    usageReport: async () => ({
      jobCount: 0,
      gatewayCallCount: 0,
      callCount: 0,
      spentNanoUsd: toNanoUsd(0),
      unknownBillCallCount: 0,
      mayHaveBilledNanoUsd: ZERO_USD,
      byModel: [],
      byKind: [],
      alarms: [],
    }),
    foreseeJob: unused,
    planJob: unused,
    close: async () => undefined,
  };
}

function aJobReport(patch: Partial<JobReport>): JobReport {
  return {
    jobId: FAKE_JOB,
    sessionId: asId<SessionId>('session_1'),
    status: 'running',
    task: 'mend the test',
    workspace: 'workspace',
    policyId: 'balanced',
    dial: 5,
    summary: undefined,
    notes: [],
    pause: undefined,
    failure: undefined,
    steps: [],
    bill: {
      spentNanoUsd: toNanoUsd(1_500_000),
      unknownBillCallCount: 0,
      mayHaveBilledNanoUsd: ZERO_USD,
      counterfactuals: [],
    },
    startedAt: 0,
    endedAt: undefined,
    scripted: true,
    changedFiles: [],
    storeDir: undefined,
    ...patch,
  };
}

function anAdvice(): RouteAdvice {
  const to = asId<ModelId>('test-model');
  return {
    decisionId: FAKE_DECISION,
    decision: {
      v: 1,
      kind: 'switch',
      from: undefined,
      to,
      mode: 'continue',
      ladder: [{ model: to, mode: 'continue' }],
      decisionId: FAKE_DECISION,
      at: 0,
      policyId: aPolicy().id,
      policyVersion: 1,
      candidates: [],
      rejected: [],
      reasons: [],
      lookahead: { method: 'none', stepCount: 0, stateCount: 0 },
    },
    model: to,
    mode: 'continue',
    why: 'cheapest that can do it',
    alternatives: [],
  };
}
