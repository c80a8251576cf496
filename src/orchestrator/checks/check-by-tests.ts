import type { VerifierKind } from '../../domain/quality.ts';
import { textDiffOf } from '../calls/record-changes.ts';
import { cutMiddle, firstLine } from '../model/artifact.ts';
import type { JobStep } from '../model/job-plan.ts';
import type { JobRun } from '../model/job-run.ts';
import { brief, type JobState, type StepAttempt } from '../model/job-state.ts';
import { checkLimitMs } from './check-limit.ts';
import { judgeTests, type Judgement } from './judge-tests.ts';
import { judgeNamed, namedTests, type NamedTests } from './named-tests.ts';
import { reproductionKind, reproductionOf, withReproduction, type Reproduction } from './reproduction/reproduction.ts';
import { canRunTests, runChecks } from './run-tests.ts';
import { steadyVerdict } from './steady-verdict.ts';
import type { TestRun } from './test-run.ts';
import { testsBefore } from './tests-before.ts';

/** What the project's own tests say of one attempt. */
export interface TestsVerdict {
  /** Empty where they say nothing. */
  readonly checks: readonly { readonly verifierId: string; readonly passed: boolean; readonly summary: string }[];
  /** What was printed; empty where nothing was run. */
  readonly report: string;
  /** What fails, by name; empty where nothing does, or no name is known. */
  readonly failing: readonly string[];
  /** Why they say nothing, for the person whose tests they are. */
  readonly question: string | undefined;
}

/**
 * Runs the tests after an attempt and holds them against the run before the job: `tests` fails on what was green or is new,
 * `named-tests` on what was red and is wanted green, and so does a test that was written for the step's fault, which is among them
 * for as long as they run. What speaks against the change is run again. A check that cannot tell is left out.
 * @throws PointsmanError `tool-unavailable` when the command runner fails, `aborted`
 */
export async function checkByTests(
  run: JobRun,
  state: JobState,
  step: JobStep,
  { attempt, model }: Pick<StepAttempt, 'attempt' | 'model'>,
): Promise<TestsVerdict | undefined> {
  const before = await testsBefore(run);
  if (before.kind !== 'ran' && !canRunTests(run)) return undefined;
  const against: Against = {
    key: `tests/${step.stepId}/${attempt}`,
    wasGreen: before.kind === 'ran' && before.passed && before.flaky === undefined,
    before,
    wanted: wantedBy(run, state, step, before),
  };
  const found = await reproductionOf(run, step);
  if (found === undefined) return judgeRuns(run, against);
  const authorFamily = run.services.catalog.get(model)?.family;
  const wanted: Wanted = {
    names: { names: found.names, wanted: 'all' },
    verifierId: reproductionKind(found.family, authorFamily),
  };
  const verdict = await withReproduction(run, found, {
    at: `${step.stepId}/${attempt}/check`,
    act: (isThere) => judgeRuns(run, isThere ? { ...against, before: found.before, wanted } : against),
  });
  return withTexts(run, verdict, { found, verifierId: wanted.verifierId });
}

/** Tests that must be green, and the check that says so. */
interface Wanted {
  readonly names: NamedTests;
  readonly verifierId: VerifierKind;
}

interface Against {
  readonly key: string;
  readonly before: TestRun;
  readonly wasGreen: boolean;
  readonly wanted: Wanted | undefined;
}

function wantedBy(run: JobRun, state: JobState, step: JobStep, before: TestRun): Wanted | undefined {
  if (before.kind !== 'ran' || before.passed) return undefined;
  const naming = { task: run.entry.request.task, steps: state.steps };
  const names = namedTests(step, before.reading.failing, naming);
  return names === undefined ? undefined : { names, verifierId: 'named-tests' };
}

async function judgeRuns(run: JobRun, against: Against): Promise<TestsVerdict> {
  const { before, wanted, key, wasGreen } = against;
  const runs: { readonly run: TestRun; readonly said: Said }[] = [];
  let whole: Judgement | 'again' = 'again';
  let named: Judgement | 'again' | undefined = 'again';
  while (whole === 'again' || named === 'again') {
    const after = await runAfter(run, before, `${key}${AGAIN[runs.length] ?? ''}`);
    const isKnown = wanted !== undefined && before.kind === 'ran';
    const judged = isKnown ? judgeNamed(wanted.names, before.reading, after) : undefined;
    runs.push({ run: after, said: { whole: judgeTests(before, after), named: judged } });
    whole = steadyVerdict(
      runs.map(({ said }) => said.whole),
      wasGreen,
    );
    const ofNamed = runs.flatMap(({ said }) => said.named ?? []);
    named = ofNamed.length === 0 ? undefined : steadyVerdict(ofNamed);
  }
  const shown = whole.verdict === 'passed' ? runs.at(-1) : runs[0];
  return verdictOf({ whole, named }, shown?.run ?? before, wanted?.verifierId ?? 'named-tests');
}

/** Names runs of the same files. */
const AGAIN = ['', '/again', '/again-2', '/again-3'];

function runAfter(run: JobRun, before: TestRun, key: string): Promise<TestRun> {
  const limitMs = checkLimitMs(run.services.checks.timeoutMs, before);
  return runChecks(run, { key, role: 'tests', limitMs });
}

const SHOWN_CHARS = 1500;

/** Who tries again reads the test that it had not seen. */
async function withTexts(
  run: JobRun,
  verdict: TestsVerdict,
  { found, verifierId }: { readonly found: Reproduction; readonly verifierId: string },
): Promise<TestsVerdict> {
  if (!verdict.checks.some((one) => one.verifierId === verifierId && !one.passed)) return verdict;
  const texts = await textDiffOf(run, found.files);
  return { ...verdict, report: `${verdict.report}\n\n=== the test that is red ===\n${cutMiddle(texts, SHOWN_CHARS)}` };
}

interface Said {
  readonly whole: Judgement;
  readonly named: Judgement | undefined;
}

function verdictOf({ whole, named }: Said, after: TestRun, verifierId: VerifierKind): TestsVerdict {
  const checks: TestsVerdict['checks'][number][] = [];
  if (whole.verdict !== 'unknown') {
    checks.push({ verifierId: 'tests', passed: whole.verdict === 'passed', summary: summaryOf(after, whole.why) });
  }
  if (named !== undefined && named.verdict !== 'unknown') {
    checks.push({ verifierId, passed: named.verdict === 'passed', summary: firstLine(named.why) });
  }
  // Of a check that is not there its user was asked before the job.
  const isNone = after.kind === 'none' && (after.because === 'no-tests' || after.because === 'not-there');
  const open = [whole, ...(named === undefined ? [] : [named])].find((one) => one.verdict === 'unknown');
  const against = [...whole.news, ...(named?.news ?? [])];
  return {
    checks,
    report: after.kind === 'none' ? '' : after.report,
    failing: against.length > 0 || after.kind !== 'ran' ? against : after.reading.failing,
    question: open === undefined || isNone ? undefined : brief(`The tests say nothing of the change: ${open.why}`),
  };
}

/** The lines of the report that say how it went where all passed or nothing is named, else what speaks against the change. */
function summaryOf(after: TestRun, why: string): string {
  if (after.kind !== 'ran' || (!after.passed && after.reading.failing.length > 0)) return firstLine(why);
  const lines = after.report.split('\n');
  const resultLines = lines.filter((row) => /\b(?:pass|fail|passed|failed|failing|error)\b/iu.test(row));
  return firstLine(resultLines.slice(-3).join(', ')) || why;
}
