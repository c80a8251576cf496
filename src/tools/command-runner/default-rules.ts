import { ANY_TEXT, spacedWords as words, type CommandRule } from './command-rule.ts';
import { LOOKING } from './looking-rules.ts';

const starts = (text: string): readonly (readonly string[])[] => text.split(' ').map((word) => [word]);

/** An option of these would run another program, read another configuration or work somewhere else. */
const ELSEWHERE = words(
  '--prefix -C --directory --chdir --rootdir --cwd --config --exec -exec --toolexec -toolexec --script-shell',
);

const FOLDER_OPTIONS = words('-C --directory --dir --cwd');

/** Of these `-C` is the folder that they work in, which lies in the workspace. */
const IN_FOLDER: Partial<CommandRule> = {
  values: FOLDER_OPTIONS,
  refused: ELSEWHERE.filter((option) => !FOLDER_OPTIONS.includes(option)),
};

/** The workspace's own tests, build, types and lint: any option, but for what leads elsewhere. */
const works = (programs: string, rule: Partial<CommandRule> = {}): readonly CommandRule[] =>
  words(programs).map((program) => ({ program, anyOptions: true, refused: ELSEWHERE, fromWorkspace: true, ...rule }));

const TESTING: readonly CommandRule[] = [
  ...works('pytest py.test nosetests tox nox rspec phpunit ctest busted bats'),
  ...works('go', { starts: starts('test vet build run fmt list generate version mod get doc') }),
  ...works('cargo', {
    starts: starts('test check build clippy run fmt bench doc nextest metadata tree add remove update fix'),
  }),
  ...works('mvn gradle', { starts: [[]] }),
  ...works('mvnw gradlew'),
  ...works('dotnet', { starts: starts('test build run format restore') }),
  ...works('swift', { starts: starts('test build run') }),
  ...works('mix', { starts: starts('test compile format credo') }),
  ...works('dart flutter', { starts: starts('test analyze format run') }),
  ...works('rake rails just task bazel bazelisk sbt stack cabal zig dune ant lein clojure crystal nimble rebar3 gleam'),
  ...works('dub fpm forge pants mill scons'),
  ...works('ninja meson', IN_FOLDER),
];

/** A target, or a variable that says what of it: `SHELL=x` would make it another program. */
const TARGET = String.raw`[\w./%+-]+|(?:V|VERBOSE|TESTS?|T|ARGS|TESTARGS|FILES?|PKG|CASES?|FILTER|DEBUG)=[\w./,:%+@-]*`;

const BUILDING: readonly CommandRule[] = [
  {
    program: 'make',
    letters: 'jknsBdiw',
    options: words('--silent --keep-going --dry-run --always-make'),
    values: words('-C --directory'),
    plain: TARGET,
  },
  { program: 'cmake', starts: [['--build'], ['-S'], ['-B']], anyOptions: true, refused: ['-P', '-E'] },
  ...works('javac java kotlinc scalac gcc g++ cc c++ clang clang++ rustc ghc'),
  ...works('tsc'),
];

const LINTING: readonly CommandRule[] = works(
  'ruff mypy pyright flake8 pylint black isort eslint prettier biome oxlint oxfmt gofmt golangci-lint rustfmt rubocop ' +
    'shellcheck clang-format phpstan phpcs php-cs-fixer yamllint checkstyle ktlint',
);

/** Where they find what a script asks for, and what is loaded before it, as tests are run: `ruby -Ilib -Itest test/x_test.rb`. */
const INCLUDES: Readonly<Record<string, readonly string[]>> = { ruby: ['-I', '-r'], perl: ['-I', '-M'] };

