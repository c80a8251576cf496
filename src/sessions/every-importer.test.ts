import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { importAll, totalsOf } from '../testing/internal/import-all.ts';
import { agentSessionsImporter } from './importers/agent-sessions-importer.ts';
import { geminiJsonImporter } from './importers/gemini-like-importers.ts';
import { kvCacheFileImporter, kvCacheLinesImporter } from './importers/kv-cache-importer.ts';
import { neutralImporter } from './importers/neutral-importer.ts';
import { opencodeStorageImporter } from './importers/opencode-storage-importer.ts';
import { recordsImporter } from './importers/records-importer.ts';
import { importers, sortFiles } from './read-sessions.ts';

const samples = path.join(import.meta.dirname, '../../fixtures/sessions');
const sampleText = (...parts: readonly string[]): string => readFileSync(path.join(samples, ...parts), 'utf8');

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'pm-importers-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function put(name: string, ...rows: readonly unknown[]): string {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, rows.map((row) => (typeof row === 'string' ? row : JSON.stringify(row))).join('\n'));
  return file;
}

interface OpencodeExport {
  readonly messages: readonly {
    readonly info: { readonly id: string; readonly sessionID: string };
    readonly parts: readonly { readonly id: string }[];
  }[];
}

/** The recorded session of opencode as it was kept before there was a database: a file a message, a file a part. */
function storedOpencode(): string {
  const { messages } = JSON.parse(sampleText('opencode', 'export-anthropic.json')) as OpencodeExport;
  for (const { info, parts } of messages) {
    put(`storage/message/${info.sessionID}/${info.id}.json`, info);
    for (const part of parts) put(`storage/part/${info.id}/${part.id}.json`, part);
  }
  return path.join(folder, 'storage');
}

/** The recorded chat of gemini-cli as one object, the form before it wrote rows. */
function geminiObject(): string {
  const [name = ''] = readdirSync(path.join(samples, 'gemini'));
  const rows = sampleText('gemini', name)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const messages = new Map(rows.filter((row) => 'id' in row).map((row) => [row['id'], row]));
  return put('chats/session-1.json', JSON.stringify({ ...rows[0], messages: [...messages.values()] }, undefined, 2));
}

const REQUEST = {
  type: 'n',
  model: 'claude-opus-5-5',
  output_types: ['text'],
  stop: 'end_turn',
  input_types: ['text'],
};
/** Made by hand: two calls, of which the second reads the three blocks that both begin with. */
const BLOCKS = {
  block_size: 1024,
  id: 'b1',
  requests: [
    { ...REQUEST, t: 0, in: 3200, out: 10, hash_ids: [1, 2, 3] },
    { ...REQUEST, t: 5, in: 4200, out: 20, hash_ids: [1, 2, 3, 4] },
  ],
};

const USAGE = { input: 10, output: 5, cache_read: 20, cache_write: 30 };
/** Made by hand: one session in a row. */
const TURNS = {
  id: 'a1',
  model: 'gpt-6-luna',
  turns: [
    { role: 'user', content: 'fix it', timestamp: '2026-11-02T12:00:00Z' },
    { role: 'assistant', content: 'done', timestamp: '2026-11-02T12:00:04Z', usage: USAGE, stop: 'stop' },
  ],
};

/** The example of the README: anyone may write this form. */
function neutralExample(): string {
  const readme = readFileSync(path.join(import.meta.dirname, 'README.md'), 'utf8');
  return put('neutral.jsonl', /```jsonl\n([\s\S]*?)```/u.exec(readme)?.[1] ?? '');
}

const RECORDS = [
  { format: 'pointsman-records', v: 1 },
  {
    kind: 'call',
    record: {
      v: 1,
      callId: 'c1',
      sessionId: 'job-1',
      stepId: 'st1',
      attempt: 0,
      requestedModel: 'gpt-6-luna',
      endpoint: 'openai',
      mode: 'continue',
      startedAt: 1_793_620_800_000,
      durationMs: 900,
      usage: { uncachedTokens: 5, cacheReadTokens: 0, cacheWriteTokens: 10, outputTokens: 2 },
      billNanoUsd: 1234,
      finishReason: 'stop',
    },
  },
];

const MADE = [
  ['opencode before its database', opencodeStorageImporter, storedOpencode],
  ['gemini before its rows', geminiJsonImporter, geminiObject],
  ['kv-cache-tester, a session a file', kvCacheFileImporter, () => put('b1.json', BLOCKS)],
  ['kv-cache-tester, a session a line', kvCacheLinesImporter, () => put('blocks.jsonl', BLOCKS)],
  ['a collection of sessions', agentSessionsImporter, () => put('agent_sessions_x.jsonl', TURNS)],
  ['the neutral form, as the README shows it', neutralImporter, neutralExample],
  ['our own records', recordsImporter, () => put('records.jsonl', ...RECORDS)],
] as const;

test('every importer has a log in the repository that it reads', async () => {
  const { byImporter } = await sortFiles([samples]);
  const covered = new Set([...byImporter.keys(), ...MADE.map(([, importer]) => importer)]);
  expect(importers.filter((importer) => !covered.has(importer)).map(({ client }) => client)).toEqual([]);
});

describe.each(MADE)('%s', (_name, importer, make) => {
  test('is recognised by its importer alone, and every call is found', async () => {
    const file = make();
    const { byImporter, unrecognised } = await sortFiles([file]);
    expect([...byImporter.keys()]).toEqual([importer]);
    expect(unrecognised.filter((one) => !path.basename(one).startsWith('prt_'))).toEqual([]);
    const { traces, tally } = await importAll([file]);
    expect(totalsOf(traces).calls).toBeGreaterThan(0);
    expect(tally.unreadableCount + tally.orphanRowCount).toBe(0);
    for (const trace of traces) expect([trace.dropped.malformedCount, trace.dropped.unknownTypes]).toEqual([0, {}]);
  });
});

test('older forms of a client say the same as its newer ones', async () => {
  const newer = await importAll([path.join(samples, 'opencode', 'export-anthropic.json')]);
  expect(totalsOf((await importAll([storedOpencode()])).traces)).toEqual(totalsOf(newer.traces));
  const rows = await importAll([path.join(samples, 'gemini')]);
  expect(totalsOf((await importAll([geminiObject()])).traces)).toEqual(totalsOf(rows.traces));
});

test('what shared blocks let be read is inferred, and said to be', async () => {
  const { traces } = await importAll([put('b1.json', BLOCKS)]);
  expect(traces[0]?.inferred).toContain('cache-reads');
  expect(totalsOf(traces)).toEqual({ calls: 2, uncached: 128 + 104, read: 3072, write: 3072 + 1024, output: 30 });
});

test('a collection gives the four buckets of its usage', async () => {
  const { traces } = await importAll([put('agent_sessions_x.jsonl', TURNS)]);
  expect(totalsOf(traces)).toEqual({ calls: 1, uncached: 10, read: 20, write: 30, output: 5 });
});
