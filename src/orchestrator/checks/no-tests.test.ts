import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judgeTests } from './judge-tests.ts';
import { idleLine } from './nothing-to-do.ts';
import { toTestRun, type TestRun } from './test-run.ts';

type Printed = readonly [command: string, exitCode: number, text: string];

/** What runners say where there is nothing to run, and how they end then. */
const NOTHING: readonly Printed[] = [
  ['python3 -m pytest -q', 5, 'no tests ran in 0.01s'],
  ['pytest -q', 5, ''],
  ['make -k test', 2, 'no tests ran in 0.01s\nmake: *** [Makefile:2: test] Error 5'],
  ['tox -q', 1, '===== no tests ran in 0.01s =====\npy312: exit 5'],
  ['python3 -m unittest discover -s tests', 5, 'Ran 0 tests in 0.000s\n\nNO TESTS RAN'],
  ['python3 -m unittest discover -s tests', 0, 'Ran 0 tests in 0.000s\n\nOK'],
  ['npm test --silent', 1, 'No tests found, exiting with code 1'],
  ['npm test --silent', 1, 'No test files found, exiting with code 1'],
  ['npx --no -- mocha', 1, 'Error: No test files found: "test"'],
  ['npx --no -- ava', 1, '  ✘ Couldn’t find any files to test'],
  ['npm test --silent', 1, "Can't run because no spec files were found."],
  ['npm test --silent', 1, 'Executed 0 of 0 ERROR'],
  ['npm test --silent', 1, 'npm error Missing script: "test"'],
  ['bundle exec rspec', 0, 'No examples found.\n\n0 examples, 0 failures'],
  ['rake test', 0, '0 runs, 0 assertions, 0 failures, 0 errors, 0 skips'],
  ['php vendor/bin/phpunit', 1, 'No tests executed!'],
  ['dotnet test', 0, 'No test is available in /w/x.dll.'],
  ['mvn -o -B test', 0, '[INFO] No tests to run.'],
  ['ctest', 8, 'No tests were found!!!'],
  ['meson test', 0, 'No tests defined.'],
  ['bazel test //...', 4, 'ERROR: No test targets were found, yet testing was requested'],
  ['deno test', 1, 'error: No test modules found'],
  ['bun test', 1, 'error: 0 test files matching **{.test,.spec}'],
  ['swift test', 1, "error: no tests found; create a target in the 'Tests' directory"],
  ['dart test', 79, 'No tests ran.'],
  ['dart test', 65, 'No test files were passed and the default "test/" directory does not exist.'],
  ['flutter test', 1, 'Test directory "test" not found.'],
  ['mix test', 0, 'There are no tests to run'],
  ['lein test', 0, 'Ran 0 tests containing 0 assertions.\n0 failures, 0 errors.'],
  ['cargo nextest run', 4, '     Summary [   0.000s] 0 tests run: 0 passed, 0 skipped\nerror: no tests to run'],
  ['cargo test', 0, 'test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s'],
  ['go test ./...', 0, '?   \texample.com/a\t[no test files]'],
  ['prove -l -r t', 2, 'No tests specified'],
  ['prove -l -r t', 0, 'Files=0, Tests=0,  0 wallclock secs\nResult: NOTESTS'],
  ['bats tests', 1, '1..0'],
  ['sbt test', 0, '[info] No tests were executed.'],
  ['crystal spec', 0, '0 examples, 0 failures, 0 errors, 0 pending'],
  ['forge test', 0, 'No tests found in project! Forge looks for functions that start with `test`.'],
  ['gleam test', 0, '0 tests, 0 failures'],
  ['make -k test', 2, "make: *** No rule to make target 'test'.  Stop."],
  ['just test', 1, 'error: Justfile does not contain recipe `test`'],
  ['task test', 200, 'task: Task "test" does not exist'],
  ['npx --no -- jest --passWithNoTests', 0, 'No tests found, exiting with code 0'],
  ['./tests', 0, 'No tests ran'],
  ['behave', 0, '0 features passed, 0 failed, 0 skipped\n0 scenarios passed, 0 failed, 0 skipped'],
  ['npx --no -- uvu', 0, '  Total:     0\n  Passed:    0\n  Skipped:   0'],
  ['busted', 0, '0 successes / 0 failures / 0 errors / 0 pending : 0.0 seconds'],
  ['mvn -o -B test', 0, '[INFO] Tests are skipped.\n[INFO] BUILD SUCCESS'],
];

