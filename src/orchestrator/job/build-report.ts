import type { Catalog } from '../../catalog/catalog.ts';
import type { Model } from '../../domain/model.ts';
import { sumNanoUsd, type NanoUsd } from '../../domain/money.ts';
import { sumUsage } from '../../domain/usage.ts';
import type { JobRecord } from '../../recorder/record.ts';
import type { Redactor } from '../../recorder/redact.ts';
import { ADVICE, adviceCalls, questionStepId } from '../context/ask-tool.ts';
import { NOTES, POLICY, ROUTES, SUMMARIES, attemptEndKey, type StepRoute } from '../model/job-facts.ts';
import type { CallEntry, JobEntry, JobJournal } from '../model/job-journal.ts';
import { mayHaveBilledOf, spentOf } from '../model/job-money.ts';
import type { Advice, JobReport, StepReport } from '../model/job-report.ts';
import { whyOf } from '../model/why-phrase.ts';
import { counterfactuals, frontierOf } from './counterfactual.ts';
import { changedInFolder, placeOfWork } from './job-place.ts';

export interface ReportSource {
  readonly journal: JobJournal;
  readonly catalog: Catalog;
  readonly pool: readonly Model[];
  readonly storeDir: string | undefined;
  /** A report is shown: what it says of the user's and the models' words holds no secrets. */
  readonly redactor: Pick<Redactor, 'record'>;
}

/** Everything that is known of a job, read from its journal alone: the same in this process and after a crash. */
export async function buildReport(source: ReportSource, entry: JobEntry): Promise<JobReport> {
  const { journal, catalog } = source;
  const calls = await journal.calls(entry.jobId);
  const routes = await journal.facts(entry.jobId, ROUTES);
  const advice = await journal.facts(entry.jobId, ADVICE);
  const steps = await Promise.all(routes.map((route) => toStepReport(source, entry, route, { calls, advice })));
  const unknown = calls.flatMap((call) => mayHaveBilledOf(call) ?? []);
  const policy = await journal.fact(entry.jobId, POLICY);
  const rejected = new Set(
    steps.filter((step) => step.status === 'rejected').map((step) => `${step.stepId}/${step.attempt}`),
  );
  return source.redactor.record<JobReport>({
    jobId: entry.jobId,
    sessionId: entry.sessionId,
    status: entry.status,
    task: entry.request.task,
    workspace: entry.request.workspace,
    ...(await placeOfWork(journal, entry)),
    policyId: policy?.id ?? entry.request.policy ?? '',
    dial: policy?.dial ?? entry.request.dial ?? 5,
    summary: (await journal.facts(entry.jobId, SUMMARIES)).at(-1),
    notes: [...new Set(await journal.facts(entry.jobId, NOTES))],
    changedFiles: await changedInFolder(journal, entry),
    pause: entry.pause,
    failure: entry.failure,
    steps,
    bill: {
      spentNanoUsd: spentOf(calls),
      unknownBillCallCount: unknown.length,
      mayHaveBilledNanoUsd: sumNanoUsd(unknown),
      ...besideBills(calls),
      counterfactuals: counterfactuals(catalog, calls, {
        frontier: frontierOf(source.pool),
        isRejected: (call) => rejected.has(`${call.stepId}/${call.attempt}`),
      }),
    },
    startedAt: entry.startedAt,
    endedAt: entry.endedAt,
    scripted: entry.scripted,
    storeDir: source.storeDir,
  });
}

/** What asking a model about steps has billed, and what steps asked other models, where it was done. */
function besideBills(calls: readonly CallEntry[]): Pick<JobReport['bill'], 'reader' | 'advice'> {
  const billOf = (purpose: 'reader' | 'advice'): object => {
    const own = calls.filter((call) => call.purpose === purpose);
    return own.length === 0 ? {} : { [purpose]: { callCount: own.length, billNanoUsd: spentOf(own) } };
  };
  return { ...billOf('reader'), ...billOf('advice') };
}

async function toStepReport(
  source: ReportSource,
  entry: JobEntry,
  route: StepRoute,
  { calls, advice }: { readonly calls: readonly CallEntry[]; readonly advice: readonly Advice[] },
): Promise<StepReport> {
  const { decision } = route;
  const own = calls.filter(
    (call) => call.stepId === route.stepId && call.attempt === route.attempt && call.purpose !== 'reader',
  );
  const settled = await source.journal.fact(entry.jobId, attemptEndKey(route.stepId, route.attempt));
  const usages = own.flatMap((call) => call.end?.usage ?? []);
  return {
    stepId: route.stepId,
    attempt: route.attempt,
    kind: route.kind,
    title: route.title,
    decisionId: decision.decisionId,
    decision: decision.kind,
    model: decision.kind === 'refuse' ? undefined : decision.to,
    mode: own[0]?.mode ?? (decision.kind === 'refuse' ? undefined : decision.mode),
    ...(route.input.session.isFirst === true ? { isFirst: true } : {}),
    why: whyOf(decision),
    status: settled?.outcome?.status ?? 'running',
    checks: settled?.outcome?.checks ?? [],
    callCount: own.length,
    usage: sumUsage(usages),
    billNanoUsd: spentOf(own),
    durationMs: own.reduce((sum, call) => sum + (call.end?.durationMs ?? 0), 0),
    ...askedBy(route, { calls, advice }),
  };
}

function askedBy(
  { stepId, attempt }: StepRoute,
  { calls, advice }: { readonly calls: readonly CallEntry[]; readonly advice: readonly Advice[] },
): Pick<StepReport, 'asked'> {
  const own = advice.filter((one) => one.stepId === stepId && one.attempt === attempt);
  if (own.length === 0) return {};
  const answers = adviceCalls(calls, stepId, attempt);
  const asked = own.map((one, index) => ({
    ...one,
    billNanoUsd: spentOf(answers.filter((call) => call.stepId === questionStepId(stepId, attempt, index))),
  }));
  return { asked };
}

/**
 * A job as the flight recorder keeps it.
 * @param spent where its calls have been summed up already
 */
export async function toJobRecord(source: ReportSource, entry: JobEntry, spent?: NanoUsd): Promise<JobRecord> {
  const { journal } = source;
  const policy = await journal.fact(entry.jobId, POLICY);
  return source.redactor.record<JobRecord>({
    v: 1,
    jobId: entry.jobId,
    sessionId: entry.sessionId,
    task: entry.request.task,
    workspace: entry.request.workspace,
    ...(await placeOfWork(journal, entry)),
    policyId: policy?.id ?? entry.request.policy ?? '',
    dial: policy?.dial ?? entry.request.dial ?? 5,
    status: entry.status,
    pause:
      entry.pause === undefined
        ? undefined
        : { code: entry.pause.code, question: entry.pause.question, kind: entry.pause.kind },
    failure: entry.failure === undefined ? undefined : { code: entry.failure.code, message: entry.failure.message },
    startedAt: entry.startedAt,
    endedAt: entry.endedAt,
    spentNanoUsd: spent ?? spentOf(await journal.calls(entry.jobId)),
    result: (await journal.facts(entry.jobId, SUMMARIES)).at(-1),
    scripted: entry.scripted,
  });
}
