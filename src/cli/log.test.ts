import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LOG_LEVELS } from '../domain/log.ts';

/** One of a known form, one known by the configuration alone, one by the name of its variable. */
const SECRETS = [`sk-ant-api03-${'Ab1_'.repeat(20)}`, 'correct horse battery', 'quiet-as-a-mouse-77'];
const MAIN = path.join(import.meta.dirname, 'main.ts');
const PLANT = path.join(import.meta.dirname, '../testing/internal/planted-fault.ts');

interface Running {
  readonly child: ChildProcess;
  readonly out: () => string;
  /** What it wrote to standard error, whole lines only. */
  readonly lines: () => readonly string[];
  readonly ended: Promise<number | null>;
}

let dir = '';
let running: Running[] = [];
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'pointsman-log-'));
  writeFileSync(path.join(dir, 'own.yaml'), 'endpoints:\n  openai:\n    apiKey: "${ODD_NAME}"\n');
});
afterEach(async () => {
  for (const { child } of running) child.kill('SIGKILL');
  await Promise.all(running.map(({ ended }) => ended));
  running = [];
  rmSync(dir, { recursive: true, force: true });
});

/** The program as the shell starts it, with a fault planted inside. */
function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
  const child = spawn(process.execPath, ['--import', PLANT, MAIN, ...args, '--config', path.join(dir, 'own.yaml')], {
    cwd: dir,
    env: {
      PATH: process.env['PATH'],
      HOME: dir,
      POINTSMAN_STORE: path.join(dir, 'store'),
      ODD_NAME: SECRETS[1],
      SOME_TOKEN: SECRETS[2],
      PLANTED_SECRETS: SECRETS.join(' '),
      ...env,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => void (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => void (err += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => void child.once('close', resolve));
  const one = { child, out: () => out, lines: () => err.split('\n').slice(0, -1), ended };
  running.push(one);
  return one;
}

async function until<Value>(find: () => Value | undefined, what: () => string): Promise<Value> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const found = find();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`never came: ${what()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

type LogLine = Readonly<Record<string, unknown>> & { readonly error?: Readonly<Record<string, unknown>> };

function parsed(lines: readonly string[]): readonly LogLine[] {
  return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as LogLine);
}

function expectNoSecret(...texts: readonly string[]): void {
  for (const secret of SECRETS) for (const text of texts) expect(text).not.toContain(secret);
}

async function eventOf(one: Running, requestId: string): Promise<LogLine> {
  return until(
    () => parsed(one.lines()).find((line) => line['requestId'] === requestId),
    () => `${requestId} in\n${one.lines().join('\n')}`,
  );
}

function expectFaultWithStack(event: LogLine): void {
  expect(event).toMatchObject({
    level: 'error',
    error: {
      message: expect.stringContaining('header x-api-key:'),
      stack: expect.stringMatching(/\n\s+at .+\.ts:\d+/u),
    },
  });
  expect(event.error?.['cause']).toMatchObject({ cause: { message: expect.any(String) } });
}

async function serve(...options: readonly string[]): Promise<{ readonly one: Running; readonly url: string }> {
  const one = start(['serve', '--port', '0', ...options]);
  const url = await until(
    () => /http:\/\/[\d.:]+/u.exec(one.out())?.[0],
    () => one.lines().join('\n'),
  );
  return { one, url };
}

const BODIES = [
  ['/v1/messages', { max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] }],
  ['/v1/messages/count_tokens', { messages: [{ role: 'user', content: 'hi' }] }],
  ['/v1/chat/completions', { messages: [{ role: 'user', content: 'hi' }] }],
  ['/v1/responses', { input: 'hi' }],
  ['/v1beta/models/plant-a-fault:generateContent', { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] }],
  ['/v1beta/models/plant-a-fault:streamGenerateContent', { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] }],
  ['/v1beta/models/plant-a-fault:countTokens', { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] }],
] as const;

describe('serve', () => {
  test('a fault inside: the caller learns an id, the log has code, stack and cause under it, nobody a secret', async () => {
    const { one, url } = await serve();
    for (const [where, body] of BODIES) {
      const answer = await fetch(url + where, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(where.startsWith('/v1/messages') && { 'anthropic-version': '2023-06-01' }),
        },
        body: JSON.stringify({ ...body, model: 'plant-a-fault' }),
      });
      const reported = await answer.text();
      const requestId = answer.headers.get('request-id') ?? '';
      expect([answer.status, requestId], where).toEqual([500, expect.stringMatching(/^req_/u)]);
      expect(reported).toContain(`has the details under ${requestId}`);
      expectFaultWithStack(await eventOf(one, requestId));
      expectNoSecret(reported);
    }
    expect(parsed(one.lines())).toHaveLength(one.lines().length);
    expectNoSecret(one.out(), one.lines().join('\n'));
  });

  test('a fault that nobody catches is a line in the log, not a print, and cuts nobody off', async () => {
    const { one, url } = await serve();
    one.child.kill('SIGUSR2');
    await until(
      () => one.lines()[0],
      () => one.out(),
    );
    one.child.kill('SIGUSR2');
    await until(
      () => one.lines()[1],
      () => one.out(),
    );
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect(parsed(one.lines())).toMatchObject(
      [1, 2].map(() => ({ level: 'error', error: { stack: expect.any(String) } })),
    );
    expectNoSecret(one.lines().join('\n'));
  });

  test('--log-level outranks POINTSMAN_LOG; debug says what was refused, silent nothing', async () => {
    const ask = async (url: string): Promise<string> => {
      const answer = await fetch(`${url}/v1/messages`, { method: 'POST', body: '{}' });
      return answer.headers.get('request-id') ?? '';
    };
    const loud = await serve('--log-level', 'debug');
    expect(await eventOf(loud.one, await ask(loud.url))).toMatchObject({ level: 'debug', status: 400 });
    const silent = await serve('--log-level=silent');
    await ask(silent.url);
    silent.one.child.kill('SIGTERM');
    await silent.one.ended;
    expect(silent.one.lines()).toEqual([]);
  });
});

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
};
const CALL = {
  jsonrpc: '2.0',
  id: 2,
  method: 'tools/call',
  params: { name: 'replay_sessions', arguments: { policies: ['plant-a-fault'], paths: ['.'] } },
};

describe('mcp', () => {
  test('a fault that nobody catches ends it with a line in the log, not with a print', async () => {
    const one = start(['mcp']);
    one.child.stdin?.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' })}\n`);
    await until(
      () => (one.out() === '' ? undefined : one.out()),
      () => one.lines().join('\n'),
    );
    one.child.kill('SIGUSR2');
    expect(await one.ended).toBe(1);
    expect(parsed(one.lines())).toMatchObject([{ level: 'error', error: { stack: expect.any(String) } }]);
    expectNoSecret(one.lines().join('\n'));
  });

  test('over standard input and output: a fault goes to standard error, under the id that the model is told', async () => {
    const one = start(['mcp']);
    const say = (message: object): boolean | undefined => one.child.stdin?.write(`${JSON.stringify(message)}\n`);
    say(INITIALIZE);
    say({ jsonrpc: '2.0', method: 'notifications/initialized' });
    say(CALL);
    const requestId = await until(
      () => /under (req_\w+)/u.exec(one.out())?.[1],
      () => one.out() + one.lines().join('\n'),
    );
    expectFaultWithStack(await eventOf(one, requestId));
    for (const line of one.out().trim().split('\n')) expect(JSON.parse(line)).toMatchObject({ jsonrpc: '2.0' });
    expectNoSecret(one.out(), one.lines().join('\n'));
  });
});