/** What shells, runners and package managers say where what runs the tests is not there. */
const MISSING: readonly Printed[] = [
  ['npm test --silent', 127, 'sh: 1: vitest: not found'],
  ['./test.sh', 127, './test.sh: line 3: bats: command not found'],
  ['python3 -m pytest -q', 1, '/usr/bin/python3: No module named pytest'],
  ['python3 manage.py test', 1, "ModuleNotFoundError: No module named 'django'"],
  ['bundle exec rspec', 127, 'bundler: command not found: rspec'],
  ['php vendor/bin/phpunit', 1, 'Could not open input file: vendor/bin/phpunit'],
  ['./mvnw -o -B test', 1, 'Error: JAVA_HOME is not set'],
  ['mvn -o -B test', 1, '[ERROR] Cannot access central in offline mode'],
  ['cargo test', 1, "error: toolchain '1.80' is not installed"],
  ['npx --no -- jest', 1, 'npm error npx canceled due to missing packages and no YES option'],
  ['go test ./...', 1, 'dial tcp: lookup proxy.golang.org: no such host'],
  ['sh -c x', 127, 'sh: 1: cmake: not found'],
  ['Rscript -e x', 1, 'Error in loadNamespace(x) : there is no package called ‘testthat’'],
];

const noise = fc.array(
  fc.constantFrom(
    '',
    '> calc@1.0.0 test',
    'Compiling…',
    'warning: unused variable',
    'src/a.c: In function ‘main’:',
    '----',
  ),
  { maxLength: 5 },
);

const run = (
  [command, exitCode, text]: Printed,
  before: readonly string[],
  after: readonly string[],
): TestRun | undefined =>
  toTestRun(`exit code ${exitCode} after 900 ms\n--- stdout ---\n${[...before, text, ...after].join('\n')}\n`, command);

describe.each([
  ['no tests are no red tests', NOTHING, 'no-tests'],
  ['a runner that is not there is no red test', MISSING, 'no-runner'],
] as const)('%s', (_what, printed, because) => {
  test('whoever says it, among whatever else is printed', () => {
    fc.assert(
      fc.property(fc.constantFrom(...printed), noise, noise, (one, before, after) => {
        const found = run(one, before, after);
        expect(found, one.join(' ')).toMatchObject({ kind: 'none', because });
        // Nothing is held against a change by what was not there before it either.
        if (found !== undefined) expect(judgeTests(found, found).verdict).not.toBe('failed');
      }),
      { numRuns: 400 },
    );
  });

  test('but not where tests were run, and some are red', () => {
    fc.assert(
      fc.property(fc.constantFrom(...printed), noise, (one, before) => {
        const [, , text] = one;
        const red: Printed = [
          'npm test',
          1,
          `${text}\nFAILED tests/test_a.py::test_adds - assert\n1 failed, 2 passed in 0.10s`,
        ];
        expect(run(red, before, [])).toMatchObject({ kind: 'ran', passed: false });
      }),
    );
  });
});

test('a build tool that says nothing but that it did nothing has tested nothing', () => {
  const idle = [
    "make: 'test' is up to date.",
    "make: Nothing to be done for 'test'.",
    "make[1]: Nothing to be done for 'all'.",
    'ninja: no work to do.',
    'task: Task "test" is up to date',
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...idle), { minLength: 1, maxLength: 4 }), fc.boolean(), (lines, isDone) => {
      const report = ['exit code 0 after 9 ms', '--- stdout ---', ...lines, ...(isDone ? ['all is well'] : [])];
      expect(idleLine(report.join('\n'))).toBe(isDone ? undefined : lines.at(-1));
    }),
  );
  expect(idleLine('exit code 0 after 9 ms\n(no output)')).toBe(undefined);
});

test('Gradle tests nothing where no module has sources of tests', () => {
  const module = fc.record({
    name: fc.constantFrom('', ':app', ':lib:core'),
    task: fc.constantFrom('test', 'testDebugUnitTest', 'integrationTest'),
    end: fc.constantFrom('', ' UP-TO-DATE', ' FROM-CACHE', ' NO-SOURCE', ' SKIPPED'),
  });
  fc.assert(
    fc.property(fc.array(module, { minLength: 1, maxLength: 4 }), (modules) => {
      const lines = modules.flatMap(({ name, task, end }) => [
        `> Task ${name}:compileJava`,
        `> Task ${name}:compileTestJava${end}`,
        `> Task ${name}:processTestResources NO-SOURCE`,
        `> Task ${name}:testClasses UP-TO-DATE`,
        `> Task ${name}:${task}${end}`,
      ]);
      const isTested = modules.some(({ end }) => end !== ' NO-SOURCE' && end !== ' SKIPPED');
      expect(run(['gradle test', 0, lines.join('\n')], [], ['BUILD SUCCESSFUL in 1s'])).toMatchObject(
        isTested ? { kind: 'ran', passed: true } : { kind: 'none', because: 'no-tests' },
      );
    }),
  );
});