/** What they run lies in the workspace, or stands in the command, where a permission shows it whole and is bound to it. */
const INTERPRETING: readonly CommandRule[] = [
  {
    program: 'node',
    starts: [['-e'], ['-p'], ['-pe'], ['--eval'], ['--print']],
    first: ANY_TEXT,
    scriptArguments: true,
  },
  {
    program: 'node',
    letters: 'cv',
    options: words(
      '--test --test-reporter= --test-name-pattern= --test-only --check --version --enable-source-maps --no-warnings --experimental-strip-types --experimental-test-coverage --input-type=',
    ),
    scriptArguments: true,
  },
  ...words('python3 python').flatMap((program): readonly CommandRule[] => [
    { program, starts: [['-m']], first: String.raw`[A-Za-z_][\w.]*`, scriptArguments: true, fromWorkspace: true },
    { program, starts: [['-c']], first: ANY_TEXT, scriptArguments: true, fromWorkspace: true },
    {
      program,
      letters: 'uBOqvsSEIV',
      options: ['--version'],
      values: ['-W', '-X'],
      scriptArguments: true,
      fromWorkspace: true,
    },
  ]),
  ...words('ruby perl php').flatMap((program): readonly CommandRule[] => [
    { program, starts: [[program === 'php' ? '-r' : '-e']], first: ANY_TEXT, scriptArguments: true },
    { program, letters: 'wcvl', options: ['--version'], values: INCLUDES[program] ?? [], scriptArguments: true },
  ]),
  ...words('sh bash').map((program) => ({ program, letters: 'eux', scriptArguments: true, file: true })),
  ...words('tsx ts-node deno bun Rscript lua julia elixir').map((program) => ({
    program,
    options: ['--version'],
    scriptArguments: true,
    fromWorkspace: true,
  })),
];

/** What pnpm and yarn run by its name alone: tools that work on the workspace, and what scripts that do so are called. */
const NODE_TOOL = [
  String.raw`(?:test|lint|build|check|format|types?|unit|e2e|ci|start)(?:[:-][\w:-]+)?`,
  'tsc|vue-tsc|tsx|ts-node|vitest|jest|mocha|ava|c8|nyc|playwright|cypress|eslint|prettier|biome|oxlint|stylelint|knip',
  'typecheck|coverage|integration|verify|validate|codegen|generate|compile|bundle|clean|docs',
  'vite|webpack|rollup|esbuild|tsup|tsdown|next|nuxt|astro|svelte-check|turbo|nx|lerna|changeset|prisma|drizzle-kit',
].join('|');

/** They fetch where the sandbox has a network, and start what the workspace names. */
const PACKAGES: readonly CommandRule[] = [
  {
    program: 'npm',
    starts: starts('test t run run-script ci install ls start'),
    letters: 'sDE',
    options: words(
      '--silent --if-present --workspaces --workspace= --save-dev --save-exact --no-audit --no-fund --omit= --depth=',
    ),
    values: ['-w'],
  },
  { program: 'npx', starts: [[]], added: ['--no', '--'], scriptArguments: true },
  ...works('pnpm yarn', { ...IN_FOLDER, starts: starts('test run install add build lint exec list why workspace') }),
  ...works('pnpm yarn', { ...IN_FOLDER, first: NODE_TOOL }),
  ...works('pip pip3', { starts: starts('install list show freeze check') }),
  ...works('uv poetry pdm pipenv hatch rye pixi', { starts: starts('run sync install test lock pip build add') }),
  ...works('conda mamba micromamba pre-commit', { starts: [['run']] }),
  ...works('bundle composer', { starts: starts('exec install test run run-script') }),
];

/**
 * The allow list where the config has none, by kind of program: what looks, and what runs the workspace's own code: its
 * tests, build, types and lint, interpreters, package managers. The second kind runs with the user's rights and can do what
 * the workspace's code does; that is why it needs permission, and is held by the sandbox.
 */
export const defaultCommandRules: readonly CommandRule[] = [
  ...LOOKING,
  ...TESTING,
  ...BUILDING,
  ...LINTING,
  ...INTERPRETING,
  ...PACKAGES,
  { program: 'rm', letters: 'rfv', options: ['--recursive', '--force'], removes: true },
  { program: 'mkdir', letters: 'pv', options: ['--parents'] },
  { program: 'touch', letters: '' },
  { program: 'cp', letters: 'rafvp', options: ['--recursive'] },
  { program: 'mv', letters: 'fvn' },
  { program: 'chmod', letters: 'Rv', first: '[ugoa]*[+=-][rwxX]+|[0-7]{3}' },
  // Its second file is written.
  { program: 'uniq', letters: 'cduiz', values: words('-f -s -w') },
];
