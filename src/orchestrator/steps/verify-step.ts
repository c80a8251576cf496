import { PointsmanError } from '../../domain/errors.ts';
import { canonicalJson } from '../../domain/json.ts';
import type { StepOutcome } from '../../recorder/record.ts';
import { changesOf, rollBack, textDiffOf } from '../calls/record-changes.ts';
import { checkByTests, type TestsVerdict } from '../checks/check-by-tests.ts';
import { checkByTools } from '../checks/check-by-tools.ts';
import { failingFirst } from '../checks/failing-first.ts';
import { checkReproduction } from '../checks/reproduction/check-reproduction.ts';
import { keepReproduction, reproductionOf } from '../checks/reproduction/reproduction.ts';
import { needsTests } from '../checks/tests-before.ts';
import { resultMessage } from '../context/opening.ts';
import { keepSegment } from '../context/shared-transcript.ts';
import { changesFiles } from '../context/step-plan.ts';
import { cutMiddle, firstLine, type ArtifactRef } from '../model/artifact.ts';
import type { Contracts, ContractName } from '../model/contracts.ts';
import { factKey, type FactKey } from '../model/fact-key.ts';
import { executedKey, noteKey, attemptEndKey, routeKey, type Executed } from '../model/job-facts.ts';
import { cut, type JobStep } from '../model/job-plan.ts';
import type { JobRun } from '../model/job-run.ts';
import { attemptsOf, brief, withAttempt, type StepAttempt, type JobState, type Objection } from '../model/job-state.ts';
import { alikeBefore, keepOwnDiff } from './alike-attempts.ts';
import { findingsOf, keepArtifact, summaryOf } from './keep-artifact.ts';
import { rollRepositoriesBack } from './keep-repositories.ts';
import { reportPerson, withPerson } from './person-check.ts';

type StepCheck = StepOutcome['checks'][number];

/** What the evidence says of one attempt. */
interface StepVerdict {
  readonly checks: readonly StepCheck[];
  /** Of the project's own tests, where the step is judged by them. */
  readonly tests: TestsVerdict | undefined;
  readonly objection: Objection | undefined;
}

const FEEDBACK_CHARS = 3500;
const KEPT_NAMES = 40;

/**
 * Gathers the evidence about an attempt that has ended, and puts what came of it into the job's state: artifacts, the
 * shared transcript, decisions, and the status of the attempt. Evidence is gathered once; starting over finds it settled.
 */
export async function verifyStep(run: JobRun, state: JobState, step: JobStep): Promise<JobState> {
  const attempt = attemptsOf(state, step.stepId).at(-1);
  const ended = await run.services.journal.fact(run.entry.jobId, executedKey(step.stepId, attempt?.attempt ?? 0));
  if (attempt === undefined || ended === undefined) {
    throw new PointsmanError('internal', `Step ${step.stepId} is to be verified before it has run`);
  }
  const verdict = await verdictOf(run, state, step, { attempt, ended });
  const checked = judge(attempt, ended, verdict);
  await keepOwnDiff(run, step, checked);
  await keepOrTakeBack(run, step, checked);
  const artifacts = await leaveArtifacts(run, step, { attempt: checked, ended, verdict });
  if (checked.status === 'rejected') {
    const rejected = { stepId: step.stepId, attempt: checked.attempt };
    await rollRepositoriesBack(run, rejected);
    await rollBack(run, rejected);
  }
  await reportOutcome(run, step, { attempt: checked, verdict, ended });
  const asked = withQuestion(state, verdict.tests?.question);
  return {
    ...asked,
    attempts: withAttempt(state.attempts, step.stepId, checked),
    artifacts: [...state.artifacts, ...artifacts],
    segments: [...state.segments, ...(await addSegments(run, step, { attempt: checked, ended }))],
    objections: verdict.objection === undefined ? state.objections : [...state.objections, verdict.objection],
    ...(checked.status === 'accepted' && ended.kind === 'answered' && step.reproduces === undefined
      ? reportedBy(asked, step, ended.value)
      : {}),
  };
}

