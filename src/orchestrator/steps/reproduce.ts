import type { Decision } from '../../domain/decision.ts';
import { isPointsmanError } from '../../domain/errors.ts';
import { asId, type StepId } from '../../domain/ids.ts';
import { formatUsd, roundNanoUsd, type NanoUsd } from '../../domain/money.ts';
import { reproductionOf } from '../checks/reproduction/reproduction.ts';
import { canRunTests } from '../checks/run-tests.ts';
import { knownTests, needsTests, testsBefore } from '../checks/tests-before.ts';
import { sharedTokens } from '../context/shared-transcript.ts';
import { factKey, type FactKey } from '../model/fact-key.ts';
import { noteKey } from '../model/job-facts.ts';
import type { JobStep } from '../model/job-plan.ts';
import type { JobRun } from '../model/job-run.ts';
import { attemptsOf, brief, countOf, isDone, type JobState } from '../model/job-state.ts';
import { PROVIDER_FAULTS } from '../model/provider-faults.ts';
import { executeStep } from './execute-step.ts';
import { startAttempt } from './run-ladder.ts';
import { chosenRow, decideStep } from './select-step.ts';
import { verifyStep } from './verify-step.ts';

/** A test that two tries do not bring to fail is not brought to it by a third. */
const MAX_TRIES = 2;

/** Whether a test for a step's fault is worth what it costs, at the rates that are believed of such tests. */
interface Worth {
  readonly pays: boolean;
  /** Expected, what a try without success costs for nothing included. */
  readonly savedNanoUsd: NanoUsd;
  readonly costNanoUsd: NanoUsd;
  /** Family of the model that would make the change. Absent: nobody of another one may write the test. */
  readonly notFamily?: string;
}

function worthKey(stepId: string): FactKey<Worth | null> {
  return factKey(`reproduction-worth/${stepId}`);
}

/**
 * Before the first try of a step that is to end a fault, and that no red test covers: has a model write the test that shows it, of
 * another family than the author's where there is one, and only if that pays. The tree is as it was afterwards.
 */
export async function reproduceFaults(run: JobRun, job: JobState, wave: readonly JobStep[]): Promise<JobState> {
  let state = job;
  for (const step of wave) {
    if (await isDue(run, state, step)) state = await reproduce(run, state, step);
  }
  return state;
}

async function isDue(run: JobRun, state: JobState, step: JobStep): Promise<boolean> {
  const isMeant = step.fixesFault === true && step.kind === 'code' && needsTests(step);
  if (!isMeant || run.services.checks.reproduction === 'off' || attemptsOf(state, step.stepId).length > 0) return false;
  const before = await testsBefore(run);
  const canRun =
    canRunTests(run) && (before.kind === 'ran' || (before.kind === 'none' && before.because === 'no-tests'));
  return canRun && !(await knownTests(run, state)).named.has(step.stepId);
}

async function reproduce(run: JobRun, job: JobState, step: JobStep): Promise<JobState> {
  const { journal } = run.services;
  const key = worthKey(step.stepId);
  const known = await journal.fact(run.entry.jobId, key);
  const worth = known === undefined ? await journal.settle(run.entry.jobId, key, await worthOf(run, job, step)) : known;
  if (worth === null) return job;
  if (known === undefined || !worth.pays) await say(run, step, worthText(worth));
  if (!worth.pays) return job;
  const state = await writeTest(run, job, writingStep(step, worth.notFamily));
  const found = await reproductionOf(run, step);
  await say(
    run,
    step,
    found === undefined ? NOT_SHOWN : `a test shows the fault: ${found.names.slice(0, 3).join(', ')}`,
  );
  return state;
}

const NOT_SHOWN = 'no test was found that shows the fault; the change is held against the tests that there were';

async function say(run: JobRun, { stepId }: JobStep, text: string): Promise<void> {
  const key = noteKey(`reproduction/${stepId}/${text.slice(0, 20)}`);
  const note = brief(`${stepId}: ${text}`);
  if ((await run.services.journal.fact(run.entry.jobId, key)) !== undefined) return;
  run.emit({ type: 'note', text: note });
  await run.services.journal.settle(run.entry.jobId, key, note);
}

function worthText({ pays, savedNanoUsd, costNanoUsd }: Worth): string {
  const sums = `expected to save ${formatUsd(savedNanoUsd)} and to cost ${formatUsd(costNanoUsd)}`;
  return pays ? `a test that shows the fault is written first: ${sums}` : `no test is written for the fault: ${sums}`;
}

