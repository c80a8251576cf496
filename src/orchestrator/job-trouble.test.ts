import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { checkBroughtPolicy } from '../app/folder-gate.ts';
import type { JsonObject } from '../domain/json.ts';
import type { ScriptedFailure } from '../providers/scripted/script.ts';
import {
  fine,
  json,
  openTestBed,
  planned,
  type TestBed,
  type TestBedOptions,
  type Words,
} from '../testing/internal/test-bed.ts';
import { createFolderGate } from '../trust/folder-gate.ts';
import type { JobEvent } from './model/job-event.ts';
import type { JobReport } from './model/job-report.ts';
import type { JobRequest } from './model/job-request.ts';

let testBed: TestBed | undefined;
afterEach(async () => {
  await testBed?.close();
  testBed = undefined;
});

async function open(options: TestBedOptions): Promise<TestBed> {
  testBed = await openTestBed(options);
  return testBed;
}

/** A step so large that no small budget is enough for it. */
const dear = (id: string): object => ({ ...planned(id, 'code', ['a']), size: 'large', difficulty: 5, stakes: 3 });

const good: Words = (asked) => fine(asked);
const failing =
  (failure: ScriptedFailure, isMeant: (model: string) => boolean = () => true): Words =>
  (asked) =>
    asked.kind === 'code' && isMeant(asked.request.model) ? { text: 'I begin', failure } : fine(asked);

async function resumed(testBed: TestBed, report: JobReport): Promise<JobReport> {
  return (await testBed.pointsman.resumeJob(report.jobId)).result;
}

describe('what is wrong before anything is spent is thrown, with a code and a hint', () => {
  const cases: readonly (readonly [string, Partial<JobRequest>, string, RegExp])[] = [
    ['an empty task', { task: '  \n' }, 'request-invalid', /task is empty/u],
    ['a workspace that is not there', { workspace: '/no/such/folder' }, 'not-found', /\/no\/such\/folder/u],
    ['an unknown model', { model: 'claude-opus-55' }, 'not-found', /claude-opus-55/u],
    ['an unknown model of a kind', { stepModels: { review: 'gpt-7' } }, 'not-found', /gpt-7/u],
    ['a model without a key', { model: 'deepseek-v4-pro' }, 'provider-auth', /deepseek-v4-pro/u],
    ['an unknown policy', { policy: 'balancd' }, 'not-found', /balancd/u],
    ['a policy file that is not there', { policy: './nothing.yaml' }, 'not-found', /nothing\.yaml/u],
    ['a dial that is none', { dial: 11 }, 'request-invalid', /dial/u],
    ['a budget of nothing', { budgetUsd: 0 }, 'request-invalid', /budgetUsd/u],
    ['a key that is no setting', { modle: 'x' } as object, 'request-invalid', /modle/u],
  ];
  test.each(cases)('%s', async (_what, wrong, code, message) => {
    const { pointsman, workspace, server } = await open({ words: good });
    await expect(pointsman.runJob({ task: 'Do it.', workspace, ...wrong })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
      hint: code === 'request-invalid' && !('task' in wrong) ? undefined : (expect.any(String) as string),
    });
    expect(server.calls).toHaveLength(0);
    expect(await pointsman.jobs()).toEqual([]);
  });

  test('a policy file that cannot be read, and an agent file that is broken', async () => {
    const { pointsman, workspace } = await open({
      words: good,
      files: { 'p.yaml': 'id: [', '.pointsman/agents/code.md': '---\nname: x\nkind: dance\n---\nDo.\n' },
    });
    const policy = path.join(workspace, 'p.yaml');
    await expect(pointsman.runJob({ task: 'x', workspace, policy })).rejects.toMatchObject({ code: 'policy-invalid' });
    await expect(pointsman.runJob({ task: 'x', workspace })).rejects.toMatchObject({
      code: 'agent-invalid',
      message: expect.stringMatching(/code\.md, line 3/u) as string,
    });
  });
});

/** A policy for which a failure costs nothing: the cheapest model is always asked first. */
const CHEAPEST = [
  'id: cheapest',
  'version: 1',
  'summary: The cheapest, always.',
  'dial: 5',
  'failureUsd: { plan: 0, code: 0, review: 0, test: 0, summarize: 0, explore: 0, other: 0 }',
].join('\n');

