import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readTestReport } from '../read-test-report.ts';
import { commandText, type CheckCommand } from './check-command.ts';
import { findChecks } from './find-checks.ts';

let workspace = '';
beforeEach(() => {
  workspace = mkdtempSync(path.join(tmpdir(), 'build-systems-'));
});
afterEach(() => rmSync(workspace, { recursive: true, force: true }));

type Files = Readonly<Record<string, string>>;

function lay(files: Files, below = ''): void {
  for (const [name, text] of Object.entries(files)) {
    const place = path.join(workspace, below, name);
    mkdirSync(path.dirname(place), { recursive: true });
    writeFileSync(place, text);
  }
}

function testsIn(): readonly CheckCommand[] {
  return findChecks(workspace, { said: [], home: undefined }).filter(({ role }) => role === 'tests');
}

const IN_TEMPORARY = `sh -c "d=$(mktemp -d) && trap 'rm -rf \\"$d\\"' EXIT && `;
/** By system: what it is known by, and how its tests are run. */
const SYSTEMS: readonly (readonly [string, Files, string])[] = [
  [
    'CMake',
    { 'CMakeLists.txt': 'project(calc C)\nenable_testing()\n' },
    `${IN_TEMPORARY}cmake -S . -B \\"$d\\" && cmake --build \\"$d\\" && ctest --test-dir \\"$d\\" --output-on-failure"`,
  ],
  [
    'CMake with CTest and a Makefile',
    { 'CMakeLists.txt': 'include(CTest)\n', Makefile: 'test:\n\t./t\n' },
    `${IN_TEMPORARY}cmake -S . -B \\"$d\\" && cmake --build \\"$d\\" && ctest --test-dir \\"$d\\" --output-on-failure"`,
  ],
  [
    'Meson',
    { 'meson.build': "project('calc', 'c')\n" },
    `${IN_TEMPORARY}meson setup \\"$d\\" && meson test -C \\"$d\\" --print-errorlogs"`,
  ],
  ['Bazel', { 'MODULE.bazel': '' }, 'bazel test --symlink_prefix=/ --keep_going --test_output=errors //...'],
  ['Bazel of before', { WORKSPACE: '' }, 'bazel test --symlink_prefix=/ --keep_going --test_output=errors //...'],
  [
    'Zig',
    { 'build.zig': 'const t = b.step("test", "Run the tests");' },
    `${IN_TEMPORARY}zig build test --summary all --cache-dir \\"$d\\" --prefix \\"$d/out\\""`,
  ],
  [
    'an R package',
    { DESCRIPTION: 'Package: calc\n', 'tests/testthat/test-a.R': '' },
    String.raw`Rscript -e "testthat::test_local(\".\", reporter = \"check\")"`,
  ],
  [
    'R without a package',
    { 'tests/testthat/test-a.R': '' },
    String.raw`Rscript -e "testthat::test_dir(\"tests/testthat\", reporter = \"check\")"`,
  ],
  ['Stack', { 'stack.yaml': '', 'calc.cabal': '' }, 'stack test'],
  ['Cabal', { 'calc.cabal': '' }, 'cabal test all'],
  ['Dune', { 'dune-project': '' }, 'dune test'],
  ['Leiningen', { 'project.clj': '' }, 'lein -o test'],
  ['Clojure', { 'deps.edn': '{:aliases {:test {}}}' }, 'clojure -X:test'],
  ['Crystal', { 'shard.yml': '', 'spec/a_spec.cr': '' }, 'crystal spec'],
  [
    'Julia',
    { 'Project.toml': '', 'test/runtests.jl': '' },
    'julia --project=. -e "using Pkg; Pkg.offline(true); Pkg.test()"',
  ],
  ['Nim', { 'calc.nimble': '', 'tests/t.nim': '' }, 'nimble test -y'],
  ['Dart', { 'pubspec.yaml': '', 'test/a_test.dart': '' }, 'dart test'],
  [
    'Flutter',
    { 'pubspec.yaml': 'dependencies:\n  flutter:\n    sdk: flutter\n', 'test/a_test.dart': '' },
    'flutter test --no-pub',
  ],
  ['Erlang', { 'rebar.config': '' }, 'rebar3 eunit'],
  ['Gleam', { 'gleam.toml': '' }, 'gleam test'],
  ['Foundry', { 'foundry.toml': '' }, 'forge test --offline'],
  ['Mill', { 'build.mill': '', mill: '' }, './mill __.test'],
  ['Ant', { 'build.xml': '<project><target name="test"/></project>' }, 'ant test'],
  ['PDM', { 'pyproject.toml': '', 'pdm.lock': '' }, 'pdm run python -m pytest -q --continue-on-collection-errors'],
  ['one part of the tests', { 'package.json': '{"scripts":{"test:unit":"jest"}}' }, 'npm run --silent test:unit'],
  ['make with two targets in one line', { Makefile: 'check test: all\n\t./t\n' }, 'make -k test'],
];

