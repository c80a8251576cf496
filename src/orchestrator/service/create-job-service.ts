// One file: the surface that callers of jobs see; each method is a few lines on the same services.

import { requireModel } from '../../catalog/create-catalog.ts';
import { PointsmanError } from '../../domain/errors.ts';
import { asId, type JobId, type SessionId } from '../../domain/ids.ts';
import type { Model } from '../../domain/model.ts';
import { didYouMean } from '../../domain/nearest.ts';
import { stillTried, withPings, type RouterPolicy } from '../../domain/router-policy.ts';
import { alarmText } from '../../learn/alarms/alarm.ts';
import { exportRecords } from '../../recorder/export-records.ts';
import type { FileText } from '../../trust/file-text.ts';
import { handsOfKinds } from '../context/hands-for.ts';
import { buildReport, toJobRecord } from '../job/build-report.ts';
import { runJob, type RunStart, type RunnerOptions, type RunningJob } from '../job/job-runner.ts';
import { requireGivenUp } from '../job/note-again.ts';
import { stopKeepingWarm } from '../job/paused-warmth.ts';
import { previewPlan } from '../job/preview-plan.ts';
import { GATEWAY_CALL_LIMIT, usageReport } from '../job/usage-report.ts';
import { POLICY } from '../model/job-facts.ts';
import type { JobEntry } from '../model/job-journal.ts';
import type { JobReport } from '../model/job-report.ts';
import { parseJobRequest, type JobRequest } from '../model/job-request.ts';
import { loadAgents } from '../model/load-agents.ts';
import type { JobHandle, PlanPreview, Pointsman, RunOptions } from '../model/pointsman.ts';
import { answered } from './answer-question.ts';
import { autopsyOf, sessionAutopsyOf } from './autopsy.ts';
import { checkStepRequest } from './check-step-request.ts';
import { foreseeJob } from './foresee-job.ts';
import { changesOfJobs } from './job-changes.ts';
import { decisionsOfJobs } from './job-decisions.ts';
import { realWorkspace } from './real-workspace.ts';
import { recordedDecisions } from './recorded-decisions.ts';
import { routeStep } from './route-step.ts';

export interface JobServiceOptions extends RunnerOptions {
  readonly policies: readonly RouterPolicy[];
  readonly defaultPolicyId: string;
  /** Finds a policy by id or file. @throws PointsmanError `not-found`, `policy-invalid` */
  readonly choosePolicy: (idOrFile: string) => RouterPolicy;
  /** Sets the dial of a policy. */
  readonly withDial: (policy: RouterPolicy, dial: number) => RouterPolicy;
  readonly defaults: {
    readonly dial: number | undefined;
    readonly budgetUsd: number | undefined;
    readonly approve: JobRequest['approve'];
    readonly inPlace?: boolean | undefined;
  };
  /** Why a model of the catalogue cannot be called now, and what to do about it; `undefined`: it can. */
  readonly whyNotReady: (model: Model) => { readonly why: string; readonly hint: string } | undefined;
  /** The agents that come with pointsman. */
  readonly agentsDir: string;
  /** The agents that a workspace brings and its user has said yes to; of two for one kind the later wins. */
  readonly agentsOf: (workspace: string) => readonly FileText[];
  /** A new id: unique, short, safe in a file name. */
  readonly newId: (prefix: string) => string;
  readonly scripted: boolean;
  /** False: no pings and no writes for an hour, whatever policies say, that of a resumed job too. */
  readonly pings?: boolean | undefined;
  /** Closes what was opened beside the services. */
  readonly onClose: () => Promise<void>;
}

/** Names that a mistyped one is held against. */
const KNOWN_JOBS = 200;

const GONE = {
  kind: 'gone',
  code: 'aborted',
  question: 'The process that ran it is gone. Resume it to go on; nothing that is done is done again.',
} as const;

const QUEUED = {
  kind: 'queued',
  code: 'aborted',
  question: 'It waits for a worker: pointsman worker takes it. Resume it to run it here.',
} as const;

