import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { commandText } from './check-command.ts';
import { findChecks } from './find-checks.ts';

let workspace = '';
beforeEach(() => {
  workspace = mkdtempSync(path.join(tmpdir(), 'find-checks-'));
});
afterEach(() => rmSync(workspace, { recursive: true, force: true }));

function lay(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(workspace, name)), { recursive: true });
    writeFileSync(path.join(workspace, name), text);
  }
}

function found(said: readonly string[] = [], home?: string): readonly string[] {
  return findChecks(workspace, { said, home }).map((one) => `${one.role}: ${commandText(one)}`);
}

const npm = (script: string, more: object = {}): string => JSON.stringify({ scripts: { test: script }, ...more });
const CARGO_BUILD = 'build: cargo build --quiet --workspace --all-targets';
const PYTEST = '-m pytest -q --continue-on-collection-errors';

describe('the checks of a workspace are found', () => {
  test.each<readonly [string, Readonly<Record<string, string>>, readonly string[]]>([
    ['npm', { 'package.json': npm('vitest run') }, ['tests: npm test --silent']],
    ['a manifest with a BOM', { 'package.json': `\uFEFF${npm('jest')}` }, ['tests: npm test --silent']],
    ['pnpm', { 'package.json': npm('jest'), 'pnpm-lock.yaml': '' }, ['tests: pnpm run test']],
    ['yarn', { 'package.json': npm('jest'), 'yarn.lock': '' }, ['tests: yarn run test']],
    [
      'a runner without a script',
      { 'package.json': '{"devDependencies":{"vitest":"5"}}' },
      ['tests: npx --no -- vitest run'],
    ],
    ['node tests without a script', { 'package.json': '{}', 'test/a.test.js': '' }, ['tests: node --test']],
    [
      'types and lint',
      {
        'package.json': JSON.stringify({
          scripts: { test: 'jest', lint: 'eslint .' },
          devDependencies: { typescript: '7' },
        }),
        'tsconfig.json': '{}',
      },
      ['tests: npm test --silent', 'types: npx --no -- tsc --noEmit', 'lint: npm run --silent lint'],
    ],
    ...[
      'eslint . --fix',
      'eslint --fix=true src',
      'prettier --write . && eslint .',
      'biome lint --apply',
      'npm run lint:fix',
    ].map(
      (lint) =>
        [
          `no lint that changes files: ${lint}`,
          { 'package.json': JSON.stringify({ scripts: { test: 'jest', lint } }) },
          ['tests: npm test --silent'],
        ] as const,
    ),
    [
      'lint that changes none',
      { 'package.json': JSON.stringify({ scripts: { test: 'jest', lint: 'eslint --fix-dry-run .' } }) },
      ['tests: npm test --silent', 'lint: npm run --silent lint'],
    ],
    ...['vite build --watch', 'tsc -w', 'vite build && npm publish', 'astro dev', 'prettier --write . && tsc'].map(
      (build) =>
        [
          `no build that stays, gives away or changes files: ${build}`,
          { 'package.json': JSON.stringify({ scripts: { test: 'jest', build } }) },
          ['tests: npm test --silent'],
        ] as const,
    ),
    [
      'a build',
      { 'package.json': JSON.stringify({ scripts: { test: 'jest', build: 'vite build' } }), 'pnpm-lock.yaml': '' },
      ['tests: pnpm run test', 'build: pnpm run build'],
    ],
    [
      'make, with what it builds',
      { Makefile: 'build:\n\tcc\ntest:\n\t./t\n' },
      ['tests: make -k test', 'build: make -k build'],
    ],
    [
      'just, with what it builds',
      { justfile: 'build:\n  cc\ntest:\n  ./t\n' },
      ['tests: just test', 'build: just build'],
    ],
    ...(
      [
        ['tsc', '{}', 'npx --no -- tsc --noEmit'],
        ['tsc -p .', '{}', 'npx --no -- tsc -p . --noEmit'],
        ['npx vue-tsc --pretty', '{}', 'npx --no -- vue-tsc --pretty --noEmit'],
        ['tsc --noEmit', '{}', 'npm run --silent typecheck'],
        ['tsc', '{"compilerOptions":{ "noEmit": true }}', 'npm run --silent typecheck'],
        ['tsc && node check.js', '{}', 'npm run --silent typecheck'],
      ] as const
    ).map(
      ([typecheck, config, expected]) =>
        [
          `a check of types that leaves no files: ${typecheck} by ${config}`,
          { 'package.json': JSON.stringify({ scripts: { test: 'jest', typecheck } }), 'tsconfig.json': config },
          ['tests: npm test --silent', `types: ${expected}`],
        ] as const,
    ),
    ['pytest by pyproject', { 'pyproject.toml': '[project]\n' }, [`tests: python3 ${PYTEST}`]],
    ['pytest by setup.py', { 'setup.py': '' }, [`tests: python3 ${PYTEST}`]],
    ['pytest by nothing but tests', { 'tests/test_a.py': '' }, [`tests: python3 ${PYTEST}`]],
    [
      'a virtual environment',
      { 'setup.cfg': '', '.venv/pyvenv.cfg': '', '.venv/bin/python': '' },
      [`tests: ./.venv/bin/python ${PYTEST}`],
    ],
    ['uv', { 'pyproject.toml': '', 'uv.lock': '' }, [`tests: uv run --offline --frozen python ${PYTEST}`]],
    ['poetry', { 'pyproject.toml': '', 'poetry.lock': '' }, [`tests: poetry run python ${PYTEST}`]],
    ['conda', { 'environment.yml': 'name: lab\n', 'test_a.py': '' }, [`tests: conda run -n lab python ${PYTEST}`]],
    ['Django', { 'manage.py': '', 'app/tests.py': '' }, ['tests: python3 manage.py test --noinput']],
    [
      'mypy and ruff',
      { 'pyproject.toml': '[tool.mypy]\nstrict = true\n[tool.ruff]\n' },
      [
        `tests: python3 ${PYTEST}`,
        'types: python3 -m mypy --cache-dir=/dev/null .',
        'lint: python3 -m ruff check --no-cache --no-fix .',
      ],
    ],
    ['cargo', { 'Cargo.toml': '[package]\n' }, ['tests: cargo test --quiet --no-fail-fast', CARGO_BUILD]],
    [
      'a cargo workspace',
      { 'Cargo.toml': '[workspace]\n' },
      ['tests: cargo test --quiet --no-fail-fast --workspace', CARGO_BUILD],
    ],
    ['go', { 'go.mod': '' }, ['tests: go test ./...', 'build: go build -o /dev/null ./...']],
    ['a go workspace', { 'go.work': 'go 1.24\nuse (\n\t./a\n\t./b\n)\n' }, ['tests: go test ./a/... ./b/...']],
    ['Maven', { 'pom.xml': '' }, ['tests: mvn -o -B -fae test']],
    [
      'Gradle, wrapped',
      { 'build.gradle.kts': '', gradlew: '' },
      ['tests: ./gradlew --offline --continue --console=plain test'],
    ],
    [
      '.NET',
      { 'App.sln': '' },
      ['tests: dotnet test --no-restore --nologo', 'build: dotnet build --no-restore --nologo'],
    ],
    ['RSpec', { Gemfile: '', 'spec/a_spec.rb': '' }, ['tests: bundle exec rspec']],
    ['Rake', { Rakefile: 'Rake::TestTask.new\n' }, ['tests: rake test']],
    ['PHPUnit', { 'composer.json': '{}', 'vendor/bin/phpunit': '' }, ['tests: php vendor/bin/phpunit']],
    ['Perl', { 't/a.t': '' }, ['tests: prove -l -r -v t']],
    ['make', { Makefile: 'CC := cc\ntest: all\n\t./t\n' }, ['tests: make -k test']],
    ['make check', { makefile: 'check:\n\t./t\n' }, ['tests: make -k check']],
    ['a variable is no target', { Makefile: 'test := 1\nall:\n' }, ['build: make -k all']],
    ['just', { justfile: 'test *args:\n  ./t\n' }, ['tests: just test']],
    ['just, with a value', { justfile: 'check := "a:b"\ntest mode="fast":\n  ./t\n' }, ['tests: just test']],
    ['a script', { 'test.sh': '#!/usr/bin/env bash\n' }, ['tests: ./test.sh']],
    ['a language goes before make', { Makefile: 'test:\n\tpytest\n', 'setup.py': '' }, [`tests: python3 ${PYTEST}`]],
    [
      'two languages',
      { 'package.json': npm('jest'), 'go.mod': '' },
      ['tests: npm test --silent', 'tests: go test ./...', 'build: go build -o /dev/null ./...'],
    ],
    [
      'the parts of a monorepo',
      {
        'package.json': '{"workspaces":["packages/*"]}',
        'packages/a/package.json': npm('jest'),
        'packages/b/package.json': npm('jest'),
        'packages/c/package.json': '{}',
        'node_modules/x/package.json': npm('jest'),
        'services/api/setup.py': '',
      },
      [
        'tests: npm test --silent (in packages/a)',
        'tests: npm test --silent (in packages/b)',
        `tests: python3 ${PYTEST} (in services/api)`,
      ],
    ],
    ['nothing', { 'README.md': 'test: no\n' }, []],
  ])('%s', (_what, files, expected) => {
    lay(files);
    expect(found()).toEqual(expected);
  });

  test('no manifest is read that leads to a device, which may never end', () => {
    symlinkSync('/dev/null', path.join(workspace, 'test.sh'));
    expect(found()).toEqual([]);
  });

  test('none of a file that was written to be read for ever', () => {
    const long = 200_000;
    lay({
      'AGENTS.md': `check: a${' '.repeat(long)}b\ncheck: ${'`'.repeat(long)}b\n`,
      'go.work': `${'\n'.repeat(long)}x`,
      'composer.json': '"scripts":{'.repeat(long / 10),
      Rakefile: 'task'.repeat(long / 4),
    });
    expect(found()).toEqual(['tests: go test ./...']);
  });

  test('by the Node that the project asks for, where a version manager has it', () => {
    lay({ 'package.json': npm('jest'), '.nvmrc': 'v18\n' });
    const home = path.join(workspace, 'home');
    for (const version of ['v18.9.0', 'v18.20.4', 'v180.1.0']) {
      mkdirSync(path.join(home, '.nvm/versions/node', version, 'bin'), { recursive: true });
    }
    expect(findChecks(workspace, { said: [], home })[0]?.pathFirst).toEqual([
      path.join(home, '.nvm/versions/node/v18.20.4/bin'),
    ]);
  });
});

describe('what the user says goes before what is found', () => {
  const files = { 'package.json': npm('jest') };
  test('in the settings', () => {
    lay(files);
    expect(found(['make -C build test', 'cd x && ./t'])).toEqual([
      'tests: make -C build test',
      'tests: sh -c "cd x && ./t"',
    ]);
  });

  test.each([
    ['# Notes\n\ncheck: bazel test //...\n', ['tests: bazel test //...']],
    ['- **check:** `make "my test"`\n- lint: `make lint`\n', ['tests: make "my test"', 'lint: make lint']],
    ['check: make t\nbuild: make all\n', ['tests: make t', 'build: make all']],
    ['---\ncheck: ninja test\n---\n', ['tests: ninja test']],
    ['Run the check: it is fast.\n', ['tests: npm test --silent']],
  ])('in AGENTS.md: %j', (text, expected) => {
    lay({ ...files, 'AGENTS.md': text });
    expect(found()).toEqual(expected);
  });
});
