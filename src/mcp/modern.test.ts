import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Client, StreamableHTTPClientTransport, type ClientCapabilities } from '@modelcontextprotocol/client';
import { Client as ClientOf2025 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportOf2025 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { aFakePointsman, FAKE_JOB, type FakePointsman } from '../testing/internal/fake-pointsman.ts';
import { aKeptLog } from '../testing/internal/kept-log.ts';
import { FOLLOWS_TASKS, NEWEST_REVISION, sendBareRequest } from '../testing/internal/mcp/bare-request.ts';
import { serveHttp, type RunningHttp } from './http.ts';
import { createMcpServer } from './server.ts';

const TOKEN = 'a-long-token-for-tests';
let running: RunningHttp;
let pointsman: FakePointsman;
let base = '';
const closers: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  base = realpathSync(mkdtempSync(path.join(tmpdir(), 'modern-')));
  for (const name of ['open', 'closed']) mkdirSync(path.join(base, name));
  pointsman = aFakePointsman();
  const services = {
    pointsman: async () => pointsman,
    workspace: base,
    version: '0.0.0',
    log: aKeptLog().log,
    replaySessions: async () => ({}),
  };
  running = await serveHttp(() => createMcpServer(services, () => 5000), { port: 0, token: TOKEN, log: services.log });
});
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  await running.close();
  rmSync(base, { recursive: true });
});

const headers = { authorization: `Bearer ${TOKEN}` };

interface Person {
  readonly ask?: (question: string) => object;
  readonly roots?: readonly string[];
}

/** A client of the newest revision and of no other. */
async function connect({ ask, roots }: Person = {}): Promise<Client> {
  const capabilities: ClientCapabilities = {
    ...(ask && { elicitation: { form: {} } }),
    ...(roots && { roots: {} }),
  };
  const client = new Client(
    { name: 'test', version: '1' },
    { capabilities, versionNegotiation: { mode: { pin: NEWEST_REVISION } } },
  );
  if (ask !== undefined) client.setRequestHandler('elicitation/create', ({ params }) => ask(params.message) as never);
  if (roots !== undefined) {
    client.setRequestHandler('roots/list', () => ({
      roots: roots.map((root) => ({ uri: pathToFileURL(root).href })),
    }));
  }
  await client.connect(new StreamableHTTPClientTransport(new URL(running.url), { requestInit: { headers } }));
  closers.push(async () => client.close());
  return client;
}

const send = async (method: string, params: object, capabilities: object = FOLLOWS_TASKS): Promise<Fields> =>
  sendBareRequest({ url: running.url, token: TOKEN, capabilities }, method, params);
type Fields = Readonly<Record<string, unknown>>;

/** What becomes of the job each time that it is begun or gone on with. */
function endsAs(...reports: Parameters<FakePointsman['finish']>[0][]): void {
  const before = { ...pointsman };
  const ending = <Handle>(handle: Handle): Handle => {
    setImmediate(() => pointsman.finish(reports.shift()));
    return handle;
  };
  pointsman.startJob = async (request, options) => ending(await before.startJob(request, options));
  pointsman.resumeJob = async (jobId, options) => ending(await before.resumeJob(jobId, options));
}

const paused = {
  kind: 'permission',
  code: 'tool-denied',
  question: 'May it run: node x.mjs?',
  subject: 'digest/call',
} as const;