/** Everything that surfaces call, over one journal and one recorder. */
export function createJobService(options: JobServiceOptions): Pointsman {
  const { services, storeDir } = options;
  const { journal, recorder, catalog } = services;
  const source = { journal, catalog, pool: services.pool, storeDir, redactor: services.redactor };
  const running = new Map<JobId, RunningJob>();

  const jobOf = async (jobId: JobId): Promise<JobEntry> => {
    const entry = await journal.job(jobId);
    if (entry !== undefined) return entry;
    const known = (await journal.jobs(KNOWN_JOBS)).map((job) => job.jobId);
    throw new PointsmanError('not-found', `There is no job "${jobId}".${didYouMean(jobId, known)}`, {
      hint: known.length === 0 ? 'No job was run yet.' : `See pointsman jobs; latest: ${known.slice(0, 3).join(', ')}.`,
    });
  };
  /** A job that was running when its process died is not running any more, though nobody was left to write so. */
  const asItStands = async (entry: JobEntry): Promise<JobEntry> =>
    entry.status !== 'running' || running.has(entry.jobId) || (await journal.isHeld(entry.jobId, services.clock()))
      ? entry
      : { ...entry, status: 'paused', pause: GONE };
  const policyOf = (request: Pick<JobRequest, 'policy' | 'dial'>): RouterPolicy => {
    const policy = options.choosePolicy(request.policy ?? options.defaultPolicyId);
    const dial = request.dial ?? options.defaults.dial;
    return withPings(dial === undefined ? policy : options.withDial(policy, dial), options.pings);
  };
  const launch = async (
    entry: JobEntry,
    run: RunOptions & Pick<RunStart, 'agents' | 'resumed' | 'stopAfter' | 'again'>,
  ): Promise<RunningJob> => {
    const now = policyOf(entry.request);
    const policy = stillTried(await journal.settle(entry.jobId, POLICY, now), now);
    if (run.resumed) await requireHandsAtFirst(services, entry, { policy, agents: run.agents });
    const job = await runJob(options, { ...run, entry, policy: withPings(policy, options.pings) });
    running.set(entry.jobId, job);
    void job.result.then(() => running.get(entry.jobId) === job && running.delete(entry.jobId));
    return job;
  };
  const begin = async (request: JobRequest, run: RunOptions & { readonly stopAfter?: 'plan' }): Promise<Begun> => {
    const checked = await checkRequest(options, parseJobRequest(request));
    const policy = policyOf(checked);
    const agents = await loadAgents(options.agentsDir, options.agentsOf(checked.workspace));
    requireHands(services, checked, { policy, agents });
    const entry = newEntry(options, checked);
    await journal.createJob(entry);
    return { jobId: entry.jobId, job: await launch(entry, { ...run, agents, resumed: false }) };
  };

  return {
    catalog,
    policies: options.policies,
    defaultPolicyId: options.defaultPolicyId,
    defaultBudgetUsd: options.defaults.budgetUsd,
    startJob: async (request, run = {}) => toHandle(await begin(request, run)),
    keepJob: (request, jobId) => keepJob(options, request, { jobId, policyOf }),
    answerJob: async (jobId, answer) => void (await answered(services, await jobOf(jobId), answer)),
    runJob: async (request, run = {}) => (await begin(request, run)).job.result,
    resumeJob: async (jobId, run = {}) => {
      const found = await jobOf(jobId);
      if (run.again === true) requireGivenUp(await asItStands(found));
      const entry = await answered(services, found, run.answer);
      const agents = await loadAgents(options.agentsDir, options.agentsOf(entry.request.workspace));
      return toHandle({ jobId, job: await launch(entry, { ...run, agents, resumed: true }) });
    },
    cancelJob: async (jobId) => {
      const entry = await jobOf(jobId);
      const job = running.get(jobId);
      job?.stop('cancelled');
      if (job !== undefined) return job.result;
      await stopKeepingWarm(services, jobId);
      return cancelStopped(options, entry);
    },
    jobStatus: async (jobId) => buildReport(source, await asItStands(await jobOf(jobId))),
    jobs: async (limits = {}) => {
      const entries = await journal.jobs(limits.limit ?? 20);
      return Promise.all(entries.map(async (entry) => toJobRecord(source, await asItStands(entry))));
    },
    jobSteps: async (jobId) => {
      await jobOf(jobId);
      await recorder.flush();
      return recorder.steps(jobId);
    },
    async *exportJob(jobId) {
      await jobOf(jobId);
      await recorder.flush();
      yield* exportRecords(recorder, jobId);
    },
    ...changesOfJobs(services, jobOf),
    ...decisionsOfJobs(services, jobOf),
    ...recordedDecisions(services),
    memory: services.memoryOf,
    routeStep: async (request) => {
      checkStepRequest(request);
      return routeStep(services, request, { policy: policyOf(request), id: options.newId('decision') });
    },
    autopsy: async (id) =>
      (await sessionAutopsyOf(services, id)) ?? autopsyOf(services, await asItStands(await jobOf(asId(id)))),
    usageReport: async (asked = {}) => {
      const entries =
        asked.jobId === undefined ? await journal.jobs(asked.jobLimit ?? 100) : [await jobOf(asked.jobId)];
      const isAll = asked.jobId === undefined;
      return usageReport(
        await Promise.all(entries.map((entry) => journal.calls(entry.jobId))),
        isAll ? await recorder.callsWithoutJob({ limit: GATEWAY_CALL_LIMIT }) : [],
        isAll ? ((await services.alarms?.()) ?? []).map(alarmText) : [],
      );
    },
    foreseeJob: async (request) => foreseeJob(services, request, policyOf),
    planJob: async (request, run = {}) => previewOf(options, await begin(request, { ...run, stopAfter: 'plan' })),
    close: async () => {
      for (const job of running.values()) job.stop('paused');
      await Promise.all([...running.values()].map((job) => job.result));
      // What open questions billed is recorded before the records are closed.
      await Promise.all([stopKeepingWarm(services), services.needs?.close()]);
      await recorder.close();
      await journal.close();
      await options.onClose();
    },
  };
}

