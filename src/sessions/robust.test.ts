import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { importAll, totalsOf } from '../testing/internal/import-all.ts';
import { seededBytes } from '../testing/internal/seeded-bytes.ts';
import { findLogs } from './find-logs.ts';
import { importers } from './read-sessions.ts';
import type { ClientName } from './session-trace.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'pointsman-sessions-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let fileCount = 0;
function put(content: string | Buffer, name = 'log.jsonl'): string {
  fileCount += 1;
  const file = path.join(folder, `${fileCount}-${name}`);
  writeFileSync(file, content);
  return file;
}

/** A neutral session of `count` calls. */
function neutral(sessionId: string, count: number): string {
  const rows: unknown[] = [{ type: 'session', v: 1, sessionId }];
  for (let index = 0; index < count; index += 1) {
    if (index % 3 === 0) rows.push({ type: 'user', at: 1_793_620_800_000 + index * 10_000, text: 'go on' });
    rows.push({
      type: 'call',
      callId: `c${index}`,
      at: 1_793_620_800_000 + index * 10_000 + 10,
      model: 'claude-opus-5-5',
      usage: { uncachedTokens: 3, cacheReadTokens: index * 1000, cacheWriteTokens: 1000, outputTokens: 100 },
      costUsd: 0.01,
      toolCalls: [{ id: `t${index}`, name: 'bash', input: { command: 'npm test' } }],
    });
    rows.push({ type: 'tool-result', toolCallId: `t${index}`, isError: false, text: '3 passed' });
  }
  return `${rows.map((row) => JSON.stringify(row)).join('\n')}\n`;
}

/** One small session per line format, with made-up words. */
const LOGS: Readonly<Partial<Record<ClientName, string>>> = {
  neutral: neutral('n1', 6),
  'claude-code': [
    {
      type: 'user',
      uuid: 'u1',
      sessionId: 's1',
      timestamp: '2026-11-02T12:00:00Z',
      version: '2.1.330',
      message: { role: 'user', content: 'fix it' },
    },
    {
      type: 'assistant',
      uuid: 'a1',
      sessionId: 's1',
      timestamp: '2026-11-02T12:00:04Z',
      requestId: 'r1',
      message: {
        id: 'm1',
        model: 'claude-opus-5-5',
        stop_reason: null,
        usage: { input_tokens: 2, cache_creation_input_tokens: 9000, cache_read_input_tokens: 0, output_tokens: 1 },
        content: [{ type: 'text', text: 'x' }],
      },
    },
    {
      type: 'assistant',
      uuid: 'a2',
      sessionId: 's1',
      timestamp: '2026-11-02T12:00:05Z',
      requestId: 'r1',
      message: {
        id: 'm1',
        model: 'claude-opus-5-5',
        stop_reason: 'tool_use',
        usage: { input_tokens: 2, cache_creation_input_tokens: 9000, cache_read_input_tokens: 0, output_tokens: 80 },
        content: [{ type: 'tool_use', id: 't1', name: 'Bash', input: { command: 'ls' } }],
      },
    },
    {
      type: 'user',
      uuid: 'u2',
      sessionId: 's1',
      timestamp: '2026-11-02T12:00:06Z',
      message: { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content: 'a b' }] },
    },
    {
      type: 'assistant',
      uuid: 'a3',
      sessionId: 's1',
      timestamp: '2026-11-02T12:00:09Z',
      requestId: 'r2',
      message: {
        id: 'm2',
        model: 'claude-opus-5-5',
        stop_reason: 'end_turn',
        usage: { input_tokens: 2, cache_creation_input_tokens: 100, cache_read_input_tokens: 9000, output_tokens: 20 },
        content: [{ type: 'text', text: 'y' }],
      },
    },
  ]
    .map((row) => JSON.stringify(row))
    .join('\n'),
  pi: [
    { type: 'session', version: 3, id: 'p1', timestamp: '2026-11-02T12:00:00Z', cwd: '/x' },
    {
      type: 'message',
      id: 'a',
      parentId: null,
      timestamp: '2026-11-02T12:00:01Z',
      message: { role: 'user', content: [{ type: 'text', text: 'hi' }] },
    },
    {
      type: 'message',
      id: 'b',
      parentId: 'a',
      timestamp: '2026-11-02T12:00:03Z',
      message: {
        role: 'assistant',
        content: [],
        model: 'gpt-5.5',
        usage: { input: 10, output: 5, cacheRead: 0, cacheWrite: 0, cost: { total: 0.001 } },
        stopReason: 'stop',
        responseId: 'x1',
      },
    },
  ]
    .map((row) => JSON.stringify(row))
    .join('\n'),
  codex: [
    { timestamp: '2026-11-02T12:00:00Z', type: 'session_meta', payload: { id: 'c1', cli_version: '0.100.0' } },
    { timestamp: '2026-11-02T12:00:00Z', type: 'turn_context', payload: { model: 'gpt-5.5', effort: 'high' } },
    {
      timestamp: '2026-11-02T12:00:01Z',
      type: 'response_item',
      payload: { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'hi' }] },
    },
    {
      timestamp: '2026-11-02T12:00:02Z',
      type: 'response_item',
      payload: { type: 'function_call', name: 'shell', arguments: '{"command":["ls"]}', call_id: 'k1' },
    },
    {
      timestamp: '2026-11-02T12:00:03Z',
      type: 'response_item',
      payload: { type: 'function_call_output', call_id: 'k1', output: 'Process exited with code 1' },
    },
    {
      timestamp: '2026-11-02T12:00:03Z',
      type: 'event_msg',
      payload: {
        type: 'token_count',
        info: {
          total_token_usage: { input_tokens: 500 },
          last_token_usage: { input_tokens: 500, cached_input_tokens: 128, output_tokens: 20 },
        },
      },
    },
    {
      timestamp: '2026-11-02T12:00:04Z',
      type: 'event_msg',
      payload: {
        type: 'token_count',
        info: {
          total_token_usage: { input_tokens: 500 },
          last_token_usage: { input_tokens: 500, cached_input_tokens: 128, output_tokens: 20 },
        },
      },
    },
  ]
    .map((row) => JSON.stringify(row))
    .join('\n'),
};