describe('what goes wrong on the way leaves a job that can be resumed, and nothing is lost', () => {
  test.each<readonly [string, ScriptedFailure, string]>([
    ['a key that is refused', { kind: 'refused-key' }, 'provider-auth'],
    ['broken JSON', { kind: 'broken-json' }, 'provider-protocol'],
    ['a cut stream', { kind: 'cut-stream', afterChunks: 2 }, 'provider-unavailable'],
    ['an overloaded provider', { kind: 'overloaded' }, 'provider-unavailable'],
    ['a rate limit that lasts', { kind: 'rate-limited', retryAfterMs: 60_000 }, 'provider-rate-limited'],
  ])('%s', async (_what, failure, code) => {
    const home = await open({ pool: ['claude-opus-5-5'], words: failing(failure) });
    const report = await home.pointsman.runJob({ task: 'Do it.', workspace: home.workspace });
    expect(report.status).toBe('failed');
    expect(report.failure?.code).toBe(code);
    expect(report.failure?.message.length).toBeGreaterThan(5);
    const billed = report.bill.spentNanoUsd;
    expect(billed).toBeGreaterThan(0);

    home.say(good);
    const before = home.server.calls.length;
    const done = await resumed(home, report);
    expect(done.status).toBe('done');
    expect(done.failure).toBeUndefined();
    // The plan was paid for; only the code and the summary are called.
    expect(home.server.calls.length - before).toBe(2);
    expect(done.bill.spentNanoUsd).toBeGreaterThan(billed);
    expect(done.steps.filter((step) => step.kind === 'plan')).toHaveLength(1);
  });

  test('when another endpoint has a model that is as able, the step falls back to it and says so', async () => {
    const home = await open({
      pool: ['claude-opus-5-5', 'gpt-6-luna'],
      files: { 'cheapest.policy.yaml': CHEAPEST },
      words: failing({ kind: 'overloaded' }, (model) => model.startsWith('gpt')),
    });
    const why: string[] = [];
    const policy = path.join(home.workspace, 'cheapest.policy.yaml');
    const report = await home.pointsman.runJob(
      { task: 'Do it.', workspace: home.workspace, policy },
      { onEvent: (event) => event.type === 'escalation' && why.push(event.why) },
    );
    const code = report.steps.filter((step) => step.kind === 'code');
    expect(report.status).toBe('done');
    expect(code.map((step) => [step.model, step.status])).toEqual([
      ['gpt-6-luna', 'failed'],
      ['claude-opus-5-5', 'accepted'],
    ]);
    expect(why[0]).toMatch(/provider failed/u);
  });

  test('but never to a model that is worse: then it stops and says why', async () => {
    const home = await open({
      pool: ['claude-opus-5-5', 'gpt-6-luna'],
      words: (asked) =>
        asked.request.model.startsWith('claude') ? { text: '', failure: { kind: 'overloaded' } } : fine(asked),
    });
    const report = await home.pointsman.runJob({ task: 'Do it.', workspace: home.workspace });
    expect(report.status).toBe('failed');
    expect(report.failure?.code).toBe('provider-unavailable');
  });

  test('and never away from a model that the user named', async () => {
    const home = await open({
      pool: ['claude-opus-5-5', 'gpt-6-luna'],
      words: failing({ kind: 'overloaded' }, (model) => model.startsWith('gpt')),
    });
    const report = await home.pointsman.runJob({
      task: 'Do it.',
      workspace: home.workspace,
      stepModels: { code: 'gpt-6-luna' },
    });
    expect(report.failure?.code).toBe('provider-unavailable');
  });

  test('no eligible model: refused with what would have to change, and recorded', async () => {
    const home = await open({
      words: good,
      files: {
        'nobody.policy.yaml': [
          'id: nobody',
          'version: 1',
          'summary: Nobody may.',
          'dial: 5',
          'failureUsd: { plan: 1, code: 1, review: 1, test: 1, summarize: 1, explore: 1, other: 1 }',
          'models: { allow: [gpt-5.3-codex] }',
        ].join('\n'),
      },
    });
    const policy = path.join(home.workspace, 'nobody.policy.yaml');
    const report = await home.pointsman.runJob({ task: 'Do it.', workspace: home.workspace, policy });
    expect(report.failure).toMatchObject({ code: 'no-eligible-model', hint: expect.any(String) as string });
    expect(home.server.calls).toHaveLength(0);
  });

  test('a budget that is too small pauses and asks; with more the job goes on', async () => {
    const home = await open({ words: good });
    const tight = await home.pointsman.runJob({
      task: 'Do it.',
      workspace: home.workspace,
      model: 'claude-opus-5-5',
      budgetUsd: 0.05,
    });
    expect(tight).toMatchObject({ status: 'paused', pause: { kind: 'budget', code: 'budget-exhausted' } });
    expect(tight.bill.spentNanoUsd).toBeLessThanOrEqual(50_000_000);
    const again = await home.pointsman.resumeJob(tight.jobId);
    expect((await again.result).status).toBe('paused');
    const more = await home.pointsman.resumeJob(tight.jobId, { answer: { kind: 'budget', addUsd: 1 } });
    expect((await more.result).status).toBe('done');
  });

  test('more money is added once to the limit that was asked about, whoever set that and however many answer', async () => {
    const budget = 'budget: { jobUsd: 0.05 }';
    const home = await open({ words: good, files: { 'tight.policy.yaml': `${CHEAPEST}\n${budget}` } });
    const policy = path.join(home.workspace, 'tight.policy.yaml');
    const start = { task: 'Do it.', workspace: home.workspace, model: 'claude-opus-5-5', policy };
    const first = await home.pointsman.runJob(start);
    expect(first.pause).toMatchObject({ kind: 'budget', subject: 'limit/0.05' });
    const answer = { kind: 'budget', addUsd: 0.001, subject: first.pause?.subject } as const;
    const second = await (await home.pointsman.resumeJob(first.jobId, { answer })).result;
    expect(second.pause).toMatchObject({ kind: 'budget', subject: 'limit/0.051' });
    await expect(home.pointsman.resumeJob(first.jobId, { answer })).rejects.toMatchObject({ code: 'request-invalid' });
    // An answer to another kind of question allows nothing.
    const yes = { kind: 'permission', allow: true, scope: 'always' } as const;
    const third = await (await home.pointsman.resumeJob(first.jobId, { answer: yes })).result;
    expect(third.pause).toEqual(second.pause);
  });

  test('a job that asks between two steps does not tell of the first again when it goes on', async () => {
    const reported: string[] = [];
    const onEvent = (event: JobEvent): void => {
      if (event.type === 'step-end') reported.push(event.stepId);
    };
    const home = await open({
      words: (asked) =>
        asked.kind === 'plan'
          ? json({ steps: [{ ...planned('a', 'code'), size: 'small', difficulty: 1 }, dear('b')] })
          : fine(asked),
    });
    const start = { task: 'Do two things.', workspace: home.workspace, model: 'claude-opus-5-5', budgetUsd: 0.02 };
    let report = await home.pointsman.runJob(start, { onEvent });
    const askedAfter: (string | undefined)[] = [];
    for (let turn = 0; turn < 60 && report.status === 'paused'; turn += 1) {
      expect(report.pause?.kind).toBe('budget');
      askedAfter.push(reported.at(-1));
      const answer = { kind: 'budget', addUsd: 0.004 * 1.1 ** turn } as const;
      report = await (await home.pointsman.resumeJob(report.jobId, { answer, onEvent })).result;
    }
    expect(report.status).toBe('done');
    expect(askedAfter).toContain('a');
    expect(reported).toEqual(['plan', 'a', 'b', 'summarize']);
  });

  test('an abort in the middle of a call pauses the job; it goes on in another process', async () => {
    const home = await open({
      words: (asked) => (asked.kind === 'code' ? { ...fine(asked), delayMs: 20_000 } : fine(asked)),
    });
    const stop = new AbortController();
    const report = await home.pointsman.runJob(
      { task: 'Do it.', workspace: home.workspace },
      {
        signal: stop.signal,
        onEvent: (event) => event.type === 'call-start' && event.stepId === 'one' && setTimeout(() => stop.abort(), 20),
      },
    );
    expect(report).toMatchObject({ status: 'paused', pause: { code: 'aborted' } });
    home.say(good);
    const other = await home.reopen();
    const done = await (await other.resumeJob(report.jobId)).result;
    expect(done.status).toBe('done');
    expect(done.steps.map((step) => step.kind)).toEqual(['plan', 'code', 'summarize']);
  });

  test('a cancelled job is over', async () => {
    const home = await open({ words: (asked) => ({ ...fine(asked), delayMs: 20_000 }) });
    const handle = await home.pointsman.startJob({ task: 'Do it.', workspace: home.workspace });
    await expect(home.pointsman.resumeJob(handle.jobId)).rejects.toMatchObject({ code: 'request-invalid' });
    const report = await home.pointsman.cancelJob(handle.jobId);
    expect(report.status).toBe('cancelled');
    expect((await handle.result).status).toBe('cancelled');
    await expect(home.pointsman.resumeJob(handle.jobId)).rejects.toMatchObject({ code: 'request-invalid' });
  });

  test('a plan that was only previewed is run when it is resumed, and is not made again', async () => {
    const home = await open({ words: good });
    const preview = await home.pointsman.planJob({ task: 'Do it.', workspace: home.workspace });
    expect(preview.steps.map((step) => [step.id, step.model !== undefined])).toEqual([
      ['one', true],
      ['summarize', true],
    ]);
    const sum = preview.steps.reduce((total, step) => total + (step.expectedNanoUsd ?? 0), 0);
    expect(Math.abs(preview.expectedNanoUsd - sum)).toBeLessThanOrEqual(preview.steps.length);
    expect(preview.lowNanoUsd).toBeLessThan(preview.expectedNanoUsd);
    expect(preview.highNanoUsd).toBeGreaterThan(preview.expectedNanoUsd);
    expect(preview.label).toBe('modelled');
    expect(home.server.calls).toHaveLength(1);
    expect((await resumed(home, preview.report)).status).toBe('done');
    expect(home.server.calls).toHaveLength(3);
  });
});

