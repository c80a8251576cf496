import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { fine, json, openTestBed, planned, type TestBed } from '../../../testing/internal/test-bed.ts';
import { namesNothing } from './named-there.ts';
import { openFolder } from './open-folder.ts';

// Each job starts servers and runs what checks it.
vi.setConfig({ testTimeout: 120_000 });

let folder: string | undefined;
let testBed: TestBed | undefined;
afterEach(async () => {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  await testBed?.close();
  folder = testBed = undefined;
});

/** How a runner is asked for what a name means, says that it is not there, and where it is written down. */
interface Runner {
  readonly typed: (name: string) => readonly string[];
  readonly says: (name: string, root: string) => string;
  readonly lays: (names: readonly string[]) => Readonly<Record<string, string>>;
}

const scripts = (names: readonly string[]): Readonly<Record<string, string>> => ({
  'package.json': JSON.stringify({ scripts: Object.fromEntries(names.map((name) => [name, 'true'])) }),
});
const scripted = (typed: string, says: Runner['says']): Runner => ({
  typed: (name) => [...typed.split(' '), name],
  says,
  lays: scripts,
});
const files = (typed: string, says: Runner['says']): Runner => ({
  typed: (name) => [...typed.split(' '), `scripts/${name}.x`],
  says,
  lays: (names) => Object.fromEntries(names.map((name) => [`scripts/${name}.x`, ''])),
});

const RUNNERS: Readonly<Record<string, Runner>> = {
  npm: scripted('npm run', (name) => `npm error Missing script: "${name}"\nnpm error To see a list of scripts, run:`),
  pnpm: scripted('pnpm run', (name) => ` ERR_PNPM_NO_SCRIPT  Missing script: ${name}`),
  yarn: scripted('yarn run', (name) => `error Command "${name}" not found.`),
  berry: scripted('yarn run', (name) => `Usage Error: Couldn't find a script named "${name}".`),
  bun: scripted('bun run', (name) => `error: Script not found "${name}"`),
  make: {
    typed: (name) => ['make', '-k', name],
    says: (name) => `make: *** No rule to make target '${name}'.  Stop.`,
    lays: (names) => ({
      Makefile: `.PHONY: ${names.join(' ')}\nX := 1\n${names.map((name) => `${name}: a.o\n\ttrue\n`).join('')}`,
    }),
  },
  just: {
    typed: (name) => ['just', name],
    says: (name) => `error: Justfile does not contain recipe \`${name}\``,
    lays: (names) => ({ justfile: `x := "1"\n${names.map((name) => `${name} arg="1":\n  true\n`).join('')}` }),
  },
  task: {
    typed: (name) => ['task', name],
    says: (name) => `task: Task "${name}" does not exist`,
    lays: (names) => ({
      'Taskfile.yml': `version: '3'\ntasks:\n${names.map((name) => `  ${name}:\n    cmds: [true]\n`).join('')}`,
    }),
  },
  rake: {
    typed: (name) => ['rake', name],
    says: (name) =>
      `rake aborted!\nDon't know how to build task '${name}' (See the list of available tasks with \`rake --tasks\`)`,
    lays: (names) => ({ Rakefile: names.map((name) => `task :${name} do\nend\n`).join('') }),
  },
  'a shell': {
    typed: (name) => ['sh', '-c', `make ${name} && true`],
    says: (name) => `make: *** No rule to make target '${name}'.  Stop.`,
    lays: (names) => ({ Makefile: names.map((name) => `${name}:\n\ttrue\n`).join('') }),
  },
  pytest: files(
    'python3 -m pytest',
    (name) => `ERROR: file or directory not found: scripts/${name}.x\n\nno tests ran in 0.01s`,
  ),
  python: files(
    'python3',
    (name, root) => `python3: can't open file '${root}/scripts/${name}.x': [Errno 2] No such file or directory`,
  ),
  node: files(
    'node',
    (name, root) => `Error: Cannot find module '${root}/scripts/${name}.x'\n    at Module._resolveFilename`,
  ),
  dash: files('sh', (name) => `sh: 0: cannot open scripts/${name}.x: No such file`),
  bash: files('bash', (name) => `bash: scripts/${name}.x: No such file or directory`),
};

