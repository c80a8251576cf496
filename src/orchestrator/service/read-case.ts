import type { AttemptCase, CaseFile, PlannedCase } from '../../autopsy/case-file.ts';
import { canonicalJson } from '../../domain/json.ts';
import { sumNanoUsd } from '../../domain/money.ts';
import type { OutcomeRecord, StepOutcome } from '../../recorder/record.ts';
import { TESTS_BEFORE } from '../checks/tests-before.ts';
import { readTrail, type AttemptTrail } from '../context/attempt-trail.ts';
import type { PlannedStepResult } from '../model/contracts.ts';
import { ROUTES, artifactKey, attemptEndKey, executedKey, type Executed, type StepRoute } from '../model/job-facts.ts';
import type { CallEntry, JobEntry } from '../model/job-journal.ts';
import type { JobServices } from '../model/job-run.ts';

const MOST_OUTCOMES = 1000;

/** Puts together what the records hold of a job, for whoever wants to know why it failed. */
export async function readCase(
  services: Pick<JobServices, 'journal' | 'recorder' | 'redactor'>,
  entry: JobEntry,
): Promise<CaseFile> {
  const { journal, recorder } = services;
  const { jobId } = entry;
  const [routes, calls, before] = await Promise.all([
    journal.facts(jobId, ROUTES),
    journal.calls(jobId),
    journal.fact(jobId, TESTS_BEFORE),
  ]);
  const ends = await Promise.all(
    routes.map(async ({ stepId, attempt }) => journal.fact(jobId, executedKey(stepId, attempt))),
  );
  const plan = ends.flatMap(plannedBy);
  const attempts = await Promise.all(
    routes.map(async (route, at) => readAttempt(services, entry, { route, calls, ended: ends[at] })),
  );
  await recorder.flush();
  const outcomes = await recorder.outcomes({ limit: MOST_OUTCOMES, jobId });
  return {
    id: jobId,
    task: entry.request.task,
    status: entry.status,
    failure: entry.failure,
    pause: entry.pause,
    plan,
    attempts: attempts.map((attempt, at) => ({ ...attempt, objections: objectionsTo(at, { attempts, ends, plan }) })),
    complaints: outcomes.flatMap((outcome) => toComplaint(outcome, routes)),
    flakyBefore: before?.kind === 'ran' ? (before.flaky ?? []) : [],
  };
}

function plannedBy(ended: Executed | undefined): readonly PlannedCase[] {
  if (ended?.kind !== 'answered') return [];
  const { value } = ended;
  const steps: readonly PlannedStepResult[] = 'steps' in value ? value.steps : 'insert' in value ? value.insert : [];
  return steps.map(({ id, goal, inputs, dependsOn }) => ({
    stepId: id as PlannedCase['stepId'],
    goal,
    from: [...dependsOn, ...inputs],
  }));
}

async function readAttempt(
  { journal, redactor }: Pick<JobServices, 'journal' | 'redactor'>,
  { jobId }: JobEntry,
  {
    route,
    calls,
    ended,
  }: { readonly route: StepRoute; readonly calls: readonly CallEntry[]; readonly ended: Executed | undefined },
): Promise<AttemptCase> {
  const { stepId, attempt, decision, input } = route;
  const [end, trail, change, report] = await Promise.all([
    journal.fact(jobId, attemptEndKey(stepId, attempt)),
    readTrail(journal, { jobId, stepId, attempt }, (text) => redactor.text(text)),
    journal.fact(jobId, artifactKey(`diff/${stepId}/${attempt}`)),
    journal.fact(jobId, artifactKey(`test-report/${stepId}/${attempt}`)),
  ]);
  const own = calls.filter((call) => call.stepId === stepId && call.attempt === attempt);
  const to = decision.kind === 'refuse' ? undefined : decision.to;
  return {
    stepId,
    attempt,
    kind: route.kind,
    model: to,
    mode: own[0]?.mode ?? (decision.kind === 'refuse' ? undefined : decision.mode),
    isNamed: input.override !== undefined,
    successRatio: input.quality.find(({ model }) => model === to)?.successRatio,
    ...endOf(end?.outcome, own),
    objections: [],
    ...(trail ?? NO_TRAIL),
    answer: ended?.kind === 'answered' ? canonicalJson(ended.value) : '',
    change: change ?? '',
    report: report ?? '',
  };
}

const NO_TRAIL: AttemptTrail = { handed: '', tools: [], lost: [] };

/** How an attempt and its calls ended. A call that stopped the job left its attempt without an end. */
function endOf(
  outcome: StepOutcome | undefined,
  own: readonly CallEntry[],
): Pick<AttemptCase, 'status' | 'errorCode' | 'checks' | 'summary' | 'failedCalls' | 'billNanoUsd'> {
  const failedCalls = own.flatMap(({ end, model }) => (end?.kind === 'failed' ? [{ code: end.code, model }] : []));
  const calls = { failedCalls, billNanoUsd: sumNanoUsd(own.flatMap(({ end }) => end?.billNanoUsd ?? [])) };
  if (outcome !== undefined) {
    const { status, errorCode = failedCalls.at(-1)?.code, checks, summary } = outcome;
    return { status, errorCode, checks, summary, ...calls };
  }
  const status = own.at(-1)?.end?.kind === 'failed' ? 'failed' : 'running';
  return { status, errorCode: failedCalls.at(-1)?.code, checks: [], summary: '', ...calls };
}

interface Course {
  readonly attempts: readonly AttemptCase[];
  readonly ends: readonly (Executed | undefined)[];
  readonly plan: readonly PlannedCase[];
}

/** What reviews and tests after it held against a change, until it was made again. */
function objectionsTo(at: number, { attempts, ends, plan }: Course): readonly string[] {
  const own = attempts[at];
  if (own?.kind !== 'code' || own.status !== 'accepted') return [];
  const next = attempts.findIndex((one, other) => other > at && one.stepId === own.stepId);
  const until = next === -1 ? attempts.length : next;
  return attempts.slice(at + 1, until).flatMap(({ stepId }, index) => {
    const ended = ends[at + 1 + index];
    return ended?.kind === 'answered' && comesAfter(plan, stepId, own.stepId) ? objectionIn(ended) : [];
  });
}

function objectionIn({ value }: Extract<Executed, { kind: 'answered' }>): readonly string[] {
  if ('verdict' in value && value.verdict === 'request-changes')
    return value.findings.filter(({ severity }) => severity === 'blocking').map(({ file, text }) => `${file}: ${text}`);
  return 'passed' in value && !value.passed ? [value.summary] : [];
}

function comesAfter(plan: readonly PlannedCase[], stepId: string, before: string): boolean {
  const from = plan.find((step) => step.stepId === stepId)?.from ?? [];
  return from.includes(before) || from.some((one) => one !== stepId && comesAfter(plan, one, before));
}

function toComplaint(
  { decisionId, verdict, note, truth }: OutcomeRecord,
  routes: readonly StepRoute[],
): CaseFile['complaints'] {
  const route = routes.find(({ decision }) => decision.decisionId === decisionId);
  const isBad = verdict === 'failed' || verdict === 'underpowered' || truth === 'wrong';
  return route === undefined || !isBad ? [] : [{ stepId: route.stepId, note: note ?? '' }];
}