test('a preview obeys the model that was named for each kind of step', async () => {
  const home = await open({ pool: ['claude-opus-5-5', 'claude-haiku-4-5'], words: good });
  const named = await home.pointsman.planJob({
    task: 'Do it.',
    workspace: home.workspace,
    stepModels: { code: 'claude-opus-5-5', summarize: 'claude-haiku-4-5' },
  });
  expect(named.steps.map((step) => [step.kind, step.model])).toEqual([
    ['code', 'claude-opus-5-5'],
    ['summarize', 'claude-haiku-4-5'],
  ]);
});

describe('tools', () => {
  const edit = (file: string): object => ({ path: file, content: 'changed' });

  test('a command asks; the answer holds for the job, and a no is something that the model can read', async () => {
    const run = { text: '', toolCalls: [{ name: '~commands__run', input: { program: 'node', args: ['hello.js'] } }] };
    const home = await open({
      tools: true,
      files: { 'hello.js': "console.log('hello')" },
      words: (asked) => (asked.kind === 'code' && asked.turn === 0 ? run : fine(asked)),
    });
    const report = await home.pointsman.runJob({ task: 'Run it.', workspace: home.workspace });
    expect(report).toMatchObject({ status: 'paused', pause: { kind: 'permission', code: 'tool-denied' } });
    expect(report.pause?.question).toContain('node hello.js');
    const results: [boolean, string][] = [];
    const answered = await home.pointsman.resumeJob(report.jobId, {
      answer: { kind: 'permission', allow: false },
      onEvent: (event) => event.type === 'tool-result' && results.push([event.isError, event.summary]),
    });
    expect((await answered.result).status).toBe('done');
    expect(results).toEqual([[true, expect.stringContaining('does not allow')]]);
  });

  test('a yes is for what was shown: once, for the job or always here, and void when the script changes', async () => {
    const call = (name: string, input: JsonObject) => ({ text: '', toolCalls: [{ name, input }] });
    const hello = call('~commands__run', { program: 'node', args: ['hello.js'] });
    const asked: string[] = [];
    const data = mkdtempSync(path.join(tmpdir(), 'always-'));
    const home = await open({
      tools: true,
      options: { env: { PATH: process.env['PATH'], XDG_DATA_HOME: data } },
      files: { 'hello.js': "console.log('hello')" },
      words: (said) => {
        if (said.kind !== 'code') return fine(said);
        const turns = [hello, hello, call('~filesystem__write_file', { path: 'hello.js', content: 'evil()' }), hello];
        return turns[said.turn] ?? fine(said);
      },
    });
    const goOn = async (jobId: JobReport['jobId'], scope: 'once' | 'job' | 'always'): Promise<JobReport> => {
      const handle = await home.pointsman.resumeJob(jobId, { answer: { kind: 'permission', allow: true, scope } });
      const report = await handle.result;
      asked.push(report.pause?.question ?? report.status);
      return report;
    };
    const first = await home.pointsman.runJob({ task: 'Run it.', workspace: home.workspace });
    expect(first.pause?.question).toContain("hello.js says: console.log('hello')");
    await goOn(first.jobId, 'once');
    await goOn(first.jobId, 'job');
    await goOn(first.jobId, 'always');
    expect(asked).toEqual([
      expect.stringContaining("says: console.log('hello')"),
      expect.stringContaining('hello.js says: evil()'),
      'done',
    ]);
    const second = await home.pointsman.runJob({ task: 'Run it again.', workspace: home.workspace });
    expect(second.status).toBe('done');
    rmSync(data, { recursive: true });
  });

  test('a yes to a question that another person has answered meanwhile is not one to the next', async () => {
    const call = (name: string, input: JsonObject) => ({ text: '', toolCalls: [{ name, input }] });
    const run = (file: string) => call('~commands__run', { program: 'node', args: [file] });
    const home = await open({
      tools: true,
      files: { 'fair.js': '1', 'evil.js': '2' },
      words: (said) =>
        said.kind === 'code' ? ([run('fair.js'), run('evil.js')][said.turn] ?? fine(said)) : fine(said),
    });
    const first = await home.pointsman.runJob({ task: 'Run it.', workspace: home.workspace });
    const subject = first.pause?.subject;
    expect(subject).toBeDefined();
    const yes = { kind: 'permission', allow: true, scope: 'always', subject } as const;
    const handle = await home.pointsman.resumeJob(first.jobId, { answer: { ...yes, scope: 'once' } });
    expect((await handle.result).pause?.question).toContain('evil.js');
    await expect(home.pointsman.resumeJob(first.jobId, { answer: yes })).rejects.toMatchObject({
      code: 'request-invalid',
    });
    expect((await home.pointsman.jobStatus(first.jobId)).pause?.question).toContain('evil.js');
  });

  test('a policy file of the folder that changed after the yes is asked for again before the next job', async () => {
    const data = mkdtempSync(path.join(tmpdir(), 'policy-'));
    const gate = createFolderGate({ env: { XDG_DATA_HOME: data } });
    const home = await open({
      words: good,
      files: { 'p.policy.yaml': 'id: p\n', 'pointsman.config.yaml': 'policy: ./p.policy.yaml\n' },
    });
    gate.remember(gate.admit(home.workspace));
    const config = { file: path.join(home.workspace, 'pointsman.config.yaml'), fileOrigin: 'folder' } as const;
    const check = (): void => checkBroughtPolicy(gate, config, path.join(home.workspace, 'p.policy.yaml'));
    expect(check).not.toThrow();
    writeFileSync(path.join(home.workspace, 'p.policy.yaml'), 'id: q\n');
    expect(check).toThrow(expect.objectContaining({ code: 'folder-untrusted' }));
    rmSync(data, { recursive: true });
  });

  test('a job may not look at what pointsman keeps, and is asked before it changes what programs act on', async () => {
    const results: string[] = [];
    const turns = [
      { name: '~filesystem__read_text_file', input: { path: '.pointsman/records.db' } },
      { name: '~commands__look', input: { program: 'cat', args: ['.pointsman/records.db'] } },
      { name: '~filesystem__write_file', input: { path: '.claude/settings.json', content: '{}' } },
    ].map((one) => ({ text: '', toolCalls: [one] }));
    const home = await open({
      tools: true,
      files: { '.pointsman/records.db': 'SECRET' },
      words: (said) => (said.kind === 'code' ? (turns[said.turn] ?? fine(said)) : fine(said)),
    });
    const report = await home.pointsman.runJob(
      { task: 'Look.', workspace: home.workspace },
      { onEvent: (event) => event.type === 'tool-result' && results.push(event.summary) },
    );
    expect(results).toEqual(Array(2).fill(expect.stringContaining('belongs to pointsman itself')));
    expect(report.pause?.question).toContain('.claude/settings.json is of a harness’s settings');
  });

  test('a reviewer that wants to write is refused, and the file is as it was', async () => {
    const home = await open({
      tools: true,
      files: { 'a.txt': 'as it was' },
      words: (asked) => {
        const write = { name: '~write_file', input: edit(path.join(testBed?.workspace ?? '', 'a.txt')) };
        if (asked.kind === 'review' && asked.turn === 0) return { text: '', toolCalls: [write as never] };
        return fine(asked, [planned('judge', 'review')]);
      },
    });
    const report = await home.pointsman.runJob({ task: 'Judge it.', workspace: home.workspace, approve: 'all' });
    expect(report.status).toBe('done');
    expect(readFileSync(path.join(home.workspace, 'a.txt'), 'utf8')).toBe('as it was');
  });

  test('what a workspace brings is not used before its user has said yes: no server starts, no agent acts', async () => {
    const data = mkdtempSync(path.join(tmpdir(), 'pointsman-trust-'));
    const gate = createFolderGate({ env: { XDG_DATA_HOME: data } });
    const home = await open({
      words: good,
      tools: true,
      options: { gate },
      files: { '.claude/agents/r.md': '---\nname: r\nkind: code\nmodel: claude-opus-5-5\n---\nPWNED\n' },
    });
    const trace = path.join(home.workspace, 'started');
    const program = `require('node:fs').writeFileSync(${JSON.stringify(trace)}, '')`;
    writeFileSync(
      path.join(home.workspace, '.mcp.json'),
      JSON.stringify({ mcpServers: { odd: { command: process.execPath, args: ['-e', program] } } }),
    );
    const job = { task: 'Do it.', workspace: home.workspace, approve: 'all' } as const;
    expect((await home.pointsman.runJob(job)).status).toBe('done');
    expect(existsSync(trace)).toBe(false);
    expect(JSON.stringify(home.server.calls)).not.toContain('PWNED');
    gate.remember(gate.admit(home.workspace));
    await home.pointsman.runJob(job);
    expect(existsSync(trace)).toBe(true);
    expect(JSON.stringify(home.server.calls)).toContain('PWNED');
    rmSync(data, { recursive: true });
  });

  test('a server that dies in the middle of a call is an error that the model can read; the job goes on', async () => {
    const home = await open({
      tools: true,
      words: (asked) =>
        asked.kind === 'code' && asked.turn === 0
          ? { text: '', toolCalls: [{ name: '~fragile__die', input: {} }] }
          : fine(asked),
    });
    writeFileSync(
      path.join(home.workspace, '.mcp.json'),
      JSON.stringify({ mcpServers: { fragile: { command: process.execPath, args: ['-e', FRAGILE] } } }),
    );
    const results: boolean[] = [];
    const report = await home.pointsman.runJob(
      { task: 'Do it.', workspace: home.workspace, approve: 'all' },
      { onEvent: (event) => event.type === 'tool-result' && results.push(event.isError) },
    );
    expect(results).toEqual([true]);
    expect(report.status).toBe('done');
  });
});

