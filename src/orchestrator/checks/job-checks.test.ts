import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { messageText } from '../../domain/transcript.ts';
import type { ScriptedAnswer } from '../../providers/scripted/script.ts';
import {
  fine,
  json,
  openTestBed,
  planned,
  type AskedStep,
  type TestBed,
  type TestBedOptions,
} from '../../testing/internal/test-bed.ts';
import type { JobReport } from '../model/job-report.ts';

// Each job starts servers and runs suites: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 120_000 });

let testBed: TestBed | undefined;
let programs: string | undefined;
afterEach(async () => {
  await testBed?.close();
  testBed = undefined;
  if (programs !== undefined) rmSync(programs, { recursive: true, force: true });
  programs = undefined;
});

const POOL = ['claude-opus-5-5', 'claude-sonnet-5', 'claude-haiku-4-5', 'gpt-6-luna'];
const CHECKED = { ...planned('one', 'code'), check: 'tests' };

/** A job of one code step whose every attempt writes these files. */
async function jobThatWrites(
  files: Readonly<Record<string, string>>,
  writes: Readonly<Record<string, string>> | ((asked: AskedStep) => Readonly<Record<string, string>>),
  options: Partial<TestBedOptions> & { readonly task?: string; readonly executable?: string } = {},
): Promise<JobReport> {
  let workspace = '';
  testBed = await openTestBed({
    pool: POOL,
    tools: true,
    files,
    words: (asked) => {
      if (asked.text.includes('ReflectResult')) return json({ action: 'finish', why: 'It is good enough.' });
      if (asked.kind !== 'code' || asked.turn > 0) return fine(asked, [CHECKED]);
      const written = typeof writes === 'function' ? writes(asked) : writes;
      return write(workspace, written);
    },
    ...options,
  });
  ({ workspace } = testBed);
  if (options.executable !== undefined) chmodSync(path.join(workspace, options.executable), 0o755);
  return testBed.pointsman.runJob({ task: options.task ?? 'Do it.', workspace, approve: 'all' });
}

function write(workspace: string, files: Readonly<Record<string, string>>): ScriptedAnswer {
  const toolCalls = Object.entries(files).map(([name, content]) => ({
    name: 'filesystem__write_file',
    input: { path: path.join(workspace, name), content },
  }));
  return { toolCalls };
}

/** Each attempt at the code as a row: how it ended, and what each check but the contract said. */
function attempts(report: JobReport): readonly string[] {
  return report.steps
    .filter((step) => step.kind === 'code')
    .map((step) => {
      const checks = step.checks.filter((check) => check.verifierId !== 'contract');
      return [step.status, ...checks.map((check) => `${check.verifierId}${check.passed ? '+' : '-'}`)].join(' ');
    });
}

const MANIFEST = '{"name":"w","type":"module","scripts":{"test":"node --test"}}';
const SUM = 'export const sum = (a, b) => a - b;\n';
const SUM_RIGHT = 'export const sum = (a, b) => a + b;\n';
const suite = (name: string, assertion: string): string =>
  `import { test } from 'node:test';\nimport assert from 'node:assert';\nimport { sum } from '../sum.js';\ntest('${name}', () => assert.ok(${assertion}));\n`;
/** Red before, whatever is done: it needs what is not there. */
const LEGACY = suite('asks the old server', 'process.env.OLD_SERVER');

describe('a suite that is red before the job', () => {
  const files = {
    'package.json': MANIFEST,
    'sum.js': SUM,
    'test/legacy.test.js': LEGACY,
    'test/sum.test.js': suite('sums zero', 'sum(0, 0) === 0'),
  };

  test('does not reject a right change', async () => {
    const report = await jobThatWrites(files, { 'sum.js': SUM_RIGHT });
    expect(report.status).toBe('done');
    expect(attempts(report)).toEqual(['accepted tests+']);
    expect(report.steps.find((step) => step.kind === 'code')?.checks[1]?.summary).toContain('asks the old server');
  });

  test('rejects what turns a green test red, and tells the next model only of that', async () => {
    const report = await jobThatWrites(files, (asked) => ({
      'sum.js': asked.rejected ? SUM_RIGHT : 'export const sum = () => 7;\n',
    }));
    expect(attempts(report)).toEqual(['rejected tests-', 'accepted tests+']);
    const reported = testBed?.server.calls.map((call) => call.request.messages.map(messageText).join('\n')) ?? [];
    expect(
      reported.some((text) => /Check "tests" failed\.\s+"test\/sum\.test\.js > sums zero" fails now\./u.test(text)),
    ).toBe(true);
  });

  test('rejects a new test that fails', async () => {
    const report = await jobThatWrites(files, (asked) => ({
      'sum.js': SUM_RIGHT,
      'test/more.test.js': suite('sums more', asked.rejected ? 'sum(1, 1) === 2' : 'sum(1, 1) === 3'),
    }));
    expect(attempts(report)).toEqual(['rejected tests-', 'accepted tests+']);
  });

  test('holds a change against a red test that the task names, as a check of its own', async () => {
    const named = { ...files, 'test/two.test.js': suite('sums one and one', 'sum(1, 1) === 2') };
    const report = await jobThatWrites(
      named,
      (asked) => ({ 'sum.js': asked.rejected ? SUM_RIGHT : 'export const sum = (a, b) => b - a;\n' }),
      { task: 'Mend the code: "sums one and one" is red.' },
    );
    expect(report.status).toBe('done');
    expect(attempts(report)).toEqual(['rejected tests+ named-tests-', 'accepted tests+ named-tests+']);
    const [first] = (await testBed?.pointsman.jobSteps(report.jobId))?.filter((step) => step.kind === 'code') ?? [];
    expect(first?.input.step.checks).toMatchObject([{ kind: 'named-tests', sensitivity: { yes: 8, no: 2 } }]);
  });

  test.each([
    ['emptied', ''],
    ['skipped', "import { test } from 'node:test';\ntest.skip('sums one and one', () => {});\n"],
  ])('a test that was red and is %s is not mended', async (_how, text) => {
    const named = { ...files, 'test/two.test.js': suite('sums one and one', 'sum(1, 1) === 2') };
    const report = await jobThatWrites(named, { 'test/two.test.js': text }, { task: 'Make "sums one and one" pass.' });
    expect(attempts(report)[0]).toBe('rejected tests+ named-tests-');
  });
});

