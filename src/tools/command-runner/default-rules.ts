import { ANY_TEXT, type CommandRule } from './command-rule.ts';

const words = (text: string): readonly string[] => text.split(' ');
const starts = (text: string): readonly (readonly string[])[] => text.split(' ').map((word) => [word]);

const looks = (program: string, letters: string, options: readonly string[] = []): CommandRule => ({
  program,
  starts: [[]],
  letters,
  options,
  readOnly: true,
});

const gitLooks = (start: string, rule: Partial<CommandRule>): CommandRule => ({
  program: 'git',
  starts: starts(start),
  readOnly: true,
  ...rule,
});

const GIT_LOG_OPTIONS = words(
  '--stat --cached --staged --name-only --name-status --numstat --oneline --graph --all --max-count= --since= --until= ' +
    '--author= --grep= --format= --pretty= --unified= --patch --reverse --follow --merge-base --word-diff --summary --no-color --no-patch --date=',
);

const GIT_LOG: Partial<CommandRule> = {
  letters: 'bspnuUwzM',
  options: GIT_LOG_OPTIONS,
  values: ['-n'],
  patternOptions: ['-S', '-G'],
  added: ['--no-ext-diff', '--no-textconv', '--ignore-submodules=all'],
};

/** An address or two, and `p`: whatever else `sed` can do writes files or runs programs. */
const SED_PRINT = String.raw`(?:\d+|\$|/[^/\\;{}\n]*/)(?:,(?:\+?\d+|\$|/[^/\\;{}\n]*/))?p(?:;(?:\d+|\$)(?:,\d+)?p)*`;

/** Nothing is asked before these, so each names what may be given to it. */
const LOOKING: readonly CommandRule[] = [
  looks('ls', 'aAl1hRrtSdF', ['--all', '--recursive', '--color=']),
  looks('cat', 'nbsAE'),
  looks('head', 'ncq', ['--lines=', '--bytes=']),
  looks('tail', 'ncq', ['--lines=', '--bytes=']),
  looks('wc', 'lwcm'),
  looks('nl', 'ba'),
  looks('stat', ''),
  looks('file', 'b'),
  looks('du', 'shakmd', ['--max-depth=']),
  looks('diff', 'uqwbBiy', ['--unified=', '--brief']),
  { ...looks('tree', 'adfi'), values: ['-L', '-I'] },
  looks('cmp', 's'),
  {
    ...looks(
      'grep',
      'rnilcvwEFPhHoABCmLsxz',
      words('--include= --exclude= --exclude-dir= --max-count= --context= --color='),
    ),
    values: words('-A -B -C -m'),
    patternFirst: true,
    patternOptions: ['-e', '--regexp='],
  },
  {
    ...looks(
      'rg',
      'nilcvwFShHoUP',
      words(
        '--hidden --no-ignore --files-with-matches --line-number --ignore-case --context= --color= --max-count= --glob= --type= --no-heading',
      ),
    ),
    values: words('-A -B -C -m -g -t -T'),
    patternFirst: true,
    patternOptions: ['-e', '--regexp='],
    added: ['--no-config'],
  },
  // Then nothing is sought, and the first word is a place.
  {
    program: 'rg',
    starts: [['--files'], ['--hidden', '--files']],
    options: words('--hidden --no-ignore --glob= --type='),
    values: words('-g -t -T'),
    added: ['--no-config'],
    readOnly: true,
  },
  { program: 'sed', starts: [['-n']], first: SED_PRINT, readOnly: true },
  {
    program: 'find',
    options: words('-not -o -or -a -and -print -print0 -empty -ls -prune -readable -writable -executable'),
    values: words(
      '-name -iname -path -ipath -wholename -regex -iregex -type -maxdepth -mindepth -size -mtime -mmin -newer -perm',
    ),
    // Its tests and actions stand behind `--`, too.
    plain: '[^-][^]*',
    readOnly: true,
  },
  gitLooks('status', {
    letters: 'bsu',
    options: words('--short --branch --porcelain --porcelain='),
    added: ['--ignore-submodules=all'],
  }),
  // `diff` knows no `-L`: what stands behind it would not be its value but an option that nobody has looked at.
  gitLooks('diff', GIT_LOG),
  gitLooks('log show', { ...GIT_LOG, values: ['-n', '-L'] }),
  gitLooks('blame', { letters: 'wMCsl', options: ['--date='], values: ['-L'], added: ['--no-textconv'] }),
  gitLooks('grep', {
    letters: 'nilcvwEFPhHoABC',
    options: words('--line-number --ignore-case --files-with-matches --cached --count --no-color'),
    values: words('-A -B -C'),
    patternFirst: true,
    patternOptions: ['-e'],
    added: ['--no-textconv'],
  }),
  gitLooks('ls-files ls-tree', {
    letters: 'rcmodstz',
    options: words('--others --cached --modified --deleted --stage --exclude-standard --name-only --full-tree'),
  }),
  gitLooks('rev-parse', { options: words('--short --abbrev-ref --show-toplevel --verify --is-inside-work-tree') }),
  gitLooks('shortlog describe merge-base rev-list', {
    letters: 'sne',
    options: words('--tags --always --count --max-count= --all'),
  }),
];

/** An option of these would run another program, read another configuration or work somewhere else. */
const ELSEWHERE = words(
  '--prefix -C --directory --chdir --rootdir --cwd --config --exec -exec --toolexec -toolexec --script-shell',
);

/** The workspace's own tests, build, types and lint: any option, but for what leads elsewhere. */
const works = (programs: string, rule: Partial<CommandRule> = {}): readonly CommandRule[] =>
  words(programs).map((program) => ({ program, anyOptions: true, refused: ELSEWHERE, fromWorkspace: true, ...rule }));

const TESTING: readonly CommandRule[] = [
  ...works('pytest py.test nosetests tox nox rspec phpunit ctest busted bats'),
  ...works('go', { starts: starts('test vet build run fmt list generate version') }),
  ...works('cargo', { starts: starts('test check build clippy run fmt bench doc nextest metadata tree') }),
  ...works('mvn gradle', { starts: [[]] }),
  ...works('mvnw gradlew'),
  ...works('dotnet', { starts: starts('test build run format restore') }),
  ...works('swift', { starts: starts('test build run') }),
  ...works('mix', { starts: starts('test compile format credo') }),
  ...works('dart flutter', { starts: starts('test analyze format run') }),
  ...works('rake rails just task ninja meson bazel sbt stack cabal zig'),
];

/** A target, not a variable: `SHELL=x` would make it another program. */
const TARGET = String.raw`[\w./%+-]+`;

const BUILDING: readonly CommandRule[] = [
  {
    program: 'make',
    letters: 'jknsBdiw',
    options: words('--silent --keep-going --dry-run --always-make'),
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
  ...works('pnpm yarn', { starts: starts('test run install add build lint exec list') }),
  ...works('pip pip3', { starts: starts('install list show freeze check') }),
  ...works('uv poetry pdm pipenv hatch', { starts: starts('run sync install test lock pip build') }),
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
];