/** The same for clients whose whole session is one object, or that repeat rows. */
const MORE_LOGS: Readonly<Partial<Record<ClientName, readonly [name: string, content: string]>>> = {
  qwen: [
    'q.jsonl',
    [
      {
        uuid: 'u1',
        sessionId: 'q1',
        timestamp: '2026-11-02T12:00:00Z',
        type: 'user',
        message: { role: 'user', parts: [{ text: 'hi' }] },
      },
      {
        uuid: 'u2',
        sessionId: 'q1',
        timestamp: '2026-11-02T12:00:03Z',
        type: 'assistant',
        model: 'qwen3-coder-plus',
        message: {
          role: 'model',
          parts: [{ functionCall: { id: 'k', name: 'run_shell_command', args: { command: 'ls' } } }],
        },
        usageMetadata: {
          promptTokenCount: 900,
          candidatesTokenCount: 30,
          totalTokenCount: 930,
          cachedContentTokenCount: 256,
        },
      },
      {
        uuid: 'u3',
        sessionId: 'q1',
        timestamp: '2026-11-02T12:00:03Z',
        type: 'system',
        subtype: 'ui_telemetry',
        systemPayload: {},
      },
      {
        uuid: 'u4',
        sessionId: 'q1',
        timestamp: '2026-11-02T12:00:04Z',
        type: 'tool_result',
        message: {
          role: 'user',
          parts: [{ functionResponse: { id: 'k', name: 'run_shell_command', response: { output: 'x' } } }],
        },
        toolCallResult: { status: 'success' },
      },
    ]
      .map((row) => JSON.stringify(row))
      .join('\n'),
  ],
  gemini: [
    'session-1.jsonl',
    [
      { sessionId: 'g1', projectHash: 'h', startTime: '2026-11-02T12:00:00Z' },
      { id: 'a', timestamp: '2026-11-02T12:00:00Z', type: 'user', content: [{ text: 'hi' }] },
      {
        id: 'b',
        timestamp: '2026-11-02T12:00:02Z',
        type: 'gemini',
        content: '',
        tokens: { input: 700, output: 20, cached: 100, thoughts: 5, tool: 0 },
        model: 'gemini-3.8-flash',
      },
      { $set: { lastUpdated: 'x' } },
      {
        id: 'b',
        timestamp: '2026-11-02T12:00:02Z',
        type: 'gemini',
        content: '',
        tokens: { input: 700, output: 20, cached: 100, thoughts: 5, tool: 0 },
        model: 'gemini-3.8-flash',
        toolCalls: [{ id: 't', name: 'read_file', args: { path: 'x' }, status: 'error', resultDisplay: 'no' }],
      },
    ]
      .map((row) => JSON.stringify(row))
      .join('\n'),
  ],
  copilot: [
    'events.jsonl',
    [
      {
        type: 'session.start',
        id: '1',
        timestamp: '2026-11-02T12:00:00Z',
        data: { sessionId: 'o1', copilotVersion: '1.0.102' },
      },
      { type: 'user.message', id: '2', timestamp: '2026-11-02T12:00:01Z', data: { content: 'hi' } },
      {
        type: 'session.usage_record',
        id: '3',
        timestamp: '2026-11-02T12:00:04Z',
        data: {
          usage: {
            model: 'gpt-5.5',
            inputTokens: 600,
            outputTokens: 9,
            cacheReadTokens: 128,
            cacheWriteTokens: 0,
            duration: 1500,
          },
        },
      },
      {
        type: 'assistant.message',
        id: '4',
        timestamp: '2026-11-02T12:00:04Z',
        data: { content: 'ok', toolRequests: [] },
      },
    ]
      .map((row) => JSON.stringify(row))
      .join('\n'),
  ],
  cline: [
    'x.messages.json',
    JSON.stringify({
      sessionId: 'l1',
      messages: [
        { id: '1', role: 'user', content: [{ type: 'text', text: 'hi' }], ts: 1_793_620_800_000 },
        {
          id: '2',
          role: 'assistant',
          content: [{ type: 'text', text: 'ok' }],
          ts: 1_793_620_803_000,
          modelInfo: { id: 'gpt-5.5' },
          metrics: { inputTokens: 50, outputTokens: 4, cacheReadTokens: 10, cacheWriteTokens: 0, cost: 0.002 },
        },
      ],
    }),
  ],
  continue: [
    'x.json',
    JSON.stringify({
      sessionId: 't1',
      history: [
        { message: { role: 'user', content: 'hi' } },
        {
          message: {
            role: 'assistant',
            content: 'ok',
            usage: {
              model: 'gpt-5.5',
              prompt_tokens: 80,
              completion_tokens: 3,
              prompt_tokens_details: { cached_tokens: 64 },
            },
          },
        },
      ],
    }),
  ],
  opencode: [
    'export.json',
    JSON.stringify({
      info: { id: 'ses_1', version: '1.18.33', projectID: 'global' },
      messages: [
        {
          info: { id: 'm1', role: 'user', sessionID: 'ses_1', time: { created: 1_793_620_800_000 } },
          parts: [{ type: 'text', text: 'hi' }],
        },
        {
          info: {
            id: 'm2',
            role: 'assistant',
            sessionID: 'ses_1',
            modelID: 'gpt-5.5',
            cost: 0.01,
            tokens: { total: 160, input: 40, output: 10, reasoning: 10, cache: { read: 100, write: 0 } },
            time: { created: 1_793_620_801_000, completed: 1_793_620_803_000 },
            finish: 'stop',
          },
          parts: [],
        },
      ],
    }),
  ],
};

