import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkCommand } from './check-command.ts';
import { parseCommandRules } from './command-rule.ts';
import { defaultCommandRules } from './default-rules.ts';
import { findProgram } from './find-program.ts';

let root = '';
beforeAll(() => {
  root = realpathSync(mkdtempSync(path.join(tmpdir(), 'commands-')));
  mkdirSync(path.join(root, 'sub'));
  symlinkSync('/', path.join(root, 'root'));
  mkdirSync(path.join(root, '.venv/bin'), { recursive: true });
  for (const program of ['.venv/bin/python', 'gradlew', 'run-tests.sh'])
    writeFileSync(path.join(root, program), '#!/bin/sh\n', { mode: 0o755 });
  writeFileSync(path.join(root, 'build.sh'), 'true\n');
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const check = (line: string, cwd?: string) => {
  const [program = '', ...args] = line.split(' ').filter((word) => word !== '');
  return checkCommand(root, defaultCommandRules, { program, args, cwd });
};

test.each([
  'ls -la',
  'ruby -Ilib -I test -rset sub/x_test.rb --name x',
  'perl -Ilib -MTest::More sub/x.t',
  'cat a.txt b/c.txt',
  'head -n 20 x',
  'head -20 x',
  'grep -rn /api/users sub',
  'git status --short',
  'git log --oneline -5',
  'git diff HEAD~1..HEAD -- sub',
  'git show HEAD:sub/x',
  'node script.mjs --flag=/x -e',
  'node --test sub/',
  'npm test',
  'npm run lint -- --fix',
  'npx vitest run --reporter=dot',
  'pytest -q sub',
  'python3 -m pytest -x',
  'go test ./...',
  'cargo test --release',
  'make test',
  'grep -e x -A 3 sub',
  'grep -m 2 x sub',
  'rg -n --glob=*.ts x sub',
  'rg --files -g *.ts sub',
  'find sub -name *.ts -not -path */x/* -maxdepth 2',
  'sed -n 10,20p x',
  'sed -n /a/,/b/p x',
  'git blame -L 1,5 x',
  'git grep -n x -- sub',
  'git log -S /api -3',
  'git log -L 1,5:x',
  'git ls-files --others --exclude-standard',
  'node -e 1',
  'node --eval 1',
  'node -p -1',
  'python3 x.py --flag=/x',
  'python3 -c 1',
  'python3 -m mypackage.cli -x',
  'python -m pytest -p no:cacheprovider',
  'pytest -k name -p no:x --deselect=sub/x',
  'tox -e py312',
  'go test -run X ./...',
  'go run ./sub',
  'cargo test -p x --features y',
  'cargo fmt',
  'mvn -q -DskipTests=false test',
  'dotnet test',
  'bundle exec rspec',
  'npm install',
  'npm ci',
  'npm test -w sub',
  'pnpm run build',
  'pip install -r sub/x',
  'uv run pytest',
  'make',
  'make -j4 test-unit',
  'make -j 4 sub/x.o',
  'ruff check sub',
  'bash build.sh --fast',
  'gcc -o sub/x sub/x.c -Isub',
  '.venv/bin/python -m pytest',
  './gradlew test',
  './run-tests.sh -x',
  'rm -r sub/old',
  'mkdir -p sub/a/b',
  'cargo --version',
  'make -C sub test',
  'make -Csub -j4',
  'make --directory=sub test',
  'make test TESTS=sub/x V=1',
  'ninja -C sub test',
  'meson test -C sub',
  'pnpm -C sub test',
  'yarn vitest run',
  'yarn tsc --noEmit',
  'pnpm test:unit',
  'pnpm --dir sub eslint .',
  'jq .scripts.test x.json',
  'jq -r .env.include x.json',
  'jq -c --indent 2 .[]|select(.a>1) x.json',
  'awk {print$1} x',
  'awk -F, $3>5{print$1} x',
  'awk -F / /a/||/b/{n++}END{print(n)} x',
  'awk -v n=3 NR==n x',
  'sort -rn x',
  'sort -t, -k2,2n x',
  'sort -t / -k 2 x',
  'sort -u sub/x y',
  'uniq -c x',
  'cut -d/ -f2 x',
  'git log -Sapi',
  'grep -eapi x',
  'sed -n s/a/b/p x',
  'sed 20q x',
  'sed -E s/a/b/g x',
  'sha256sum x',
  'date +%s',
  'chmod +x build.sh',
  'chmod 755 build.sh',
  'cargo add x',
  'go mod tidy',
  'dune test',
])('allows %s', (line) => {
  expect(check(line).cwd).toBe(root);
});

test.each([
  'sh -c ls',
  'NODE x.js',
  'Cat x',
  './node x',
  '/bin/cat x',
  'cat ../x',
  'cat /etc/passwd',
  'cat root/etc/passwd',
  'cat -- ../x',
  'cat ~/x',
  'ls -L',
  'ls --file=/x',
  'tail -f x',
  'grep -f ../x y',
  'grep x ../y',
  'grep -r x /',
  'git push',
  'git',
  'git -C .. status',
  'git --git-dir=../x status',
  'git diff --no-index /etc/passwd x',
  'git diff --output=x',
  'git log --output=../x',
  'git diff --ext-diff',
  'git -c core.pager=x log',
  'git commit',
  'node --eval=1',
  'node -r ./x y',
  'node --import ./x y',
  'node --inspect y',
  'node ../x.js',
  'node --test-reporter=/x',
  'node x.js ../y',
  'npm exec x',
  'npm --prefix .. test',
  'npm test --prefix=..',
  'npm run x --script-shell=sh',
  'npx -c ls',
  'npx --yes x',
  'npx --package=x y',
  'make SHELL=x',
  'make -f ../Makefile test',
  'rm -rf .',
  'rm -rf ../x',
  'rm -rf sub/..',
  'rm -r .git',
  'rm -r sub/.git/hooks',
  'bash',
  'bash x',
  'bash -c ls',
  'sh -s',
  'bash ../x.sh',
  'sed -i s/a/b/ x',
  'sed -n w/tmp/x x',
  'sed -n 1e x',
  'sed -n s/a/b/e x',
  'sed -n 1,2p ../x',
  'sed -n -f x y',
  'sed -e 1p x',
  'find . -delete',
  'find . -exec rm x',
  'find . -fprint x',
  'find -L .',
  'find -- . -delete',
  'find . -name x -- -exec rm x',
  'rg --files ..',
  'rg --hidden --files ..',
  'git diff -L --output=x',
  'make -j SHELL=x',
  'make -j --file=x',
  'go test --toolexec=x',
  'find .. -name x',
  'find . -newer ../x',
  'find . -name',
  'rg --pre x y',
  'rg -L x',
  'rg -z x',
  'rg x ..',
  'grep -e x ../y',
  'grep -e',
  'grep --file=../x y',
  'diff -r sub root',
  'git grep -O x',
  'git grep -e x ../y',
  'git blame --contents ../x y',
  'git checkout x',
  'git stash',
  'git apply x',
  'node -e',
  'pytest --rootdir=..',
  'pytest --rootdir=sub',
  'pytest ../x',
  'pytest -c../x',
  'go test -exec x',
  'cargo --config x test',
  'cargo test --config=x',
  'mvn -f ../pom.xml',
  'gcc -I/etc x.c',
  'python3 ../x.py',
  'python3 -m ../x',
  'python3 -m',
  './node x',
  'sub/missing x',
  'root/bin/ls x',
  'cp x ../y',
  'mv x ../y',
  'curl x',
  'make -C .. test',
  'make -C../x test',
  'make --directory=/ test',
  'make CC=x',
  'ninja -C ..',
  'meson test -C /',
  'yarn --cwd .. test',
  'yarn dlx x',
  'yarn npm publish',
  'yarn publish',
  'yarn node x',
  'pnpm dlx x',
  'pnpm config set a b',
  'npm -C sub test',
  'git -C sub status',
  'jq . ../x',
  'jq -f x y',
  'jq --from-file x y',
  'jq -L .. . x',
  'jq --arg a b . x',
  'jq --rawfile a ../x . y',
  'jq import"../a"as$a;. x',
  'jq #a\ninclude"../a";. x',
  'jq env x',
  'jq $ENV.HOME x',
  'awk {print>"y"} x',
  'awk {print";">"y"} x',
  'awk {printf"a">>"y"} x',
  'awk {print|"sh"} x',
  'awk BEGIN{system("ls")} x',
  'awk BEGIN{"ls"|getline} x',
  'awk BEGIN{while((getline<"/etc/passwd")>0)n++} x',
  'awk BEGIN{ARGV[1]="/etc/passwd"} x',
  'awk {print(ENVIRON["A"])} x',
  'awk @include"x" y',
  'awk -f x y',
  'awk -i inplace 1 x',
  'awk --exec x',
  'awk -E x y',
  'awk 1 ../x',
  'awk',
  'sort -o y x',
  'sort -uo y x',
  'sort --output=y x',
  'sort -oy x',
  'sort --compress-program=x y',
  'sort --files0-from=x',
  'sort -T .. x',
  'sort ../x',
  'uniq x ../y',
  'cut -f1 ../x',
  'sed s/a/b/w/x y',
  'sed s/a/b/e y',
  'sed -i 20q x',
  'sed -n s/a/b/;w x',
  'chmod +s build.sh',
  'chmod 4755 build.sh',
  'chmod +x ../x',
  'grep -ex ../y',
  'git log -Sx --output=y',
  '',
])('refuses %s', (line) => {
  expect(() => check(line)).toThrow(expect.objectContaining({ code: 'tool-denied', hint: expect.any(String) }));
});

test('the folder to run in lies in the workspace', () => {
  expect(check('ls', 'sub').cwd).toBe(path.join(root, 'sub'));
  for (const cwd of ['..', '/', 'root', 'sub/../..']) expect(() => check('ls', cwd)).toThrow(/not allowed/u);
  expect(() => check('cat ../../x', 'sub')).toThrow(/leads out/u);
  expect(check('cat ../x', 'sub').args).toEqual(['../x']);
});

test('adds what keeps git from running programs and npx from fetching them', () => {
  expect(check('git diff HEAD').args).toEqual([
    'diff',
    '--no-ext-diff',
    '--no-textconv',
    '--ignore-submodules=all',
    'HEAD',
  ]);
  expect(check('npx vitest').args).toEqual(['--no', '--', 'vitest']);
});

test('no argument of a looking program leads out, whatever it is', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 12 }), { maxLength: 4 }), (args) => {
      try {
        const command = checkCommand(root, defaultCommandRules, { program: 'cat', args, cwd: undefined });
        for (const argument of command.args.filter((arg) => !arg.startsWith('-'))) {
          expect(path.resolve(root, argument).startsWith(root)).toBe(true);
        }
      } catch (thrown) {
        expect(thrown).toMatchObject({ code: 'tool-denied' });
      }
    }),
  );
});

