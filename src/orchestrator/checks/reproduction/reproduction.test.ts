import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { messageText } from '../../../domain/transcript.ts';
import type { ScriptedAnswer } from '../../../providers/scripted/script.ts';
import { fine, json, openTestBed, planned, type AskedStep, type TestBed } from '../../../testing/internal/test-bed.ts';
import type { JobReport } from '../../model/job-report.ts';

// Each job starts servers and runs suites: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 180_000 });

let testBed: TestBed | undefined;
let cache = '';
beforeEach(() => {
  cache = mkdtempSync(path.join(tmpdir(), 'reproduction-'));
});
afterEach(async () => {
  await testBed?.close();
  testBed = undefined;
  rmSync(cache, { recursive: true, force: true });
});

const TEST = (name: string, assertion: string): string =>
  `import { test } from 'node:test';\nimport assert from 'node:assert';\nimport { sum } from '../sum.js';\ntest('${name}', () => assert.ok(${assertion}));\n`;
const FILES = {
  'package.json': '{"name":"w","type":"module","scripts":{"test":"node --test"}}',
  'sum.js': 'export const sum = (a, b) => a - b;\n',
  'test/sum.test.js': TEST('sums zero', 'sum(0, 0) === 0'),
};
/** What the tests that were there are content with. */
const WRONG = 'export const sum = (a, b) => a * b;\n';
const RIGHT = 'export const sum = (a, b) => a + b;\n';
const SHOWS = { 'test/fault.test.js': TEST('one and one', 'sum(1, 1) === 2') };

/** Of the family that its author's model has beside its writer's. */
const SHOWN = 'reproduction';

type Writes = Readonly<Record<string, string>>;

interface Play {
  readonly pool?: readonly string[];
  readonly copies?: boolean;
  readonly setting?: 'keep' | 'drop' | 'off';
  readonly fixesFault?: boolean;
  readonly task?: string;
  readonly files?: Writes;
  /** What a model writes to show the fault, try by try. */
  readonly shows?: readonly Writes[];
  readonly changes?: readonly string[];
}

async function play(options: Play = {}): Promise<JobReport> {
  const { copies = true, fixesFault = true, shows = [SHOWS], changes = [WRONG, RIGHT] } = options;
  const counts = { shown: 0, changed: 0 };
  const write = (files: Writes): ScriptedAnswer => ({
    toolCalls: Object.entries(files).map(([name, content]) => ({
      name: 'filesystem__write_file',
      input: { path: name, content },
    })),
  });
  const words = (asked: AskedStep): ScriptedAnswer => {
    if (asked.text.includes('ReflectResult')) return json({ action: 'finish', why: 'Nothing else helps.' });
    const shown = asked.kind === 'test' && asked.turn === 0 ? shows[counts.shown++] : undefined;
    if (shown !== undefined && Object.keys(shown).length > 0) return write(shown);
    // As a model may well say of a test that is to fail.
    if (asked.kind === 'test') return json({ summary: 'It is red.', passed: false });
    if (asked.kind === 'code' && asked.turn === 0) return write({ 'sum.js': changes[counts.changed++] ?? WRONG });
    return fine(asked, [
      { ...planned('one', 'code'), check: 'tests', difficulty: 3, stakes: 3, ...(fixesFault ? { fixesFault } : {}) },
    ]);
  };
  testBed = await openTestBed({
    tools: true,
    copies,
    pool: options.pool ?? ['claude-sonnet-5', 'claude-haiku-4-5', 'gpt-6-luna'],
    files: {
      ...FILES,
      ...options.files,
      ...(options.setting === undefined
        ? {}
        : { 'pointsman.config.yaml': `tools: { reproduction: ${options.setting} }\n` }),
    },
    options: { env: { PATH: process.env['PATH'], XDG_CACHE_HOME: cache } },
    words,
  });
  return testBed.pointsman.runJob({
    task: options.task ?? 'sum(1, 1) is 0.',
    workspace: testBed.workspace,
    approve: 'all',
  });
}

/** Each attempt as a row: its step, how it ended, and what each check but the contract said. */
function rows(report: JobReport): readonly string[] {
  const familyOf = (model: unknown): string => String(model).slice(0, 3);
  const writer = report.steps.findLast((step) => step.kind === 'test');
  return report.steps
    .filter((step) => step.kind === 'code' || step.kind === 'test')
    .map(({ stepId, status, checks, model }) => {
      const own = checks.filter((check) => check.verifierId !== 'contract');
      const kind = `reproduction-${familyOf(model) === familyOf(writer?.model) ? 'own' : 'other'}-family`;
      const named = own.map((check) => `${check.verifierId}${check.passed ? '+' : '-'}`.replace(kind, SHOWN));
      return [stepId, status, ...named].join(' ');
    });
}