describe('counting rules', () => {
  const rules: readonly (readonly [ClientName, ReturnType<typeof totalsOf>])[] = [
    ['qwen', { calls: 1, uncached: 644, read: 256, write: 0, output: 30 }],
    ['gemini', { calls: 1, uncached: 600, read: 100, write: 0, output: 25 }],
    ['copilot', { calls: 1, uncached: 472, read: 128, write: 0, output: 9 }],
    ['cline', { calls: 1, uncached: 50, read: 10, write: 0, output: 4 }],
    ['continue', { calls: 1, uncached: 16, read: 64, write: 0, output: 3 }],
    ['opencode', { calls: 1, uncached: 40, read: 100, write: 0, output: 20 }],
  ];
  test.each(rules)('%s', async (client, expected) => {
    const [name, content] = MORE_LOGS[client] ?? ['', ''];
    const { traces } = await importAll([put(content, name)]);
    expect(traces[0]?.client).toBe(client);
    expect(totalsOf(traces)).toEqual(expected);
  });

  test.each(rules.map(([client]) => client))('%s: cut and flipped files never crash it', async (client) => {
    const [name, content] = MORE_LOGS[client] ?? ['', ''];
    const able = importers.filter((importer) => importer.client === client);
    for (let round = 0; round < 80; round += 1) {
      const random = seededBytes(round);
      const bytes = Buffer.from(content);
      const at = random() % bytes.length;
      bytes[at] = (bytes[at] ?? 0) ^ (1 << (random() % 8));
      const file = put(round % 4 === 0 ? bytes.subarray(0, at) : bytes, name);
      for (const importer of able) {
        const { traces } = await importAll([file], { importer });
        for (const amount of Object.values(totalsOf(traces))) expect(amount).toBeGreaterThanOrEqual(0);
      }
    }
  });
});

