import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judgeTests } from '../judge-tests.ts';
import { readTestReport } from '../read-test-report.ts';
import type { TestRun } from '../test-run.ts';

interface Ran {
  readonly file: string;
  readonly name: string;
  readonly ok: boolean;
}

type Print = (tests: readonly Ran[]) => { readonly text: string; readonly nameOf: (one: Ran) => string };

const red = (tests: readonly Ran[]): readonly Ran[] => tests.filter(({ ok }) => !ok);
const of = (
  tests: readonly Ran[],
  nameOf: (one: Ran) => string,
  print: (counts: { readonly all: number; readonly bad: number; readonly good: number }) => readonly string[],
): ReturnType<Print> => {
  const bad = red(tests).length;
  return { text: print({ all: tests.length, bad, good: tests.length - bad }).join('\n'), nameOf };
};
const words = (name: string): string => name.replaceAll('_', ' ');
const joined = ({ file, name }: Ran): string => `${file} > ${name}`;

/** Each as its runner prints a suite, cut to what is read of it and a few lines that must not be. */
const PRINTED_BY: Readonly<Record<string, Print>> = {
  RSpec: (tests) =>
    of(
      tests,
      ({ file, name }) => `spec/${file}_spec.rb > ${words(name)}`,
      ({ all, bad }) => [
        `Finished in 0.01 seconds (files took 0.1 seconds to load)`,
        `${all} examples, ${bad} failure${bad === 1 ? '' : 's'}`,
        ...red(tests).map(({ file, name }, at) => `rspec ./spec/${file}_spec.rb:${at + 3} # ${words(name)}`),
      ],
    ),
  Minitest: (tests) =>
    of(
      tests,
      ({ file, name }) => `${file} > test_${name}`,
      ({ all, bad }) => [
        `# Running:`,
        ...red(tests).flatMap(({ file, name }, at) => [
          `  ${at + 1}) Failure:`,
          `${file}#test_${name} [test/a_test.rb:${at}]:`,
          'Expected: 3',
        ]),
        `${all} runs, ${all} assertions, ${bad} failures, 0 errors, 0 skips`,
      ],
    ),
  PHPUnit: (tests) =>
    of(
      tests,
      ({ file, name }) => `Tests\\${file} > test_${name}`,
      ({ all, bad }) => [
        ...red(tests).flatMap(({ file, name }, at) => [`${at + 1}) Tests\\${file}::test_${name}`, 'Failed asserting.']),
        bad === 0 ? `OK (${all} tests, ${all} assertions)` : `Tests: ${all}, Assertions: ${all}, Failures: ${bad}.`,
      ],
    ),
  Surefire: (tests) =>
    of(
      tests,
      ({ file, name }) => `a.${file}.${name}`,
      ({ all, bad }) => [
        `[ERROR] Tests run: ${all}, Failures: ${bad}, Errors: 0, Skipped: 0, Time elapsed: 0.05 s <<< FAILURE! -- in a.All`,
        ...red(tests).map(({ file, name }) => `[ERROR] a.${file}.${name} -- Time elapsed: 0.01 s <<< FAILURE!`),
        '[ERROR] Failures: ',
        `[ERROR] Tests run: ${all}, Failures: ${bad}, Errors: 0, Skipped: 0`,
      ],
    ),
  Gradle: (tests) =>
    of(tests, joined, ({ all, bad }) => [
      ...red(tests).map((one) => `${joined(one)} FAILED`),
      `${all} tests completed, ${bad} failed`,
      '> Task :test FAILED',
    ]),
  '.NET': (tests) =>
    of(
      tests,
      ({ file, name }) => `${file}.${name}`,
      ({ all, bad, good }) => [
        ...red(tests).map(({ file, name }) => `  Failed ${file}.${name} [12 ms]`),
        `${bad > 0 ? 'Failed' : 'Passed'}!  - Failed:     ${bad}, Passed:     ${good}, Skipped:     0, Total:     ${all}, Duration: 9 ms`,
      ],
    ),
  CTest: (tests) =>
    of(
      tests,
      ({ file, name }) => `${file}.${name}`,
      ({ all, bad, good }) => [
        ...tests.map(
          ({ file, name, ok }, at) =>
            `${at + 1}/${all} Test #${at + 1}: ${file}.${name} ...${ok ? '   Passed' : '***Failed'}    0.00 sec`,
        ),
        `${Math.floor((100 * good) / all)}% tests passed, ${bad} test${bad === 1 ? '' : 's'} failed out of ${all}`,
        'The following tests FAILED:',
        ...red(tests).map(
          ({ file, name }, at) => `\t  ${at + 1} - ${file}.${name} (${at % 2 === 0 ? 'Failed' : 'SEGFAULT'})`,
        ),
      ],
    ),
  Meson: (tests) =>
    of(
      tests,
      ({ file, name }) => `${file}:unit / ${name}`,
      ({ all, bad, good }) => [
        ...tests.map(
          ({ file, name, ok }, at) =>
            `${at + 1}/${all} ${file}:unit / ${name}     ${ok ? 'OK' : 'FAIL'}     0.01s${ok ? '' : '   exit status 1'}`,
        ),
        `Ok:                 ${good}   `,
        `Fail:               ${bad}   `,
      ],
    ),
  Bazel: (tests) =>
    of(
      tests,
      ({ file, name }) => `//${file}:${name}`,
      () => tests.map(({ file, name, ok }) => `//${file}:${name}      ${ok ? '(cached) PASSED' : 'FAILED'} in 0.3s`),
    ),
  Zig: (tests) =>
    of(
      tests,
      ({ file, name }) => `${file}.test.${name}`,
      ({ all, bad, good }) => [
        ...red(tests).map(({ file, name }) => `error: '${file}.test.${name}' failed: expected 3, found 4`),
        `Build Summary: 1/3 steps succeeded; 1 failed; ${good}/${all} tests passed; ${bad} failed`,
      ],
    ),
  XCTest: (tests) =>
    of(
      tests,
      ({ file, name }) => `${file}.${name}`,
      ({ all, bad }) => [
        ...tests.map(({ file, name, ok }) => `Test Case '${file}.${name}' ${ok ? 'passed' : 'failed'} (0.1 seconds)`),
        `\t Executed ${all} tests, with ${bad} failures (0 unexpected) in 0.1 (0.1) seconds`,
        `\t Executed ${all} tests, with ${bad} failures (0 unexpected) in 0.1 (0.1) seconds`,
      ],
    ),
  ExUnit: (tests) =>
    of(
      tests,
      ({ file, name }) => `test ${words(name)} (${file})`,
      ({ all, bad }) => [
        ...red(tests).map(({ file, name }, at) => `  ${at + 1}) test ${words(name)} (${file})`),
        `${all} tests, ${bad} failures`,
      ],
    ),
  testthat: (tests) =>
    of(
      tests,
      ({ file, name }) => `test-${file}.R > ${words(name)}`,
      ({ bad, good }) => [
        '[ FAIL 0 | WARN 0 | SKIP 0 | PASS 0 ]',
        ...red(tests).map(({ file, name }) => `── Failure ('test-${file}.R:3:3'): ${words(name)} ─────────`),
        `[ FAIL ${bad} | WARN 0 | SKIP 0 | PASS ${good} ]`,
      ],
    ),
  GoogleTest: (tests) =>
    of(
      tests,
      ({ file, name }) => `${file}.${name}`,
      ({ all, good }) => [
        `[==========] ${all} tests from 1 test suite ran. (0 ms total)`,
        `[  PASSED  ] ${good} tests.`,
        ...red(tests).map(({ file, name }) => `[  FAILED  ] ${file}.${name}`),
      ],
    ),
  Deno: (tests) =>
    of(
      tests,
      ({ file, name }) => `${words(name)} > ./${file}_test.ts`,
      ({ bad, good }) => [
        ...red(tests).map(({ file, name }) => `${words(name)} => ./${file}_test.ts:3:6`),
        `${bad > 0 ? 'FAILED' : 'ok'} | ${good} passed | ${bad} failed (5ms)`,
      ],
    ),
  Bun: (tests) =>
    of(
      tests,
      ({ file, name }) => `${file} > ${words(name)}`,
      ({ bad, good }) => [
        ...tests.map(({ file, name, ok }) => `(${ok ? 'pass' : 'fail'}) ${file} > ${words(name)} [0.12ms]`),
        ` ${good} pass`,
        ` ${bad} fail`,
      ],
    ),
  'cargo nextest': (tests) =>
    of(
      tests,
      ({ file, name }) => `calc::${file} ${name}`,
      ({ all, bad, good }) => [
        ...tests.map(({ file, name, ok }) => `        ${ok ? 'PASS' : 'FAIL'} [   0.005s] calc::${file} ${name}`),
        `     Summary [   0.008s] ${all} tests run: ${good} passed, ${bad} failed, 0 skipped`,
      ],
    ),
};

