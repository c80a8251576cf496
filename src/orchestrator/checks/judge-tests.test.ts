import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asId } from '../../domain/ids.ts';
import type { JobStep } from '../model/job-plan.ts';
import { judgeTests, type Judgement } from './judge-tests.ts';
import { judgeNamed, namedTests } from './named-tests.ts';
import { toTestRun, type TestRun } from './test-run.ts';

/** A run as it would be read: names of what fails, or only counts, or nothing. */
function red(failing: readonly string[], counts: { failed?: number | undefined; passed?: number } = {}): TestRun {
  const reading = {
    failing,
    failedCount: 'failed' in counts ? counts.failed : failing.length,
    passedCount: counts.passed ?? 9,
  };
  return { kind: 'ran', passed: false, reading, report: '', durationMs: 1000 };
}
const GREEN: TestRun = {
  kind: 'ran',
  passed: true,
  durationMs: 1000,
  reading: { failing: [], failedCount: 0, passedCount: 10 },
  report: '',
};
const NAMELESS = { failing: [], failedCount: undefined, passedCount: undefined };
const BROKEN = { kind: 'ran', passed: false, durationMs: 1000, reading: NAMELESS, report: 'error' } as const;
const SILENT: TestRun = { ...BROKEN, passed: true, report: '' };
const part = (run: TestRun, ...notRun: readonly string[]): TestRun => ({ ...run, notRun }) as TestRun;
const NO_TESTS: TestRun = { kind: 'none', because: 'no-tests', why: 'none' };
const NO_RUNNER: TestRun = { kind: 'none', because: 'no-runner', why: 'pytest is not installed' };
const NOT_THERE: TestRun = { kind: 'none', because: 'not-there', why: '"make x" names the target "x"' };
const SLOW: TestRun = { kind: 'unknown', why: 'too slow', report: '' };

const CASES: readonly (readonly [what: string, before: TestRun, after: TestRun, verdict: Judgement['verdict']])[] = [
  ['green stays green', GREEN, GREEN, 'passed'],
  ['green turns red', GREEN, red(['a']), 'failed'],
  ['green breaks so that nothing is read', GREEN, BROKEN, 'failed'],
  ['what was red stays red', red(['a']), red(['a']), 'passed'],
  ['of two red ones one is mended', red(['a', 'b']), red(['b']), 'passed'],
  ['a red one is mended and a green one breaks', red(['a']), red(['b']), 'failed'],
  ['a new test fails', red(['a']), red(['a', 'new']), 'failed'],
  ['one of the same name fails too', red(['a']), red(['a'], { failed: 2 }), 'failed'],
  ['a file that could not be loaded shows its red tests', red(['b.test.ts']), red(['b.test.ts > x']), 'passed'],
  ['a file that could not be loaded hides no other', red(['b.test.ts']), red(['b.test.tsx > x']), 'failed'],
  ['a red suite can no longer be run', red(['a']), BROKEN, 'failed'],
  ['it broke off before what was red', red(['a']), red([], { passed: 3 }), 'failed'],
  ['it is red for another reason than its tests', red(['a']), red([], { passed: 10 }), 'unknown'],
  ['it was red for such a reason before', red([]), red([]), 'passed'],
  ['the tests that were counted are not spoken of', GREEN, SILENT, 'failed'],
  ['they never were', SILENT, SILENT, 'passed'],
  [
    'only what fails is spoken of, and nothing does',
    { ...BROKEN, reading: { ...NAMELESS, failing: ['a'] } },
    SILENT,
    'passed',
  ],
  ['a part can no longer be run', GREEN, part(GREEN, 'lib'), 'unknown'],
  ['a part never could be run', part(GREEN, 'lib'), part(GREEN, 'lib'), 'passed'],
  ['a part can no longer be run, and another fails', GREEN, part(red(['a']), 'lib'), 'failed'],
  ['fewer fail, without names', red([], { failed: 3 }), red([], { failed: 2 }), 'passed'],
  ['more fail, without names', red([], { failed: 3 }), red([], { failed: 4 }), 'failed'],
  ['nothing can be read of either', BROKEN, BROKEN, 'unknown'],
  ['what failed before cannot be read', BROKEN, red(['a']), 'unknown'],
  ['what failed before turns green', BROKEN, GREEN, 'passed'],
  ['there were no tests, the new ones fail', NO_TESTS, red(['a']), 'failed'],
  ['there were no tests, the new ones pass', NO_TESTS, GREEN, 'passed'],
  ['there are no tests', NO_TESTS, NO_TESTS, 'unknown'],
  ['all tests are gone', GREEN, NO_TESTS, 'failed'],
  ['the check that the user named is gone, which counted nothing', SILENT, NOT_THERE, 'failed'],
  ['it never was there', NOT_THERE, NOT_THERE, 'unknown'],
  ['it comes with the change, and is red', NOT_THERE, red(['a']), 'unknown'],
  ['it comes with the change, and is green', NOT_THERE, GREEN, 'passed'],
  ['nothing runs them', NO_RUNNER, NO_RUNNER, 'unknown'],
  ['the runner is gone', GREEN, NO_RUNNER, 'unknown'],
  ['they did not come to an end', GREEN, SLOW, 'unknown'],
  ['they did not come to an end before', SLOW, red(['a']), 'unknown'],
  ['they came to no end before and are green now', SLOW, GREEN, 'passed'],
];