interface Begun {
  readonly jobId: JobId;
  readonly job: RunningJob;
}

async function previewOf({ services, ...options }: JobServiceOptions, { jobId, job }: Begun): Promise<PlanPreview> {
  const [report, state] = await Promise.all([job.result, job.state]);
  const agents = await loadAgents(options.agentsDir, options.agentsOf(report.workspace));
  const preview = await previewPlan(services, { jobId, report, state, agents, tools: job.tools() });
  return services.redactor.record(preview);
}

function toHandle({ jobId, job }: Begun): JobHandle {
  return { jobId, events: job.events, result: job.result };
}

/** What must be right before anything is spent. */
async function checkRequest(options: JobServiceOptions, request: JobRequest): Promise<JobRequest> {
  const named = [request.model, ...Object.values(request.stepModels ?? {})].filter((name) => name !== undefined);
  for (const name of named) {
    const model = requireModel(options.services.catalog, name);
    const problem = options.whyNotReady(model);
    if (problem !== undefined) throw new PointsmanError('provider-auth', problem.why, { hint: problem.hint });
  }
  if (options.services.pool.length === 0) {
    throw new PointsmanError('no-eligible-model', 'No model can be called: no endpoint has a key.', {
      hint: 'Set ANTHROPIC_API_KEY or OPENAI_API_KEY, or name an endpoint in pointsman.config.yaml; see pointsman doctor.',
    });
  }
  return complete(options, request);
}

type ByWhom = Pick<RunStart, 'policy' | 'agents'>;

/** A harness that is missing must not be found out when the plan is paid for. @throws PointsmanError `tool-unavailable` */
function requireHands(services: JobServiceOptions['services'], request: JobRequest, { policy, agents }: ByWhom): void {
  const names = handsOfKinds({ entry: { request }, policy, services }, agents.keys());
  services.hands.require(names, request.workspace);
}

/** Of a job that has begun, a step that needs one may be done. */
async function requireHandsAtFirst(
  services: JobServiceOptions['services'],
  { jobId, request }: JobEntry,
  by: ByWhom,
): Promise<void> {
  if ((await services.journal.calls(jobId)).length === 0) requireHands(services, request, by);
}

/** With what the configuration says where the request says nothing. */
async function complete(options: JobServiceOptions, request: JobRequest): Promise<JobRequest> {
  const workspace = await realWorkspace(request.workspace);
  const budgetUsd = request.budgetUsd ?? options.defaults.budgetUsd;
  const approve = request.approve ?? options.defaults.approve;
  const inPlace = request.inPlace ?? options.defaults.inPlace;
  return {
    ...request,
    workspace,
    ...(approve === undefined ? {} : { approve }),
    ...(inPlace === undefined ? {} : { inPlace }),
    ...(budgetUsd === undefined ? {} : { budgetUsd }),
  };
}

function newEntry(options: JobServiceOptions, request: JobRequest): JobEntry {
  return {
    jobId: asId<JobId>(options.newId('job')),
    sessionId: asId<SessionId>(options.newId('session')),
    request,
    status: 'running',
    pause: undefined,
    failure: undefined,
    scripted: options.scripted,
    startedAt: options.services.clock(),
    endedAt: undefined,
  };
}

async function keepJob(
  options: JobServiceOptions,
  request: JobRequest,
  { jobId, policyOf }: { readonly jobId: JobId | undefined; readonly policyOf: (request: JobRequest) => RouterPolicy },
): Promise<JobId> {
  const { services, storeDir } = options;
  if (jobId !== undefined && (await services.journal.job(jobId)) !== undefined) return jobId;
  policyOf(request);
  // Whether a model can be called is for the worker to say: it has the keys.
  const fresh = newEntry(options, await complete(options, parseJobRequest(request)));
  const entry: JobEntry = { ...fresh, jobId: jobId ?? fresh.jobId, status: 'paused', pause: QUEUED };
  await services.journal.createJob(entry);
  services.recorder.writeJob(await toJobRecord({ ...services, storeDir }, entry));
  await services.recorder.flush();
  return entry.jobId;
}

async function cancelStopped(options: JobServiceOptions, entry: JobEntry): Promise<JobReport> {
  const { services, storeDir } = options;
  const source = { ...services, storeDir };
  if (entry.status === 'done' || entry.status === 'cancelled') return buildReport(source, entry);
  if (!(await services.journal.acquire(entry.jobId, services.clock()))) {
    throw new PointsmanError('request-invalid', `Job ${entry.jobId} is running in another process.`, {
      hint: 'Stop it there with Ctrl-C.',
    });
  }
  await services.journal.updateJob(entry.jobId, { status: 'cancelled', pause: undefined, endedAt: services.clock() });
  await services.journal.release(entry.jobId);
  await services.jobTrees?.forget(entry.jobId, entry.request.workspace);
  const cancelled = (await services.journal.job(entry.jobId)) ?? entry;
  services.recorder.writeJob(await toJobRecord(source, cancelled));
  await services.recorder.flush();
  return buildReport(source, cancelled);
}
