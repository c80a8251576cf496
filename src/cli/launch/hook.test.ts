import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { asId, type CallId, type DecisionId } from '../../domain/ids.ts';
import { openSqliteRecorder } from '../../recorder/sqlite/sqlite-recorder.ts';
import { dataOf } from '../../testing/internal/json-data.ts';
import { aCallRecord, aDecision, aStepRecord } from '../../testing/record-builders.ts';
import type { CommandIo } from '../input/command.ts';
import { command } from './hook-command.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const dirs: string[] = [];
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});

async function hook(
  input: string,
  args: readonly string[] = ['--wait'],
): Promise<Record<'code' | 'out' | 'err' | 'home', unknown>> {
  const home = mkdtempSync(path.join(tmpdir(), 'hook-'));
  dirs.push(home);
  let out = '';
  let err = '';
  const io: CommandIo = {
    stdout: (text) => (out += text),
    stderr: (text) => (err += text),
    env: { HOME: home },
    cwd: home,
    isTerminal: false,
    readInput: async () => Promise.resolve(input),
    signal: new AbortController().signal,
  };
  return { code: await command.run(args, io), out, err, home };
}

const event = (fields: object): string =>
  JSON.stringify({ session_id: 's', hook_event_name: 'Stop', transcript_path: '/nowhere/x.jsonl', ...fields });

describe('a hook never holds the harness up', () => {
  test.each([
    ['nothing', ''],
    ['no JSON', '{{{'],
    ['another shape', '[]'],
    ['no session', JSON.stringify({ hook_event_name: 'Stop' })],
    ['a session that is no text', event({ session_id: 7 })],
  ])('%s: an error that does not block', async (_name, input) => {
    const { code, err, out } = await hook(input);
    // 2 would keep Claude Code from stopping.
    expect(code).toBe(1);
    expect(err).toMatch(/^pointsman: \[request-invalid\] .*standard input/u);
    expect(out).toBe('');
  });

  test('nor does a word that it does not know', async () => {
    expect((await hook(event({}), ['--bogus'])).code).toBe(1);
  });

  test.each([
    ['a session that did not come through the gateway', event({})],
    ['an id with a quote in it', event({ session_id: "' or 1=1 --" })],
    ['an event that is new to us', event({ hook_event_name: 'SomethingElse' })],
    ['before a compaction of a session that is not known', event({ hook_event_name: 'PreCompact' })],
  ])('%s: nothing is said, and nothing is made', async (_name, input) => {
    const { code, out, err, home } = await hook(input);
    expect([code, out, err]).toEqual([0, '', '']);
    expect(readdirSync(String(home))).toEqual([]);
  });

  test('--json says what was reported', async () => {
    const { out } = await hook(event({}), ['--json']);
    expect(dataOf(String(out))).toEqual({ sessionId: 's', reported: [] });
  });
});

describe('before a compaction', () => {
  const SAID =
    /^\{"systemMessage":"pointsman: to read these [\d,]+ tokens for the summary bills \$[\d.]+ while (\S+) holds them warm, \$[\d.]+ once it is cold \(modelled\)/u;

  test.each([
    ['Claude Code', 'claude-code/basic-2.1.330.jsonl'],
    ['Codex', 'codex/rollout-2026-11-21T20-48-59-01a1ffde-9446-73d1-9da4-e24716261582.jsonl'],
  ])('%s: what the summary will bill, from its own log where nothing came through the gateway', async (_who, log) => {
    const file = path.join(ROOT, 'fixtures/sessions', log);
    const { code, out, err, home } = await hook(event({ hook_event_name: 'PreCompact', transcript_path: file }), []);
    expect([code, err]).toEqual([0, '']);
    expect(String(out)).toMatch(SAID);
    expect(readdirSync(String(home))).toEqual([]);
  });

  test('a model that has no price here is not guessed', async () => {
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'hook-')), 'session-1.jsonl');
    dirs.push(path.dirname(file));
    writeTranscript(file);
    const { out } = await hook(event({ hook_event_name: 'PreCompact', transcript_path: file }), []);
    expect(out).toBe('');
  });
});