describe('a change is held against the run before the job', () => {
  test.each(CASES)('%s', (_what, before, after, verdict) => {
    const judged = judgeTests(before, after);
    expect(judged.verdict).toBe(verdict);
    expect(judged.why).not.toBe('');
  });

  test('with all names known it fails exactly when a name is new', () => {
    const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 1 });
    fc.assert(
      fc.property(names, names, (before, after) => {
        const isWorse = after.some((name) => !before.includes(name));
        expect(judgeTests(red(before), red(after)).verdict).toBe(isWorse ? 'failed' : 'passed');
      }),
    );
  });
});

const exit = (code: number, printed: string): string => `exit code ${code} after 90 ms\n--- stdout ---\n${printed}`;
const RUNS: readonly (readonly [what: string, program: string, report: string, kind: string])[] = [
  ['pytest without tests', 'pytest', exit(5, '\nno tests ran in 0.63s'), 'no-tests'],
  [
    'pytest, used wrongly',
    'pytest',
    exit(4, 'ERROR: file or directory not found: nofile\n\nno tests ran in 0.76s'),
    'unknown',
  ],
  ['pytest that cannot import a file', 'pytest', exit(2, 'ERROR t.py\n1 error in 1.57s'), 'red'],
  ['python without pytest', 'python3', exit(1, '/usr/bin/python3: No module named pytest'), 'no-runner'],
  ['unittest without tests', 'python3', exit(5, 'Ran 0 tests in 0.000s\n\nNO TESTS RAN'), 'no-tests'],
  [
    'vitest without tests',
    'npm',
    exit(1, 'No test files found, exiting with code 1\n\ninclude: **/*.test.ts'),
    'no-tests',
  ],
  [
    'jest without tests',
    'npm',
    exit(1, 'No tests found, exiting with code 1\nRun with `--passWithNoTests`'),
    'no-tests',
  ],
  ['mocha without tests', 'npm', exit(1, 'Error: No test files found: "test"'), 'no-tests'],
  ['Playwright without tests', 'npm', exit(1, 'Error: No tests found.\nMake sure that arguments are'), 'no-tests'],
  ['bun without tests', 'npm', exit(1, 'bun test v1.2\n\nNo tests found!\nTests need ".test"'), 'no-tests'],
  [
    'newer bun without tests',
    'npm',
    exit(1, 'error: 0 test files matching **{.test}.{js,ts} in --cwd="/x"'),
    'no-tests',
  ],
  ['deno without tests', 'npm', exit(1, 'error: No test modules found'), 'no-tests'],
  ['ava without tests', 'npm', exit(1, '  ✖ Couldn’t find any files to test'), 'no-tests'],
  ['jasmine without tests', 'npm', exit(2, 'Incomplete: No specs found'), 'no-tests'],
  ['Cypress without tests', 'npm', exit(1, "Can't run because no spec files were found."), 'no-tests'],
  ['a red suite that prints such words', 'npm', exit(1, 'No tests found!\nTests:  1 failed, 3 total'), 'red'],
  ['node without a test folder', 'npm', exit(1, "Could not find 'test/'"), 'no-tests'],
  ['node that finds none', 'npm', exit(0, 'ℹ tests 0\nℹ pass 0\nℹ fail 0'), 'no-tests'],
  ['npm without a script', 'npm', exit(1, 'npm error Missing script: "test"'), 'no-tests'],
  ["npm's own default", 'npm', exit(1, 'Error: no test specified'), 'no-tests'],
  ['go without tests', 'go', exit(0, '?   \texample.com/m\t[no test files]'), 'no-tests'],
  ['go without packages', 'go', exit(1, 'no packages to test'), 'no-tests'],
  [
    'go where one package has none',
    'go',
    exit(1, '?   \tm/a\t[no test files]\n--- FAIL: TestX (0.00s)\nFAIL\tm/b\t0.1s'),
    'red',
  ],
  ['cargo without tests', 'cargo', exit(0, 'test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured'), 'no-tests'],
  ['a runner that is not installed', 'npm', exit(127, 'sh: 1: vitest: not found'), 'no-runner'],
  [
    'a program that is not installed',
    'pytest',
    'tool-unavailable: The program "pytest" is not installed. Install it.',
    'no-runner',
  ],
  ['a run past its time', 'npm', 'stopped at the time limit after 1200000 ms\n--- stdout ---\nℹ fail 1', 'unknown'],
  ['a sandbox that could not be built', 'npm', 'could not start: sandbox: mount /x\n(no output)', 'unknown'],
  ['a run that was killed', 'npm', 'ended by SIGKILL after 90 ms', 'unknown'],
  ['a suite that says nothing and is content', 'npm', exit(0, ''), 'green'],
  ['a suite that says nothing and is not', 'npm', exit(1, 'oops'), 'red'],
  [
    'a red suite that speaks of missing files',
    'npm',
    exit(1, 'No test files found\nTests:  2 failed, 1 passed, 3 total'),
    'red',
  ],
];

