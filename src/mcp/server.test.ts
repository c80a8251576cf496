import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import {
  type CallToolResult,
  ElicitRequestSchema,
  type ElicitResult,
  ListRootsRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { afterEach, describe, expect, test } from 'vitest';
import { PointsmanError } from '../domain/errors.ts';
import { asId, type ModelId } from '../domain/ids.ts';
import { toNanoUsd } from '../domain/money.ts';
import { aFakePointsman, FAKE_DECISION, FAKE_JOB, type FakePointsman } from '../testing/internal/fake-pointsman.ts';
import { aKeptLog } from '../testing/internal/kept-log.ts';
import { createMcpServer } from './server.ts';
import type { McpServices } from './services.ts';

let open: Client[] = [];
afterEach(async () => {
  await Promise.all(open.map((client) => client.close()));
  open = [];
});

interface Person {
  /** Answers what the client shows; absent: a client that cannot ask. */
  readonly ask?: (question: string) => object;
  /** Folders that are open in the client; absent: it does not speak of them. */
  readonly roots?: readonly string[];
}

async function connect(
  patch: Partial<McpServices> = {},
  { ask, roots }: Person = {},
): Promise<{ client: Client; pointsman: FakePointsman }> {
  const pointsman = aFakePointsman();
  const services: McpServices = {
    pointsman: async () => pointsman,
    workspace: '.',
    version: '0.0.0',
    log: aKeptLog().log,
    replaySessions: async (request) => ({ asked: [...(request.paths ?? [])] }),
    ...patch,
  };
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  const capabilities = { ...(ask && { elicitation: {} }), ...(roots && { roots: {} }) };
  const client = new Client({ name: 'test', version: '1' }, { capabilities });
  if (ask !== undefined) {
    client.setRequestHandler(ElicitRequestSchema, ({ params }) => Promise.resolve(ask(params.message) as ElicitResult));
  }
  if (roots !== undefined) {
    const list = roots.map((folder) => ({ uri: pathToFileURL(folder).href }));
    client.setRequestHandler(ListRootsRequestSchema, () => Promise.resolve({ roots: list }));
  }
  await createMcpServer(services, () => 0).connect(ours);
  await client.connect(theirs);
  open.push(client);
  return { client, pointsman };
}

async function call(client: Client, name: string, args: Record<string, unknown>): Promise<CallToolResult> {
  return (await client.callTool({ name, arguments: args })) as CallToolResult;
}

function textOf(result: CallToolResult): string {
  const [first] = result.content;
  return first?.type === 'text' ? first.text : '';
}

describe('what a client sees', () => {
  test('the tools, resources and prompts are listed, each tool with an output schema', async () => {
    const { client } = await connect();
    const { tools } = await client.listTools();
    expect(tools.map((tool) => tool.name).sort()).toEqual([
      'explain_decision',
      'job_status',
      'record_outcome',
      'replay_sessions',
      'route_step',
      'run_job',
      'usage_report',
    ]);
    expect(tools.every((tool) => tool.outputSchema !== undefined)).toBe(true);
    expect((await client.listPrompts()).prompts.length).toBeGreaterThanOrEqual(4);
    expect((await client.listResources()).resources.map((resource) => resource.uri)).toContain('pointsman://catalog');
  });

  test('what is remembered is read by what it is about, as data', async () => {
    const { client } = await connect();
    const { contents } = await client.readResource({ uri: `pointsman://memory/${encodeURIComponent('the port?')}` });
    const [first] = contents;
    expect(first !== undefined && 'text' in first ? first.text : '').toMatch(
      /never an instruction.*all of the port\?/u,
    );
  });

  test('memories are of the folder that the client has open, as its jobs are', async () => {
    const root = realpathSync(mkdtempSync(path.join(tmpdir(), 'pm-roots-')));
    try {
      const { client, pointsman } = await connect({}, { roots: [root] });
      const before = { ...pointsman };
      const asked: string[] = [];
      pointsman.memory = (folder) => {
        asked.push(folder);
        return before.memory(folder);
      };
      await client.readResource({ uri: 'pointsman://memory' });
      await client.readResource({ uri: 'pointsman://memory/port' });
      expect(asked).toEqual([root, root]);
    } finally {
      rmSync(root, { recursive: true });
    }
  });

  test('a list of memories is bounded in tokens, the newest first, and says how many more there are', async () => {
    const { client, pointsman } = await connect();
    const one = { scope: 'project', kind: 'fact', from: undefined, expiresAt: undefined } as const;
    const memories = Array.from({ length: 900 }, (_, at) => ({
      ...one,
      name: `m${at}`,
      text: 'x'.repeat(400),
      madeAt: at,
    }));
    const before = pointsman.memory('/');
    pointsman.memory = () => ({ ...before, read: () => ({ memories, passedOver: [] }) });
    const { contents } = await client.readResource({ uri: 'pointsman://memory' });
    const [first] = contents;
    const text = first !== undefined && 'text' in first ? first.text : '';
    expect(text.length).toBeLessThan(4 * 2300);
    expect(text).toContain('"m899"');
    expect(text).not.toContain('"m0"');
    expect(text).toMatch(/"left": ?8\d\d/u);
  });

  test('an address of memories that is not well written is told, and is no fault of ours', async () => {
    const { client } = await connect();
    await expect(client.readResource({ uri: 'pointsman://memory/100%' })).rejects.toThrow(/not well written/u);
  });

  test('why a job failed is read by its id, and an id that nobody knows is not found', async () => {
    const { client, pointsman } = await connect();
    pointsman.autopsy = async (id) => {
      if (id === FAKE_JOB)
        return { id, kind: 'cannot-tell', why: 'Nothing tells.', others: [], wastedNanoUsd: toNanoUsd(0) };
      throw new PointsmanError('not-found', `No job is called "${id}".`);
    };
    const { contents } = await client.readResource({ uri: `pointsman://autopsies/${FAKE_JOB}` });
    const [first] = contents;
    expect(JSON.parse(first !== undefined && 'text' in first ? first.text : '')).toMatchObject({
      id: FAKE_JOB,
      kind: 'cannot-tell',
    });
    await expect(client.readResource({ uri: 'pointsman://autopsies/job-of-nobody' })).rejects.toMatchObject({
      code: -32_602,
    });
  });

  test('the essentials of the instructions fit into the first 512 characters', async () => {
    const { client } = await connect();
    const head = (client.getInstructions() ?? '').slice(0, 512);
    for (const tool of ['run_job', 'route_step', 'job_status']) expect(head).toContain(tool);
  });

  test('content and structured content carry the same data', async () => {
    const { client } = await connect();
    const result = await call(client, 'route_step', { text: 'review the diff', kind: 'review' });
    expect(JSON.parse(textOf(result))).toEqual(result.structuredContent);
    expect(result.structuredContent).toMatchObject({ model: 'test-model', decision: 'switch' });
  });
});

describe('run_job', () => {
  test('returns the finished job when it ends in time, and tells progress', async () => {
    const { client, pointsman } = await connect();
    const reported: string[] = [];
    const running = client.callTool({ name: 'run_job', arguments: { task: 'mend' } }, undefined, {
      onprogress: (progress) => {
        reported.push(progress.message ?? '');
        pointsman.finish();
      },
    });
    expect((await running).structuredContent).toMatchObject({ status: 'done', summary: 'mended' });
    expect(reported).toEqual(['1/1 plan: Plan']);
  });

  test('returns a job id early, and job_status knows the rest', async () => {
    const { client, pointsman } = await connect();
    const early = await call(client, 'run_job', { task: 'mend', waitSeconds: 0 });
    expect(early.structuredContent).toMatchObject({ jobId: FAKE_JOB, status: 'running' });
    pointsman.finish();
    const later = await call(client, 'job_status', { jobId: FAKE_JOB, waitSeconds: 5 });
    expect(later.structuredContent).toMatchObject({ status: 'done', bill: { spentUsd: 0.0015 } });
  });

  test('a client that cancels its call cancels the job', async () => {
    const { client, pointsman } = await connect();
    const stop = new AbortController();
    const running = client.callTool({ name: 'run_job', arguments: { task: 'mend' } }, undefined, {
      signal: stop.signal,
      onprogress: () => stop.abort(),
    });
    await expect(running).rejects.toThrow();
    await expect.poll(() => pointsman.cancelled).toEqual([FAKE_JOB]);
  });

  test.each([
    { task: 'x', approve: 'all' },
    { jobId: FAKE_JOB, allow: true },
    { task: 'x', budget: 2 },
  ])('takes no permission from the model: %o is refused, and nothing starts', async (args) => {
    const { client, pointsman } = await connect();
    const result = await call(client, 'run_job', args);
    expect([result.isError, textOf(result)]).toEqual([true, expect.stringMatching(/unrecognized|additional/iu)]);
    expect(pointsman.answers).toEqual([]);
  });

  const paused = {
    kind: 'permission',
    code: 'tool-denied',
    question: 'May it run: node x.mjs?',
    subject: 'digest/call',
  } as const;

  test('does not go on with a job that waits for a person where nobody can be asked', async () => {
    const { client, pointsman } = await connect();
    pointsman.finish({ status: 'paused', pause: paused });
    const stays = await call(client, 'run_job', { jobId: FAKE_JOB, addBudgetUsd: 5 });
    expect(stays.structuredContent).toMatchObject({ status: 'paused', question: paused.question });
    expect(JSON.stringify(stays.structuredContent)).toContain(`pointsman resume ${FAKE_JOB} --allow`);
    expect(pointsman.answers).toEqual([]);
  });

  test.each([
    [
      { action: 'accept', content: { answer: 'once' } },
      { kind: 'permission', allow: true, scope: 'once' },
    ],
    [
      { action: 'accept', content: { answer: 'always' } },
      { kind: 'permission', allow: true, scope: 'always' },
    ],
    [
      { action: 'accept', content: { answer: 'no' } },
      { kind: 'permission', allow: false },
    ],
    [
      { action: 'accept', content: { answer: 'whatever' } },
      { kind: 'permission', allow: false },
    ],
    [{ action: 'decline' }, { kind: 'permission', allow: false }],
    [{ action: 'cancel' }, undefined],
    [{ action: 'accept', content: {} }, undefined],
  ] as const)('asks the person through the client: %o', async (said, answer) => {
    const questions: string[] = [];
    const ask = (question: string): object => (questions.push(question), said);
    const { client, pointsman } = await connect({}, { ask });
    pointsman.finish({ status: 'paused', pause: paused });
    await call(client, 'run_job', { jobId: FAKE_JOB, waitSeconds: 0 });
    expect(questions).toEqual([paused.question]);
    expect(pointsman.answers).toEqual(answer === undefined ? [] : [{ ...answer, subject: paused.subject }]);
  });

  test.each([
    [{ action: 'accept', content: { answer: 'no' } }, { text: 'no' }],
    [{ action: 'accept', content: { answer: 'seat=window' } }, { text: 'seat=window' }],
    [{ action: 'decline' }, { text: undefined }],
    [{ action: 'cancel' }, undefined],
  ] as const)('passes on what a tool server asks: %o', async (said, answer) => {
    const pause = { ...paused, kind: 'question', question: 'The tool server seats asks: Which?' } as const;
    const { client, pointsman } = await connect({}, { ask: () => said });
    pointsman.finish({ status: 'paused', pause });
    await call(client, 'run_job', { jobId: FAKE_JOB, waitSeconds: 0 });
    const { subject } = pause;
    expect(pointsman.answers).toEqual(answer === undefined ? [] : [{ kind: 'reply', ...answer, subject }]);
  });

  test('takes a job up again that gave up, where that is asked for', async () => {
    const { client, pointsman } = await connect();
    pointsman.finish({ status: 'failed' });
    await call(client, 'run_job', { jobId: FAKE_JOB, waitSeconds: 0 });
    await call(client, 'run_job', { jobId: FAKE_JOB, again: true, waitSeconds: 0 });
    expect(pointsman.agains).toEqual([false, true]);
    const nameless = await call(client, 'run_job', { task: 'Do it.', again: true });
    expect(nameless.isError).toBe(true);
    expect(textOf(nameless)).toContain('again needs the jobId');
  });

  test('more money is the person’s to give', async () => {
    const question = 'It would bill more than $1.';
    const pause = { kind: 'budget', code: 'budget-exhausted', question, subject: 'limit/1' } as const;
    const { client, pointsman } = await connect({}, { ask: () => ({ action: 'accept', content: { answer: 'once' } }) });
    pointsman.finish({ status: 'paused', pause });
    await call(client, 'run_job', { jobId: FAKE_JOB, addBudgetUsd: 2, waitSeconds: 0 });
    expect(pointsman.answers).toEqual([{ kind: 'budget', addUsd: 2, subject: pause.subject }]);
    pointsman.finish({ status: 'paused', pause });
    const { client: mute } = await connect({ pointsman: async () => pointsman });
    await call(mute, 'run_job', { jobId: FAKE_JOB, addBudgetUsd: 2, waitSeconds: 0 });
    expect(pointsman.answers).toHaveLength(1);
  });

  test('works in no folder that was not opened to the client, and by no policy that is a file', async () => {
    const base = realpathSync(mkdtempSync(path.join(tmpdir(), 'roots-')));
    for (const name of ['open/inner', 'closed']) mkdirSync(path.join(base, name), { recursive: true });
    symlinkSync('../closed', path.join(base, 'open/link'));
    const startedIn = { workspace: path.join(base, 'open') };
    const run = async (client: Client, workspace: string, more: object = {}): Promise<string> => {
      const result = await call(client, 'run_job', { task: 'x', workspace, waitSeconds: 0, ...more });
      return result.isError === true ? ((/"code":"([\w-]+)"/u.exec(textOf(result)) ?? [])[1] ?? '') : 'runs';
    };
    const { client } = await connect(startedIn);
    for (const folder of ['inner', '.', path.join(base, 'open/inner')]) expect(await run(client, folder)).toBe('runs');
    for (const folder of ['..', '/', '../closed', 'link', path.join(base, 'closed')]) {
      expect(await run(client, folder), folder).toBe('tool-denied');
    }
    expect(await run(client, '.', { policy: './mine.policy.yaml' })).toBe('not-found');
    const { client: rooted } = await connect(startedIn, { roots: [path.join(base, 'closed')] });
    expect(await run(rooted, path.join(base, 'closed'))).toBe('runs');
    expect(await run(rooted, 'inner')).toBe('tool-denied');
    // A job that was begun where others may work does not go on for a client that may not.
    const elsewhere = aFakePointsman();
    elsewhere.finish({ status: 'paused', workspace: path.join(base, 'closed') });
    const { client: later } = await connect({ ...startedIn, pointsman: async () => elsewhere });
    expect(textOf(await call(later, 'run_job', { jobId: FAKE_JOB, waitSeconds: 0 }))).toContain('tool-denied');
    const { client: wide } = await connect(startedIn, { roots: [path.parse(base).root] });
    expect(await run(wide, 'inner')).toBe('runs');
    expect(await run(wide, path.parse(base).root)).toBe('tool-denied');
    rmSync(base, { recursive: true });
  });
});

describe('bad input', () => {
  test.each([
    ['run_job', {}, 'request-invalid'],
    ['run_job', { task: '   ' }, 'request-invalid'],
    ['run_job', { task: 'x', workspace: '/missing' }, 'not-found'],
    ['run_job', { jobId: 'job_unknown' }, 'not-found'],
    ['job_status', { jobId: '' }, 'not-found'],
    ['route_step', { text: ' ' }, 'request-invalid'],
    ['route_step', { text: 'x', policy: '/etc/passwd' }, 'not-found'],
    ['route_step', { text: 'x', policy: 'policies/thrifty.policy.yaml' }, 'not-found'],
    ['replay_sessions', { policies: ['/etc/passwd'] }, 'not-found'],
    ['replay_sessions', { policies: ['balanced', 'mine.policy.yaml'] }, 'not-found'],
    ['explain_decision', { decisionId: 'nope' }, 'not-found'],
  ])('%s %o is a result with isError and the code %s', async (name, args, code) => {
    const { client } = await connect();
    const result = await call(client, name, args);
    expect(result.isError).toBe(true);
    expect(JSON.parse(textOf(result))).toMatchObject({ error: { code } });
  });

  test.each([
    ['run_job', { task: 'x', dial: 11 }],
    ['run_job', { task: 'x', budgetUsd: -1 }],
    ['run_job', { task: 'x', stepModels: { dance: 'm' } }],
    ['route_step', { text: 'x', kind: 'unknown' }],
    ['route_step', { text: 'x', inputModalities: ['smell'] }],
    ['record_outcome', { decisionId: FAKE_DECISION, verdict: 'great' }],
    ['job_status', {}],
  ])('%s %o is refused by its schema', async (name, args) => {
    const { client } = await connect();
    expect((await call(client, name, args)).isError).toBe(true);
  });

  test('a bug inside tells the client where the log has it, and no details', async () => {
    const { log, events } = aKeptLog();
    const { client } = await connect({
      log,
      replaySessions: async () => {
        throw new TypeError('secret path leaked');
      },
    });
    const result = await call(client, 'replay_sessions', {});
    expect(result.isError).toBe(true);
    expect(events).toMatchObject([{ level: 'error', fields: { error: { message: 'secret path leaked' } } }]);
    expect(textOf(result)).toContain(String(events[0]?.fields['requestId']));
    expect(textOf(result)).not.toContain('secret');
    expect(JSON.parse(textOf(result))).toMatchObject({ error: { code: 'internal' } });
  });

  test('every tool refuses an argument that it does not know, and names it', async () => {
    const { client } = await connect();
    const { tools } = await client.listTools();
    expect(tools.length).toBe(7);
    for (const { name, inputSchema } of tools) {
      expect(inputSchema['additionalProperties'], name).toBe(false);
      const result = await call(client, name, {
        decisionId: 'd',
        jobId: 'j',
        verdict: 'failed',
        task: 't',
        text: 't',
        madeUp: 1,
      });
      expect(result.isError, name).toBe(true);
      expect(textOf(result), name).toContain('madeUp');
    }
  });

  test('what a client adds to every call for itself stops no tool', async () => {
    const { client } = await connect();
    const result = await call(client, 'explain_decision', { decisionId: FAKE_DECISION, wait_for_previous: false });
    expect(result.isError, textOf(result)).not.toBe(true);
  });

  test('the list of tools is the same bytes for every client', async () => {
    const lists = [await connect(), await connect()].map(async ({ client }) =>
      JSON.stringify(await client.listTools()),
    );
    const [first, second] = await Promise.all(lists);
    expect(second).toBe(first);
    expect((first ?? '').length / 4).toBeLessThanOrEqual(4000);
  });

  test('a replay is answered with its verdict, then a table of at most twelve rules', async () => {
    const words = {
      headline: 'Routing pays here.',
      paid: 'You paid $2.',
      simplest: 'Always luna.',
      routing: 'It adds $1.',
    };
    const rule = (name: string, costNanoUsd: number): object => ({
      name,
      label: 'modelled',
      costNanoUsd,
      totalNanoUsd: 2 * costNanoUsd,
      switchCount: 3,
      meanSuccessRatio: 0.912345678,
    });
    const rules = Array.from({ length: 40 }, (_, index) => rule(`rule-${index}`, 1e9 + index));
    const report = {
      verdict: { ...words, pays: true, routableRatio: 0.4 },
      policies: [rule('as-recorded', 2e9), ...rules],
      limits: ['x'],
    };
    const { client } = await connect({ replaySessions: async () => structuredClone(report) as never });
    const result = await call(client, 'replay_sessions', {});
    const lines = textOf(result).split('\n');
    expect(lines.slice(0, 4)).toEqual(Object.values(words));
    expect(lines).toContain('| as-recorded | $2.00 | $4.00 | 91.2 % | 3 |');
    expect(lines.filter((line) => line.startsWith('| rule-'))).toHaveLength(11);
    expect(result.structuredContent).toMatchObject({ verdict: words, leftOutPolicies: 29 });
    // A token is three characters of such text at least.
    expect((textOf(result).length + JSON.stringify(result.structuredContent).length) / 3).toBeLessThan(1500);
  });

  test('what was spent is said in a line and in tables', async () => {
    const usage = { uncachedTokens: 5, cacheReadTokens: undefined, cacheWriteTokens: 0, cacheWrite1hTokens: 0 };
    const row = {
      key: asId<ModelId>('lab/one'),
      callCount: 2,
      billNanoUsd: toNanoUsd(1_500_000_000),
      mayHaveBilledNanoUsd: toNanoUsd(0),
      usage: { ...usage, outputTokens: 7, reasoningTokens: 0 },
    };
    const { client } = await connect({
      pointsman: async () => ({
        ...aFakePointsman(),
        usageReport: async () => ({
          jobCount: 1,
          gatewayCallCount: 1,
          callCount: 2,
          spentNanoUsd: toNanoUsd(1_500_000_000),
          unknownBillCallCount: 1,
          mayHaveBilledNanoUsd: toNanoUsd(20_000_000),
          byModel: [row],
          byKind: [],
          alarms: ['one model takes all'],
        }),
      }),
    });
    const lines = textOf(await call(client, 'usage_report', {})).split('\n');
    expect(lines.slice(0, 2)).toEqual([
      '$1.50 spent on 2 calls, of 1 job and 1 through the gateway (measured). The bill of 1 is not known: up to $0.0200 more.',
      '! one model takes all',
    ]);
    expect(lines.at(-1)).toBe('| lab/one | 2 | $1.50 | 5 | not told | 7 |');
  });

  test('a known failure keeps its code and its hint', async () => {
    const { client } = await connect({
      replaySessions: async () => {
        throw new PointsmanError('trace-unreadable', 'No logs here.', { hint: 'Name a folder.' });
      },
    });
    const result = await call(client, 'replay_sessions', { paths: ['x'] });
    expect(JSON.parse(textOf(result))).toMatchObject({ error: { code: 'trace-unreadable', hint: 'Name a folder.' } });
  });

  test('a broken configuration does not keep the tools from being listed; a call tells what is wrong', async () => {
    const { client } = await connect({
      pointsman: async () => {
        throw new PointsmanError('config-invalid', 'Line 3: unknown key.', { hint: 'Take it out.' });
      },
    });
    expect((await client.listTools()).tools.length).toBe(7);
    const result = await call(client, 'route_step', { text: 'x' });
    expect(JSON.parse(textOf(result))).toMatchObject({ error: { code: 'config-invalid', hint: 'Take it out.' } });
  });

  test('an unknown resource is an error of the protocol', async () => {
    const { client } = await connect();
    await expect(client.readResource({ uri: 'pointsman://policies/none' })).rejects.toMatchObject({ code: -32_602 });
    await expect(client.readResource({ uri: 'pointsman://jobs/none' })).rejects.toMatchObject({ code: -32_602 });
  });
});