describe('opencode database', () => {
  function makeDatabase(): string {
    fileCount += 1;
    const file = path.join(folder, `${fileCount}-opencode.db`);
    const database = new DatabaseSync(file);
    database.exec('CREATE TABLE session (id TEXT, parent_id TEXT, version TEXT, time_created INTEGER)');
    database.exec('CREATE TABLE message (id TEXT, session_id TEXT, time_created INTEGER, data TEXT)');
    database.exec('CREATE TABLE part (id TEXT, message_id TEXT, data TEXT)');
    const addSession = database.prepare('INSERT INTO session VALUES (?, ?, ?, ?)');
    addSession.run('root', null, '1.18.33', 1);
    addSession.run('child', 'root', '1.18.33', 2);
    const addMessage = database.prepare('INSERT INTO message VALUES (?, ?, ?, ?)');
    const answer = {
      role: 'assistant',
      agent: 'explore',
      modelID: 'gpt-5.5',
      tokens: { input: 5, output: 2, cache: { read: 0, write: 0 } },
      time: { created: 1_793_620_800_000 },
    };
    addMessage.run('m1', 'root', 1, JSON.stringify(answer));
    addMessage.run('m2', 'child', 2, JSON.stringify(answer));
    addMessage.run('m3', 'child', 3, '{"role":"assis');
    database.prepare('INSERT INTO part VALUES (?, ?, ?)').run('p1', 'm1', '{"type":"text","text":"x"}');
    database.close();
    return file;
  }

  test('a child session is a thread of its parent, and a torn row loses only itself', async () => {
    const { traces } = await importAll([makeDatabase()]);
    expect(traces).toHaveLength(1);
    expect(traces[0]?.threads.map((thread) => [thread.agentType, thread.parentThreadId, thread.calls.length])).toEqual([
      [undefined, undefined, 1],
      ['explore', 'main', 1],
    ]);
    expect(traces[0]?.dropped.malformedCount).toBe(1);
  });

  test('flipped bits are named as unreadable or lose rows; nothing crashes, the file stays as it was', async () => {
    const clean = readFileSync(makeDatabase());
    for (let round = 0; round < 40; round += 1) {
      const bytes = Buffer.from(clean);
      const random = seededBytes(round);
      for (let flip = 0; flip < 20; flip += 1) {
        const at = 16 + (random() % (bytes.length - 16));
        bytes[at] = (bytes[at] ?? 0) ^ (1 << (random() % 8));
      }
      const file = put(bytes, 'opencode.db');
      const { traces, tally } = await importAll([file]);
      expect(traces.length + tally.unreadableCount).toBeLessThanOrEqual(3);
      expect(readFileSync(file).equals(bytes)).toBe(true);
    }
  });
});

