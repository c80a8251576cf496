import { namesAll } from './read-test-report.ts';
import { NAME_SEPARATOR, type TestReading } from './test-reading.ts';
import type { TestRun } from './test-run.ts';

/** What a test run says of a change. `unknown`: it does not tell, so that nothing is held against the change. */
export interface Judgement {
  readonly verdict: 'passed' | 'failed' | 'unknown';
  readonly why: string;
}

/**
 * Holds a run after a change against the run before the job: only what fails now and did not fail then speaks against the
 * change. Where names do not tell, counts do; where neither does, nothing is said. Pure.
 */
export function judgeTests(before: TestRun, after: TestRun): Judgement {
  if (after.kind === 'unknown') return { verdict: 'unknown', why: after.why };
  if (after.kind === 'none') {
    return before.kind === 'ran' && after.because === 'no-tests' && someRan(before.reading)
      ? { verdict: 'failed', why: 'There were tests before the job, and now there are none.' }
      : { verdict: 'unknown', why: after.why };
  }
  if (after.passed) return { verdict: 'passed', why: 'The tests pass.' };
  switch (before.kind) {
    case 'ran':
      return before.passed ? fresh(after.reading) : compare(before.reading, after.reading);
    case 'none':
      // Whatever fails came with the change, if it was only tests that were missing.
      return before.because === 'no-tests' ? fresh(after.reading) : { verdict: 'unknown', why: UNTOLD };
    case 'unknown':
      return { verdict: 'unknown', why: `${UNTOLD} ${before.why}` };
  }
}

const UNTOLD = 'The tests fail; whether they did so before the job is not known.';

function fresh({ failing }: TestReading): Judgement {
  return { verdict: 'failed', why: failing.length === 0 ? 'The tests fail.' : `${shownNames(failing)} fails now.` };
}

function compare(before: TestReading, after: TestReading): Judgement {
  const news = after.failing.filter((name) => !wasFailing(before, name));
  const [failedBefore, failedNow] = [before.failedCount, after.failedCount];
  const grew = failedBefore !== undefined && failedNow !== undefined && failedNow > failedBefore;
  if (namesAll(before) && news.length > 0) return { verdict: 'failed', why: `${shownNames(news)} fails now.` };
  if (someRan(before) && !someRan(after)) return { verdict: 'failed', why: 'The tests can no longer be run.' };
  if (grew && someRan(before)) {
    return { verdict: 'failed', why: `${failedNow} tests fail; before the job ${failedBefore} did.` };
  }
  const isKnown = (namesAll(before) && namesAll(after)) || (failedBefore !== undefined && failedNow !== undefined);
  if (!isKnown || !someRan(before)) return { verdict: 'unknown', why: UNTOLD };
  return { verdict: 'passed', why: `Nothing fails that did not fail before the job${still(after)}.` };
}

/** A file or package that could not be run hid all that is in it. */
function wasFailing(before: TestReading, name: string): boolean {
  return before.failing.some((old) => name === old || name.startsWith(old + NAME_SEPARATOR));
}

function someRan({ failing, failedCount = 0, passedCount = 0 }: TestReading): boolean {
  return failing.length + failedCount + passedCount > 0;
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
