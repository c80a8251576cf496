import { describe, expect, test } from 'vitest';
import { namesAll, readTestReport } from './read-test-report.ts';

/** What each runner printed of small suites made for this (node 24.21, vitest 5.1, jest 30, mocha 11, pytest 9.0, cargo 1.94), cut. */
const PRINTED: readonly (readonly [
  runner: string,
  report: string,
  failing: readonly string[],
  failed: number,
  passed: number | undefined,
])[] = [
  [
    'node --test',
    `✖ adds two numbers (1.32ms)
✔ fine (0.16ms)
▶ a suite
  ✖ nested bad (6.08ms)
  ✔ nested ok (0.12ms)
✖ a suite (6.50ms)
⚠ todo one (0.58ms) # TODO
✖ test/b.test.js (34.48ms)
ℹ tests 7
ℹ suites 1
ℹ pass 2
ℹ fail 3
ℹ cancelled 0
ℹ skipped 1
ℹ todo 1

✖ failing tests:

test at test/a.test.js:2:1
✖ adds two numbers (1.32ms)
  AssertionError [ERR_ASSERTION]: 1 == 2

test at test/a.test.js:3:26
✖ nested bad (6.08ms)
  AssertionError [ERR_ASSERTION]: The expression evaluated to a falsy value:

test at test/a.test.js:4:37
⚠ todo one (0.58ms) # TODO
  AssertionError [ERR_ASSERTION]: The expression evaluated to a falsy value:

test at test/b.test.js:1:1
✖ test/b.test.js (34.48ms)
  'test failed'`,
    ['test/a.test.js > adds two numbers', 'test/a.test.js > nested bad', 'test/b.test.js'],
    3,
    2,
  ],
  [
    'TAP',
    `TAP version 13
# Subtest: adds two numbers
not ok 1 - adds two numbers
  ---
  duration_ms: 1.23
  ...
# Subtest: fine
ok 2 - fine
not ok 3 - later # TODO
1..3
# tests 3
# pass 1
# fail 1`,
    ['adds two numbers'],
    1,
    1,
  ],
  [
    'tape',
    `TAP version 13
# carts add up
ok 1 should be equal
not ok 2 should be equal
  ---
    operator: equal
  ...
# rates
not ok 3 should be equal

1..3
# tests 3
# pass  1
# fail  2`,
    ['carts add up > should be equal', 'rates > should be equal'],
    2,
    1,
  ],
  [
    'vitest',
    ` RUN  v5.1.1 /w

 ❯ a.test.ts (6 tests | 3 failed) 11ms
   × adds two 7ms

 Test Files  2 failed (2)
      Tests  2 failed | 3 passed (5)
   Start at  08:16:46

⎯⎯⎯⎯⎯⎯ Failed Suites 1 ⎯⎯⎯⎯⎯⎯⎯

 FAIL  b.test.ts [ b.test.ts ]
Error: load

⎯⎯⎯⎯⎯⎯⎯ Failed Tests 2 ⎯⎯⎯⎯⎯⎯⎯

 FAIL  a.test.ts > adds two
AssertionError: expected 1 to be 2 // Object.is equality

 FAIL  a.test.ts > a suite > nested bad
AssertionError: expected 1 to be 3 // Object.is equality`,
    ['a.test.ts > adds two', 'a.test.ts > a suite > nested bad', 'b.test.ts'],
    3,
    3,
  ],
  [
    'jest',
    `FAIL __tests__/a.test.js (5.2 s)
  ● adds two

    expect(received).toBe(expected) // Object.is equality

  ● a suite › nested › bad

    expect(received).toBe(expected) // Object.is equality

FAIL __tests__/b.test.js
  ● Test suite failed to run

    load

Test Suites: 2 failed, 2 total
Tests:       2 failed, 1 passed, 3 total
Snapshots:   0 total`,
    ['__tests__/a.test.js > adds two', '__tests__/a.test.js > a suite > nested > bad', '__tests__/b.test.js'],
    3,
    1,
  ],
  [
    'mocha',
    `  cart
    1) adds two
    ✔ fine

  1 passing (14ms)
  3 failing

  1) cart
       adds two:

      AssertionError [ERR_ASSERTION]: 1 == 2
      + expected - actual

  2) cart
       deep
         worse:
     Error: a
      at Context.<anonymous> (test/a.js:1:157)

  3) hooky
       "before all" hook for "z":
     Error: hook`,
    ['cart > adds two', 'cart > deep > worse', 'hooky > "before all" hook for "z"'],
    3,
    1,
  ],
  [
    'pytest',
    `.F.FF                                                                    [100%]
=========================== short test summary info ============================
FAILED tests/test_a.py::test_add - assert [-1] == [3]
FAILED tests/test_a.py::test_param[a - b] - AssertionError: assert 'a b' == 'c'
FAILED tests/test_a.py::TestK::test_m - assert 0
ERROR tests/test_b.py
ERROR tests/test_c.py::test_fixture - RuntimeError: no
3 failed, 2 passed, 2 errors in 1.57s`,
    [
      'tests/test_a.py > test_add',
      'tests/test_a.py > test_param[a - b]',
      'tests/test_a.py > TestK > test_m',
      'tests/test_b.py',
      'tests/test_c.py > test_fixture',
    ],
    5,
    2,
  ],
  [
    'unittest',
    `F.E
======================================================================
ERROR: test_b (unittest.loader._FailedTest.test_b)
----------------------------------------------------------------------
======================================================================
FAIL: test_x (test_mod.TestK.test_x)
----------------------------------------------------------------------
Ran 3 tests in 0.001s

FAILED (failures=1, errors=1)`,
    ['test_b (unittest.loader._FailedTest.test_b)', 'test_x (test_mod.TestK.test_x)'],
    2,
    1,
  ],
  [
    'go test',
    `--- FAIL: TestAdd (0.00s)
    add_test.go:9: got 3
    --- FAIL: TestAdd/by_two (0.00s)
FAIL
FAIL\texample.com/m/add\t0.002s
ok  \texample.com/m/rate\t0.003s
# example.com/m/broken
broken/b.go:3:1: syntax error
FAIL\texample.com/m/broken [build failed]
?   \texample.com/m/cmd\t[no test files]
FAIL`,
    ['example.com/m/add > TestAdd', 'example.com/m/add > TestAdd/by_two', 'example.com/m/broken'],
    3,
    undefined,
  ],
  [
    'cargo test',
    `running 3 tests
tests::bad --- FAILED

failures:

---- tests::bad stdout ----

thread 'tests::bad' (19912) panicked at src/lib.rs:1:61:
   0: __rustc::rust_begin_unwind

failures:
    tests::bad
    tests::inner::worse

test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.18s

running 1 test

failures:
    src/lib.rs - x (line 12)

test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.18s`,
    ['tests::bad', 'tests::inner::worse', 'src/lib.rs - x (line #)'],
    3,
    1,
  ],
];