describe('revision 2026-07-28, beside 2025-11-25 at one address', () => {
  test('both list the same tools, in the same order and with the same schemas', async () => {
    const modern = await connect();
    const old = new ClientOf2025({ name: 'old', version: '1' });
    await old.connect(new TransportOf2025(new URL(running.url), { requestInit: { headers } }));
    closers.push(async () => old.close());
    expect(modern.getProtocolEra()).toBe('modern');
    const { tools } = await modern.listTools();
    expect(tools).toEqual((await old.listTools()).tools);
    expect(
      (await modern.callTool({ name: 'route_step', arguments: { text: 'plan' } })).structuredContent,
    ).toMatchObject({ model: 'test-model' });
    expect((await modern.listPrompts()).prompts.length).toBeGreaterThanOrEqual(4);
    const { contents } = await modern.readResource({ uri: 'pointsman://catalog' });
    expect(contents).toHaveLength(1);
  });

  test('tells what it speaks before anything else is asked', async () => {
    const { result } = await send('server/discover', {});
    expect(result).toMatchObject({
      supportedVersions: [NEWEST_REVISION],
      capabilities: { tools: {}, extensions: FOLLOWS_TASKS.extensions },
      resultType: 'complete',
    });
  });

  test('a call that waits for the person comes back with the question, and goes on with its answer', async () => {
    const asked: string[] = [];
    const ask = (question: string): object => (
      asked.push(question),
      { action: 'accept', content: { answer: asked.length === 1 ? 'once' : 'no' } }
    );
    const client = await connect({ ask, roots: [path.join(base, 'open')] });
    const workspace = path.join(base, 'open');
    const again = { ...paused, question: 'May it run: node y.mjs?', subject: 'digest/other' };
    endsAs({ status: 'paused', pause: paused, workspace }, { status: 'paused', pause: again, workspace }, {});
    const call = await client.callTool({ name: 'run_job', arguments: { task: 'mend', workspace: 'open' } });
    expect(call.structuredContent).toMatchObject({ status: 'done' });
    expect(asked).toEqual([paused.question, again.question]);
    expect(pointsman.answers).toEqual([
      { kind: 'permission', allow: true, scope: 'once', subject: paused.subject },
      { kind: 'permission', allow: false, subject: again.subject },
    ]);
  });

  test('works in no folder that is not open, and asks nobody where nobody can be asked', async () => {
    const rooted = await connect({ roots: [path.join(base, 'open')] });
    const denied = await rooted.callTool({ name: 'run_job', arguments: { task: 'mend', workspace: base } });
    expect(JSON.stringify(denied.content)).toContain('tool-denied');
    pointsman.finish({ status: 'paused', pause: paused });
    const mute = await connect();
    const stays = await mute.callTool({ name: 'run_job', arguments: { jobId: FAKE_JOB } });
    expect(stays.structuredContent).toMatchObject({ status: 'paused', question: paused.question });
    expect(pointsman.answers).toEqual([]);
  });

  test('what is remembered is of the folder that the client has open', async () => {
    const folders: string[] = [];
    const before = { ...pointsman };
    pointsman.memory = (folder) => (folders.push(folder), before.memory(folder));
    const client = await connect({ roots: [path.join(base, 'open')] });
    await client.readResource({ uri: 'pointsman://memory' });
    expect(folders).toEqual([path.join(base, 'open')]);
  });
});