test.each(RUNS)('%s: what the exit code means', (_what, program, report, expected) => {
  const run = toTestRun(report, program);
  const reported =
    run?.kind === 'none' ? run.because : run?.kind === 'ran' ? (run.passed ? 'green' : 'red') : run?.kind;
  expect(reported).toBe(expected);
});

test('a command runner that fails is no test result', () => {
  expect(toTestRun('tool-unavailable: The tool server commands went away: exit 1.', 'npm')).toBeUndefined();
});

function step(id: string, goal: string, kind: JobStep['kind'] = 'code'): JobStep {
  const stepId = asId<JobStep['stepId']>(id);
  return { stepId, kind, title: id, goal, inputs: [], requiredTools: [], size: 'small', dependsOn: [], check: 'tests' };
}

describe('red tests that somebody wants green', () => {
  const RED = [
    'tests/test_cart.py > test_total',
    'test/rates.test.js > rounds up to the next half',
    'legacy.test.ts > works',
  ];
  const TASKS: readonly (readonly [task: string, names: readonly number[], wanted: 'all' | 'one'])[] = [
    ['Mend the code so that test_total passes.', [0], 'all'],
    ['Look at tests/test_cart.py.', [0], 'all'],
    ['It should say "works" again.', [2], 'all'],
    ['Nobody knows why it works.', [], 'all'],
    ['Rounds up to the next half is what rates must do.', [1], 'all'],
    ['The tests of this workspace fail. Mend the code.', [0, 1, 2], 'all'],
    ['Fix the failing tests.', [0, 1, 2], 'all'],
    ['The suite is red', [0, 1, 2], 'all'],
    ['Die Tests schlagen fehl.', [0, 1, 2], 'all'],
    ['Mend the failing test', [0, 1, 2], 'one'],
    ['Add a login page. All tests pass.', [], 'all'],
    ['Add a login page; make sure no tests fail.', [], 'all'],
    ['Write a failing test for the login page.', [], 'all'],
    ['Requests fail on a slow network. Add retries and tests.', [], 'all'],
  ];
  test.each(TASKS)('%s', (task, names, wanted) => {
    const only = step('one', 'Do it. All tests pass.');
    const found = namedTests(only, RED, { task, steps: [only] });
    expect(found).toEqual(names.length === 0 ? undefined : { names: names.map((index) => RED[index]), wanted });
  });

  test.each([
    'run-AddsPairs',
    'adds (two) pairs',
    'a+b = c?',
    'C:\\tests\\rates_spec',
    'sum_of[1-2]',
    'réussit à l’an 2000',
  ])('a test is named whatever signs its name has: %s', (name) => {
    const only = step('one', 'Do it.');
    const found = namedTests(only, [name, 'other > works'], {
      task: `Mend it so that "${name}" passes.`,
      steps: [only],
    });
    expect(found?.names).toEqual([name]);
  });

  test('what the task names is the last change to bring; a step brings what its own words name', () => {
    const steps = [step('first', 'Mend test_total.'), step('last', 'Tidy up.'), step('look', 'Run all.', 'test')];
    const named = steps.map((one) => namedTests(one, RED, { task: 'Fix "works".', steps })?.names);
    expect(named).toEqual([[RED[0]], [RED[2]], undefined]);
  });

  const all = { names: ['a', 'b'], wanted: 'all' } as const;
  const before = { failing: ['a', 'b', 'c'], failedCount: 3, passedCount: 7 };
  test.each<readonly [string, 'all' | 'one', TestRun, Judgement['verdict']]>([
    ['all are green', 'all', red(['c'], { passed: 9 }), 'passed'],
    ['the whole suite is green', 'all', GREEN, 'passed'],
    ['one of them is still red', 'all', red(['b', 'c'], { passed: 8 }), 'failed'],
    ['one was enough', 'one', red(['b', 'c'], { passed: 8 }), 'passed'],
    ['none was mended', 'one', red(['a', 'b', 'c'], { passed: 7 }), 'failed'],
    ['they were taken out', 'all', red(['c'], { passed: 7 }), 'failed'],
    ['names are missing', 'all', red([], { failed: 1 }), 'unknown'],
    ['they did not come to an end', 'all', SLOW, 'unknown'],
  ])('%s', (_what, wanted, after, verdict) => {
    expect(judgeNamed({ ...all, wanted }, before, after).verdict).toBe(verdict);
  });
});