/** Whether the checks let the newest attempt stand: gathered now, and found settled when the step is verified. */
export async function passesChecks(run: JobRun, state: JobState, step: JobStep): Promise<boolean> {
  const attempt = attemptsOf(state, step.stepId).at(-1);
  const ended = await run.services.journal.fact(run.entry.jobId, executedKey(step.stepId, attempt?.attempt ?? 0));
  if (attempt === undefined || ended === undefined) return false;
  const verdict = await verdictOf(run, state, step, { attempt, ended });
  return judge(attempt, ended, verdict).status === 'accepted';
}

/** A test that was written for a fault is laid by until the change is checked, and stays where it has held the change. */
async function keepOrTakeBack(run: JobRun, step: JobStep, { attempt, status }: StepAttempt): Promise<void> {
  if (status !== 'accepted') return;
  if (step.reproduces !== undefined) return rollBack(run, { stepId: step.stepId, attempt });
  const found = run.services.checks.reproduction === 'keep' ? await reproductionOf(run, step) : undefined;
  if (found !== undefined) await keepReproduction(run, found.files, `${step.stepId}/${attempt}`);
}

interface Ended {
  readonly attempt: StepAttempt;
  readonly ended: Executed;
}

async function verdictOf(run: JobRun, state: JobState, step: JobStep, { attempt, ended }: Ended): Promise<StepVerdict> {
  const key: FactKey<StepVerdict> = factKey(`verdict/${step.stepId}/${attempt.attempt}`);
  const { journal } = run.services;
  const known = await journal.fact(run.entry.jobId, key);
  const byChecks =
    known ?? (await journal.settle(run.entry.jobId, key, await checked(run, state, step, { attempt, ended })));
  return withPerson(run, step, { attempt: attempt.attempt, ended, verdict: byChecks });
}

async function checked(run: JobRun, state: JobState, step: JobStep, { attempt, ended }: Ended): Promise<StepVerdict> {
  const gathered = await gather(run, state, step, { attempt, ended });
  return ended.kind === 'answered' ? withTools(run, step, attempt, gathered) : gathered;
}

async function gather(run: JobRun, state: JobState, step: JobStep, { attempt, ended }: Ended): Promise<StepVerdict> {
  if (ended.kind === 'provider-failed') return { checks: [], tests: undefined, objection: undefined };
  if (ended.kind === 'unanswered') {
    return { checks: [check('contract', false, ended.why)], tests: undefined, objection: undefined };
  }
  const checks: StepCheck[] = [check('contract', true, 'The answer keeps its contract.')];
  const tests = await testsOf(run, state, step, attempt);
  const claim = 'passed' in ended.value ? ended.value.passed : true;
  // A test step that reports red tests truthfully has done its work; the change before it has not.
  const honest = step.kind === 'test' && step.reproduces === undefined && !claim;
  for (const one of tests?.checks ?? []) checks.push(check(one.verifierId, one.passed || honest, one.summary));
  const objection = step.reproduces === undefined ? objectionOf(step, ended.value, tests) : undefined;
  return { checks, tests, objection };
}

function testsOf(run: JobRun, state: JobState, step: JobStep, attempt: StepAttempt): Promise<TestsVerdict | undefined> {
  const { reproduces } = step;
  if (reproduces !== undefined) return checkReproduction(run, { ...step, reproduces }, attempt);
  return needsTests(step) ? checkByTests(run, state, step, attempt) : Promise.resolve(undefined);
}

/** What the tests reject needs no second opinion; what they let pass may still be what the compiler or the linter rejects. */
async function withTools(
  run: JobRun,
  step: JobStep,
  { attempt }: StepAttempt,
  verdict: StepVerdict,
): Promise<StepVerdict> {
  if (step.kind !== 'code' || !needsTests(step) || !verdict.checks.every((one) => one.passed)) return verdict;
  const tools = await checkByTools(run, `tests/${step.stepId}/${attempt}`);
  const checks = [...verdict.checks, ...tools.checks.map((one) => check(one.verifierId, one.passed, one.summary))];
  const tests = withQuestionOf(verdict.tests, tools.question);
  if (tools.report === '') return { ...verdict, checks, tests };
  return { checks, tests: reportOf(tests, tools.report), objection: undefined };
}