describe('the tests of a build system are found', () => {
  test.each(SYSTEMS)('%s', (_system, files, expected) => {
    lay(files);
    expect(testsIn().map((one) => commandText(one))).toEqual([expected]);
  });

  test('wherever in the repository it lies, beside another', () => {
    const places = fc.constantFrom('app', 'libs/core', 'services/api/v1');
    fc.assert(
      fc.property(fc.constantFrom(...SYSTEMS), fc.constantFrom(...SYSTEMS), places, (one, other, place) => {
        lay({ 'README.md': 'check nothing\n' });
        lay(one[1], place);
        lay(other[1], 'tools/other');
        const found = testsIn().map((command) => commandText(command));
        expect(found).toContain(`${one[2]} (in ${place})`);
        expect(found).toContain(`${other[2]} (in tools/other)`);
        for (const name of readdirSync(workspace)) rmSync(path.join(workspace, name), { recursive: true });
      }),
    );
  });

  test.each<readonly [string, Files]>([
    ['CMake that tests nothing', { 'CMakeLists.txt': 'project(calc C)\n' }],
    ['Zig that tests nothing', { 'build.zig': 'pub fn build() void {}\n' }],
    ['a script that waits for changes', { 'package.json': '{"scripts":{"test":"jest --watch"}}' }],
    ['a description of something else', { DESCRIPTION: 'A folder.\n' }],
  ])('none of %s', (_what, files) => {
    lay(files);
    expect(testsIn()).toEqual([]);
  });
});

const hasCMake = ['cmake', 'ctest', 'cc'].every((program) =>
  (process.env['PATH'] ?? '').split(path.delimiter).some((folder) => folder !== '' && lists(folder, program)),
);
function lists(folder: string, program: string): boolean {
  try {
    return readdirSync(folder).includes(program);
  } catch {
    return false;
  }
}

test.skipIf(!hasCMake)('CMake without a build folder is tested, and leaves nothing behind', { timeout: 60_000 }, () => {
  lay({
    'CMakeLists.txt':
      'cmake_minimum_required(VERSION 3.20)\nproject(calc C)\nenable_testing()\nforeach(name nothing adds_pairs)\n  add_executable(${name} ${name}.c)\n  add_test(NAME ${name} COMMAND ${name})\nendforeach()\n',
    'nothing.c': 'int main(void) { return 0; }\n',
    'adds_pairs.c': 'int main(void) { return 1; }\n',
  });
  const [command] = testsIn();
  const before = readdirSync(workspace);
  let printed = '';
  try {
    execFileSync(command?.program ?? '', command?.args ?? [], { cwd: workspace, stdio: 'pipe', encoding: 'utf8' });
  } catch (thrown) {
    printed = (thrown as { stdout: string }).stdout;
  }
  expect(readTestReport(printed)).toEqual({ failing: ['adds_pairs'], failedCount: 1, passedCount: 1 });
  expect(readdirSync(workspace)).toEqual(before);
});