describe('claude-code', () => {
  test('takes the last of several usages of one message', async () => {
    const { traces } = await importAll([put(LOGS['claude-code'] ?? '')]);
    expect(totalsOf(traces)).toEqual({ calls: 2, uncached: 4, read: 9000, write: 9100, output: 100 });
  });

  test('a fork that copied rows adds only what is new', async () => {
    const rows = (LOGS['claude-code'] ?? '').split('\n');
    const fork = [
      ...rows,
      JSON.stringify({
        type: 'assistant',
        uuid: 'a9',
        sessionId: 's2',
        timestamp: '2026-11-02T12:10:00Z',
        requestId: 'r9',
        message: { id: 'm9', model: 'claude-opus-5-5', usage: { input_tokens: 1, output_tokens: 1 }, content: [] },
      }),
    ];
    const { traces } = await importAll([put(rows.join('\n')), put(fork.join('\n'))]);
    expect(totalsOf(traces).calls).toBe(3);
    expect(traces[1]?.dropped.duplicateCallCount).toBe(2);
  });
});

describe('codex', () => {
  test('older files: a repeated token count is one call, and cached tokens are inside the input', async () => {
    const { traces } = await importAll([put(LOGS.codex ?? '')]);
    expect(totalsOf(traces)).toMatchObject({ calls: 1, uncached: 372, read: 128, output: 20 });
    expect(traces[0]?.threads[0]?.calls[0]?.toolCalls[0]).toMatchObject({ action: 'search', isError: true });
  });
});

describe('our own records', () => {
  test('fresh contexts are threads of their own, kinds come from the steps', async () => {
    const call = (callId: string, stepId: string, mode: string, at: number): unknown => ({
      kind: 'call',
      record: {
        v: 1,
        callId,
        sessionId: 'job-1',
        stepId,
        attempt: 0,
        requestedModel: 'gpt-6-luna',
        endpoint: 'openai',
        mode,
        startedAt: 1_793_620_800_000 + at,
        durationMs: 900,
        usage: { uncachedTokens: 5, cacheReadTokens: 0, cacheWriteTokens: 10, outputTokens: 2 },
        billNanoUsd: 1234,
        finishReason: 'stop',
      },
    });
    const rows = [
      { format: 'pointsman-records', v: 1 },
      { kind: 'step', record: { stepId: 'st1', kind: 'plan' } },
      { kind: 'step', record: { stepId: 'st2', kind: 'review' } },
      call('b', 'st2', 'isolate', 5000),
      call('a', 'st1', 'continue', 0),
      { kind: 'later-kind', record: {} },
    ];
    const { traces } = await importAll([put(rows.map((row) => JSON.stringify(row)).join('\n'))]);
    expect(traces[0]?.client).toBe('pointsman');
    expect(
      traces[0]?.threads.map((thread) => [thread.agentType, thread.steps.map((step) => step.kind).join()]),
    ).toEqual([
      [undefined, 'plan'],
      ['isolate', 'review'],
    ]);
    expect(traces[0]?.threads[0]?.calls[0]?.loggedCostNanoUsd).toBe(1234);
    expect(traces[0]?.dropped.unknownTypes).toEqual({ record: 1 });
  });
});