/** One change and a green test after it, as Claude Code writes them down. */
function writeTranscript(file: string): void {
  const answer = (id: string, name: string, input: object): object => ({
    type: 'assistant',
    requestId: `req_${id}`,
    message: {
      id: `msg_${id}`,
      role: 'assistant',
      model: 'claude-test',
      content: [{ type: 'tool_use', id: `toolu_${id}`, name, input }],
      usage: { input_tokens: 10, output_tokens: 7 },
    },
  });
  const result = (id: string, content: string): object => ({
    type: 'user',
    message: { role: 'user', content: [{ type: 'tool_result', tool_use_id: `toolu_${id}`, content }] },
  });
  const rows = [
    { type: 'user', message: { role: 'user', content: 'Write half.' } },
    answer('1', 'Write', { file_path: '/project/half.js', content: 'x' }),
    result('1', 'written'),
    answer('2', 'Bash', { command: 'node --test' }),
    result('2', '# pass 1\n# fail 0'),
  ];
  const common = { sessionId: 'session-1', version: '2.1.0', cwd: '/work' };
  const at = (index: number): string => new Date(Date.UTC(2026, 10, 30, 12, 0, index)).toISOString();
  const lines = rows.map((row, index) => ({
    ...common,
    uuid: `u${index}`,
    parentUuid: index === 0 ? null : `u${index - 1}`,
    timestamp: at(index),
    ...row,
  }));
  writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
}

test('two hooks at the end of one session say once what came of it', async () => {
  const home = mkdtempSync(path.join(tmpdir(), 'hook-'));
  dirs.push(home);
  const store = path.join(home, 'store');
  const file = path.join(store, 'records.db');
  const onWriteError = (error: Error): void => expect.fail(error.message);
  const recorder = openSqliteRecorder({ file, onWriteError });
  const decisionId = asId<DecisionId>('dec-1');
  recorder.writeStep(aStepRecord({ decision: aDecision({ decisionId }), jobId: undefined }));
  const gateway = {
    askedFor: 'auto',
    wire: 'anthropic-messages',
    decisionId,
    callerRequestId: 'req_1',
    losses: [],
    strippedThinkingCount: 0,
    fallbackFrom: [],
    weakerThanDecided: false,
  } as const;
  recorder.writeCall(aCallRecord({ callId: asId<CallId>('call-1'), jobId: undefined, gateway }));
  await recorder.close();
  const transcript = path.join(home, 'session-1.jsonl');
  writeTranscript(transcript);

  let said = '';
  const ends = ['Stop', 'SessionEnd'].map(async (name) =>
    command.run(['--json'], {
      stdout: (text) => (said += text),
      stderr: (text) => (said += text),
      env: { HOME: home, POINTSMAN_STORE: store },
      cwd: home,
      isTerminal: false,
      readInput: () =>
        Promise.resolve(
          JSON.stringify({ hook_event_name: name, session_id: 'session-1', transcript_path: transcript }),
        ),
      signal: new AbortController().signal,
    }),
  );
  expect(await Promise.all(ends), said).toEqual([0, 0]);
  expect(said.split('"dec-1"'), said).toHaveLength(2);
  const after = openSqliteRecorder({ file, onWriteError });
  const outcomes = await after.outcomes({ limit: 10 });
  await after.close();
  expect(outcomes, said).toMatchObject([{ decisionId, verdict: 'good_fit', principal: 'claude-code-hook' }]);
});

test('each plugin carries the version of the package', () => {
  const versionIn = (file: string): unknown =>
    (JSON.parse(readFileSync(path.join(ROOT, file), 'utf8')) as { readonly version?: string }).version;
  for (const file of ['plugin/.claude-plugin/plugin.json', 'plugins/gemini/gemini-extension.json'])
    expect(versionIn(file), file).toBe(versionIn('package.json'));
});

test('no command for Gemini CLI has a shell read what it is given: all of it would be quoted as one word', () => {
  const folder = path.join(ROOT, 'plugins/gemini/commands/pointsman');
  const files = readdirSync(folder);
  expect(files).toContain('spend.toml');
  for (const file of files) {
    const text = readFileSync(path.join(folder, file), 'utf8');
    expect(text, file).toContain('{{args}}');
    expect(text, file).not.toContain('!{');
  }
});
