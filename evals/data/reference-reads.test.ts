import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { importAll } from '../../src/testing/internal/import-all.ts';
import { findDataDir } from '../run.ts';
import { BLOCK_SESSIONS_FILE, loadBlockSessions, toSession } from './block-sessions.ts';
import { referenceReads } from './reference-reads.ts';

const MODEL = 'claude-opus-4-5-20251101';
const ids = (...ranges: readonly (readonly [first: number, count: number])[]): number[] =>
  ranges.flatMap(([first, count]) => Array.from({ length: count }, (_, offset) => first + offset));

const request = (
  t: number,
  hashes: readonly number[],
  more: object = {},
): { readonly t: number; readonly type: string } =>
  ({
    t,
    type: 'n',
    model: MODEL,
    in: hashes.length * 64 + 7,
    out: 100,
    hash_ids: hashes,
    input_types: ['tool_result'],
    output_types: ['tool_use'],
    stop: 'tool_use',
    ...more,
  }) as never;

const session = (...requests: readonly { readonly t: number; readonly type: string }[]): ReturnType<typeof toSession> =>
  toSession({ t: 0, type: '', id: 'made', block_size: 64, tool_tokens: 1200, system_tokens: 80, requests });

describe('a hand-made trace reads', () => {
  test.each([
    [
      'nothing at first, then what the call before held',
      [request(0, ids([1, 100])), request(10, ids([1, 120]))],
      [0, 6400],
    ],
    [
      'all of it at five minutes, nothing after',
      [request(0, ids([1, 50])), request(300, ids([1, 50])), request(601, ids([1, 50]))],
      [0, 3200, 0],
    ],
    [
      'what a read has renewed',
      [request(0, ids([1, 90])), request(200, ids([1, 60])), request(450, ids([1, 90]))],
      [0, 3840, 3840],
    ],
    ['up to an edit', [request(0, ids([1, 100])), request(9, ids([1, 70], [500, 40]))], [0, 4480]],
    [
      'what an older call left where the transcript goes back to it',
      [request(0, ids([1, 80])), request(5, ids([1, 20], [300, 60])), request(9, ids([1, 85]))],
      [0, 1280, 5120],
    ],
    ['nothing below 1,024 tokens', [request(0, ids([1, 15], [200, 40])), request(5, ids([1, 15], [400, 40]))], [0, 0]],
    ['nothing of another model', [request(0, ids([1, 50])), request(5, ids([1, 50]), { model: 'other' })], [0, 0]],
    [
      'a head of another sub-agent once its answer began',
      [
        { t: 0, type: 'subagent', agent_id: 'a', requests: [request(0, ids([1, 40], [100, 9]), { ttft: 3 })] },
        { t: 1, type: 'subagent', agent_id: 'b', requests: [request(0, ids([1, 40], [200, 9]), { ttft: 3 })] },
        { t: 4, type: 'subagent', agent_id: 'c', requests: [request(0, ids([1, 40], [300, 9]), { ttft: 3 })] },
      ],
      [0, 0, 2560],
    ],
  ])('%s', (_name, requests, reads) => {
    expect(referenceReads(session(...requests))).toEqual(reads);
  });
});

test('the importer infers the same reads, from the original form and from the compact one', async () => {
  const hashes = [ids([1, 100]), ids([1, 130]), ids([1, 60], [400, 30]), ids([1, 60], [400, 55])];
  const rows = hashes.map((one, index) => request(index * 200, one));
  const runs = [
    [1, 100],
    [1, 130],
    [1, 60, 400, 30],
    [1, 60, 400, 55],
  ];
  const compact = rows.map((row, index) => ({ ...row, hash_ids: undefined, blocks: runs[index] }));
  const whole = { id: 'made', models: [MODEL], block_size: 64, tool_tokens: 1200, system_tokens: 80 };
  const folder = mkdtempSync(path.join(tmpdir(), 'pointsman-blocks-'));
  try {
    writeFileSync(
      path.join(folder, 'trace_1.json'),
      JSON.stringify({ ...whole, id: 'original', requests: rows }, undefined, 1),
    );
    writeFileSync(path.join(folder, 'many.jsonl'), `${JSON.stringify({ ...whole, requests: compact })}\n`);
    const { traces } = await importAll([folder]);
    const readsOf = (trace: (typeof traces)[number]): unknown =>
      trace.threads[0]?.calls.map((call) => call.usage?.cacheReadTokens);
    expect(traces.map((trace) => trace.sessionId).sort()).toEqual(['made', 'original']);
    for (const trace of traces) {
      expect([trace.client, trace.inferred]).toEqual(['kv-cache-tester', ['cache-reads', 'dates']]);
      expect(readsOf(trace)).toEqual(referenceReads(session(...rows)));
      expect(trace.threads[0]?.calls.map((call) => call.prefix.relation)).toEqual([
        'first',
        'appended',
        'compacted',
        'appended',
      ]);
      expect(trace.threads[0]?.calls[2]?.prefix).toMatchObject({ basis: 'blocks', keptTokens: 3840 });
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

const dataDir = findDataDir(undefined, process.env);
if (dataDir === undefined) process.stdout.write('skipped: no data; reads of recorded sessions were not compared\n');

test.skipIf(dataDir === undefined)(
  'the importer infers what the reference script does on every recorded request',
  async () => {
    const { traces } = await importAll([path.join(dataDir ?? '', BLOCK_SESSIONS_FILE)]);
    const byId = new Map(traces.map((trace) => [String(trace.sessionId), trace]));
    let compared = 0;
    for (const recorded of loadBlockSessions(dataDir ?? '').slice(0, 120)) {
      const reads = referenceReads(recorded);
      const threads = new Map(byId.get(recorded.id)?.threads.map((thread) => [thread.threadId, [...thread.calls]]));
      for (const [index, { thread, trigger }] of recorded.requests.entries()) {
        const call = threads.get(thread)?.shift();
        expect([recorded.id, index, call?.usage?.cacheReadTokens, call?.trigger]).toEqual([
          recorded.id,
          index,
          reads[index],
          trigger,
        ]);
        compared += 1;
      }
    }
    expect(compared).toBeGreaterThan(5000);
  },
  120_000,
);