describe('the neutral form', () => {
  test('unknown row types and rows without a model are counted and lose nothing else', async () => {
    const file = put(`${neutral('n2', 4)}{"type":"weather"}\n{"type":"call","callId":"x"}\nnot json\n`);
    const { traces } = await importAll([file]);
    expect(totalsOf(traces).calls).toBe(4);
    expect(traces[0]?.dropped).toMatchObject({ unknownTypes: { weather: 1 }, malformedCount: 2 });
  });

  test('splitting a file in two gives the same totals', async () => {
    const rows = neutral('n3', 20).trimEnd().split('\n');
    const head = rows[0] ?? '';
    const whole = await importAll([put(rows.join('\n'))]);
    const halves = await importAll([put(rows.slice(0, 25).join('\n')), put([head, ...rows.slice(25)].join('\n'))]);
    expect(totalsOf(halves.traces)).toEqual(totalsOf(whole.traces));
  });

  test('masks keys in what a person wrote', async () => {
    const key = ['sk', 'ant', 'api03', 'k'.repeat(40)].join('-');
    const rows = [
      { type: 'session', v: 1, sessionId: 'n4' },
      { type: 'user', text: `use ${key} please` },
      { type: 'call', callId: 'a', model: 'm' },
    ];
    const { traces } = await importAll([put(rows.map((row) => JSON.stringify(row)).join('\n'))]);
    expect(JSON.stringify(traces)).not.toContain('kkkk');
    expect(traces[0]?.threads[0]?.steps[0]?.text).toContain('[masked]');
  });
});

describe('broken files', () => {
  const clients = Object.keys(LOGS) as ClientName[];

  test.each(clients)('%s: a log cut anywhere loses only its last row', async (client) => {
    const bytes = Buffer.from(LOGS[client] ?? '');
    const whole = totalsOf((await importAll([put(bytes)], { from: client })).traces);
    for (let cut = 1; cut < bytes.length; cut += Math.ceil(bytes.length / 40)) {
      const { traces } = await importAll([put(bytes.subarray(0, cut))], { from: client });
      const totals = totalsOf(traces);
      expect(totals.calls).toBeLessThanOrEqual(whole.calls);
      for (const trace of traces) expect(trace.dropped.malformedCount).toBeLessThanOrEqual(1);
    }
  });

  test.each(clients)('%s: flipped bits never crash it, and no count is negative', async (client) => {
    const original = Buffer.from(LOGS[client] ?? '');
    for (let round = 0; round < 120; round += 1) {
      const bytes = Buffer.from(original);
      const random = seededBytes(round);
      for (let flip = 0; flip < 1 + (round % 9); flip += 1) {
        const at = random() % bytes.length;
        bytes[at] = (bytes[at] ?? 0) ^ (1 << (random() % 8));
      }
      const importer = importers.find((candidate) => candidate.client === client);
      const { traces } = await importAll([put(bytes)], importer === undefined ? {} : { importer });
      for (const amount of Object.values(totalsOf(traces))) expect(amount).toBeGreaterThanOrEqual(0);
    }
  });

  test('any bytes at all go through every importer without a crash', async () => {
    for (let round = 0; round < 12; round += 1) {
      const random = seededBytes(1000 + round);
      const bytes = Buffer.from(Array.from({ length: 3000 }, () => random() % 256));
      const file = put(round % 2 === 0 ? bytes : Buffer.concat([Buffer.from('{"type":"session","v":1}\n'), bytes]));
      for (const importer of importers)
        expect((await importAll([file], { importer })).traces.length).toBeLessThanOrEqual(1);
    }
  });

  test('two sessions whose rows were interleaved mid-line lose only the torn rows', async () => {
    const rows = neutral('n5', 8).split('\n');
    const torn = rows.map((row, index) => (index === 4 ? row.slice(0, 30) + (rows[9] ?? '') : row)).join('\n');
    const { traces } = await importAll([put(torn)]);
    expect(totalsOf(traces).calls).toBeGreaterThanOrEqual(7);
    expect(traces[0]?.dropped.malformedCount).toBe(1);
  });

  test('reads UTF-16 and byte-order marks, and counts rows in other encodings as malformed', async () => {
    const text = neutral('n6', 5);
    const expected = totalsOf((await importAll([put(text)])).traces);
    const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]);
    expect(totalsOf((await importAll([put(utf16)])).traces)).toEqual(expected);
    expect(totalsOf((await importAll([put(`\u{feff}${text}`)])).traces)).toEqual(expected);
    const bigEndian = Buffer.from(text, 'utf16le').swap16();
    const { traces, tally } = await importAll([put(bigEndian)], { from: 'neutral', ...forced('neutral') });
    expect(traces).toEqual([]);
    expect(tally.orphanRowCount).toBeGreaterThan(0);
  });

  test('a line over the limit is dropped and counted, and what follows is read', async () => {
    const long = JSON.stringify({ type: 'user', text: 'x'.repeat(3_000_000) });
    const rows = neutral('n7', 3).trimEnd().split('\n');
    const file = put([...rows.slice(0, 2), long, ...rows.slice(2)].join('\n'));
    const { traces } = await importAll([file], { maxRowBytes: 1_000_000 });
    expect(traces[0]?.dropped.oversizedCount).toBe(1);
    expect(totalsOf(traces).calls).toBe(3);
  });

  test('a gzip that breaks off gives what came before, and says so', async () => {
    const packed = gzipSync(neutral('n8', 400));
    const { traces, tally } = await importAll(
      [put(packed.subarray(0, packed.length - 200), 'log.jsonl.gz')],
      forced('neutral'),
    );
    expect(tally.unreadableCount).toBe(1);
    expect(totalsOf(traces).calls).toBeGreaterThan(10);
  });

  test('a file that is not there is named, not thrown', async () => {
    const { traces, tally } = await importAll([path.join(folder, 'nowhere.jsonl')], forced('pi'));
    expect(traces).toEqual([]);
    expect(tally.unreadable[0]?.why).toContain('ENOENT');
  });

  test('a database of another program is named as unreadable', async () => {
    const file = path.join(folder, 'other.db');
    new DatabaseSync(file).exec('CREATE TABLE t (x)');
    const { traces, tally } = await importAll([file]);
    expect([traces.length, tally.unreadableCount]).toEqual([0, 1]);
  });

  test('stops when the signal says so', async () => {
    const signal = AbortSignal.abort();
    await expect(importAll([put(neutral('n9', 3))], { signal })).rejects.toThrow();
  });
});

