import { readCommandStatus } from '../../tools/command-runner/command-report.ts';
import { readTestReport } from './read-test-report.ts';
import type { TestReading } from './test-reading.ts';

/**
 * What came of running the tests. `ran`: some were run, or the suite broke. `none`: nothing to judge by, because there are no
 * tests or nothing that runs them. `unknown`: the run did not come to an end of its own, which says nothing of the tests.
 */
export type TestRun =
  | { readonly kind: 'ran'; readonly passed: boolean; readonly reading: TestReading; readonly report: string }
  | { readonly kind: 'none'; readonly because: 'no-tests' | 'no-runner' | 'not-allowed'; readonly why: string }
  | { readonly kind: 'unknown'; readonly why: string; readonly report: string };

/**
 * What the report of the command runner says of a test run; `undefined` where the runner itself failed. Pure.
 * Exit codes: pytest 4 wrong use, 5 no tests (docs.pytest.org, 2026-11); shells 126 and 127 a program that cannot be run.
 */
export function toTestRun(report: string, program: string): TestRun | undefined {
  if (/^(?:tool-unavailable: The program ".*" is not installed|could not start: )/u.test(report)) {
    return noRunner(report.split('\n')[0] ?? '');
  }
  if (report.startsWith('tool-denied: '))
    return { kind: 'none', because: 'not-allowed', why: report.split('\n')[0] ?? '' };
  if (report.startsWith('tool-timeout: ')) return { kind: 'unknown', why: 'The tests did not come to an end.', report };
  const status = readCommandStatus(report);
  if (status === undefined) return undefined;
  if (status.exitCode === undefined) {
    const how = report.split('\n')[0] ?? '';
    return { kind: 'unknown', why: `The tests did not come to an end: ${how}.`, report };
  }
  return ofExitCode(status.exitCode, program, report);
}

function ofExitCode(exitCode: number, program: string, report: string): TestRun {
  const reading = readTestReport(report);
  const { failing, failedCount = 0, passedCount } = reading;
  const someRan = failing.length > 0 || failedCount > 0 || (passedCount ?? 0) > 0;
  if (!someRan) {
    if (NO_TESTS.test(report) || (program === 'pytest' && exitCode === 5)) return noTests();
    if (exitCode === 0 && passedCount === 0) return noTests();
    if (exitCode === 126 || exitCode === 127 || NO_RUNNER.test(report)) return noRunner(missingLine(report));
    if (program === 'pytest' && exitCode === 4) {
      return { kind: 'unknown', why: `pytest could not be used so: ${missingLine(report)}`, report };
    }
  }
  return { kind: 'ran', passed: exitCode === 0, reading, report };
}

/** In the words of npm, vitest, jest, mocha, `node --test`, unittest, go, Playwright, bun, deno, ava, jasmine and Cypress. */
const NO_TESTS = new RegExp(
  [
    'no test specified',
    'Missing script: "?test"?',
    'No test files? found',
    'No tests found, exiting with code 1',
    "Could not find '[^'\\n]*'\\s*$",
    '^NO TESTS RAN$',
    'no packages to test',
    'matched no packages',
    '^(?:Error: )?No tests found[.!]?\\s*$',
    '^error: No test modules found',
    '^error: 0 test files matching ',
    "Couldn[’']t find any files to test",
    'No specs found\\s*$',
    'no spec files were found',
  ].join('|'),
  'mu',
);

/** In the words of shells and of Python. */
const NO_RUNNER =
  /: (?:command )?not found\s*$|is not recognized as an internal or external command|No module named '?(?:pytest|unittest|tox|nose)'?\s*$/mu;

function noTests(): TestRun {
  return { kind: 'none', because: 'no-tests', why: 'The workspace has no tests.' };
}

function noRunner(how: string): TestRun {
  return { kind: 'none', because: 'no-runner', why: `The tests cannot be run here: ${how.replace(/\.?$/u, '.')}` };
}

/** The line that names what is missing, else the first of the output. */
function missingLine(report: string): string {
  const lines = report.split('\n').filter((line) => line.trim() !== '' && !/^(?:exit code|--- std)/u.test(line));
  return (lines.find((line) => NO_RUNNER.test(line)) ?? lines[0] ?? 'no output').trim().slice(0, 300);
}