/**
 * The step decided with the test as its check and without it, and the price of having it written. `null`: nobody may take one of
 * the two.
 */
async function worthOf(run: JobRun, state: JobState, step: JobStep): Promise<Worth | null> {
  const tests = await knownTests(run, state);
  const options = { attempt: 0, parallel: false, transcriptTokens: await sharedTokens(run, state) };
  const without = (await decideStep(run, state, step, { ...options, tests })).decision;
  const author = familyOf(run, without);
  if (without.kind === 'refuse' || author === undefined) return null;
  const toWrite = writingStep(step, undefined);
  const byOther = (await decideStep(run, state, toWrite, { ...options, tests, notFamilies: [author] })).decision;
  const isOther = byOther.kind !== 'refuse';
  const writing = isOther ? byOther : (await decideStep(run, state, toWrite, { ...options, tests })).decision;
  const writer = familyOf(run, writing);
  if (writing.kind === 'refuse' || writer === undefined) return null;
  const reproduced = new Map([...tests.reproduced, [step.stepId, writer]]);
  const shown = { ...tests, canCheck: true, reproduced };
  const withIt = (await decideStep(run, state, step, { ...options, tests: shown })).decision;
  const [cost, before, after] = [chosenRow(writing), totalOf(without), totalOf(withIt)];
  if (cost === undefined || before === undefined || after === undefined) return null;
  const savedNanoUsd = roundNanoUsd(cost.successRatio * (before - after));
  return {
    pays: savedNanoUsd > cost.billNanoUsd,
    savedNanoUsd,
    costNanoUsd: cost.billNanoUsd,
    ...(isOther ? { notFamily: author } : {}),
  };
}

function familyOf(run: JobRun, decision: Decision): string | undefined {
  return decision.kind === 'refuse' ? undefined : run.services.catalog.get(decision.to)?.family;
}

function totalOf(decision: Decision): NanoUsd | undefined {
  return decision.kind === 'refuse' ? undefined : chosenRow(decision)?.totalNanoUsd;
}

/** Tries until a test is red; a provider that is gone, or a model that is not there, costs the job no more than the test. */
async function writeTest(run: JobRun, start: JobState, step: JobStep): Promise<JobState> {
  let state = start;
  try {
    while (!isDone(state, step.stepId) && countOf(attemptsOf(state, step.stepId), 'rejected') < MAX_TRIES) {
      const started = await startAttempt(run, state, step, false);
      await executeStep(run, started.state, step, started.route);
      state = await verifyStep(run, started.state, step);
    }
  } catch (thrown) {
    if (!isPointsmanError(thrown)) throw thrown;
    // Of the other families nobody is left to try.
    if (thrown.code === 'no-eligible-model' && step.reproduces?.notFamily !== undefined)
      return writeTest(run, state, { ...step, reproduces: { stepId: step.reproduces.stepId } });
    if (thrown.code !== 'no-eligible-model' && !PROVIDER_FAULTS.has(thrown.code)) throw thrown;
  }
  return state;
}

/** By it the routes and records of a test tell what it is for. */
function writingStepId({ stepId }: Pick<JobStep, 'stepId'>): StepId {
  return asId<StepId>(`reproduce-${stepId}`);
}

function writingStep(step: JobStep, notFamily: string | undefined): JobStep {
  return {
    stepId: writingStepId(step),
    kind: 'test',
    title: `show the fault of "${step.title}"`,
    goal: brief(
      'Write one new test file, in the form and the place that the project uses for tests, that shows a fault which is there now. ' +
        'The test must run, and fail because of the fault alone; it must pass as soon as the fault is gone, however that is done. ' +
        'Change no file that is there, and do not remove the fault: another agent does, without seeing your test. Run the tests, and ' +
        `see yours fail for the right reason. Report "passed": true once it does.\n\nWhat that agent is to do: ${step.goal}`,
    ),
    inputs: step.inputs,
    requiredTools: [],
    size: 'small',
    dependsOn: [],
    check: 'none',
    reproduces: { stepId: step.stepId, ...(notFamily === undefined ? {} : { notFamily }) },
    ...(step.difficulty === undefined ? {} : { difficulty: step.difficulty }),
    ...(step.stakes === undefined ? {} : { stakes: step.stakes }),
  };
}
