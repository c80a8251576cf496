import { firstLine } from '../model/artifact.ts';
import type { JobStep } from '../model/job-plan.ts';
import type { JobRun } from '../model/job-run.ts';
import { brief, type JobState } from '../model/job-state.ts';
import { judgeTests } from './judge-tests.ts';
import { judgeNamed, namedTests } from './named-tests.ts';
import { canRunTests, runTests } from './run-tests.ts';
import type { TestRun } from './test-run.ts';
import { testsBefore } from './tests-before.ts';

/** What the project's own tests say of one attempt. */
export interface TestsVerdict {
  /** Empty where they say nothing. */
  readonly checks: readonly { readonly verifierId: string; readonly passed: boolean; readonly summary: string }[];
  /** What was printed; empty where nothing was run. */
  readonly report: string;
  /** Why they say nothing, for the person whose tests they are. */
  readonly question: string | undefined;
}

/**
 * Runs the tests after an attempt and holds them against the run before the job: `tests` fails on what was green or is new,
 * `named-tests` on what was red and is wanted green. A check that cannot tell is left out.
 * @throws PointsmanError `tool-unavailable` when the command runner fails, `aborted`
 */
export async function checkByTests(
  run: JobRun,
  state: JobState,
  step: JobStep,
  attempt: number,
): Promise<TestsVerdict | undefined> {
  const before = await testsBefore(run);
  if (before.kind !== 'ran' && !(await canRunTests(run))) return undefined;
  const after = await runTests(run, `tests/${step.stepId}/${attempt}`);
  const whole = judgeTests(before, after);
  const checks: TestsVerdict['checks'][number][] = [];
  if (whole.verdict !== 'unknown') {
    checks.push({ verifierId: 'tests', passed: whole.verdict === 'passed', summary: summaryOf(after, whole.why) });
  }
  if (before.kind === 'ran' && !before.passed) {
    const naming = { task: run.entry.request.task, steps: state.steps };
    const named = namedTests(step, before.reading.failing, naming);
    const judged = named === undefined ? undefined : judgeNamed(named, before.reading, after);
    if (judged !== undefined && judged.verdict !== 'unknown') {
      checks.push({ verifierId: 'named-tests', passed: judged.verdict === 'passed', summary: firstLine(judged.why) });
    }
  }
  const isQuestion = whole.verdict === 'unknown' && !(after.kind === 'none' && after.because === 'no-tests');
  return {
    checks,
    report: after.kind === 'none' ? '' : after.report,
    question: isQuestion ? brief(`The tests say nothing of the change: ${whole.why}`) : undefined,
  };
}

/** The lines of the report that say how it went where all passed or nothing is named, else what speaks against the change. */
function summaryOf(after: TestRun, why: string): string {
  if (after.kind !== 'ran' || (!after.passed && after.reading.failing.length > 0)) return firstLine(why);
  const lines = after.report.split('\n');
  const resultLines = lines.filter((row) => /\b(?:pass|fail|passed|failed|failing|error)\b/iu.test(row));
  return firstLine(resultLines.slice(-3).join(', ')) || why;
}
