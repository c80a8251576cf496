import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { asId, type DecisionId, type ModelId, type StepId } from '../domain/ids.ts';
import { fine, json, openTestBed, planned, type AskedStep, type TestBed } from '../testing/internal/test-bed.ts';
import type { JobStep } from './model/job-plan.ts';
import type { JobReport } from './model/job-report.ts';
import { EMPTY_STATE, type JobState, type StepAttempt } from './model/job-state.ts';
import { repeatingStep } from './steps/rethink.ts';

// Each job starts servers, and runs tests: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 180_000 });

let bed: TestBed | undefined;
afterEach(async () => bed?.close());

const STEPS = [{ ...planned('one', 'code'), check: 'tests' }];
const FILES = {
  'package.json': '{ "scripts": { "test": "node --test" } }\n',
  'value.js': 'module.exports = 0;\n',
  'value.test.js':
    "const test = require('node:test');\nconst value = require('./value.js');\n" +
    "test('odd', () => { if (value % 2) throw new Error('odd'); });\ntest('low', () => { if (value > 5) throw new Error('high'); });\n",
};
const WHY = 'Both wrote an odd number: write an even one.';

interface Played {
  readonly report: JobReport;
  /** What each thought was asked. */
  readonly thoughts: readonly string[];
  /** The instruction of each try. */
  readonly tries: readonly string[];
}

/** A job whose tries write these values, one after another, and the last again and again. */
async function play(values: readonly number[]): Promise<Played> {
  const thoughts: string[] = [];
  const tries: string[] = [];
  bed = await openTestBed({
    pool: ['claude-opus-5-5', 'claude-sonnet-5', 'claude-haiku-4-5', 'gpt-6-luna'],
    files: FILES,
    tools: true,
    words: (asked: AskedStep) => {
      if (asked.text.includes('ReflectResult')) {
        thoughts.push(asked.text);
        return json({ action: 'continue', why: WHY });
      }
      if (asked.kind !== 'code' || asked.turn > 0) return fine(asked, STEPS);
      tries.push(asked.text);
      const content = `module.exports = ${values[tries.length - 1] ?? values.at(-1) ?? 0};\n`;
      return { toolCalls: [{ name: 'filesystem__write_file', input: { path: 'value.js', content } }] };
    },
  });
  const { pointsman, workspace } = bed;
  const report = await pointsman.runJob({ task: 'Set the value.', workspace, approve: 'all' });
  return { report, thoughts, tries };
}

test('two tries that fail the same tests are thought about once, and the next is given the words', async () => {
  const { report, thoughts, tries } = await play([1, 3, 2]);
  expect(report.status).toBe('done');
  expect(readFileSync(path.join(bed?.workspace ?? '', 'value.js'), 'utf8')).toBe('module.exports = 2;\n');
  expect(thoughts).toHaveLength(1);
  expect(thoughts[0]).toContain('failed the same tests');
  expect(tries.map((text) => text.includes(WHY))).toEqual([false, false, true]);
  // What the check said stays beside it.
  expect(tries[2]).toContain('Check "tests" failed.');

  const rows = report.steps.filter((step) => step.stepId === 'rethink.one');
  expect(rows.map(({ status }) => status)).toEqual(['accepted']);
  expect(rows[0]?.billNanoUsd).toBeGreaterThan(0);
  expect(report.notes.join('\n')).toContain('Two tries of "one" failed the same tests');
  const recorded = await bed?.pointsman.jobSteps(report.jobId);
  expect(recorded?.filter(({ stepId }) => stepId === 'rethink.one')).toHaveLength(1);
});

test('tries that fail other tests are made one after another', async () => {
  const { report, thoughts } = await play([1, 8, 2]);
  expect([report.status, thoughts.length]).toEqual(['done', 0]);
});

const rejected: StepAttempt = {
  attempt: 0,
  decisionId: asId<DecisionId>('d'),
  model: asId<ModelId>('m'),
  mode: 'handoff',
  status: 'rejected',
  rejectedBy: 'tests',
  failing: ['odd'],
  errorCode: undefined,
  feedback: 'Check "tests" failed.',
  summary: 's',
};
const { failing: _, ...unnamed } = rejected;

test.each<readonly [string, readonly StepAttempt[], Partial<JobState>, boolean]>([
  ['the same test', [rejected, rejected], {}, true],
  [
    'the same test, with a vendor that failed between',
    [rejected, { ...unnamed, status: 'failed' }, rejected],
    {},
    true,
  ],
  ['the same test, and was thought about', [rejected, rejected], { thoughtAbout: [asId<StepId>('one')] }, false],
  ['once', [rejected], {}, false],
  ['another test', [rejected, { ...rejected, failing: ['low'] }], {}, false],
  ['tests without names', [unnamed, unnamed], {}, false],
  ['by another check', [rejected, { ...rejected, rejectedBy: 'named-tests' }], {}, false],
  ['and the next try is made already', [rejected, { ...rejected, beside: 2 }], {}, false],
  ['and no try is left', [rejected, rejected, rejected, rejected], {}, false],
])('a step that failed %s', (_what, tries, more, isRepeating) => {
  const [step] = [planned('one', 'code')].map((one) => ({ ...one, stepId: asId<StepId>('one') }) as unknown as JobStep);
  const attempts = { one: tries.map((one, attempt) => ({ ...one, attempt })) };
  const state: JobState = { ...EMPTY_STATE, steps: step === undefined ? [] : [step], attempts, ...more };
  expect(repeatingStep(state)).toBe(isRepeating ? step : undefined);
});