function withQuestionOf(tests: TestsVerdict | undefined, question: string | undefined): TestsVerdict | undefined {
  if (question === undefined || tests?.question !== undefined) return tests;
  return { checks: [], report: '', failing: [], ...tests, question };
}

/** What a tool printed, in place of what the tests did. */
function reportOf(tests: TestsVerdict | undefined, report: string): TestsVerdict {
  return { checks: [], question: undefined, ...tests, failing: [], report };
}

function objectionOf(
  step: JobStep,
  value: Contracts[ContractName],
  tests: TestsVerdict | undefined,
): Objection | undefined {
  if ('verdict' in value && value.verdict === 'request-changes') {
    const blocking = value.findings.filter((finding) => finding.severity === 'blocking');
    const lines = blocking.map((finding) => `- ${finding.file === '' ? '' : `${finding.file}: `}${finding.text}`);
    return blocking.length === 0
      ? undefined
      : { by: step.stepId, check: 'review', feedback: brief(`A review asks for changes:\n${lines.join('\n')}`) };
  }
  if (step.kind === 'test' && 'passed' in value && !value.passed && tests?.checks.some((one) => !one.passed) === true) {
    const report = failingFirst(tests.report, tests.failing, FEEDBACK_CHARS);
    return { by: step.stepId, check: 'tests', feedback: brief(`The tests fail:\n${value.summary}\n\n${report}`) };
  }
  return undefined;
}

/** The attempt as its provider or the checks leave it. */
function judge(attempt: StepAttempt, ended: Executed, verdict: StepVerdict): StepAttempt {
  const base: StepAttempt = { ...attempt, mode: ended.mode };
  return ended.kind === 'provider-failed' ? leftByProvider(base, ended) : leftByChecks(base, ended, verdict);
}

type LeftByProvider = Extract<Executed, { readonly kind: 'provider-failed' }>;

function leftByProvider(base: StepAttempt, { code, why, isAgain }: LeftByProvider): StepAttempt {
  const feedback = 'Another model began this step and its provider failed. Look at the files before you write.';
  const again = isAgain === true ? { failedAgain: true as const } : {};
  return { ...base, status: 'failed', errorCode: code, ...again, summary: brief(why), feedback };
}

function leftByChecks(base: StepAttempt, ended: Exclude<Executed, LeftByProvider>, verdict: StepVerdict): StepAttempt {
  const summary = brief(ended.kind === 'answered' ? summaryOf(ended.value) : ended.why);
  const failed = verdict.checks.find((one) => !one.passed);
  if (failed === undefined) return { ...base, status: 'accepted', summary };
  const isOfTests = failed.verifierId !== 'contract' && failed.verifierId !== 'person';
  const { report = '', failing = [] } = isOfTests ? (verdict.tests ?? {}) : {};
  const shown = failingFirst(report, failing, FEEDBACK_CHARS);
  const why = brief([`Check "${failed.verifierId}" failed.`, failed.summary, shown].join('\n\n').trim());
  const feedback = `${why}${findingsOf(ended)}`;
  const named = failing.length === 0 ? {} : { failing: keptNames(failing) };
  return { ...base, status: 'rejected', rejectedBy: failed.verifierId, ...named, feedback, summary };
}

function keptNames(names: readonly string[]): readonly string[] {
  return [...new Set(names)]
    .sort()
    .slice(0, KEPT_NAMES)
    .map((name) => cut(name, 200));
}

