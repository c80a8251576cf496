import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { LAUNCHED } from '../gateway/connect/harnesses.ts';
import { scriptedAcpAgent } from '../testing/internal/hands/acp-agent.ts';
import { aModel } from '../testing/model-builders.ts';
import { KNOWN_HANDS } from './acp-agents.ts';
import { ACP_LIMITS, type AcpLimits } from './acp-limits.ts';
import type { HandsAsk, HandsEnd, HandsEvent, HandsStep } from './hands.ts';
import { createHands } from './run-harness-step.ts';

let folder = '';
let workspace = '';
beforeEach(() => {
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'acp-')));
  workspace = path.join(folder, 'work');
  mkdirSync(workspace);
  mkdirSync(path.join(folder, 'bin'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const MODEL = aModel();

function fake(onPrompt: string, before = ''): void {
  const file = path.join(folder, 'agent.mjs');
  writeFileSync(file, scriptedAcpAgent(onPrompt, before));
  const start = `#!/bin/sh\nexec "${process.execPath}" "${file}" "$@"\n`;
  writeFileSync(path.join(folder, 'bin', 'my-agent'), start, { mode: 0o755 });
}

interface Carried {
  readonly end: HandsEnd;
  readonly events: readonly HandsEvent[];
  readonly asks: readonly HandsAsk[];
  /** What the agent was sent, by method. */
  readonly sent: (method: string) => readonly Record<string, unknown>[];
}

interface Given {
  readonly models?: readonly string[];
  readonly limits?: Partial<AcpLimits>;
  readonly step?: Partial<HandsStep>;
}

async function carryOut({ models = [MODEL.id], limits = {}, step = {} }: Given = {}): Promise<Carried> {
  const events: HandsEvent[] = [];
  const asks: HandsAsk[] = [];
  const hands = createHands({
    env: { PATH: path.join(folder, 'bin'), HOME: folder, SECRET_KEY: 'sk-secret' },
    harnesses: LAUNCHED,
    limits: { ...ACP_LIMITS, ...limits },
    openGateway: (_step, onCall) => {
      for (const requestedModel of models) onCall({ requestedModel } as never);
      return Promise.resolve({ url: 'http://127.0.0.1:9', token: 't-1', close: () => Promise.resolve() });
    },
  });
  const end = await hands.run({
    name: 'acp:my-agent --acp',
    workspace,
    prompt: { whole: 'Do it.', goingOn: 'Go on.' },
    model: MODEL,
    leftNanoUsd: undefined,
    mayWrite: true,
    mayRun: false,
    mark: 'job/step/0',
    left: { sessionId: undefined, processId: undefined },
    signal: new AbortController().signal,
    onEvent: (event) => void events.push(event),
    onBegin: () => Promise.resolve(),
    onCall: () => undefined,
    judge: (ask) => {
      asks.push(ask);
      return Promise.resolve({ kind: 'allowed' });
    },
    ...step,
  });
  const log = existsSync(path.join(folder, 'log')) ? readFileSync(path.join(folder, 'log'), 'utf8') : '';
  const rows = log
    .split('\n')
    .flatMap((line) => (line === '' ? [] : [JSON.parse(line) as { method: string; params: Record<string, unknown> }]));
  return { end, events, asks, sent: (method) => rows.filter((row) => row.method === method).map((row) => row.params) };
}

describe('a harness by the Agent Client Protocol', () => {
  test('is told the task, and its last words are the answer', async () => {
    fake(
      `say('I look.'); update({ sessionUpdate: 'tool_call', toolCallId: 't', title: 'a.txt', kind: 'read' }); say('{"a"'); say(':1}');`,
    );
    const { end, events, sent } = await carryOut();
    expect(end).toEqual({ kind: 'answered', text: '{"a":1}', sessionId: 's-1' });
    expect(sent('session/prompt')[0]).toMatchObject({ prompt: [{ type: 'text', text: 'Do it.' }] });
    expect(sent('session/new')[0]).toMatchObject({ cwd: workspace, mcpServers: [] });
    expect(events).toContainEqual({ type: 'session', sessionId: 's-1' });
    expect(events).toContainEqual({ type: 'text', text: 'I look.' });
    expect(events).toContainEqual({ type: 'tool', name: 'read', summary: 'a.txt' });
  });

  test('is given an address and a token, and no key of the user', async () => {
    fake(`say(JSON.stringify({ env: process.env, args: process.argv }));`);
    const { end } = await carryOut();
    const text = end.kind === 'answered' ? end.text : '';
    const seen = JSON.parse(text) as { env: Record<string, string>; args: string[] };
    expect(seen.env).toMatchObject({ OPENAI_BASE_URL: 'http://127.0.0.1:9/v1', ANTHROPIC_AUTH_TOKEN: 't-1' });
    expect(text).not.toContain('sk-secret');
    expect(seen.args.slice(2)).toEqual(['--acp']);
  });

  test('goes on in the session that it had, and begins anew where that is gone', async () => {
    const left = { sessionId: 's-0', processId: undefined };
    fake(`say('done');`);
    const first = await carryOut({ step: { left } });
    expect(first.sent('session/load')[0]).toMatchObject({ sessionId: 's-0' });
    expect(first.sent('session/prompt')[0]).toMatchObject({ sessionId: 's-0', prompt: [{ text: 'Go on.' }] });
    rmSync(path.join(folder, 'log'));
    fake(`say('done');`);
    const file = path.join(folder, 'agent.mjs');
    const forgetful = "'session/load': async () => { throw new Error('gone'); },";
    writeFileSync(file, readFileSync(file, 'utf8').replace("'session/load': () => ({}),", forgetful));
    const second = await carryOut({ step: { left } });
    expect(second.sent('session/prompt')[0]).toMatchObject({ sessionId: 's-1', prompt: [{ text: 'Do it.' }] });
  });

  test('gives again what it said before when it goes on, and none of that is an answer', async () => {
    fake(`say('done');`);
    const file = path.join(folder, 'agent.mjs');
    const again = `'session/load': () => { say('old'); update({ sessionUpdate: 'tool_call', toolCallId: 'o', title: 'x' }); say('older'); return {}; },`;
    writeFileSync(file, readFileSync(file, 'utf8').replace("'session/load': () => ({}),", again));
    const { end, events } = await carryOut({ step: { left: { sessionId: 's-0', processId: undefined } } });
    expect(end).toEqual({ kind: 'answered', text: 'done', sessionId: 's-0' });
    expect(events.filter(({ type }) => type === 'text' || type === 'tool')).toEqual([]);
  });

  test.each<readonly [string, readonly string[], string | undefined]>([
    ['of Gemini and Qwen', ['yolo', 'plan', 'default'], 'default'],
    ['of Goose, whose auto allows everything', ['auto', 'approve', 'smart_approve', 'chat'], 'approve'],
    ['of nobody that we know of: it stays as it is', ['auto', 'wild'], undefined],
  ])('is set to a mode in which it asks: %s', async (_what, ids, modeId) => {
    fake(`say('done');`);
    const file = path.join(folder, 'agent.mjs');
    const modes = JSON.stringify({ currentModeId: ids[0], availableModes: ids.map((id) => ({ id, name: id })) });
    writeFileSync(
      file,
      readFileSync(file, 'utf8').replace("({ sessionId: 's-1' })", `({ sessionId: 's-1', modes: ${modes} })`),
    );
    expect((await carryOut()).sent('session/set_mode')).toEqual(
      modeId === undefined ? [] : [{ sessionId: 's-1', modeId }],
    );
  });

  test.each([
    ['asks nobody that we know of', [], /No call of acp:my-agent --acp came through the gateway/u],
    ['asks another model', ['other/model'], /used the model other\/model/u],
  ])('that %s is refused', async (_what, models, why) => {
    fake(`say('done');`);
    expect((await carryOut({ models })).end).toMatchObject({
      kind: 'refused',
      why: expect.stringMatching(why) as string,
    });
  });

  test('is found on the search path, and is not a file of the workspace', async () => {
    await expect(carryOut()).rejects.toMatchObject({ code: 'tool-unavailable' });
    writeFileSync(path.join(workspace, 'my-agent'), '#!/bin/sh\n', { mode: 0o755 });
    const step = { name: `acp:${path.join(workspace, 'my-agent')}` } as const;
    await expect(carryOut({ step })).rejects.toMatchObject({ code: 'tool-unavailable' });
  });
});

describe('what a harness asks', () => {
  test.each<readonly [string, string, HandsAsk | undefined]>([
    ['an edit', `{ kind: 'edit', title: 'E', locations: [{ path: '/w/a' }] }`, { kind: 'edit', files: ['/w/a'] }],
    [
      'an edit that it shows',
      `{ kind: 'edit', title: 'E', content: [{ type: 'diff', path: '/w/b', oldText: null, newText: 'x' }] }`,
      { kind: 'edit', files: ['/w/b'] },
    ],
    [
      'an edit of nobody knows what',
      `{ kind: 'edit', title: 'E', rawInput: { a: 1 } }`,
      { kind: 'other', title: 'E', input: { a: 1 } },
    ],
    ['to read', `{ kind: 'read', title: 'R', locations: [{ path: '/w/a' }] }`, { kind: 'read', files: ['/w/a'] }],
    [
      'a command',
      `{ kind: 'execute', title: 'npm test', rawInput: { command: 'npm test' } }`,
      { kind: 'command', title: 'npm test', input: { command: 'npm test' } },
    ],
    ['a page', `{ kind: 'fetch', title: 'F' }`, { kind: 'other', title: 'F', input: {} }],
    ['something new', `{ kind: 'dance', title: 'D' }`, { kind: 'other', title: 'D', input: {} }],
    ['to think', `{ kind: 'think', title: 'T' }`, undefined],
  ])('%s goes to the gate, and a yes is for this once', async (_what, call, ask) => {
    fake(`say(JSON.stringify(await permission(${call})));`);
    const { end, asks } = await carryOut();
    expect(asks).toEqual(ask === undefined ? [] : [ask]);
    expect(end).toMatchObject({ text: JSON.stringify({ outcome: { outcome: 'selected', optionId: 'once' } }) });
  });

  test('is what it announced before', async () => {
    fake(`update({ sessionUpdate: 'tool_call', toolCallId: 't', title: 'rm -rf x', kind: 'execute', rawInput: { command: 'rm -rf x' } });
      say(JSON.stringify(await permission({ title: 'something harmless' })));`);
    expect((await carryOut()).asks).toEqual([
      { kind: 'command', title: 'something harmless', input: { command: 'rm -rf x' } },
    ]);
  });

  test.each([
    ['no, and it is told so', '', { outcome: 'selected', optionId: 'no' }],
    ['no, where it offers no such answer', `, [OPTIONS[0]]`, { outcome: 'cancelled' }],
  ])('is answered: %s', async (_what, options, outcome) => {
    fake(`say(JSON.stringify(await permission({ kind: 'execute', title: 'x' }${options})));`);
    const { end } = await carryOut({ step: { judge: () => Promise.resolve({ kind: 'refused', why: 'no' }) } });
    expect(end).toMatchObject({ text: JSON.stringify({ outcome }) });
  });

  test('is not answered with a yes for ever', async () => {
    fake(`say(JSON.stringify(await permission({ kind: 'execute', title: 'x' }, [OPTIONS[0], OPTIONS[2]])));`);
    expect((await carryOut()).end).toMatchObject({ text: JSON.stringify({ outcome: { outcome: 'cancelled' } }) });
  });

  test('stops the job where a person must answer, and the harness with it', async () => {
    fake(`await permission({ kind: 'execute', title: 'x' }); await new Promise(() => {});`);
    const question = new Error('May it?');
    await expect(carryOut({ step: { judge: () => Promise.reject(question) } })).rejects.toBe(question);
  });

  test('of files is done as the server of files does it', async () => {
    writeFileSync(path.join(workspace, 'dos.txt'), 'a\r\nb\r\nc\r\n');
    const file = JSON.stringify(path.join(workspace, 'dos.txt'));
    fake(`const read = await ask('fs/read_text_file', { sessionId: 's-1', path: ${file}, line: 2, limit: 1 });
      await ask('fs/write_text_file', { sessionId: 's-1', path: ${file}, content: 'a\\nB\\nc\\n' });
      const none = await ask('fs/read_text_file', { sessionId: 's-1', path: ${file} + 'x' });
      const out = await ask('fs/write_text_file', { sessionId: 's-1', path: '/etc/pointsman-test', content: 'x' });
      say(JSON.stringify({ read, none: none.error.code, out: out.error.message }));`);
    const { end, asks } = await carryOut();
    expect(JSON.parse(end.kind === 'answered' ? end.text : '')).toEqual({
      read: { content: 'b\r\n' },
      none: -32_002,
      out: expect.stringContaining('leads out of the workspace') as string,
    });
    expect(readFileSync(path.join(workspace, 'dos.txt'), 'utf8')).toBe('a\r\nB\r\nc\r\n');
    expect(asks.map(({ kind }) => kind)).toEqual(['read', 'edit', 'read', 'edit']);
  });

  test('of terminals, and of what is not offered, is refused', async () => {
    fake(`const made = await ask('terminal/create', { sessionId: 's-1', command: 'touch', args: ['x'] });
      say(String(made.error.code));`);
    expect((await carryOut()).end).toMatchObject({ text: '-32601' });
    expect(existsSync(path.join(workspace, 'x'))).toBe(false);
  });
});

describe('a harness that misbehaves is ended', () => {
  test.each<readonly [string, string, HandsEnd['kind'], RegExp, Partial<AcpLimits>]>([
    [
      'that has changed a file outside',
      `update({ sessionUpdate: 'tool_call', toolCallId: 't', title: 'E', kind: 'edit', locations: [{ path: '/etc/hosts' }] });
       update({ sessionUpdate: 'tool_call_update', toolCallId: 't', status: 'completed' }); await new Promise(() => {});`,
      'refused',
      /outside the workspace/u,
      {},
    ],
    ['that says nothing for ever', `await new Promise(() => {});`, 'refused', /said nothing/u, { silenceMs: 300 }],
    [
      'whose turn never ends',
      `setInterval(() => say('x'), 20); await new Promise(() => {});`,
      'refused',
      /Its turn took/u,
      { turnMs: 500 },
    ],
    [
      'that floods',
      `for (;;) { say('x'.repeat(1000)); await new Promise(setImmediate); }`,
      'failed',
      /said more than/u,
      { totalBytes: 100_000 },
    ],
    [
      'whose message is giant',
      `process.stdout.write('x'.repeat(300_000)); await new Promise(() => {});`,
      'failed',
      /one message has more/u,
      { messageBytes: 100_000 },
    ],
    [
      'that speaks something else',
      `for (let n = 0; n < 200; n += 1) process.stdout.write('{"hello":' + n + '}\\n'); await new Promise(() => {});`,
      'failed',
      /none of the Agent Client Protocol/u,
      {},
    ],
    [
      'that dies',
      `process.stderr.write('out of memory'); process.exit(9);`,
      'failed',
      /broke off: .*out of memory/su,
      {},
    ],
    [
      'that something else ends',
      `process.kill(process.pid, 'SIGKILL'); await new Promise(() => {});`,
      'gone',
      /broke off/u,
      {},
    ],
    ['that closes its output', `process.stdout.end(); await new Promise(() => {});`, 'failed', /broke off/u, {}],
    ['that answers with an error', `throw new Error('quota');`, 'failed', /quota/u, {}],
    ['that refuses', `return 'refusal';`, 'failed', /refused to go on/u, {}],
    ['that ends oddly', `return 'whatever';`, 'failed', /./u, {}],
  ])('%s', async (_what, onPrompt, kind, why, limits) => {
    fake(onPrompt);
    expect((await carryOut({ limits })).end).toMatchObject({ kind, why: expect.stringMatching(why) as string });
  });

  test('and one that only stutters is not', async () => {
    fake(
      `process.stdout.write('Welcome!\\n\\n[1,2]\\n{"jsonrpc":"2.0","id":99,"result":{}}\\n{"method":7}\\nnull\\n');
      update({ sessionUpdate: 'brand_new', what: 1 }); update(7); send({ method: 'session/update' });
      send({ method: '_vendor/thing', params: {} }); say('done');`,
      `console.log('starting …');`,
    );
    expect((await carryOut()).end).toMatchObject({ kind: 'answered', text: 'done' });
  });

  test('whose session has no name', async () => {
    fake(`say('done');`);
    const file = path.join(folder, 'agent.mjs');
    writeFileSync(file, readFileSync(file, 'utf8').replace("({ sessionId: 's-1' })", '({ sessionId: 7, modes: 3 })'));
    expect((await carryOut()).end).toMatchObject({
      kind: 'failed',
      why: expect.stringContaining('no session') as string,
    });
  });

  test('with another version of the protocol', async () => {
    fake(`say('done');`);
    const file = path.join(folder, 'agent.mjs');
    writeFileSync(file, readFileSync(file, 'utf8').replace('protocolVersion: 1', 'protocolVersion: 7'));
    expect((await carryOut()).end).toMatchObject({
      kind: 'failed',
      why: expect.stringContaining('version 7') as string,
    });
  });

  test('with the job, which tells it first', async () => {
    fake(
      `say('working'); update({ sessionUpdate: 'tool_call', toolCallId: 't', title: 'x', kind: 'think' }); await new Promise(() => {});`,
    );
    const stopping = new AbortController();
    const run = carryOut({
      step: { signal: stopping.signal, onEvent: (event) => void (event.type === 'text' && stopping.abort()) },
    });
    await expect(run).rejects.toMatchObject({ name: 'AbortError' });
  });
});

test.each(['acp:my-agent', 'claude-code'] as const)(
  '%s is stopped with the job, whatever it has left behind with its output open',
  async (name) => {
    const left = path.join(folder, 'left');
    const leave = `const { spawn } = await import('node:child_process');
      const { writeFileSync } = await import('node:fs');
      const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 600000)'], { detached: true, stdio: ['ignore', 'inherit', 'inherit'] });
      child.unref();
      writeFileSync(${JSON.stringify(left)}, String(child.pid));`;
    fake(
      `${leave} update({ sessionUpdate: 'tool_call', toolCallId: 't', title: 'x', kind: 'think' }); await new Promise(() => {});`,
    );
    const line = JSON.stringify({
      type: 'assistant',
      message: { content: [{ type: 'tool_use', name: 'Bash', input: {} }] },
    });
    writeFileSync(
      path.join(folder, 'claude.mjs'),
      `${leave} console.log(${JSON.stringify(line)}); setInterval(() => {}, 1000);`,
    );
    const start = `#!/bin/sh\nexec "${process.execPath}" "${path.join(folder, 'claude.mjs')}"\n`;
    writeFileSync(path.join(folder, 'bin', 'claude'), start, { mode: 0o755 });
    const stopping = new AbortController();
    const onEvent = (event: HandsEvent): void => {
      if (event.type !== 'tool') return;
      const leftBehind = Number(readFileSync(left, 'utf8'));
      onTestFinished(() => void process.kill(leftBehind, 'SIGKILL'));
      stopping.abort();
    };
    const run = carryOut({ step: { name, signal: stopping.signal, onEvent } });
    await expect(run).rejects.toMatchObject({ name: 'AbortError' });
  },
);

test('what opencode leaves in the repository is taken away, and not where it was there before', async () => {
  fake(`(await import('node:fs')).appendFileSync(process.cwd() + '/.git/opencode', 'id'); say('It is done.');`);
  renameSync(path.join(folder, 'bin', 'my-agent'), path.join(folder, 'bin', 'opencode'));
  const note = path.join(workspace, '.git', 'opencode');
  mkdirSync(path.dirname(note));
  expect((await carryOut({ step: { name: 'acp:opencode' } })).end.kind).toBe('answered');
  expect(existsSync(note)).toBe(false);
  writeFileSync(note, 'mine, ');
  await carryOut({ step: { name: 'acp:opencode' } });
  expect(readFileSync(note, 'utf8')).toBe('mine, id');
});

test('every known one is a name', () => {
  expect(KNOWN_HANDS).toContain('acp:gemini');
  expect(KNOWN_HANDS.every((name) => !name.includes(' '))).toBe(true);
});