const names = fc.uniqueArray(fc.stringMatching(/^[a-z][a-z_]{2,7}$/u), { minLength: 3, maxLength: 6 });
const noise = fc.array(
  fc.constantFrom(
    '',
    '> w@1.0.0',
    "make: *** No rule to make target 'other.o', needed by 'all'.",
    "Cannot find module 'left-pad'",
  ),
  { maxLength: 4 },
);

function lay(root: string, laid: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(laid)) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), text);
  }
}

test.each(Object.entries(RUNNERS))(
  'what a command of the user names and %s does not find is named with all that there is',
  (_who, runner) => {
    fc.assert(
      fc.property(names, noise, noise, ([missing = '', ...there], before, after) => {
        const root = (folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'pointsman-named-'))));
        try {
          lay(root, runner.lays(there));
          const [program = '', ...args] = runner.typed(missing);
          const report = [...before, runner.says(missing, root), ...after].join('\n');
          const asked = namesNothing(openFolder(root, '', undefined), { program, args }, report);
          expect(asked).toContain(missing);
          for (const name of there) expect(asked).toContain(name);
          // What others miss is not what the user named.
          expect(
            namesNothing(openFolder(root, '', undefined), { program, args }, [...before, ...after].join('\n')),
          ).toBe(undefined);
        } finally {
          rmSync(root, { recursive: true, force: true });
        }
      }),
      { numRuns: 25 },
    );
  },
);

const RED = `console.log('1..1\\nnot ok 1 - ' + (require('node:fs').existsSync('made.txt') ? 'made' : 'old'));process.exit(1)`;

test.each<readonly [string, Readonly<Record<string, string>>, RegExp]>([
  [
    'a target of make',
    { 'AGENTS.md': 'check: make chekc\n', Makefile: 'check:\n\ttrue\nlint:\n\ttrue\n' },
    /"make chekc" names the target "chekc".*Did you mean "check"\? There are check, lint\. .*AGENTS\.md/u,
  ],
  [
    'a script',
    {
      'pointsman.config.yaml': 'check: [npm run unitt]\n',
      'package.json': '{"scripts":{"unit":"true","lint":"true"}}',
    },
    /names the script "unitt".*Did you mean "unit"\?.*lint.*pointsman\.config\.yaml/u,
  ],
  [
    'a file',
    { 'AGENTS.md': 'check: node scripts/chekc.cjs\n', 'scripts/check.cjs': '' },
    /names the file "scripts\/chekc\.cjs".*Did you mean "scripts\/check\.cjs"\?/u,
  ],
  [
    'one of two',
    { 'pointsman.config.yaml': 'check: [node red.cjs, make gone]\n', 'red.cjs': RED, Makefile: 'all:\n\ttrue\n' },
    /"make gone" names the target "gone".*There is all\./u,
  ],
  [
    'a check of types',
    {
      'AGENTS.md': '- check: `node ok.cjs`\n- types: `make typs`\n',
      'ok.cjs': "console.log('1..1\\nok 1 - a')",
      Makefile: 'types:\n\ttrue\n',
    },
    /\(types\): "make typs" names the target "typs".*Did you mean "types"\?/u,
  ],
  [
    'what is taken for a file',
    { Makefile: 'test:\n\t./t\n', 'test/one.c': '' },
    /"make -k test" tested nothing: make: 'test' is up to date\./u,
  ],
  [
    'what tests nothing',
    { 'AGENTS.md': 'check: make nothing\n', Makefile: 'nothing:\n\t@echo no tests ran in 0.01s; exit 5\n' },
    /"make nothing" runs no tests\./u,
  ],
])('of a check that is not there a job asks, and goes on: %s', async (_what, laid, asked) => {
  let workspace = '';
  testBed = await openTestBed({
    tools: true,
    files: laid,
    words: (one) =>
      one.text.includes('ReflectResult')
        ? json({ action: 'finish', why: 'It is good enough.' })
        : one.kind === 'code' && one.turn === 0
          ? {
              toolCalls: [
                { name: 'filesystem__write_file', input: { path: path.join(workspace, 'a.txt'), content: 'a' } },
              ],
            }
          : fine(one, [{ ...planned('one', 'code'), check: 'tests' }]),
  });
  ({ workspace } = testBed);
  const report = await testBed.pointsman.runJob({ task: 'Do it.', workspace, approve: 'all' });
  expect(report.status).toBe('done');
  expect(report.notes.join('\n')).toMatch(asked);
});
