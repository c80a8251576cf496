import type { TestReading } from './test-reading.ts';
import type { TestRun } from './test-run.ts';

type Named = { readonly name: string; readonly run: TestRun };
type Ran = Extract<TestRun, { kind: 'ran' }>;

/**
 * The runs of several commands as one, what failed first. A part that was not run to its end leaves the whole unknown; one
 * without tests only where no other was run. One without what runs it is named. Pure.
 */
export function mergeRuns(runs: readonly Named[]): TestRun {
  const [first] = runs;
  if (first === undefined) return { kind: 'none', because: 'no-tests', why: 'There is nothing to run.' };
  if (runs.length === 1) return first.run;
  const unknown = runs.find(({ run }) => run.kind === 'unknown');
  if (unknown !== undefined) return unknown.run;
  const ran = runs.filter((one): one is { readonly name: string; readonly run: Ran } => one.run.kind === 'ran');
  const notThere = runs.flatMap(({ run }) => (run.kind === 'none' && run.because === 'not-there' ? [run.why] : []));
  if (ran.length === 0)
    return (runs.find(({ run }) => run.kind === 'none' && run.because === 'not-there') ?? first).run;
  const notRun = runs.filter(({ run }) => run.kind === 'none' && run.because !== 'no-tests').map(placeOf);
  const ordered = [...ran.filter(({ run }) => !run.passed), ...ran.filter(({ run }) => run.passed)];
  return {
    kind: 'ran',
    passed: ran.every(({ run }) => run.passed),
    reading: mergeReadings(ran.map(({ name, run }) => withPlace(name, run))),
    report: ordered.map(({ name, run }) => `=== ${placeOf({ name })} ===\n${run.report}`).join('\n\n'),
    durationMs: ran.reduce((sum, { run }) => sum + (run.durationMs ?? 0), 0),
    ...(notRun.length > 0 && { notRun }),
    ...(notThere.length > 0 && { notThere }),
  };
}

function placeOf({ name }: Pick<Named, 'name'>): string {
  return name === '' ? 'workspace' : name;
}

/** A red run of which no test is named stands for itself, so that one red before is the same one after. */
function withPlace(name: string, { passed, reading }: Ran): TestReading {
  const prefix = name === '' ? '' : `${name}: `;
  const own = reading.failing.map((one) => prefix + one);
  const unnamed = passed || own.length > 0 ? [] : [`${prefix}the whole run`];
  return {
    ...reading,
    failing: [...own, ...unnamed],
    failedCount: reading.failedCount ?? (passed ? 0 : unnamed.length),
  };
}

function mergeReadings(readings: readonly TestReading[]): TestReading {
  const sum = (counts: readonly (number | undefined)[]): number | undefined =>
    counts.includes(undefined) ? undefined : counts.reduce<number>((total, count) => total + (count ?? 0), 0);
  return {
    failing: readings.flatMap((one) => one.failing),
    failedCount: sum(readings.map((one) => one.failedCount)),
    passedCount: sum(readings.map((one) => one.passedCount)),
  };
}
