import { firstLine } from '../model/artifact.ts';
import type { JobStep } from '../model/job-plan.ts';
import type { JobRun } from '../model/job-run.ts';
import { brief, type JobState } from '../model/job-state.ts';
import { checkLimitMs } from './check-limit.ts';
import { judgeTests, type Judgement } from './judge-tests.ts';
import { judgeNamed, namedTests } from './named-tests.ts';
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
 * `named-tests` on what was red and is wanted green. What speaks against the change is run again. A check that cannot
 * tell is left out.
 * @throws PointsmanError `tool-unavailable` when the command runner fails, `aborted`
 */
export async function checkByTests(
  run: JobRun,
  state: JobState,
  step: JobStep,
  attempt: number,
): Promise<TestsVerdict | undefined> {
  const before = await testsBefore(run);
  if (before.kind !== 'ran' && !canRunTests(run)) return undefined;
  const key = `tests/${step.stepId}/${attempt}`;
  const runs: { readonly run: TestRun; readonly said: Said }[] = [];
  const wasGreen = before.kind === 'ran' && before.passed && before.flaky === undefined;
  let whole: Judgement | 'again' = 'again';
  let named: Judgement | 'again' | undefined = 'again';
  while (whole === 'again' || named === 'again') {
    const after = await runAfter(run, before, `${key}${AGAIN[runs.length] ?? ''}`);
    runs.push({ run: after, said: judgeAll(run, state, step, { before, after }) });
    whole = steadyVerdict(
      runs.map(({ said }) => said.whole),
      wasGreen,
    );
    const wanted = runs.flatMap(({ said }) => said.named ?? []);
    named = wanted.length === 0 ? undefined : steadyVerdict(wanted);
  }
  const shown = whole.verdict === 'passed' ? runs.at(-1) : runs[0];
  return verdictOf({ whole, named }, shown?.run ?? before);
}

/** Names runs of the same files. */
const AGAIN = ['', '/again', '/again-2', '/again-3'];

function runAfter(run: JobRun, before: TestRun, key: string): Promise<TestRun> {
  const limitMs = checkLimitMs(run.services.checks.timeoutMs, before);
  return runChecks(run, { key, role: 'tests', limitMs });
}

interface Said {
  readonly whole: Judgement;
  readonly named: Judgement | undefined;
}

function judgeAll(
  run: JobRun,
  state: JobState,
  step: JobStep,
  { before, after }: { readonly before: TestRun; readonly after: TestRun },
): Said {
  const whole = judgeTests(before, after);
  if (before.kind !== 'ran' || before.passed) return { whole, named: undefined };
  const naming = { task: run.entry.request.task, steps: state.steps };
  const wanted = namedTests(step, before.reading.failing, naming);
  return { whole, named: wanted === undefined ? undefined : judgeNamed(wanted, before.reading, after) };
}

function verdictOf({ whole, named }: Said, after: TestRun): TestsVerdict {
  const checks: TestsVerdict['checks'][number][] = [];
  if (whole.verdict !== 'unknown') {
    checks.push({ verifierId: 'tests', passed: whole.verdict === 'passed', summary: summaryOf(after, whole.why) });
  }
  if (named !== undefined && named.verdict !== 'unknown') {
    checks.push({ verifierId: 'named-tests', passed: named.verdict === 'passed', summary: firstLine(named.why) });
  }
  const isNone = after.kind === 'none' && after.because === 'no-tests';
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
