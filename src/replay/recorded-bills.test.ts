import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadCatalog } from '../catalog/load-catalog.ts';
import { formatUsd, sumNanoUsd } from '../domain/money.ts';
import { gatherLogs } from './gather-logs.ts';
import { replayFiles } from './replay-files.ts';
import type { RecordedSummary, ReplayReport } from './report/replay-report.ts';

let root = '';
beforeAll(() => {
  root = mkdtempSync(path.join(tmpdir(), 'pointsman-bills-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

let folderCount = 0;
function aFolder(): string {
  folderCount += 1;
  const folder = path.join(root, String(folderCount));
  mkdirSync(folder);
  return folder;
}

async function recorded(
  paths: readonly string[],
  home = root,
  env: Readonly<Record<string, string>> = {},
): Promise<RecordedSummary & Pick<ReplayReport, 'dropped'> & { readonly bill: string }> {
  const logs = await gatherLogs({ paths, home, env, cwd: root });
  const catalog = loadCatalog();
  const { signal } = new AbortController();
  const { report } = await replayFiles(logs, { catalog, pool: [], policies: [], signal, onProgress: () => undefined });
  const { billedNanoUsd, surchargeNanoUsd } = report.recorded;
  return {
    ...report.recorded,
    dropped: report.dropped,
    bill: formatUsd(sumNanoUsd([billedNanoUsd, surchargeNanoUsd])),
  };
}

/** A session of Claude Code with one answer: 100,000 tokens in, 10,000 out. */
function claudeRows(
  model: string,
  usage: Readonly<Record<string, unknown>> = {},
  ids: { readonly session?: string; readonly message?: string; readonly request?: string } = {},
): readonly unknown[] {
  const shared = { sessionId: ids.session ?? 's1', version: '2.1.330', timestamp: '2026-11-20T10:01:00.000Z' };
  const message = {
    id: ids.message ?? 'msg_1',
    role: 'assistant',
    model,
    stop_reason: 'end_turn',
    content: [{ type: 'text', text: 'ok' }],
    usage: { input_tokens: 100_000, output_tokens: 10_000, ...usage },
  };
  return [
    { ...shared, type: 'user', uuid: 'u1', message: { role: 'user', content: 'do it' } },
    {
      ...shared,
      type: 'assistant',
      uuid: 'a1',
      ...(ids.request === undefined ? {} : { requestId: ids.request }),
      message,
    },
  ];
}

function write(folder: string, name: string, rows: readonly unknown[]): void {
  writeFileSync(path.join(folder, name), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
}

describe('what the logs say was billed', () => {
  test.each([
    ['claude-opus-4-6', {}, '$0.75'],
    ['claude-opus-4-6', { speed: 'standard', service_tier: 'standard', inference_geo: 'global' }, '$0.75'],
    ['claude-opus-4-6', { speed: 'fast' }, '$4.50'],
    ['claude-opus-4-8', { speed: 'fast' }, '$1.50'],
    ['claude-opus-4-8', { speed: 'fast', inference_geo: 'us' }, '$1.65'],
    ['claude-opus-4-6', { service_tier: 'batch' }, '$0.38'],
    ['claude-opus-4-6', { server_tool_use: { web_search_requests: 100 } }, '$1.75'],
    ['us.anthropic.claude-opus-4-6-v1', {}, '$0.75'],
    ['bedrock/global.anthropic.claude-opus-4-6-v1', {}, '$0.75'],
    ['arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-opus-4-6-v1', {}, '$0.75'],
    ['claude-opus-4-6[1m]', {}, '$0.75'],
    ['deepseek/deepseek-chat:free', {}, '$0.00'],
    ['ollama/qwen3:8b', {}, '$0.00'],
    ['ollama_chat/llama3', {}, '$0.00'],
    ['lmstudio/qwen3-coder-30b', {}, '$0.00'],
    ['local/claude-opus-4-6', {}, '$0.00'],
    ['gpt-oss:20b', {}, '$0.00'],
  ])('%s with %j: %s', async (model, usage, bill) => {
    const folder = aFolder();
    write(folder, 's.jsonl', claudeRows(model, usage));
    expect(await recorded([folder])).toMatchObject({ bill, unpriced: [], unpricedTerms: [] });
  });

  test('terms without a known price are named', async () => {
    const folder = aFolder();
    write(folder, 's.jsonl', claudeRows('claude-sonnet-5', { speed: 'fast', service_tier: 'priority' }));
    const { unpricedTerms } = await recorded([folder]);
    expect(unpricedTerms.map(({ term }) => term)).toEqual([
      'fast mode of claude-sonnet-5',
      'service tier priority of claude-sonnet-5',
    ]);
  });

  test('an adviser that was asked inside a call is on the bill, as a model of its own', async () => {
    const folder = aFolder();
    const iterations = [
      { type: 'message', input_tokens: 100_000, output_tokens: 10_000 },
      { type: 'advisor_message', model: 'claude-opus-4-8', input_tokens: 80_000, output_tokens: 4000 },
    ];
    write(folder, 's.jsonl', claudeRows('claude-sonnet-5', { iterations }));
    expect(await recorded([folder])).toMatchObject({ bill: '$0.80', callCount: 2 });
  });

  test.each([
    ['the copy has no request id', 'req_1', undefined],
    ['the original has none', undefined, 'req_1'],
    ['both have it', 'req_1', 'req_1'],
  ])('a message copied to another session counts once: %s', async (_why, first, second) => {
    const folder = aFolder();
    write(folder, 'a.jsonl', claudeRows('claude-opus-4-6', {}, first === undefined ? {} : { request: first }));
    const copy = { session: 's2', ...(second === undefined ? {} : { request: second }) };
    write(folder, 'b.jsonl', claudeRows('claude-opus-4-6', {}, copy));
    expect(await recorded([folder])).toMatchObject({ bill: '$0.75', callCount: 1 });
  });

  test('a session that begins with a large image, or with many snapshots, is still one', async () => {
    const folder = aFolder();
    const data = 'A'.repeat(400_000);
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data } };
    const first = { type: 'user', sessionId: 's1', uuid: 'u0', message: { role: 'user', content: [image] } };
    write(folder, 'image.jsonl', [first, ...claudeRows('claude-opus-4-6')]);
    const snapshots = Array.from({ length: 3000 }, (_, at) => ({ type: 'file-history-snapshot', messageId: `m${at}` }));
    const ids = { session: 's2', message: 'msg_2' };
    write(folder, 'snapshots.jsonl', [...snapshots, ...claudeRows('claude-opus-4-6', {}, ids)]);
    expect(await recorded([folder])).toMatchObject({ bill: '$1.50', callCount: 2 });
  });

  test('Copilot sessions without records of calls are known by what each shutdown sums up', async () => {
    const folder = aFolder();
    const usage = { inputTokens: 100_001, outputTokens: 3000, cacheReadTokens: 50_000, cacheWriteTokens: 0 };
    const shutdown = (at: string): unknown => ({
      type: 'session.shutdown',
      timestamp: at,
      data: { modelMetrics: { 'claude-sonnet-5': { requests: { count: 3, cost: 1 }, usage } } },
    });
    write(folder, 'events.jsonl', [
      { type: 'session.start', timestamp: '2026-11-20T10:00:00Z', data: { sessionId: 'c1', copilotVersion: '1.0.34' } },
      { type: 'user.message', timestamp: '2026-11-20T10:00:01Z', data: { content: 'go' } },
      shutdown('2026-11-20T10:05:00Z'),
      { type: 'user.message', timestamp: '2026-11-20T11:00:01Z', data: { content: 'go on' } },
      shutdown('2026-11-20T11:05:00Z'),
    ]);
    const { callCount, tokens } = await recorded([folder]);
    expect(callCount).toBe(6);
    expect(tokens).toEqual({ uncached: 100_002, cacheRead: 100_000, cacheWrite: 0, output: 6000 });
  });

  test('opencode: the database of 2.x, beside stale tables of 1.x, and the files of the time before', async () => {
    const folder = aFolder();
    const database = new DatabaseSync(path.join(folder, 'opencode-dev.db'));
    const time = { created: 1_763_600_000_000, completed: 1_763_600_005_000 };
    const tokens = { input: 100_000, output: 10_000, reasoning: 0, cache: { read: 0, write: 0 } };
    database.exec(`
      CREATE TABLE session (id text, parent_id text, version text, time_created integer);
      CREATE TABLE message (id text, session_id text, time_created integer, data text);
      CREATE TABLE part (id text, message_id text, data text);
      CREATE TABLE session_v2 (id text, parent_id text, version text, time_created integer);
      CREATE TABLE session_message (id text, session_id text, type text, seq integer, time_created integer, data text);
      INSERT INTO session VALUES ('ses_1', NULL, '1.18.33', 1), ('ses_2', NULL, '1.18.33', 2);
      INSERT INTO session_v2 VALUES ('ses_2', NULL, '2.0.12', 2), ('ses_3', 'ses_2', '2.0.12', 3);`);
    const old = { role: 'assistant', modelID: 'claude-opus-4-6', providerID: 'anthropic', tokens, time };
    const answer = { agent: 'build', model: { providerID: 'anthropic', id: 'claude-opus-4-6' }, tokens, time };
    const content = [{ type: 'tool', id: 'call_1', name: 'bash', state: { status: 'completed', output: '3 passed' } }];
    const copied = `msg_${'x'.repeat(26)}`;
    const message = database.prepare('INSERT INTO message VALUES (?, ?, 1, ?)');
    message.run('msg_1', 'ses_1', JSON.stringify(old));
    message.run('msg_stale', 'ses_2', JSON.stringify(old));
    const row = database.prepare('INSERT INTO session_message VALUES (?, ?, ?, ?, ?, ?)');
    row.run('msg_u', 'ses_2', 'user', 0, 1, JSON.stringify({ text: 'go', time }));
    row.run(copied, 'ses_2', 'assistant', 1, 2, JSON.stringify({ ...answer, content }));
    row.run(`${copied}_2`, 'ses_3', 'assistant', 1, 3, JSON.stringify({ ...answer, content: [] }));
    row.run('msg_3', 'ses_3', 'assistant', 2, 4, JSON.stringify({ ...answer, agent: 'explore', content: [] }));
    database.close();
    const stored = path.join(folder, 'storage/message/ses_0');
    mkdirSync(stored, { recursive: true });
    writeFileSync(path.join(stored, 'msg_0.json'), JSON.stringify({ ...old, id: 'msg_0', sessionID: 'ses_0' }));
    const { callCount, bill, sessionCount } = await recorded([folder]);
    expect({ callCount, bill, sessionCount }).toEqual({ callCount: 4, bill: '$3.00', sessionCount: 3 });
  });

  test("Gemini's older chats in one JSON object are read", async () => {
    const folder = aFolder();
    const tokens = { input: 10_000, output: 100, cached: 5000, thoughts: 50, tool: 0 };
    const messages = [
      { id: 'm1', timestamp: '2026-11-20T10:00:00Z', type: 'user', content: 'hello' },
      { id: 'm2', timestamp: '2026-11-20T10:01:00Z', type: 'gemini', content: 'hi', model: 'gemini-2.5-pro', tokens },
    ];
    const file = { sessionId: 'g1', projectHash: 'abc', messages };
    writeFileSync(path.join(folder, 'session-1.json'), JSON.stringify(file, undefined, 2));
    expect(await recorded([folder])).toMatchObject({ callCount: 1, bill: '$0.0084' });
  });
});

/** A log of one call, in the form of one client. */
const ONE_CALL: Readonly<Record<string, (file: string) => void>> = {
  'claude-code': (file) => write(path.dirname(file), path.basename(file), claudeRows('claude-opus-4-6')),
  codex: (file) => {
    const usage = { input_tokens: 100, cached_input_tokens: 0, output_tokens: 10 };
    const info = { total_token_usage: usage, last_token_usage: usage };
    write(path.dirname(file), path.basename(file), [
      { type: 'session_meta', payload: { id: 'x1' } },
      { type: 'turn_context', payload: { model: 'gpt-5.2-codex' } },
      { type: 'event_msg', payload: { type: 'token_count', info } },
    ]);
  },
  gemini: (file) => {
    const tokens = { input: 100, output: 10, cached: 0, thoughts: 0, tool: 0 };
    const messages = [{ id: 'm', timestamp: '2026-11-20T10:01:00Z', type: 'gemini', model: 'gemini-2.5-pro', tokens }];
    writeFileSync(file, JSON.stringify({ sessionId: 'g', projectHash: 'a', messages }, undefined, 2));
  },
  copilot: (file) => {
    const usage = { inputTokens: 100, outputTokens: 10, cacheReadTokens: 0, cacheWriteTokens: 0 };
    const modelMetrics = { 'claude-sonnet-5': { requests: { count: 1, cost: 1 }, usage } };
    write(path.dirname(file), path.basename(file), [
      { type: 'session.start', timestamp: '2026-11-20T10:00:00Z', data: { sessionId: 'c', copilotVersion: '1.0.34' } },
      { type: 'session.shutdown', timestamp: '2026-11-20T10:05:00Z', data: { modelMetrics } },
    ]);
  },
  opencode: (file) => {
    const time = { created: 1_763_600_000_000, completed: 1_763_600_005_000 };
    const tokens = { input: 100, output: 10, reasoning: 0, cache: { read: 0, write: 0 } };
    const data = { role: 'assistant', modelID: 'claude-opus-4-6', providerID: 'anthropic', tokens, time };
    if (!file.endsWith('.db')) {
      writeFileSync(file, JSON.stringify({ ...data, id: 'msg_0', sessionID: 'ses_0' }));
      return;
    }
    const database = new DatabaseSync(file);
    database.exec(`
      CREATE TABLE session (id text, parent_id text, version text, time_created integer);
      CREATE TABLE message (id text, session_id text, time_created integer, data text);
      CREATE TABLE part (id text, message_id text, data text);
      INSERT INTO session VALUES ('ses_1', NULL, '1.18.33', 1);`);
    database.prepare("INSERT INTO message VALUES ('msg_1', 'ses_1', 1, ?)").run(JSON.stringify(data));
    database.close();
  },
};

describe('what lies where clients keep their logs is found', () => {
  test.each<readonly [client: string, place: string, env: Readonly<Record<string, string>>]>([
    ['claude-code', '.claude/projects/p/s.jsonl', {}],
    ['claude-code', '.config/claude/projects/p/s.jsonl', {}],
    ['claude-code', 'xdg/claude/projects/p/s.jsonl', { XDG_CONFIG_HOME: 'xdg' }],
    ['claude-code', 'two/projects/p/s.jsonl', { CLAUDE_CONFIG_DIR: 'one, two' }],
    ['codex', '.codex/sessions/2026/11/20/rollout-a.jsonl', {}],
    ['codex', '.codex/archived_sessions/rollout-a.jsonl', {}],
    ['codex', 'moved/archived_sessions/rollout-a.jsonl', { CODEX_HOME: 'moved' }],
    ['gemini', '.gemini/tmp/abc/chats/session-1.json', {}],
    ['gemini', 'moved/.gemini/tmp/abc/chats/session-1.json', { GEMINI_CLI_HOME: 'moved' }],
    ['copilot', '.copilot/session-state/c/events.jsonl', {}],
    ['copilot', 'moved/session-state/c/events.jsonl', { COPILOT_HOME: 'moved' }],
    ['opencode', '.local/share/opencode/opencode.db', {}],
    ['opencode', '.local/share/opencode/opencode-dev.db', {}],
    ['opencode', 'moved/mine.db', { OPENCODE_DB: 'moved/mine.db' }],
    ['opencode', '.local/share/opencode/storage/message/ses_0/msg_0.json', {}],
  ])('%s: %s, %j', async (client, place, named) => {
    const home = aFolder();
    const file = path.join(home, place);
    mkdirSync(path.dirname(file), { recursive: true });
    ONE_CALL[client]?.(file);
    const absolute = (value: string): string =>
      value
        .split(', ')
        .map((part) => path.join(home, part))
        .join(', ');
    const env = Object.fromEntries(Object.entries(named).map(([name, value]) => [name, absolute(value)]));
    expect(await recorded([], home, env)).toMatchObject({ callCount: 1 });
  });

  test('a session that is named brings its sub-agents, those of workflows too', async () => {
    const folder = aFolder();
    write(folder, 's1.jsonl', claudeRows('claude-opus-4-6'));
    for (const [at, place] of ['s1/subagents', 's1/subagents/workflows/w1'].entries()) {
      mkdirSync(path.join(folder, place), { recursive: true });
      const rows = claudeRows('claude-opus-4-6', {}, { message: `msg_of_${at}` });
      write(path.join(folder, place), `agent-${at}.jsonl`, rows);
    }
    expect(await recorded([path.join(folder, 's1.jsonl')])).toMatchObject({ callCount: 3 });
    expect(await recorded([folder])).toMatchObject({ callCount: 3 });
  });

  test('rows that carry no call are no unknown rows', async () => {
    const folder = aFolder();
    const quiet = [
      'file-history-delta',
      'bridge-session',
      'frame-link',
      'relocated',
      'worktree-state',
      'started',
      'result',
    ];
    const shared = { sessionId: 's1', timestamp: '2026-11-20T10:00:30Z' };
    write(folder, 's.jsonl', [...claudeRows('claude-opus-4-6'), ...quiet.map((type) => ({ ...shared, type }))]);
    const codex = path.join(folder, 'rollout-a.jsonl');
    ONE_CALL['codex']?.(codex);
    const more = ['agent_message', 'inter_agent_communication', 'inter_agent_communication_metadata'];
    appendFileSync(codex, more.map((type) => `${JSON.stringify({ type, payload: {} })}\n`).join(''));
    expect(await recorded([folder])).toMatchObject({ callCount: 2, dropped: { unknownTypes: {} } });
  });
});
