import { check, type Folder, type Toolchain } from './check-command.ts';
import { named } from './named-toolchain.ts';

/**
 * What is made before it can be tested is made in a folder of its own, `$d`, that goes away with the run: a check leaves nothing
 * in the workspace, and a folder that was set up elsewhere is of no use in a copy.
 */
function inTemporary(...lines: readonly string[]): readonly string[] {
  return ['sh', '-c', [`d=$(mktemp -d) && trap 'rm -rf "$d"' EXIT`, ...lines].join(' && ')];
}

/** Where another program of a system does the same. */
const byEither = (programs: string, ...args: readonly string[]): readonly (readonly string[])[] =>
  programs.split(' ').map((program) => [program, ...args]);

const CMAKE_BUILD = ['cmake -S . -B "$d"', 'cmake --build "$d"'];
const cmake = named(/^CMakeLists\.txt$/u, (folder) =>
  /\benable_testing\s*\(|\binclude\s*\(\s*CTest\b/iu.test(folder.read('CMakeLists.txt') ?? '')
    ? [inTemporary(...CMAKE_BUILD, 'ctest --test-dir "$d" --output-on-failure')]
    : [],
);

const meson = named(/^meson\.build$/u, () => [inTemporary('meson setup "$d"', 'meson test -C "$d" --print-errorlogs')]);

/** Nothing is linked into the workspace. */
const bazel = named(/^(?:MODULE\.bazel|WORKSPACE(?:\.bazel)?)$/u, () =>
  byEither('bazel bazelisk', 'test', '--symlink_prefix=/', '--keep_going', '--test_output=errors', '//...'),
);

const zig = named(/^build\.zig$/u, (folder) =>
  /\bstep\(\s*"test"/u.test(folder.read('build.zig') ?? '')
    ? [inTemporary('zig build test --summary all --cache-dir "$d" --prefix "$d/out"')]
    : [],
);

const r: Toolchain = (folder) => {
  const tests = folder.list('tests');
  const isPackage = /^Package:/mu.test(folder.read('DESCRIPTION') ?? '');
  if (tests.includes('testthat')) {
    const what = isPackage ? 'local(".", ' : 'dir("tests/testthat", ';
    return [check(folder, 'tests', [['Rscript', '-e', `testthat::test_${what}reporter = "check")`]])];
  }
  const plain = tests.some((name) => /\.[Rr]$/u.test(name));
  return plain ? [check(folder, 'tests', [['sh', '-c', R_SCRIPTS]])] : [];
};
const R_SCRIPTS = 's=0; for t in tests/*.[Rr]; do Rscript "$t" || { echo "not ok - $t"; s=1; }; done; exit $s';

/** A folder that was never configured is configured outside of it. */
const autotools = named(/^configure$/u, (folder) =>
  ['Makefile', 'GNUmakefile', 'makefile', 'CMakeLists.txt'].some((name) => folder.names.has(name))
    ? []
    : [inTemporary('s=$PWD', 'cd "$d"', '"$s/configure" -q', 'make -k check')],
);

const has = (folder: Folder, place: string): boolean => folder.list(place).length > 0;

/** Systems whose own file says no more than that they are used. */
const OTHERS: readonly Toolchain[] = [
  named(/^stack\.yaml$/u, () => [['stack', 'test']]),
  named(/^cabal\.project$|\.cabal$/u, ({ names }) => (names.has('stack.yaml') ? [] : [['cabal', 'test', 'all']])),
  named(/^dune-project$/u, () => [['dune', 'test']]),
  named(/^project\.clj$/u, () => [['lein', '-o', 'test']]),
  named(/^deps\.edn$/u, (folder) => (/:test\b/u.test(folder.read('deps.edn') ?? '') ? [['clojure', '-X:test']] : [])),
  named(/^shard\.yml$/u, (folder) => (has(folder, 'spec') ? [['crystal', 'spec']] : [])),
  named(/^Project\.toml$/u, (folder) =>
    folder.list('test').includes('runtests.jl')
      ? [['julia', '--project=.', '-e', 'using Pkg; Pkg.offline(true); Pkg.test()']]
      : [],
  ),
  named(/\.nimble$/u, (folder) => (has(folder, 'tests') ? [['nimble', 'test', '-y']] : [])),
  named(/^pubspec\.yaml$/u, (folder) => {
    if (!has(folder, 'test')) return [];
    const isFlutter = /^\s+sdk:\s*flutter\b/mu.test(folder.read('pubspec.yaml') ?? '');
    return isFlutter ? [['flutter', 'test', '--no-pub']] : [['dart', 'test']];
  }),
  named(/^rebar\.config$/u, () => byEither('rebar3 ./rebar3', 'eunit')),
  named(/^gleam\.toml$/u, () => [['gleam', 'test']]),
  named(/^dub\.(?:json|sdl)$/u, () => [['dub', 'test']]),
  named(/^fpm\.toml$/u, () => [['fpm', 'test']]),
  named(/^foundry\.toml$/u, () => [['forge', 'test', '--offline']]),
  named(/^pants\.toml$/u, () => [['pants', 'test', '::']]),
  named(/^build\.(?:mill|sc)$/u, ({ names }) => [
    ...(names.has('mill') ? [['./mill', '__.test']] : []),
    ['mill', '__.test'],
  ]),
  named(/^build\.xml$/u, (folder) =>
    /<target\b[^>]*\bname="test"/u.test(folder.read('build.xml') ?? '') ? [['ant', 'test']] : [],
  ),
];

/** Build systems that test what they have built. */
export const SYSTEMS: readonly Toolchain[] = [cmake, meson, bazel, zig, r, autotools, ...OTHERS];

/** Where nothing is tested, it may still be built. */
export const SYSTEM_BUILDS: readonly Toolchain[] = [
  named(/^CMakeLists\.txt$/u, () => [inTemporary(...CMAKE_BUILD)], 'build'),
  named(/^meson\.build$/u, () => [inTemporary('meson setup "$d"', 'meson compile -C "$d"')], 'build'),
  named(/^build\.zig$/u, () => [inTemporary('zig build --cache-dir "$d" --prefix "$d/out"')], 'build'),
];