describe('an allow list from config', () => {
  test.each(['sh', 'BASH', 'cmd.exe', 'env', 'sudo', 'xargs', '../x', '/bin/ls', 'a b', '', '-x'])(
    'cannot name %s',
    (program) => {
      expect(() => parseCommandRules([{ program }])).toThrow(expect.objectContaining({ code: 'config-invalid' }));
    },
  );
  test.each([
    null,
    {},
    'ls',
    [7],
    [{ program: 'ls', unknown: 1 }],
    [{ program: 'ls', letters: '-' }],
    [{ program: 'ls', starts: [] }],
    [{ program: 'ls', plain: '(' }],
    [{ program: 'bash', starts: [['-c']], first: '[^]+', file: true }],
  ])('cannot be %j', (value) => {
    expect(() => parseCommandRules(value)).toThrow(expect.objectContaining({ code: 'config-invalid' }));
  });
  test('is taken as it is', () => {
    expect(parseCommandRules([{ program: 'ls', letters: 'a' }])).toEqual([{ program: 'ls', letters: 'a' }]);
    expect(parseCommandRules(defaultCommandRules)).toEqual(defaultCommandRules);
  });
});

test('a file of the workspace never passes for a program, nor does a relative folder of the PATH', () => {
  writeFileSync(path.join(root, 'git'), '#!/bin/sh\n', { mode: 0o755 });
  const search = ['', '.', root, path.join(root, 'sub', '..'), '/usr/bin', '/bin'].join(path.delimiter);
  expect(findProgram(root, 'cat', search)).toMatch(/^\/(?:usr\/)?bin\/cat$/u);
  expect(() => findProgram(root, 'git', [root, '.'].join(path.delimiter))).toThrow(
    expect.objectContaining({ code: 'tool-unavailable' }),
  );
  expect(findProgram(root, 'node', '')).toBe(process.execPath);
});