describe('mcp --http', () => {
  test('a fault goes to standard error under the id that the client is told, and no secret with it', async () => {
    const token = 'a-token-of-the-test-only';
    const one = start(['mcp', '--http', '0'], { POINTSMAN_MCP_TOKEN: token });
    const url = await until(
      () => /http:\/\/[\d.:]+\/mcp/u.exec(one.lines().join('\n') + one.out())?.[0],
      () => one.lines().join('\n'),
    );
    const say = async (message: object, session: Readonly<Record<string, string>> = {}): Promise<Response> =>
      fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          authorization: `Bearer ${token}`,
          ...session,
        },
        body: JSON.stringify(message),
      });
    const opened = await say(INITIALIZE);
    await opened.text();
    const session = { 'mcp-session-id': opened.headers.get('mcp-session-id') ?? '' };
    await say({ jsonrpc: '2.0', method: 'notifications/initialized' }, session);
    const reported = await (await say(CALL, session)).text();
    const requestId = /under (req_\w+)/u.exec(reported)?.[1] ?? '';
    expectFaultWithStack(await eventOf(one, requestId));
    expectNoSecret(reported, one.out(), one.lines().join('\n'));
  });
});

describe('the level', () => {
  test.each([
    [['serve', '--log-level', 'loud'], {}],
    [['serve', '--log-level'], {}],
    [['serve', '--port', '0'], { POINTSMAN_LOG: 'loud' }],
  ])('%o %o is no level: refused with those that are', async (args, env) => {
    const one = start(args, env);
    expect(await one.ended).toBe(2);
    expect(one.lines().join('\n')).toContain(LOG_LEVELS.join(', '));
  });
});