const inWorkspace = (name: string): string => path.join(testBed?.workspace ?? '', name);
const saidTo = (kind: string): string =>
  (testBed?.server.calls ?? [])
    .map((call) => call.request.messages.map(messageText).join('\n'))
    .filter((text) => new RegExp(`^# Step \\d+ of \\d+: ${kind}`, 'mu').test(text))
    .join('\n');

describe('a fault that no test shows', () => {
  test('has its test written by another family, where the author has the cheapest model', async () => {
    const report = await play({ pool: ['gpt-6-luna', 'claude-haiku-4-5'] });
    const families = ['reproduce-one', 'one'].map((id) =>
      report.steps.find(({ stepId }) => stepId === id)?.model?.slice(0, 3),
    );
    expect(families).toEqual(['cla', 'gpt']);
  });

  test.each([true, false])(
    'is shown by a test of another family, which the change must turn green (copies: %s)',
    async (copies) => {
      const report = await play({ copies });
      expect(rows(report)).toEqual([
        'reproduce-one accepted red-before+',
        `one rejected tests+ ${SHOWN}-`,
        `one accepted tests+ ${SHOWN}+`,
      ]);
      expect(report.steps.find(({ stepId }) => stepId === 'one')?.checks.at(-1)?.verifierId).toBe(
        'reproduction-other-family',
      );
      expect(report.status).toBe('done');
      // It stays as the test that holds the change; the author saw it only when it was red.
      expect(readFileSync(inWorkspace('test/fault.test.js'), 'utf8')).toBe(SHOWS['test/fault.test.js']);
      expect(readFileSync(inWorkspace('sum.js'), 'utf8')).toBe(RIGHT);
      const [first, ...later] = saidTo('code').split('## Attempt');
      expect(first).not.toMatch(/fault\.test\.js|one and one/u);
      expect(later.join('')).toMatch(/one and one[^]*=== the test that is red ===/u);
      expect(report.notes.join('\n')).toMatch(
        /one: a test that shows the fault is written first: expected to save \$/u,
      );
    },
  );

  test('is left out of the change where its user wants that, and not written where its user wants none', async () => {
    const report = await play({ setting: 'drop', changes: [RIGHT] });
    expect(rows(report)).toEqual(['reproduce-one accepted red-before+', `one accepted tests+ ${SHOWN}+`]);
    expect(existsSync(inWorkspace('test/fault.test.js'))).toBe(false);
    await testBed?.close();
    expect(rows(await play({ setting: 'off', changes: [WRONG] }))).toEqual(['one accepted tests+']);
  });

  test('is not shown where that does not pay at the rates that are believed, and what it would have cost is said', async () => {
    // One family: its own tests are believed to tell little more than those that were there.
    const report = await play({ pool: ['claude-sonnet-5', 'claude-haiku-4-5'], changes: [WRONG] });
    expect(rows(report)).toEqual(['one accepted tests+']);
    expect(report.notes.join('\n')).toMatch(
      /one: no test is written for the fault: expected to save .*\$.* and to cost \$/u,
    );
  });

  test.each<readonly [string, Writes]>([
    ['is green', { 'test/fault.test.js': TEST('zero again', 'sum(0, 0) === 0') }],
    ['does not run', { 'test/fault.test.js': "import '../nowhere.js';\n" }],
    ['changes what is there', { ...SHOWS, 'sum.js': RIGHT }],
    ['is nothing', {}],
  ])('a test that %s is no reproduction, and is taken back', async (_what, shown) => {
    const report = await play({ shows: [shown, SHOWS], changes: [RIGHT] });
    expect(rows(report)).toEqual([
      'reproduce-one rejected red-before-',
      'reproduce-one accepted red-before+',
      `one accepted tests+ ${SHOWN}+`,
    ]);
  });

  test('that nobody can show is mended all the same', async () => {
    const report = await play({ shows: [{}, {}], changes: [WRONG] });
    expect(rows(report)).toEqual([
      'reproduce-one rejected red-before-',
      'reproduce-one rejected red-before-',
      'one accepted tests+',
    ]);
    expect(report.status).toBe('done');
    expect(report.notes.join('\n')).toContain('no test was found that shows the fault');
  });
});

test.each<readonly [string, Play]>([
  ['a step that ends no fault', { fixesFault: false, changes: [WRONG] }],
  ['a fault that a red test shows already', { files: SHOWS, task: 'Make the failing test pass.', changes: [RIGHT] }],
])('%s needs no reproduction', async (_what, options) => {
  const report = await play(options);
  expect(rows(report).filter((row) => row.startsWith('reproduce'))).toEqual([]);
  expect(report.status).toBe('done');
});