test('the tests are run once before the first change, and not again when a job goes on', async () => {
  const files = {
    'package.json': MANIFEST.replace('node --test', 'node count.cjs'),
    'count.cjs': "require('node:fs').appendFileSync('runs.txt', process.env.npm_lifecycle_event + '\\n');",
  };
  let workspace = '';
  let isDown = true;
  testBed = await openTestBed({
    pool: ['claude-opus-5-5'],
    tools: true,
    files,
    words: (asked) => {
      if (asked.kind !== 'code') return fine(asked, [CHECKED]);
      if (isDown) return { text: '', failure: { kind: 'refused-key' } };
      return asked.turn === 0 ? write(workspace, { 'a.txt': 'a' }) : fine(asked);
    },
  });
  ({ workspace } = testBed);
  const runs = (): number => readFileSync(path.join(workspace, 'runs.txt'), 'utf8').trim().split('\n').length;
  const stopped = await testBed.pointsman.runJob({ task: 'Do it.', workspace, approve: 'all' });
  expect(stopped.status).toBe('failed');
  expect(runs()).toBe(1);
  isDown = false;
  const again = await testBed.reopen();
  const done = await (await again.resumeJob(stopped.jobId)).result;
  expect(done.status).toBe('done');
  expect(runs()).toBe(2);
});

describe('what is no red test rejects nothing', () => {
  const npm = (script: string): string => JSON.stringify({ name: 'w', scripts: { test: script } });
  const pytest = (code: number, printed: string): string => `#!/bin/sh\nprintf '${printed}\\n'\nexit ${code}\n`;
  const PYTHON = { 'pyproject.toml': '[project]\nname = "w"\n' };
  test.each<readonly [string, Readonly<Record<string, string>>, string | undefined]>([
    ['pytest finds no tests', PYTHON, pytest(5, 'no tests ran in 0.01s')],
    ['pytest is not installed', PYTHON, undefined],
    ['pytest is a shim without a pytest', PYTHON, pytest(127, 'pyenv: pytest: command not found')],
    ['the script is what npm writes', { 'package.json': npm('echo "Error: no test specified" && exit 1') }, undefined],
    ['there is no script', { 'package.json': '{"name":"w","scripts":{}}' }, undefined],
    ['the runner of the script is not installed', { 'package.json': npm('no-such-runner-here run') }, undefined],
    [
      'the runner finds no test files',
      { 'package.json': npm("echo 'No test files found, exiting with code 1'; exit 1") },
      undefined,
    ],
    ['node finds no tests', { 'package.json': npm('node --test') }, undefined],
    ['the suite was broken and says nothing of tests', { 'package.json': npm('node build.cjs') }, undefined],
  ])('%s', async (_what, files, program) => {
    programs = mkdtempSync(path.join(tmpdir(), 'pointsman-programs-'));
    if (program !== undefined) {
      writeFileSync(path.join(programs, 'pytest'), program);
      chmodSync(path.join(programs, 'pytest'), 0o755);
    }
    const folders = (process.env['PATH'] ?? '').split(path.delimiter);
    const rest = 'pyproject.toml' in files ? ['/bin', '/usr/bin'] : folders;
    const env = { PATH: [programs, ...rest].join(path.delimiter) };
    const report = await jobThatWrites(files, { 'a.txt': 'a' }, { options: { env } });
    expect(report.status).toBe('done');
    expect(attempts(report)).toEqual(['accepted']);
  });

  test('tests past their time limit, which is a setting', async () => {
    const files = {
      'package.json': npm('node hang.cjs'),
      'hang.cjs': 'setInterval(() => {}, 1000);',
      'pointsman.config.yaml': 'tools: { testTimeoutSeconds: 0.5 }\n',
    };
    const report = await jobThatWrites(files, { 'a.txt': 'a' });
    expect(report.status).toBe('done');
    expect(attempts(report)).toEqual(['accepted']);
    expect(report.notes.join('\n')).toMatch(/did not end within 0\.5 s \(tools\.testTimeoutSeconds\)/u);
  });
});