describe('tasks', () => {
  const start = async (capabilities: object = FOLLOWS_TASKS): Promise<Record<string, unknown>> =>
    (await send('tools/call', { name: 'run_job', arguments: { task: 'mend' } }, capabilities))['result'] as never;
  const get = async (capabilities: object = FOLLOWS_TASKS): Promise<Record<string, unknown>> =>
    (await send('tasks/get', { taskId: FAKE_JOB }, capabilities))['result'] as never;

  test('run_job is one for a client that speaks of them: begun, asked after, ended with what the call would have given', async () => {
    expect(await start()).toMatchObject({
      resultType: 'task',
      taskId: FAKE_JOB,
      status: 'working',
      createdAt: '1970-01-01T00:00:00.000Z',
      ttlMs: null,
      pollIntervalMs: 2000,
    });
    expect(await get()).toMatchObject({ resultType: 'complete', status: 'working' });
    pointsman.finish();
    const done = await get();
    expect(done).toMatchObject({ status: 'completed', result: { structuredContent: { summary: 'mended' } } });
    // A job that failed is a result, and no error of the protocol.
    pointsman.finish({ status: 'failed', failure: { code: 'internal', message: 'broken', hint: undefined } });
    expect(await get()).toMatchObject({ status: 'completed', result: { structuredContent: { status: 'failed' } } });
  });

  test('is no task for a client that does not speak of them, and asking for one says what is missing', async () => {
    endsAs({});
    expect(await start({})).toMatchObject({ resultType: 'complete', structuredContent: { status: 'done' } });
    for (const method of ['tasks/get', 'tasks/update', 'tasks/cancel']) {
      const { error } = await send(method, { taskId: FAKE_JOB, inputResponses: {} }, {});
      expect(error).toMatchObject({ code: -32_021, data: { requiredCapabilities: FOLLOWS_TASKS } });
    }
    expect(pointsman.cancelled).toEqual([]);
  });

  test('is cancelled, and an id that nobody knows is refused', async () => {
    await start();
    expect((await send('tasks/cancel', { taskId: FAKE_JOB }))['result']).toMatchObject({ resultType: 'complete' });
    expect(pointsman.cancelled).toEqual([FAKE_JOB]);
    expect(await get()).toMatchObject({ status: 'cancelled' });
    for (const method of ['tasks/get', 'tasks/update', 'tasks/cancel']) {
      expect((await send(method, { taskId: 'job_nobody' }))['error']).toMatchObject({ code: -32_602 });
    }
  });

  const asking = { ...FOLLOWS_TASKS, elicitation: { form: {} } };
  const keyIn = (task: Record<string, unknown>): string => Object.keys(task['inputRequests'] as object)[0] ?? '';

  test('asks the person while it is under way, and takes an answer to that question alone', async () => {
    await start(asking);
    pointsman.finish({ status: 'paused', pause: paused, workspace: base });
    const waiting = await get(asking);
    const key = keyIn(waiting);
    expect(waiting).toMatchObject({
      status: 'input_required',
      inputRequests: { [key]: { method: 'elicitation/create', params: { message: paused.question } } },
    });
    const answer = { action: 'accept', content: { answer: 'job' } };
    await send('tasks/update', { taskId: FAKE_JOB, inputResponses: { other: answer } }, asking);
    expect(pointsman.answers).toEqual([]);
    await send('tasks/update', { taskId: FAKE_JOB, inputResponses: { [key]: answer } }, asking);
    expect(pointsman.answers).toEqual([{ kind: 'permission', allow: true, scope: 'job', subject: paused.subject }]);
    expect(await get(asking)).toMatchObject({ status: 'working' });
    // The next question has a name of its own.
    pointsman.finish({ status: 'paused', pause: { ...paused, subject: 'digest/next' }, workspace: base });
    expect(keyIn(await get(asking))).not.toBe(key);
  });

  test('money is given by the amount that the person types', async () => {
    await start(asking);
    const pause = {
      kind: 'budget',
      code: 'budget-exhausted',
      question: 'It would bill more.',
      subject: 'limit/1',
    } as const;
    pointsman.finish({ status: 'paused', pause, workspace: base });
    const key = keyIn(await get(asking));
    const give = async (usd: number): Promise<unknown> =>
      send(
        'tasks/update',
        { taskId: FAKE_JOB, inputResponses: { [key]: { action: 'accept', content: { usd } } } },
        asking,
      );
    await give(-5);
    expect(pointsman.answers).toEqual([]);
    await give(2.5);
    expect(pointsman.answers).toEqual([{ kind: 'budget', addUsd: 2.5, subject: 'limit/1' }]);
  });

  test('a job whose process is gone goes on when the person says so, and ends when they do not', async () => {
    const gone = { kind: 'gone', code: 'aborted', question: 'The process that ran it is gone.' } as const;
    const say = async (goOn: boolean): Promise<void> => {
      pointsman.finish({ status: 'paused', pause: gone, workspace: base });
      const key = keyIn(await get(asking));
      const inputResponses = { [key]: { action: 'accept', content: { goOn } } };
      await send('tasks/update', { taskId: FAKE_JOB, inputResponses }, asking);
    };
    await say(true);
    expect([pointsman.answers, pointsman.cancelled]).toEqual([[undefined], []]);
    await say(false);
    expect(pointsman.cancelled).toEqual([FAKE_JOB]);
  });

  test('an answer is none from a client that may not work in the folder of the job', async () => {
    const rooted = { ...asking, roots: {} };
    const inputOf = (key: string, root: string): object => ({
      [key]: { action: 'accept', content: { answer: 'once' } },
      [`roots-${key}`]: { roots: [{ uri: pathToFileURL(root).href }] },
    });
    pointsman.finish({ status: 'paused', pause: paused, workspace: path.join(base, 'open') });
    const waiting = await get(rooted);
    const key = keyIn(waiting);
    expect(waiting['inputRequests']).toMatchObject({ [`roots-${key}`]: { method: 'roots/list' } });
    for (const inputResponses of [inputOf(key, path.join(base, 'closed')), { [key]: { action: 'decline' } }]) {
      const { error } = await send('tasks/update', { taskId: FAKE_JOB, inputResponses }, rooted);
      expect(error).toMatchObject({ code: -32_602 });
    }
    expect(pointsman.answers).toEqual([]);
    await send('tasks/update', { taskId: FAKE_JOB, inputResponses: inputOf(key, base) }, rooted);
    expect(pointsman.answers).toHaveLength(1);
  });
});