async function leaveArtifacts(
  run: JobRun,
  step: JobStep,
  { attempt, ended, verdict }: Ended & { readonly verdict: StepVerdict },
): Promise<readonly ArtifactRef[]> {
  // What shows the fault is kept from the author of the change.
  if (step.reproduces !== undefined) return [];
  const of = { stepId: step.stepId, attempt: attempt.attempt };
  const refs: ArtifactRef[] = [];
  if (ended.kind === 'answered')
    refs.push(await keepArtifact(run, { ...of, kind: 'result', text: canonicalJson(ended.value) }));
  if (changesFiles(run, step)) {
    const diff = await textDiffOf(run, await changesOf(run));
    if (diff !== '') refs.push(await keepArtifact(run, { ...of, kind: 'diff', text: diff }));
  }
  if (verdict.tests !== undefined && verdict.tests.report !== '')
    refs.push(await keepArtifact(run, { ...of, kind: 'test-report', text: verdict.tests.report }));
  return refs;
}

/** What the attempt appends to the shared transcript: its own messages, or the result of a fresh context. */
async function addSegments(run: JobRun, step: JobStep, { attempt, ended }: Ended): Promise<readonly string[]> {
  if (step.reproduces !== undefined) return [];
  const name = `${step.stepId}/${attempt.attempt}`;
  if (ended.messages.length > 0) return [await keepSegment(run, name, ended.messages)];
  if (attempt.status !== 'accepted' || ended.kind !== 'answered') return [];
  return [await keepSegment(run, name, [resultMessage(step, cutMiddle(canonicalJson(ended.value), 8000))])];
}

async function reportNote(
  run: JobRun,
  of: { readonly stepId: string; readonly attempt: number },
  text: string,
): Promise<void> {
  run.emit({ type: 'note', text: firstLine(text) });
  await run.services.journal.settle(run.entry.jobId, noteKey(`${of.stepId}/${of.attempt}`), text);
}

/** What the tests could not tell is said once. */
function withQuestion(state: JobState, question: string | undefined): JobState {
  if (question === undefined || state.openQuestions.includes(question)) return state;
  return { ...state, openQuestions: [...state.openQuestions, question] };
}

function reportedBy(state: JobState, step: JobStep, value: Contracts[ContractName]): Partial<JobState> {
  const decisions = 'decisions' in value ? value.decisions : [];
  const questions = 'openQuestions' in value ? value.openQuestions : [];
  return {
    decisions: [...state.decisions, ...decisions.map((text) => ({ stepId: step.stepId, text: brief(text) }))].slice(
      -60,
    ),
    openQuestions: [...new Set([...state.openQuestions, ...questions.map(brief)])].slice(-30),
  };
}

async function reportOutcome(
  run: JobRun,
  step: JobStep,
  { attempt, verdict }: Ended & { readonly verdict: StepVerdict },
): Promise<void> {
  const of = { stepId: step.stepId, attempt: attempt.attempt };
  const status = attempt.status === 'accepted' || attempt.status === 'rejected' ? attempt.status : 'failed';
  const key = attemptEndKey(step.stepId, attempt.attempt);
  // The node also routes what comes next: one that starts over there has told of this step before.
  if ((await run.services.journal.fact(run.entry.jobId, key)) === undefined) {
    if (verdict.tests?.question !== undefined) await reportNote(run, of, verdict.tests.question);
    await reportPerson(run, attempt, verdict.checks);
    for (const one of verdict.checks) run.emit({ type: 'check', ...of, ...one });
    run.emit({ type: 'step-end', ...of, status, summary: firstLine(attempt.summary) });
  }
  const route = await run.services.journal.fact(run.entry.jobId, routeKey(step.stepId, attempt.attempt));
  if (route === undefined) return;
  const alike = status === 'accepted' ? await alikeBefore(run, step, attempt.attempt) : [];
  const outcome: StepOutcome = {
    status,
    checks: verdict.checks,
    summary: attempt.summary,
    errorCode: attempt.errorCode,
    ...(alike.length === 0 ? {} : { alike }),
  };
  const settled = { outcome, endedAt: run.services.clock() };
  const kept = await run.services.journal.settle(run.entry.jobId, key, settled);
  run.services.recorder.writeStep({ ...route, ...kept });
}

function check(verifierId: string, passed: boolean, summary: string): StepCheck {
  return { verifierId, passed, summary };
}