describe('how a workspace is checked', () => {
  test('by the Python of its environment, which no other one replaces', async () => {
    const files = {
      'setup.py': '',
      'tests/test_sum.py': '',
      'sum.py': 'a - b',
      '.venv/pyvenv.cfg': '',
      '.venv/bin/python': `#!/bin/sh\nif grep -q 'a + b' sum.py; then echo '1 passed in 0.01s'; exit 0; fi\necho 'FAILED tests/test_sum.py::test_one_and_one - assert'; echo '1 failed in 0.01s'; exit 1\n`,
    };
    const report = await jobThatWrites(files, (asked) => ({ 'sum.py': asked.rejected ? 'a + b' : 'b - a' }), {
      task: 'Make test_one_and_one pass.',
      executable: '.venv/bin/python',
    });
    expect(attempts(report)).toEqual(['rejected tests+ named-tests-', 'accepted tests+ named-tests+']);
  });

  test('types and lint that were green and are red reject a change, and what was red before does not', async () => {
    const word = (name: string): string => `const text = require('node:fs').readFileSync('sum.js', 'utf8');
if (text.includes('${name}')) { console.log('sum.js:1: error: ${name} is here'); process.exitCode = 1; }
`;
    const files = {
      'package.json': JSON.stringify({
        name: 'w',
        type: 'module',
        scripts: { test: 'node --test', typecheck: 'node types.cjs', lint: 'node lint.cjs' },
      }),
      'sum.js': `${SUM}// old\n`,
      'types.cjs': word('wrong'),
      'lint.cjs': word('old'),
      'test/sum.test.js': suite('sums zero', 'sum(0, 0) === 0'),
    };
    const report = await jobThatWrites(files, (asked) => ({
      'sum.js': asked.rejected ? `${SUM}// right, old\n` : `${SUM}// wrong, old\n`,
    }));
    expect(attempts(report)).toEqual(['rejected tests+ types-', 'accepted tests+ types+']);
    const said = testBed?.server.calls.map((call) => call.request.messages.map(messageText).join('\n')) ?? [];
    expect(said.some((text) => text.includes('sum.js:1: error: wrong is here'))).toBe(true);
  });

  test('types that are red by chance are read again, and reject nothing', async () => {
    const files = {
      'package.json': JSON.stringify({
        name: 'w',
        type: 'module',
        scripts: { test: 'node --test', typecheck: 'node types.cjs' },
      }),
      'sum.js': SUM,
      'types.cjs': `const fs = require('node:fs');
fs.appendFileSync('runs.txt', '.');
process.exitCode = fs.readFileSync('runs.txt', 'utf8').length === 2 ? 1 : 0;
`,
      'test/sum.test.js': suite('sums zero', 'sum(0, 0) === 0'),
    };
    const report = await jobThatWrites(files, { 'a.txt': 'a' });
    expect(attempts(report)).toEqual(['accepted tests+ types+']);
  });

  test('as its user says, with what fails by chance run again', async () => {
    const files = {
      'package.json': '{"scripts":{"test":"exit 1"}}',
      'AGENTS.md': 'check: node check.cjs\n',
      'check.cjs': `const fs = require('node:fs');
fs.appendFileSync('runs.txt', '.');
const isSecond = fs.readFileSync('runs.txt', 'utf8').length === 2;
console.log(isSecond ? 'TAP version 14\\nnot ok 1 - chance' : 'TAP version 14\\nok 1 - chance');
process.exitCode = isSecond ? 1 : 0;
`,
    };
    const report = await jobThatWrites(files, { 'a.txt': 'a' });
    expect(attempts(report)).toEqual(['accepted tests+']);
    expect(report.steps.find((step) => step.kind === 'code')?.checks[1]?.summary).toContain('flaky');
  });
});

describe('a job none of whose changes was accepted', () => {
  const files = { 'package.json': MANIFEST, 'sum.js': SUM, 'test/sum.test.js': suite('sums zero', 'sum(0, 0) === 0') };
  const wrong = { 'sum.js': 'export const sum = () => 7;\n' };

  test('is not done, although thinking about it says that it is good enough', async () => {
    const report = await jobThatWrites(files, wrong);
    expect(new Set(attempts(report))).toEqual(new Set(['rejected tests-']));
    expect(report.status).toBe('failed');
    expect(report.failure).toMatchObject({
      code: 'no-eligible-model',
      message: expect.stringMatching(/^Step one .* was rejected \d times: .*tests/u) as string,
    });
    expect(report.summary).toBe('The summarize step is done.');
    const again = await (await testBed?.pointsman.resumeJob(report.jobId))?.result;
    expect(again?.status).toBe('failed');
  });
});