test('no key is in the record, the journal or the report, even when a model and a file repeat it', async () => {
  const home = await open({
    tools: true,
    files: { '.env': 'ANTHROPIC_API_KEY=scripted-key-1\n' },
    words: (asked) => {
      const read = { name: '~read_text_file', input: { path: path.join(testBed?.workspace ?? '', '.env') } };
      if (asked.kind === 'code' && asked.turn === 0) return { text: '', toolCalls: [read] };
      return asked.kind === 'code' ? json({ summary: 'The key is scripted-key-1.' }) : fine(asked);
    },
  });
  const report = await home.pointsman.runJob({ task: 'Read it.', workspace: home.workspace, approve: 'all' });
  expect(report.status).toBe('done');
  await home.pointsman.close();
  expect(JSON.stringify(report)).not.toContain('scripted-key-1');
  for (const file of [
    'jobs.db',
    'jobs.db-wal',
    'records.db',
    'records.db-wal',
    'checkpoints.db',
    'checkpoints.db-wal',
    'tools.db',
    'tools.db-wal',
  ]) {
    const place = path.join(home.store, file);
    if (existsSync(place)) expect(readFileSync(place, 'latin1'), file).not.toContain('scripted-key-1');
  }
});

test('a tool server that is not there is told while the job runs and in its report, and stops nothing', async () => {
  const { pointsman, workspace } = await open({ words: good });
  const config = { mcpServers: { gone: { command: 'no-such-program-at-all' } } };
  writeFileSync(path.join(workspace, '.mcp.json'), JSON.stringify(config));
  const shown: string[] = [];
  const onEvent = (event: JobEvent): void => void (event.type === 'note' && shown.push(event.text));
  const report = await pointsman.runJob({ task: 'Make it.', workspace }, { onEvent });
  expect(report.status).toBe('done');
  const note = expect.stringMatching(/^The tool server gone is not there: .*not found/u) as string;
  expect(report.notes).toContainEqual(note);
  expect(shown).toContainEqual(note);
}, 60_000);

/** A tool server that speaks just enough of the protocol to be called, and then is gone. */
const FRAGILE = `
const answer = (id, result) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result }) + '\\n');
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  if (method === 'initialize') {
    answer(id, { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'fragile', version: '1' } });
  } else if (method === 'tools/list') {
    answer(id, { tools: [{ name: 'die', description: 'Dies.', inputSchema: { type: 'object' } }] });
  } else if (method === 'tools/call') process.exit(1);
});
`;