describe('the output of a runner tells which tests fail', () => {
  test.each(PRINTED)('%s', (_runner, printed, failing, failedCount, passedCount) => {
    const report = `exit code 1 after 900 ms\n--- stdout ---\n${printed}`;
    expect(readTestReport(report)).toEqual({ failing, failedCount, passedCount });
    expect(namesAll(readTestReport(report))).toBe(true);
  });

  test('several runners of one command are read together', () => {
    const reading = readTestReport(PRINTED.map(([, report]) => report).join('\n'));
    expect(reading.failing).toEqual(expect.arrayContaining(PRINTED.flatMap(([, , failing]) => failing)));
    expect(reading.failedCount).toBe(PRINTED.reduce((sum, [, , , failed]) => sum + failed, 0));
  });

  test('where names were cut out of a long output, they are known not to be all', () => {
    const [, printed] = PRINTED[6] ?? ['', ''];
    expect(
      namesAll(readTestReport(printed.replace(/FAILED tests\/test_a.py::test_add.*\n/u, '[… 90 bytes cut …]\n'))),
    ).toBe(false);
  });

  test('an unknown runner is read by its counts, or not at all', () => {
    const none = { failing: [], failedCount: undefined, passedCount: undefined };
    expect(readTestReport('Examples: 12 passed, 3 failed')).toEqual({ ...none, failedCount: 3, passedCount: 12 });
    expect(readTestReport('src/a.ts(3,1): error TS1005: ; expected.')).toEqual(none);
  });

  test('what changes from run to run is no part of a name', () => {
    const run = (id: string): readonly string[] =>
      readTestReport(`FAILED t.py::test_x[/tmp/${id}/a] - no\n1 failed in 0.10s`).failing;
    expect(run('1700000001')).toEqual(run('1700000947'));
    expect(run('deadbeef01')).toEqual(run('0badcafe99'));
  });
});

describe('make', () => {
  test.each<readonly [string, string, readonly string[]]>([
    [
      'names each target that failed',
      'make: *** [Makefile:3: run-a] Error 1\nmake: *** [Makefile:9: run-b] Segmentation fault (core dumped)\nmake: Target `test` not remade because of errors.',
      ['run-a', 'run-b'],
    ],
    ['names nothing where the suite is one target', 'make: *** [Makefile:2: test] Error 1', []],
    [
      'leaves it to the runner that it started',
      '1..2\nok 1 - a\nnot ok 2 - b\nmake: *** [Makefile:3: run-tap] Error 1',
      ['b'],
    ],
  ])('%s', (_what, report, failing) => {
    expect(readTestReport(report).failing).toEqual(failing);
  });
});
