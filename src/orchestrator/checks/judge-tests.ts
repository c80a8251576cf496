import { SECOND_MS } from '../../domain/time.ts';
import { namesAll } from './read-test-report.ts';
import { NAME_SEPARATOR, someRan, type TestReading } from './test-reading.ts';
import type { TestRun } from './test-run.ts';

/** What a test run says of a change. `unknown`: it does not tell, so that nothing is held against the change. */
export interface Judgement {
  readonly verdict: 'passed' | 'failed' | 'unknown';
  readonly why: string;
  /** What speaks against the change, by name where it has names; empty where nothing does, or it has none. */
  readonly news: readonly string[];
}

/**
 * Holds a run after a change against the run before the job: only what fails now and did not fail then speaks against the
 * change. Where names do not tell, counts do; where neither does, nothing is said. Pure.
 */
export function judgeTests(before: TestRun, after: TestRun): Judgement {
  switch (after.kind) {
    case 'unknown':
      return hangs(before, after) ?? unknown(after.why);
    case 'none':
      return gone(before, after);
    case 'ran':
      if (after.passed) return green(before, after);
  }
  switch (before.kind) {
    case 'ran':
      return before.passed && before.flaky === undefined ? fresh(after.reading) : compare(before, after.reading);
    case 'none':
      // Whatever fails came with the change, if it was only tests that were missing.
      return before.because === 'no-tests' ? fresh(after.reading) : unknown(UNTOLD);
    case 'unknown':
      return unknown(`${UNTOLD} ${before.why}`);
  }
}

type Ran = Extract<TestRun, { kind: 'ran' }>;

const UNTOLD = 'The tests fail; whether they did so before the job is not known.';

/** Tests that end in a fraction of the time without the change do not end with it. */
const HANG_RATIO = 10;

function hangs(before: TestRun, { endedAfterMs }: Extract<TestRun, { kind: 'unknown' }>): Judgement | undefined {
  const tookMs = before.kind === 'ran' ? before.durationMs : undefined;
  if (tookMs === undefined || endedAfterMs === undefined || endedAfterMs < HANG_RATIO * tookMs) return undefined;
  const [took, waited] = [tookMs, endedAfterMs].map((ms) => (ms / SECOND_MS).toFixed(1));
  return failed(`The tests do not end: they took ${took} s before the job, and were ended after ${waited} s.`);
}

/** Tests, or the check that the user named, that were taken out speak against a change; what runs them may be gone for another reason. */
function gone(before: TestRun, after: Extract<TestRun, { kind: 'none' }>): Judgement {
  if (before.kind === 'ran' && after.because === 'not-there') return failed(after.why);
  return before.kind === 'ran' && after.because === 'no-tests' && someRan(before.reading)
    ? failed('There were tests before the job, and now there are none.')
    : unknown(after.why);
}

/** An exit code of zero is believed where as much was run as before. */
function green(before: TestRun, after: Ran): Judgement {
  const known = before.kind === 'ran' ? before : undefined;
  const lost = (after.notRun ?? []).filter((name) => known !== undefined && !(known.notRun ?? []).includes(name));
  if (lost.length > 0) return unknown(`Of ${shownNames(lost)} the tests could be run before the job, and cannot now.`);
  return (known?.reading.passedCount ?? 0) > 0 && !someRan(after.reading)
    ? failed('There were tests before the job, and of none it is said now that it ran.')
    : passed('The tests pass.');
}

function fresh({ failing }: TestReading): Judgement {
  return failing.length === 0 ? failed('The tests fail.') : failed(`${shownNames(failing)} fails now.`, failing);
}

function compare({ reading: before, flaky = [] }: Ran, after: TestReading): Judgement {
  const chance = new Set(flaky);
  const news = after.failing.filter((name) => !wasFailing(before, name) && !chance.has(name));
  const [failedBefore, failedNow] = [before.failedCount, after.failedCount];
  const grew = failedBefore !== undefined && failedNow !== undefined && failedNow > failedBefore + chance.size;
  const names = namesAll(before) || failedBefore === 0;
  if (names && news.length > 0) return failed(`${shownNames(news)} fails now.`, news);
  if (someRan(before) && !someRan(after)) return failed('The tests can no longer be run.');
  if (grew && someRan(before)) return failed(`${failedNow} tests fail; before the job ${failedBefore} did.`);
  // What was red had a name, and what is red now has none: a run that broke off, or something beside the tests.
  if (countOf(after) === 0 && countOf(before) > 0) {
    const isLess = before.passedCount !== undefined && (after.passedCount ?? 0) < before.passedCount;
    return isLess ? failed(BROKE_OFF) : unknown(BROKE_OFF);
  }
  const isKnown = (names && namesAll(after)) || (failedBefore !== undefined && failedNow !== undefined);
  if (!isKnown || !someRan(before)) return unknown(UNTOLD);
  return passed(`Nothing fails that did not fail before the job${still(after)}.`);
}

function passed(why: string): Judgement {
  return { verdict: 'passed', why, news: [] };
}

function failed(why: string, news: readonly string[] = []): Judgement {
  return { verdict: 'failed', why, news };
}

function unknown(why: string): Judgement {
  return { verdict: 'unknown', why, news: [] };
}

/** A file or package that could not be run hid all that is in it. */
function wasFailing(before: TestReading, name: string): boolean {
  return before.failing.some((old) => name === old || name.startsWith(old + NAME_SEPARATOR));
}

const BROKE_OFF = 'The run is red, and names no test that fails.';

function countOf({ failing, failedCount = 0 }: TestReading): number {
  return Math.max(failing.length, failedCount);
}

function still({ failing }: TestReading): string {
  return failing.length === 0 ? '' : `; still red: ${shownNames(failing)}`;
}

const SHOWN_NAMES = 5;

/** Names as a person reads them, cut. */
export function shownNames(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN_NAMES).map((name) => `"${name}"`);
  return shown.join(', ') + (names.length > SHOWN_NAMES ? ` and ${names.length - SHOWN_NAMES} more` : '');
}