function forced(client: ClientName): { readonly importer?: (typeof importers)[number] } {
  const importer = importers.find((candidate) => candidate.client === client);
  return importer === undefined ? {} : { importer };
}

describe('findLogs', () => {
  test('finds logs in their usual places, also where an environment variable moved them', async () => {
    const home = path.join(folder, 'home');
    const moved = path.join(folder, 'moved');
    mkdirSync(path.join(home, '.pi/agent/sessions/--x--'), { recursive: true });
    mkdirSync(path.join(moved, 'projects/-x'), { recursive: true });
    writeFileSync(path.join(home, '.pi/agent/sessions/--x--/a.jsonl'), LOGS.pi ?? '');
    writeFileSync(path.join(home, '.pi/agent/sessions/--x--/notes.jsonl'), '{"other":1}\n');
    writeFileSync(path.join(moved, 'projects/-x/s1.jsonl'), LOGS['claude-code'] ?? '');
    const { found, unrecognised } = await findLogs({ home, env: { CLAUDE_CONFIG_DIR: moved } });
    expect(unrecognised.map((file) => path.basename(file))).toEqual(['notes.jsonl']);
    expect(found.map((logs) => [logs.client, logs.paths.length])).toEqual([
      ['claude-code', 1],
      ['pi', 1],
    ]);
    expect(found[1]?.byteCount).toBe(Buffer.byteLength(LOGS.pi ?? ''));
  });

  test('an empty home has none', async () => {
    expect(await findLogs({ home: path.join(folder, 'empty'), env: {} })).toEqual({ found: [], unrecognised: [] });
  });
});
