import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LAUNCHED } from '../gateway/connect/harnesses.ts';
import { aModel } from '../testing/model-builders.ts';
import { claudeCode } from './claude-code.ts';
import { codex } from './codex.ts';
import type { HandsEnd, HandsEvent, HandsStep } from './hands.ts';
import { createHands } from './run-harness-step.ts';

let folder = '';
let workspace = '';
beforeEach(() => {
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'hands-')));
  workspace = path.join(folder, 'work');
  mkdirSync(workspace);
  mkdirSync(path.join(folder, 'bin'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const MODEL = aModel();

/** A program named like Claude Code that does what a test wants. */
function fake(script: string): void {
  const file = path.join(folder, 'claude.mjs');
  writeFileSync(file, script);
  const start = `#!/bin/sh\nexec "${process.execPath}" "${file}" "$@"\n`;
  writeFileSync(path.join(folder, 'bin', 'claude'), start, { mode: 0o755 });
}

const say = (row: object): string => `console.log(${JSON.stringify(JSON.stringify(row))});`;
const RESULT = say({ type: 'result', subtype: 'success', result: 'done', session_id: 's' });
const wrote = (file: string): string =>
  say({ type: 'assistant', message: { content: [{ type: 'tool_use', name: 'Write', input: { file_path: file } }] } });

/** Runs one step; `models` are those whose calls come through its gateway. */
async function carryOut(
  models: readonly string[],
  more: Partial<HandsStep> = {},
  { searchPath = path.join(folder, 'bin'), onOpen = () => {} }: { searchPath?: string; onOpen?: () => void } = {},
): Promise<{ readonly end: HandsEnd; readonly events: readonly HandsEvent[] }> {
  const events: HandsEvent[] = [];
  const hands = createHands({
    env: { PATH: searchPath, HOME: folder, SECRET_KEY: 'sk-secret' },
    harnesses: LAUNCHED,
    openGateway: (_step, onCall) => {
      onOpen();
      for (const requestedModel of models) onCall({ requestedModel } as never);
      return Promise.resolve({ url: 'http://127.0.0.1:9', token: 't-1', close: () => Promise.resolve() });
    },
  });
  const end = await hands.run({
    name: 'claude-code',
    workspace,
    prompt: { whole: 'Do it.', goingOn: 'Go on.' },
    judge: () => Promise.resolve({ kind: 'allowed' }),
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
    ...more,
  });
  return { end, events };
}

describe('a harness', () => {
  test('is given the prompt, an address and a token, and no key of the user', async () => {
    fake(`let text = ''; for await (const part of process.stdin) text += part;
      console.log(JSON.stringify({ type: 'result', subtype: 'success', result: JSON.stringify({ text, env: process.env, args: process.argv }) }));`);
    const { end } = await carryOut([MODEL.id]);
    const seen = JSON.parse(end.kind === 'answered' ? end.text : '{}') as {
      text: string;
      env: Record<string, string>;
      args: string[];
    };
    expect(seen.text).toBe('Do it.');
    expect(seen.env).toMatchObject({ ANTHROPIC_BASE_URL: 'http://127.0.0.1:9', ANTHROPIC_AUTH_TOKEN: 't-1' });
    expect(JSON.stringify(seen)).not.toContain('sk-secret');
    expect(JSON.stringify(seen.args)).not.toContain('t-1');
    expect(seen.args).not.toContain('Bash');
    expect(seen.args.join(' ')).toContain('--setting-sources user');
  });

  test('looks nothing up in the workspace, as its interpreter', async () => {
    const bin = path.join(workspace, 'node_modules', '.bin');
    mkdirSync(bin, { recursive: true });
    fake(`console.log(JSON.stringify({ type: 'result', subtype: 'success', result: process.env.PATH }));`);
    const own = path.join(folder, 'bin');
    const searchPath = [bin, './node_modules/.bin', '', own].join(path.delimiter);
    const { end } = await carryOut([MODEL.id], {}, { searchPath });
    expect(end).toMatchObject({ kind: 'answered', text: own });
  });

  test('goes on in the session that it had', async () => {
    fake(
      `console.log(JSON.stringify({ type: 'result', subtype: 'success', result: process.argv.slice(-2).join(' ') }));`,
    );
    const { end } = await carryOut([MODEL.id], { left: { sessionId: 's-7', processId: undefined } });
    expect(end).toMatchObject({ kind: 'answered', text: '--resume s-7' });
  });

  test('that writes outside the workspace is stopped at once, and its answer does not count', async () => {
    fake(`${wrote(path.join('/etc', 'hosts'))} setTimeout(() => { ${RESULT} }, 60_000);`);
    const { end } = await carryOut([MODEL.id]);
    expect(end).toMatchObject({ kind: 'refused', why: expect.stringContaining('outside the workspace') as string });
  });

  test('may write inside, and by a relative name', async () => {
    fake(`${wrote(path.join(workspace, 'a.txt'))} ${wrote('b/c.txt')} ${RESULT}`);
    expect((await carryOut([MODEL.id])).end.kind).toBe('answered');
  });

  test.each([
    ['asks nobody that we know of', [], /No call of claude-code came through the gateway/u],
    ['asks another model', ['other/model'], /used the model other\/model/u],
  ])('that %s is refused', async (_what, models, why) => {
    fake(RESULT);
    expect((await carryOut(models)).end).toMatchObject({ kind: 'refused', why: expect.stringMatching(why) as string });
  });

  test('that ends without an answer has failed, and says why', async () => {
    fake(`process.stderr.write('no login'); process.exitCode = 3;`);
    expect((await carryOut([])).end).toEqual({
      kind: 'failed',
      why: 'It ended with exit code 3 and without an answer: no login',
    });
  });

  test('is stopped with the job, with all that it started, and leaves no file with its token', async () => {
    const pid = path.join(folder, 'pid');
    fake(`import { spawn } from 'node:child_process'; import { writeFileSync } from 'node:fs';
      const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
      writeFileSync(${JSON.stringify(pid)}, String(child.pid)); ${say({ type: 'system', session_id: 's-1' })}
      setInterval(() => {}, 1000);`);
    const stopping = new AbortController();
    const run = carryOut([], {
      signal: stopping.signal,
      onEvent: (event) => void (event.type === 'session' && stopping.abort()),
    });
    await expect(run).rejects.toMatchObject({ name: 'AbortError' });
    expect(existsSync(pid)).toBe(true);
  });

  test('is not started by a job that was stopped while its gateway opened', async () => {
    fake(RESULT);
    const stopping = new AbortController();
    let startedCount = 0;
    const step = { signal: stopping.signal, onEvent: () => void (startedCount += 1) };
    await expect(carryOut([MODEL.id], step, { onOpen: () => stopping.abort() })).rejects.toMatchObject({
      name: 'AbortError',
    });
    expect(startedCount).toBe(0);
  });

  test('that is not installed is said so, and one of the workspace is not taken for it', async () => {
    mkdirSync(path.join(workspace, 'bin'));
    writeFileSync(path.join(workspace, 'bin', 'claude'), '#!/bin/sh\n', { mode: 0o755 });
    await expect(carryOut([])).rejects.toMatchObject({ code: 'tool-unavailable' });
  });
});

describe('what a harness prints', () => {
  test.each<readonly [string, object, readonly HandsEvent[]]>([
    ['its session', { type: 'system', subtype: 'init', session_id: 's' }, [{ type: 'session', sessionId: 's' }]],
    [
      'a text',
      { type: 'assistant', message: { content: [{ type: 'text', text: 'hi' }] } },
      [{ type: 'text', text: 'hi' }],
    ],
    [
      'a command',
      { type: 'assistant', message: { content: [{ type: 'tool_use', name: 'Bash', input: { command: 'ls' } }] } },
      [{ type: 'tool', name: 'Bash', summary: 'ls' }],
    ],
    [
      'a failure',
      { type: 'result', subtype: 'error_max_turns', is_error: true },
      [{ type: 'end', kind: 'failed', text: 'error_max_turns' }],
    ],
    ['something new', { type: 'rate_limit_event' }, []],
    ['something odd', { type: 'assistant', message: 7 }, []],
  ])('Claude Code: %s', (_what, row, events) => expect(claudeCode.read(row as never)).toEqual(events));

  test.each<readonly [string, object, readonly HandsEvent[]]>([
    ['its session', { type: 'thread.started', thread_id: 't' }, [{ type: 'session', sessionId: 't' }]],
    ['a text', { type: 'item.completed', item: { type: 'agent_message', text: 'hi' } }, [{ type: 'text', text: 'hi' }]],
    [
      'an edit',
      { type: 'item.started', item: { type: 'file_change', changes: [{ path: '/w/a', kind: 'add' }] } },
      [{ type: 'edit', file: '/w/a' }],
    ],
    [
      'a command',
      { type: 'item.started', item: { type: 'command_execution', command: 'ls' } },
      [{ type: 'tool', name: 'command', summary: 'ls' }],
    ],
    ['its end', { type: 'turn.completed', usage: {} }, [{ type: 'end', kind: 'answered', text: '' }]],
    ['a failure', { type: 'turn.failed', error: { message: 'no' } }, [{ type: 'end', kind: 'failed', text: 'no' }]],
    ['something odd', { type: 'item.completed', item: null }, []],
  ])('Codex: %s', (_what, row, events) => expect(codex.read(row as never)).toEqual(events));
});
