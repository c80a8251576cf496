import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { asId, type JobId } from '../../domain/ids.ts';
import type { ScriptedAnswer } from '../../providers/scripted/script.ts';
import { fine, json, openTestBed, planned, type AskedStep, type TestBed } from '../../testing/internal/test-bed.ts';
import type { JobReport } from '../model/job-report.ts';

// Each job starts servers, and runs tests: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 180_000 });

let bed: TestBed | undefined;
afterEach(async () => {
  await bed?.close();
  bed = undefined;
});

const POOL = ['claude-opus-5-5', 'gpt-6-luna'];
const LONG_POOL = [...POOL, 'claude-sonnet-5', 'claude-haiku-4-5'];
const STEPS = [{ ...planned('one', 'code'), check: 'tests' }];
const FILES = {
  'package.json': '{ "scripts": { "test": "node check.cjs" } }\n',
  'value.js': 'module.exports = 0;\n',
  'check.cjs': "process.exit(require('./value.js') % 2);\n",
};

type Reflection = (asked: AskedStep) => ScriptedAnswer;

interface Play {
  readonly value: number;
  readonly reflection?: Reflection;
  readonly other?: (asked: AskedStep) => ScriptedAnswer | undefined;
}

const isReflection = ({ text }: AskedStep): boolean => text.includes('ReflectResult');
const wordsOf =
  ({ value, reflection = () => json({ action: 'finish', why: 'Enough.' }), other = () => undefined }: Play) =>
  (asked: AskedStep): ScriptedAnswer => {
    const own = other(asked);
    if (own !== undefined) return own;
    if (isReflection(asked)) return reflection(asked);
    if (asked.kind === 'summarize') return json({ summary: `The value is ${value}.` });
    if (asked.kind !== 'code' || asked.turn > 0) return fine(asked, STEPS);
    const input = { path: 'value.js', content: `module.exports = ${value};\n` };
    return { toolCalls: [{ name: 'filesystem__write_file', input }] };
  };

async function giveUp(play: Play, pool = POOL): Promise<JobReport> {
  bed = await openTestBed({ pool, files: FILES, tools: true, words: wordsOf(play) });
  const report = await bed.pointsman.runJob({ task: 'Set the value.', workspace: bed.workspace, approve: 'all' });
  expect(report.status).toBe('failed');
  return report;
}

async function resumed(jobId: JobId, again: boolean): Promise<JobReport> {
  return (await bed!.pointsman.resumeJob(jobId, { again })).result;
}

const value = (): string => readFileSync(path.join(bed?.workspace ?? '', 'value.js'), 'utf8');
const rows = ({ steps }: JobReport, stepId = 'one'): readonly string[] =>
  steps.filter((step) => step.stepId === stepId).map(({ attempt, status }) => `${attempt} ${status}`);

const REFLECTIONS: readonly (readonly [string, Reflection])[] = [
  ['that what is done be kept', () => json({ action: 'finish', why: 'Enough.' })],
  ['that nothing else can be tried', () => json({ action: 'continue', why: 'I know no way.' })],
  ['that the step be dropped', () => json({ action: 'revise', why: 'Without it.', insert: [], drop: [] })],
];

