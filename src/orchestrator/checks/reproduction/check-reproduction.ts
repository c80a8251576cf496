import { changesOf } from '../../calls/record-changes.ts';
import type { JobStep, Reproduces } from '../../model/job-plan.ts';
import type { JobRun } from '../../model/job-run.ts';
import type { StepAttempt } from '../../model/job-state.ts';
import type { TestsVerdict } from '../check-by-tests.ts';
import { runChecks } from '../run-tests.ts';
import type { TestRun } from '../test-run.ts';
import { testsBefore, withFlaky } from '../tests-before.ts';
import { objectionToFiles, readReproduction, type ReproductionReading } from './judge-reproduction.ts';
import { reproductionKey, type Reproduction } from './reproduction.ts';

/**
 * Runs what an attempt wrote to show a fault, while nothing is mended yet. What is red, and runs, is settled as the reproduction of
 * its step.
 * @throws PointsmanError `tool-unavailable` when the command runner fails, `aborted`
 */
export async function checkReproduction(
  run: JobRun,
  step: JobStep & { readonly reproduces: Reproduces },
  { attempt, model }: Pick<StepAttempt, 'attempt' | 'model'>,
): Promise<TestsVerdict> {
  const { journal, catalog } = run.services;
  const files = await changesOf(run, { stepId: step.stepId, attempt });
  const objection = objectionToFiles(files);
  if (objection !== undefined) return verdictOf({ kind: 'none', why: objection }, '');
  const ran = await runTwice(run, `tests/${step.stepId}/${attempt}`);
  const reading = readReproduction(await testsBefore(run), ran);
  const verdict = verdictOf(reading, ran.kind === 'none' ? '' : ran.report);
  if (reading.kind === 'none') return verdict;
  const { before, names } = reading;
  const found: Reproduction = { files, before, names, family: catalog.get(model)?.family ?? '' };
  await journal.settle(run.entry.jobId, reproductionKey(step.reproduces.stepId), found);
  return verdict;
}

/** What is red only once shows nothing. */
async function runTwice(run: JobRun, key: string): Promise<TestRun> {
  const options = { role: 'tests', limitMs: run.services.checks.timeoutMs } as const;
  const first = await runChecks(run, { ...options, key });
  if (first.kind !== 'ran' || first.passed) return first;
  return withFlaky(first, await runChecks(run, { ...options, key: `${key}/again` }));
}

function verdictOf(reading: ReproductionReading, report: string): TestsVerdict {
  const isRed = reading.kind === 'red';
  const summary = isRed ? `red before the change: ${reading.names.slice(0, 3).join(', ')}` : reading.why;
  return {
    checks: [{ verifierId: 'red-before', passed: isRed, summary }],
    report,
    failing: isRed ? reading.names : [],
    question: undefined,
  };
}