const suites = fc.uniqueArray(
  fc.record({
    file: fc.constantFrom('Sums', 'Pairs', 'Dates', 'Users'),
    name: fc.constantFrom('adds', 'adds_pairs', 'keeps_order', 'reads_all_of_it', 'ends'),
    ok: fc.boolean(),
  }),
  { minLength: 1, maxLength: 12, selector: ({ file, name }) => `${file}/${name}` },
);

describe.each(Object.entries(PRINTED_BY))('%s', (_runner, print) => {
  test('names what fails and counts the rest', () => {
    fc.assert(
      fc.property(suites, (tests) => {
        const { text, nameOf } = print(tests);
        const { failing, failedCount, passedCount } = readTestReport(text);
        expect(failing.toSorted(), text).toEqual(red(tests).map(nameOf).toSorted());
        expect(failedCount).toBe(red(tests).length);
        if (passedCount !== undefined) expect(passedCount).toBe(tests.length - red(tests).length);
      }),
    );
  });

  test('what was red before a change is not held against it, and what turned red is', () => {
    fc.assert(
      fc.property(suites, fc.nat(), (tests, at) => {
        const broken = tests.map((one, index) => (index === at % tests.length ? { ...one, ok: !one.ok } : one));
        const [before, after] = [ran(print, tests), ran(print, broken)];
        fc.pre(red(tests).length > 0 && red(broken).length > 0);
        expect(judgeTests(before, after).verdict).toBe(tests[at % tests.length]?.ok === true ? 'failed' : 'passed');
        expect(judgeTests(before, before).verdict).toBe('passed');
      }),
    );
  });
});

function ran(print: Print, tests: readonly Ran[]): TestRun {
  const report = print(tests).text;
  const passed = red(tests).length === 0;
  return { kind: 'ran', passed, reading: readTestReport(report), report, durationMs: 5 };
}
