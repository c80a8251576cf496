import { changesFiles } from '../context/step-plan.ts';
import { factKey, type FactKey } from '../model/fact-key.ts';
import { noteKey } from '../model/job-facts.ts';
import type { JobStep } from '../model/job-plan.ts';
import type { JobRun } from '../model/job-run.ts';
import { attemptsOf, brief, type JobState } from '../model/job-state.ts';
import type { KnownTests } from '../model/known-tests.ts';
import { shownNames } from './judge-tests.ts';
import { namedTests } from './named-tests.ts';
import { namesAll } from './read-test-report.ts';
import { reproductionOf } from './reproduction/reproduction.ts';
import { canRunTests, runChecks } from './run-tests.ts';
import type { TestRun } from './test-run.ts';

/** The tests as they were before the job. */
export const TESTS_BEFORE: FactKey<TestRun> = factKey('tests/before');

/** Whether the tests of the project judge what a step made. */
export function needsTests(step: Pick<JobStep, 'kind' | 'check' | 'reproduces'>): boolean {
  if (step.reproduces !== undefined) return false;
  return step.kind === 'test' || (step.kind === 'code' && step.check !== 'none');
}

/**
 * Runs the tests as they are, once in a job, before the first step that changes files; nothing where no step of the plan is
 * judged by them. What it found stays in the journal, and is what later runs are held against.
 */
export async function takeTestsBefore(run: JobRun, state: JobState, wave: readonly JobStep[]): Promise<JobState> {
  const { jobId } = run.entry;
  if (!isDue(run, state, wave)) return state;
  const known = await run.services.journal.fact(jobId, TESTS_BEFORE);
  const found = known ?? (await run.services.journal.settle(jobId, TESTS_BEFORE, await lookBefore(run, state)));
  const text = brief(report(found));
  if (known === undefined) run.emit({ type: 'note', text });
  const asked = questionsOf(found, text).filter((one) => !state.openQuestions.includes(one));
  if (asked.length === 0) return state;
  await run.services.journal.settle(jobId, noteKey('tests-before'), asked.join('\n'));
  return { ...state, openQuestions: [...state.openQuestions, ...asked] };
}

function questionsOf(found: TestRun, text: string): readonly string[] {
  if (found.kind === 'ran') return (found.notThere ?? []).map(brief);
  return found.kind === 'none' && found.because === 'no-tests' ? [] : [text];
}

async function lookBefore(run: JobRun, state: JobState): Promise<TestRun> {
  if (hasBegun(run, state)) return { kind: 'unknown', why: 'The job had begun to change files.', report: '' };
  const limitMs = run.services.checks.timeoutMs;
  const first = await runChecks(run, { key: 'tests/before', role: 'tests', limitMs });
  if (first.kind !== 'ran' || first.passed) return first;
  return withFlaky(first, await runChecks(run, { key: 'tests/before/again', role: 'tests', limitMs }));
}

/** What is there is looked at before the first step that changes files, where a step of the plan is judged by it. */
export function isDue(run: JobRun, state: JobState, wave: readonly JobStep[]): boolean {
  return state.steps.some(needsTests) && wave.some((step) => changesFiles(run, step));
}

/** A step has begun to change files. */
export function hasBegun(run: JobRun, state: JobState): boolean {
  return state.steps.some((step) => changesFiles(run, step) && attemptsOf(state, step.stepId).length > 0);
}

/**
 * What is red in one of two runs is chance: neither is it green, nor may it be wanted green. Of a run that does not say what it
 * was that failed nothing is taken to have passed: then the other one counts. Pure.
 */
export function withFlaky(first: Extract<TestRun, { kind: 'ran' }>, second: TestRun): TestRun {
  if (second.kind !== 'ran' || !saysAll(second)) return first;
  if (!saysAll(first)) return second;
  const [one, other] = [first.reading.failing, second.reading.failing];
  const both = new Set(one.filter((name) => other.includes(name)));
  const flaky = [...new Set([...one, ...other])].filter((name) => !both.has(name));
  if (flaky.length === 0) return second.passed ? second : first;
  const once = one.filter((name) => !both.has(name)).length;
  const { failedCount, passedCount } = first.reading;
  return {
    ...first,
    passed: second.passed,
    report: second.passed ? second.report : first.report,
    reading: {
      failing: [...both],
      failedCount: failedCount === undefined ? undefined : Math.max(both.size, failedCount - once),
      passedCount: passedCount === undefined ? undefined : passedCount + once,
    },
    flaky,
  };
}

/** Every failure has its name. */
function saysAll({ passed, reading }: Extract<TestRun, { kind: 'ran' }>): boolean {
  return passed || namesAll(reading) || (reading.failedCount === 0 && (reading.passedCount ?? 0) > 0);
}

/** The run before the job, where there was one. */
export async function testsBefore(run: JobRun): Promise<TestRun> {
  const known = await run.services.journal.fact(run.entry.jobId, TESTS_BEFORE);
  return known ?? { kind: 'unknown', why: 'They were not run before.', report: '' };
}

export async function knownTests(run: JobRun, state: Pick<JobState, 'steps'>): Promise<KnownTests> {
  const before = await run.services.journal.fact(run.entry.jobId, TESTS_BEFORE);
  const red = before?.kind === 'ran' && !before.passed ? before.reading.failing : [];
  const naming = { task: run.entry.request.task, steps: state.steps };
  const named = state.steps.filter((step) => needsTests(step) && namedTests(step, red, naming) !== undefined);
  const reproduced: (readonly [string, string])[] = [];
  for (const step of state.steps) {
    const found = step.fixesFault === true ? await reproductionOf(run, step) : undefined;
    if (found !== undefined) reproduced.push([step.stepId, found.family]);
  }
  return {
    canCheck: before === undefined ? canRunTests(run) : before.kind === 'ran',
    named: new Set(named.map((step) => step.stepId)),
    reproduced: new Map(reproduced),
  };
}

const HOW_TO_SAY =
  ' How is this workspace checked? Say it once, as a line "check: COMMAND" in pointsman.config.yaml or AGENTS.md.';

function report(found: TestRun): string {
  if (found.kind !== 'ran') return `before the job: ${found.why}${found.kind === 'none' ? HOW_TO_SAY : ''}`;
  const chance = found.flaky === undefined ? '' : `; flaky: ${shownNames(found.flaky)}`;
  if (found.passed) return `before the job the tests are green${chance}`;
  const { failing, failedCount } = found.reading;
  const names = failing.length === 0 ? '' : `: ${shownNames(failing)}`;
  return `before the job the tests are red${failedCount === undefined ? '' : `, ${failedCount} fail`}${names}${chance}`;
}
