import { NAME_SEPARATOR, sumOf, type TestFormat, type TestReading } from '../test-reading.ts';

/** A runner that names what fails on a line of its own, and counts on others. */
interface LineFormat {
  /** A line that only this runner prints; without one the output is not its own. */
  readonly sign: RegExp;
  /** The parts of a failing test's name, or of what could not be run. */
  readonly failing: RegExp;
  /** Counts, summed; absent, or with no line: what is named is what fails. */
  readonly failed?: readonly RegExp[];
  readonly passed?: RegExp;
  /** All that were run, where what passed is not told. */
  readonly ran?: RegExp;
  /** Sums that are printed once for each suite around the tests: the last one is that of all. */
  readonly isLast?: boolean;
}

/** As of their manuals and sources, 2026-11. */
const FORMATS: readonly LineFormat[] = [
  // RSpec: "rspec ./spec/a_spec.rb:12 # Sums adds pairs"
  {
    sign: /^\d+ examples?, \d+ failures?\b/u,
    failing: /^rspec '?(?:\.\/)?([^:'[]+)\S* # (.+)$/u,
    failed: [/^\d+ examples?, (\d+) failures?\b/u, /, (\d+) errors? occurred outside of examples$/u],
    ran: /^(\d+) examples?, \d+ failures?\b/u,
  },
  // Minitest: "SumsTest#test_adds [test/a_test.rb:4]:" below "1) Failure:"
  {
    sign: /^\d+ (?:runs|tests), \d+ assertions, /u,
    failing: /^(?:([\w:]+)#(test\S*)(?: \[.*\])?:|(?:Failure|Error): (test\S*\(\S+?\)).*)$/u,
    failed: [/, (\d+) failures,/u, /, (\d+) errors,/u],
    ran: /^(\d+) (?:runs|tests), \d+ assertions, /u,
  },
  // PHPUnit: "1) SumsTest::testAdds"; "Tests: 3, Assertions: 3, Failures: 1."
  {
    sign: /^(?:Tests: \d+, Assertions: \d+|OK \(\d+ tests?, \d+ assertions?\))/u,
    failing: /^\d+\) ([\w\\]+)::(.+)$/u,
    failed: [/, Failures: (\d+)/u, /, Errors: (\d+)/u],
    ran: /^(?:Tests: |OK \()(\d+)/u,
  },
  // Maven Surefire, older and newer: "[ERROR] a.SumsTest.adds -- Time elapsed: 0.01 s <<< FAILURE!"
  {
    sign: /^\[\w+\] Tests run: \d+, Failures: \d+/u,
    failing: /^\[ERROR\] {1,2}(?!Tests run:)(\S+?)(?: --)? +Time elapsed: .* <<< (?:FAILURE|ERROR)!$/u,
    failed: [/Tests run: \d+, Failures: (\d+), .*Skipped: \d+$/u, /, Errors: (\d+), Skipped: \d+$/u],
    ran: /Tests run: (\d+), .*Skipped: \d+$/u,
  },
  // Gradle: "SumsTest > adds() FAILED"
  {
    sign: /^\d+ tests? completed, \d+ failed/u,
    failing: /^(\S.* > .+) FAILED$/u,
    failed: [/^\d+ tests? completed, (\d+) failed/u],
    ran: /^(\d+) tests? completed/u,
  },
  // .NET: "  Failed Calc.SumsTest.Adds [12 ms]"
  {
    sign: /^(?:Passed|Failed)! +- Failed: /u,
    failing: /^\s+Failed (\S.*?) \[[^\]]*\]$/u,
    failed: [/^(?:Passed|Failed)! +- Failed: +(\d+)/u],
    passed: /, Passed: +(\d+)/u,
  },
  // CTest: "  2 - adds_pairs (Failed)"
  {
    sign: /^\d+% tests passed, \d+ tests? failed out of \d+$/u,
    failing:
      /^\s+\d+ - (\S.*?) \((?:Failed|Not Run|Timeout|SEGFAULT|ILLEGAL|NUMERICAL|BAD_COMMAND|Subprocess [^)]*|Exit code [^)]*|[A-Z]\w*)\)/u,
    failed: [/, (\d+) tests? failed out of \d+$/u],
    ran: /^\d+% tests passed, \d+ tests? failed out of (\d+)$/u,
  },
  // Meson: "2/3 adds_pairs   FAIL   0.01s   exit status 1"
  {
    sign: /^Ok: +\d+\s*$/u,
    failing: /^ *\d+\/\d+ (\S.*?) +(?:FAIL|ERROR|TIMEOUT|UNEXPECTEDPASS) +[\d.]+ ?s/u,
    failed: [/^Fail: +(\d+)/u, /^Timeout: +(\d+)/u, /^Unexpected Pass: +(\d+)/u],
    passed: /^Ok: +(\d+)/u,
  },
  // Bazel: "//pkg:name   FAILED in 0.3s"
  {
    sign: /^\/\/\S+ +(?:\(cached\) )?(?:PASSED|FLAKY|FAILED|TIMEOUT|NO STATUS)\b/u,
    failing: /^(\/\/\S+) +(?:\(cached\) )?(?:FAILED|TIMEOUT|NO STATUS)\b/u,
  },
  // Zig: "error: 'main.test.adds pairs' failed: …"; "Build Summary: …; 2/3 tests passed; 1 failed"
  {
    sign: /^Build Summary: .*tests passed/u,
    failing: /^error: '(.+?)' failed(?::|$)/u,
    failed: [/tests passed; .*?(\d+) failed/u],
    passed: /; (\d+)\/\d+ tests passed/u,
  },
  // XCTest: "Test Case 'SumsTests.testAdds' failed (0.1 seconds)"
  {
    sign: /^\s*Executed \d+ tests?, with \d+ failures?/u,
    failing: /^Test Case '(.+)' failed \(/u,
    failed: [/^\s*Executed \d+ tests?, with (\d+) failures?/u],
    ran: /^\s*Executed (\d+) tests?, with/u,
    isLast: true,
  },
  // ExUnit: "  1) test adds pairs (SumsTest)"
  {
    sign: /^\d+ (?:doctests?, \d+ )?tests?, \d+ failures?\b/u,
    failing: /^\s+\d+\) ((?:doc)?test .+)$/u,
    failed: [/\btests?, (\d+) failures?\b/u],
    ran: /^(?:\d+ doctests?, )?(\d+) tests?, /u,
  },
  // ScalaTest: "[info] - adds pairs *** FAILED ***"
  {
    sign: /^\[\w+\] (?:Passed|Failed): Total \d+/u,
    failing: /^\[info\] +- (.+?) \*\*\* FAILED \*\*\*/u,
    failed: [/: Total \d+, Failed (\d+)/u, /, Errors (\d+)/u],
    passed: /, Passed (\d+)/u,
  },
  // testthat: "── Failure ('test-a.R:3:3'): adds pairs ────"
  {
    sign: /^\[ FAIL \d+ \| WARN \d+ \| SKIP \d+ \| PASS \d+ \]/u,
    failing: /^── (?:\d+\. )?(?:Failure|Error) \('?([^:)']+)[^)]*\): (.+?) ─+$/u,
    failed: [/^\[ FAIL (\d+) /u],
    passed: /\| PASS (\d+) \]/u,
    isLast: true,
  },
  // GoogleTest: "[  FAILED  ] Sums.Adds"
  {
    sign: /^\[==========\] \d+ tests? from /u,
    failing: /^\[ {2}FAILED {2}\] ([\w/]+\.[\w/]+)(?:, .*| \(\d+ ms\))?$/u,
    passed: /^\[ {2}PASSED {2}\] (\d+) tests?\./u,
  },
  // Deno: "adds pairs => ./a_test.ts:3:6" in its list of failures; Bun: "(fail) adds pairs [0.1ms]"
  {
    sign: /^(?:ok|FAILED) \| \d+ passed\b/u,
    failing: /^(\S.*?) => (\S+?):\d+:\d+$/u,
    failed: [/ \| (\d+) failed/u],
    passed: / \| (\d+) passed/u,
  },
  {
    sign: /^\s*\d+ fail$/u,
    failing: /^\(fail\) (.+?)(?: \[[\d.]+m?s\])?$/u,
    failed: [/^\s*(\d+) fail$/u],
    passed: /^\s*(\d+) pass$/u,
  },
  // cargo-nextest: "        FAIL [   0.005s] calc::pairs adds_pairs"
  {
    sign: /^\s*Summary \[\s*[\d.]+s\] +\d+(?:\/\d+)? tests? run: /u,
    failing: /^\s*(?:FAIL|SIGABRT|SIGSEGV|TIMEOUT) \[\s*[\d.]+s\] (?:\(.*?\) )?(\S.*)$/u,
    failed: [/ tests? run: .*?(\d+) failed/u],
    passed: / tests? run: .*?(\d+) passed/u,
  },
];

/** Runners that differ in their words alone, each where it has signed. */
export const LINE_FORMATS: readonly TestFormat[] = FORMATS.map((format) => (lines) => readLines(format, lines));

function readLines(format: LineFormat, lines: readonly string[]): TestReading | undefined {
  if (!lines.some((line) => format.sign.test(line))) return undefined;
  const failing = [
    ...new Set(
      lines.flatMap((line) => {
        const parts = format.failing
          .exec(line)
          ?.slice(1)
          .filter((part) => part !== undefined);
        return parts === undefined ? [] : [parts.join(NAME_SEPARATOR)];
      }),
    ),
  ];
  const count = (pattern: RegExp | undefined): number | undefined => {
    if (pattern === undefined) return undefined;
    return sumOf(format.isLast === true ? lines.filter((line) => pattern.test(line)).slice(-1) : lines, pattern);
  };
  const counts = (format.failed ?? []).map(count).filter((one) => one !== undefined);
  const failedCount = counts.length === 0 ? failing.length : counts.reduce((sum, one) => sum + one, 0);
  const ran = count(format.ran);
  const passedCount = ran === undefined ? count(format.passed) : Math.max(0, ran - failedCount);
  return { failing, failedCount, passedCount };
}
