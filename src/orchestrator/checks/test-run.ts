import type { Ms } from '../../domain/time.ts';
import { readCommandStatus } from '../../tools/command-runner/command-report.ts';
import { SETUP_WORD } from '../../tools/sandbox/setup-failed.ts';
import { isGradleWithoutTests } from './nothing-to-do.ts';
import { readTestReport } from './read-test-report.ts';
import { someRan, type TestReading } from './test-reading.ts';

/**
 * What came of running the tests. `ran`: some were run, or the suite broke. `none`: nothing to judge by, because there are no
 * tests or nothing that runs them. `unknown`: the run did not come to an end of its own, which says nothing of the tests.
 */
export type TestRun =
  | {
      readonly kind: 'ran';
      readonly passed: boolean;
      readonly reading: TestReading;
      readonly report: string;
      /** `undefined`: in journals of before. */
      readonly durationMs: Ms | undefined;
      /** Names that failed in one of two runs of the same files. */
      readonly flaky?: readonly string[];
      /** Parts of it, by folder, that have tests and could not be run. */
      readonly notRun?: readonly string[];
      /** What is to be asked of commands beside it that name what is not there. */
      readonly notThere?: readonly string[];
    }
  | { readonly kind: 'none'; readonly because: NoneBecause; readonly why: string }
  | {
      readonly kind: 'unknown';
      readonly why: string;
      readonly report: string;
      /** It was ended at this time limit. */
      readonly endedAfterMs?: Ms;
      /** By the machine and not by the tests, as one without memory or processes to spare ends what runs: worth another run. */
      readonly isLost?: true;
    };

/** `not-there`: the user's own command names what the workspace does not have, or has no tests. */
type NoneBecause = 'no-tests' | 'not-there' | 'no-runner' | 'not-allowed';

/** A program that is not there is not started either; this says nothing of the program. */
const NO_SANDBOX = `could not start: ${SETUP_WORD}`;

/**
 * What the report of the command runner says of a test run; `undefined` where the runner itself failed. Pure.
 * @param command as it was started: some exit codes mean something of their own
 * Exit codes: pytest 4 wrong use, 5 no tests (docs.pytest.org, 2026-11); shells 126 and 127 a program that cannot be run.
 */
export function toTestRun(report: string, command: string): TestRun | undefined {
  if (report.startsWith(NO_SANDBOX)) {
    return {
      kind: 'unknown',
      why: `The tests could not be started: ${report.split('\n')[0] ?? ''}`,
      report,
      isLost: true,
    };
  }
  if (/^(?:tool-unavailable: The program ".*" is not installed|could not start: )/u.test(report)) {
    return noRunner(report.split('\n')[0] ?? '');
  }
  if (report.startsWith('tool-denied: '))
    return { kind: 'none', because: 'not-allowed', why: report.split('\n')[0] ?? '' };
  if (report.startsWith('tool-timeout: ')) {
    return { kind: 'unknown', why: 'The tests did not come to an end.', report, isLost: true };
  }
  const status = readCommandStatus(report);
  if (status === undefined) return undefined;
  if (status.exitCode === undefined) {
    const how = report.split('\n')[0] ?? '';
    const isLost = how.startsWith('ended by ');
    return { kind: 'unknown', why: `The tests did not come to an end: ${how}.`, report, ...(isLost && { isLost }) };
  }
  return ofExitCode({ ...status, exitCode: status.exitCode }, command, report);
}

function ofExitCode(
  { exitCode, durationMs }: { readonly exitCode: number; readonly durationMs: Ms },
  command: string,
  report: string,
): TestRun {
  const isPytest = /\bpytest\b/u.test(command);
  const reading = readTestReport(report);
  if (!someRan(reading)) {
    if (isPytest && exitCode === 4) {
      return { kind: 'unknown', why: `pytest could not be used so: ${missingLine(report)}`, report };
    }
    if (NO_TESTS.test(report) || (isPytest && exitCode === 5)) return noTests();
    if (exitCode === 0 && (reading.passedCount === 0 || isGradleWithoutTests(report))) return noTests();
    if (exitCode === 126 || exitCode === 127 || NO_RUNNER.test(report)) return noRunner(missingLine(report));
  }
  return { kind: 'ran', passed: exitCode === 0, reading, report, durationMs };
}

/** In the words of npm, vitest, jest, mocha, `node --test`, unittest, pytest, go, make, Maven, PHPUnit, ctest, prove, Meson, Bazel and others. */
const NO_TESTS = new RegExp(
  [
    'no test specified',
    'Missing script: "?test"?',
    'No test files? found',
    'No tests found, exiting with code [01]',
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
    '^(?:=+ )?no tests ran in [\\d.]+s',
    'No tests to run',
    'No tests executed!',
    'No tests were found!!!',
    'No test is available in ',
    'There are no tests to run',
    '^Result: NOTESTS$',
    "No rule to make target '\\w+'",
    '^\\s*0 examples, 0 failures',
    'No tests defined\\.',
    'no tests found; create a target',
    '^No tests ran\\.?',
    '^0 scenarios passed, 0 failed',
    '^0 successes / 0 failures / 0 errors',
    '^\\s*Total: +0\\s+Passed: +0$',
    '\\bTests are skipped\\.$',
    'No test files were passed and the default',
    'Test directory "\\w+" not found',
    'Ran 0 tests containing 0 assertions',
    '^error: no tests to run',
    '^No tests specified',
    'Executed 0 of 0\\b',
    'No tests were executed',
    'No tests found in project!',
    '^1\\.\\.0\\b',
    'Justfile does not contain recipe ',
    'Task "\\w+" does not exist',
    'No test targets were found, yet testing was requested',
    'No tests were found\\.$',
  ].join('|'),
  'mu',
);

/** In the words of shells, of Python, and of package managers that would have to fetch first what is tested with. */
const NO_RUNNER = new RegExp(
  [
    ': (?:command )?not found\\s*$',
    'is not recognized as an internal or external command',
    "No module named '?(?:pytest|unittest|tox|nose|nox|mypy|ruff|django)'?\\s*$",
    '^bundler: command not found: ',
    'Could not find (?:gem|command) ',
    'Could not open input file: vendor/bin/',
    'JAVA_HOME (?:environment variable )?is (?:not defined|not set)',
    'rustup could not choose a version of ',
    "toolchain '[^']+' is not installed",
    'npx canceled due to missing packages',
    'could not determine executable to run',
    'in offline mode',
    'available for offline mode',
    'Network connectivity is disabled',
    '(?:Could not|Couldn.t) resolve host',
    'dial tcp: lookup ',
    'NU1301',
    'there is no package called ',
  ].join('|'),
  'mu',
);

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
