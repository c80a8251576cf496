import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { json, fine, openTestBed, planned, type TestBed } from '../../testing/internal/test-bed.ts';
import type { JobReport } from '../model/job-report.ts';
import type { ResumeAnswer } from '../model/pointsman.ts';

// Each job starts servers: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 120_000 });

let bed: TestBed | undefined;
let tries: string[] = [];
afterEach(async () => {
  await bed?.close();
  bed = undefined;
});

/** A job whose code step writes how often it was tried, and is checked by this. */
async function play(check: string, config = '', test = 'node -e 0'): Promise<JobReport> {
  tries = [];
  bed = await openTestBed({
    files: {
      'package.json': JSON.stringify({ scripts: { test: `${test} && echo x >> runs` } }),
      'value.txt': '0',
      ...(config === '' ? {} : { 'pointsman.config.yaml': config }),
    },
    tools: true,
    words: (asked) => {
      if (asked.kind !== 'code') return fine(asked, [{ ...planned('one', 'code'), check }]);
      if (asked.turn > 0) return json({ summary: `Try ${tries.length} is done.` });
      tries.push(asked.text);
      return {
        toolCalls: [{ name: 'filesystem__write_file', input: { path: 'value.txt', content: `${tries.length}` } }],
      };
    },
  });
  return bed.pointsman.runJob({ task: 'Set the value.', workspace: bed.workspace, approve: 'all' });
}

async function answered({ jobId }: JobReport, answer: ResumeAnswer): Promise<JobReport> {
  return (await bed!.pointsman.resumeJob(jobId, { answer })).result;
}

const reply = (text: string): ResumeAnswer => ({ kind: 'reply', text });
const value = (): string => readFileSync(path.join(bed!.workspace, 'value.txt'), 'utf8');
const checksOf = ({ steps }: JobReport): readonly string[] =>
  steps
    .filter(({ kind }) => kind === 'code')
    .map(
      ({ status, checks }) => `${status}: ${checks.map((one) => `${one.verifierId} ${String(one.passed)}`).join(', ')}`,
    );

test('where the plan asks for a person, the job waits for one, whoever allows every tool', async () => {
  const asking = await play('person');
  expect(asking).toMatchObject({ status: 'paused', pause: { kind: 'question' } });
  expect(asking.pause?.question).toMatch(/Do you accept what step "one" came to\?.*Try 1 is done\./u);
  expect(await bed!.pointsman.jobDiff(asking.jobId)).toContain('+1');
  const calls = bed!.server.calls.length;
  const runs = readFileSync(path.join(bed!.workspace, 'runs'), 'utf8');
  // Nothing is asked of a model, and no test is run again, while nobody answers.
  const waiting = await (await bed!.pointsman.resumeJob(asking.jobId)).result;
  expect(waiting.pause).toEqual(asking.pause);
  expect([bed!.server.calls.length, readFileSync(path.join(bed!.workspace, 'runs'), 'utf8')]).toEqual([calls, runs]);

  const done = await answered(asking, { kind: 'permission', allow: true });
  expect([done.status, value()]).toEqual(['done', '1']);
  expect(checksOf(done)).toEqual(['accepted: contract true, tests true, person true']);
  expect(await bed!.pointsman.outcomes()).toMatchObject([{ verdict: 'good_fit', principal: 'user' }]);
  // The decision knew that somebody would look.
  const [step] = (await bed!.pointsman.jobSteps(done.jobId)).filter(({ kind }) => kind === 'code');
  expect(step?.input.step.checks.map(({ kind }) => kind)).toEqual(['tests', 'person']);
});

test.each<readonly [string, ResumeAnswer, string]>([
  ['with a note', reply('reject, note=It is too dark, and too small.'), 'It is too dark, and too small.'],
  ['in JSON', reply('{"verdict":"reject","note":"It is too dark."}'), 'It is too dark.'],
  ['with a plain no', { kind: 'permission', allow: false }, 'A person rejects it.'],
  ['as any question is told no', { kind: 'reply', text: undefined }, 'A person rejects it.'],
])('what a person rejects %s is taken back, and the next try begins with that', async (_how, answer, note) => {
  const asking = await play('person');
  const again = await answered(asking, answer);
  expect(again).toMatchObject({ status: 'paused', pause: { kind: 'question' } });
  expect(again.pause?.subject).not.toBe(asking.pause?.subject);
  expect(tries).toHaveLength(2);
  expect(tries[1]).toContain(note);
  expect(tries[1]).not.toContain('npm test');
  const done = await answered(again, reply('accept'));
  expect([done.status, value()]).toEqual(['done', '2']);
  expect(checksOf(done)).toEqual([
    'rejected: contract true, tests true, person false',
    'accepted: contract true, tests true, person true',
  ]);
  const outcomes = await bed!.pointsman.outcomes();
  expect(outcomes.map(({ verdict, note: said }) => `${verdict} ${said ?? ''}`)).toContain(`failed ${note}`);
  expect(outcomes).toHaveLength(2);
});

test('nobody is asked to look at what a machine rejects', async () => {
  const isNotOne = `node -e "process.exitCode = require('fs').readFileSync('value.txt', 'utf8') === '1' ? 1 : 0"`;
  const asking = await play('person', '', isNotOne);
  expect(asking.pause?.question).toContain('Try 2 is done.');
  expect(tries).toHaveLength(2);
  expect(checksOf(await answered(asking, reply('accept')))).toEqual([
    'rejected: contract true, tests false',
    'accepted: contract true, tests true, person true',
  ]);
});

test('the configuration has a person asked of every step of a kind, plans too', async () => {
  const plan = await play('none', 'tools: { person: [plan, code] }\n');
  expect(plan.pause?.question).toContain('step "plan the work"');
  expect(tries).toHaveLength(0);
  const code = await answered(plan, reply('accept'));
  expect(code.pause?.question).toContain('step "one"');
  expect((await answered(code, reply('accept'))).status).toBe('done');
});

test.each(['maybe', 'verdict=perhaps', 'note=only a note', '', '{"verdict":1}', 'accept, colour=red'])(
  'what is no answer (%j) is refused, and the job waits on',
  async (text) => {
    const asking = await play('person');
    await expect(answered(asking, reply(text))).rejects.toMatchObject({ code: 'request-invalid' });
    expect((await bed!.pointsman.jobStatus(asking.jobId)).pause).toEqual(asking.pause);
    expect(await bed!.pointsman.outcomes()).toEqual([]);
  },
);

test('an answer to what was asked before is none to what is asked now', async () => {
  const asking = await play('person');
  const again = await answered(asking, reply('reject'));
  const stale = { ...reply('accept'), subject: asking.pause?.subject } as ResumeAnswer;
  await expect(answered(again, stale)).rejects.toThrow('does not ask this any more');
});