describe('a job that gave up', () => {
  test.each(REFLECTIONS)(
    'because reflection said %s is taken up again from what its tries found',
    async (_what, reflection) => {
      const report = await giveUp({ value: 1, reflection });
      const tried = rows(report);
      expect(tried.every((row) => row.endsWith('rejected'))).toBe(true);
      const calls = bed!.server.calls.length;

      bed!.say(wordsOf({ value: 2, reflection }));
      expect((await resumed(report.jobId, false)).failure?.code).toBe('no-eligible-model');
      expect(bed!.server.calls).toHaveLength(calls);

      const ended = await resumed(report.jobId, true);
      expect(ended.failure).toBeUndefined();
      expect(ended.status).toBe('done');
      expect(rows(ended)).toEqual([...tried, `${tried.length} accepted`]);
      expect(value()).toBe('module.exports = 2;\n');
      expect(ended.summary).toBe('The value is 2.');
      expect(ended.notes.join('\n')).toContain('Taken up again');
      // Nothing that was done is done again, and nothing that was billed is forgotten.
      const before = new Map(report.steps.map((step) => [step.decisionId, step.billNanoUsd]));
      for (const step of ended.steps.filter(({ decisionId }) => before.has(decisionId))) {
        expect(step.billNanoUsd).toBe(before.get(step.decisionId));
      }
      expect(ended.bill.spentNanoUsd).toBe(ended.steps.reduce((sum, { billNanoUsd }) => sum + billNanoUsd, 0));
      expect(ended.bill.spentNanoUsd).toBeGreaterThan(report.bill.spentNanoUsd);
      const next = bed!.server.calls[calls];
      expect(JSON.stringify(next?.request.messages)).toContain(`Attempt ${tried.length} was rejected`);
    },
  );

  test('and gives up once more can be taken up once more, and is thought about anew', async () => {
    const thoughts: string[] = [];
    const reflection: Reflection = ({ text }) => {
      thoughts.push(text);
      return json({ action: 'continue', why: 'I know no way.' });
    };
    const report = await giveUp({ value: 1, reflection }, LONG_POOL);
    const [first, second] = [rows(report).length, thoughts.length];
    const again = await resumed(report.jobId, true);
    expect(again.failure?.code).toBe('no-eligible-model');
    expect(rows(again).length).toBeGreaterThan(first);
    expect(thoughts.length).toBeGreaterThan(second);
    bed!.say(wordsOf({ value: 4, reflection }));
    const ended = await resumed(report.jobId, true);
    expect([ended.status, value()]).toEqual(['done', 'module.exports = 4;\n']);
    expect(ended.notes.filter((note) => note.includes('Taken up again'))).toHaveLength(1);
  });

  const BROKEN: ScriptedAnswer = { text: 'No JSON at all.' };
  test.each(['plan', 'summarize'])('at the step "%s" is taken up again there', async (kind) => {
    const report = await giveUp({ value: 2, other: (asked) => (asked.kind === kind ? BROKEN : undefined) });
    const tried = rows(report, kind);
    bed!.say(wordsOf({ value: 2 }));
    const ended = await resumed(report.jobId, true);
    expect(ended.failure).toBeUndefined();
    expect(rows(ended, kind)).toEqual([...tried, `${tried.length} accepted`]);
    expect(ended.summary).toBe('The value is 2.');
  });

  test('because each provider failed asks them again', async () => {
    const report = await giveUp({
      value: 2,
      other: (asked) => (asked.kind === 'code' ? { text: '', failure: { kind: 'overloaded' } } : undefined),
    });
    bed!.say(wordsOf({ value: 2 }));
    const ended = await resumed(report.jobId, true);
    expect([ended.status, ended.failure, value()]).toEqual(['done', undefined, 'module.exports = 2;\n']);
  });
});

test.each<readonly [string, (jobId: JobId) => Promise<unknown>, RegExp]>([
  ['done', () => Promise.resolve(), /is done; there is nothing to take up again/u],
  ['unknown', () => Promise.resolve(), /There is no job/u],
])('a job that is %s is not taken up again', async (what, before, message) => {
  bed = await openTestBed({ pool: POOL, files: FILES, words: (asked) => fine(asked) });
  const report = await bed.pointsman.runJob({ task: 'Do it.', workspace: bed.workspace });
  await before(report.jobId);
  const calls = bed.server.calls.length;
  await expect(
    bed.pointsman.resumeJob(what === 'unknown' ? asId<JobId>('job-none') : report.jobId, { again: true }),
  ).rejects.toMatchObject({
    message: expect.stringMatching(message) as string,
    hint: expect.any(String) as string,
  });
  expect(bed.server.calls).toHaveLength(calls);
  expect((await bed.pointsman.jobStatus(report.jobId)).notes).toEqual([]);
});

test('a job that asks, runs or was cancelled is not taken up again, and stays as it is', async () => {
  bed = await openTestBed({ pool: POOL, files: FILES, words: (asked) => fine(asked) });
  const { pointsman, workspace } = bed;
  const asking = await pointsman.runJob({ task: 'Do it.', workspace, budgetUsd: 0.000001 });
  expect(asking.status).toBe('paused');
  await expect(pointsman.resumeJob(asking.jobId, { again: true })).rejects.toMatchObject({
    code: 'request-invalid',
    message: expect.stringContaining('has not given up') as string,
    hint: expect.stringContaining('an answer') as string,
  });
  expect(await pointsman.jobStatus(asking.jobId)).toEqual(asking);

  const running = await pointsman.startJob({ task: 'Do it.', workspace });
  await expect(pointsman.resumeJob(running.jobId, { again: true })).rejects.toMatchObject({
    message: expect.stringContaining('is running') as string,
  });
  expect((await running.result).status).toBe('done');

  await pointsman.cancelJob(asking.jobId);
  await expect(pointsman.resumeJob(asking.jobId, { again: true })).rejects.toMatchObject({
    message: expect.stringContaining('is cancelled') as string,
  });
});

test('taken up twice at once, it is taken up once', async () => {
  const report = await giveUp({ value: 1 });
  bed!.say(wordsOf({ value: 2 }));
  const other = await bed!.reopen();
  const ends = await Promise.allSettled([
    bed!.pointsman.resumeJob(report.jobId, { again: true }),
    other.resumeJob(report.jobId, { again: true }),
  ]);
  const handles = ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []));
  expect(handles).toHaveLength(1);
  const ended = await handles[0]?.result;
  expect(ended?.status).toBe('done');
  expect(rows(ended!).filter((row) => row.endsWith('accepted'))).toHaveLength(1);
});
