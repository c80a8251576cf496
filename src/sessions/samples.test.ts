import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { importAll, totalsOf } from '../testing/internal/import-all.ts';
import { parseRow } from './read-rows.ts';
import { sortFiles } from './read-sessions.ts';

/** Logs that nine real clients wrote, their prose cut: `SOURCE.md` there says how. */
const samples = path.join(import.meta.dirname, '../../fixtures/sessions');
const sample = (...parts: readonly string[]): string => path.join(samples, ...parts);

describe('logs of real clients', () => {
  test('every log is recognised by its own importer, and side files by none', async () => {
    const { byImporter, unrecognised } = await sortFiles([samples]);
    const counts = Object.fromEntries(
      [...byImporter].map(([importer, files]) => [
        `${importer.client}${files[0]?.endsWith('.db') === true ? '-db' : ''}`,
        files.length,
      ]),
    );
    expect(counts).toEqual({
      'claude-code': 7,
      codex: 3,
      pi: 2,
      opencode: 1,
      'opencode-db': 1,
      qwen: 1,
      gemini: 1,
      cline: 1,
      continue: 1,
      copilot: 1,
    });
    expect(unrecognised.map((file) => path.basename(file)).sort()).toEqual([
      '1795294477733_of005.json',
      'sessions.json',
      'usage_record.jsonl',
    ]);
  });

  test('nothing is lost and no row type is unknown', async () => {
    const { traces, tally } = await importAll([samples]);
    expect(tally.unreadableCount + tally.orphanRowCount).toBe(0);
    for (const trace of traces) {
      expect([trace.client, trace.dropped.unknownTypes, trace.dropped.malformedCount]).toEqual([trace.client, {}, 0]);
    }
  });

  test('claude-code: block rows of one message are one call, and its totals are those of the client', async () => {
    const { traces } = await importAll([sample('claude-code', 'basic-2.1.330.jsonl')]);
    // cost-state of the same file: 2 in, 130 out, 12,020 read, 12,207 written.
    expect(totalsOf(traces)).toEqual({ calls: 2, uncached: 2, read: 12_020, write: 12_207, output: 130 });
    const [call] = traces[0]?.threads[0]?.calls ?? [];
    expect(call?.toolCalls.map((tool) => [tool.toolName, tool.isError])).toEqual([
      ['Bash', false],
      ['Read', false],
    ]);
  });

  test('claude-code: an error that the client made up is no call; a resumed model reads the history cold', async () => {
    const { traces } = await importAll([sample('claude-code', 'resumed-model-swap.jsonl')]);
    const [trace] = traces;
    expect(trace?.dropped.syntheticCallCount).toBe(1);
    expect(trace?.threads[0]?.calls.map((call) => [call.requestedModel, call.usage?.cacheReadTokens])).toEqual([
      ['claude-sonnet-5', 0],
      ['claude-sonnet-5', 21_478],
      ['claude-opus-4-8', 0],
    ]);
  });

  test('claude-code: who answered is not who was asked, and a changed tool list is seen', async () => {
    const swapped = await importAll([sample('claude-code', 'gateway-swapped-model.jsonl')]);
    expect(swapped.traces[0]?.threads[0]?.calls.map((call) => [call.requestedModel, call.servedModel])).toEqual([
      ['claude-sonnet-5', 'deepseek-v4'],
      ['claude-sonnet-5', 'gpt-5.5'],
    ]);
    const tools = await importAll([sample('claude-code', 'mcp-tools.jsonl')]);
    expect(tools.traces[0]?.threads[0]?.calls.map((call) => call.prefix.relation)[2]).toBe('tools-changed');
  });

  test('claude-code: sub-agents are threads of the session that started them', async () => {
    const { traces } = await importAll([
      sample('claude-code', 'subagents-main.jsonl'),
      sample('claude-code', 'subagents-dir'),
    ]);
    expect(traces).toHaveLength(1);
    const threads = traces[0]?.threads ?? [];
    expect(threads.map((thread) => [thread.agentType, thread.parentThreadId, thread.calls.length])).toEqual([
      [undefined, undefined, 2],
      ['cheap-worker', 'main', 1],
      ['general-purpose', 'main', 1],
    ]);
    const started = new Set(threads[0]?.calls.flatMap((call) => call.toolCalls.map((tool) => tool.toolCallId)));
    expect(threads.slice(1).every((thread) => started.has(thread.spawnedByToolCallId ?? ''))).toBe(true);
  });

  test('claude-code: a copied session counts once', async () => {
    const file = sample('claude-code', 'basic-2.1.330.jsonl');
    const { traces } = await importAll([file, file]);
    expect(totalsOf(traces).calls).toBe(2);
  });

  test('codex: one usage record is one call, cached tokens are inside the input', async () => {
    const { traces } = await importAll([sample('codex')]);
    expect(traces.map((trace) => trace.threads[0]?.calls.length)).toEqual([3, 4, 2]);
    expect(traces[0]?.threads[0]?.calls[1]?.toolCalls[0]?.isError).toBe(true);
  });

  test('qwen: telemetry is not counted; the totals are those of its own usage file', async () => {
    const { traces } = await importAll([sample('qwen', '99952a79-72fa-4cf3-9919-bf5d03b4d842.jsonl')]);
    const own = parseRow(readFileSync(sample('qwen', 'usage_record.jsonl'), 'utf8').trim());
    expect(own).toMatchObject({
      models: { 'qwen3-coder-plus': { requests: 3, inputTokens: 60_158, outputTokens: 89 } },
    });
    expect(totalsOf(traces)).toMatchObject({ calls: 3, uncached: 60_158, output: 89 });
  });

  test('gemini: repeated rows count once, the last one with its tools', async () => {
    const { traces } = await importAll([sample('gemini')]);
    const calls = traces[0]?.threads[0]?.calls ?? [];
    expect(calls.map((call) => [call.toolCalls.length, call.prefix.appendedBlockCount])).toEqual([
      [1, 1],
      [1, 3],
      [0, 3],
    ]);
    expect(totalsOf(traces)).toMatchObject({ uncached: 292 + 414 + 511, output: 48 + 36 + 6 });
  });

  test('opencode: database and export of one session agree, and count once together', async () => {
    const database = await importAll([sample('opencode', 'opencode.db')]);
    const exported = await importAll([sample('opencode', 'export-anthropic.json')]);
    const twin = database.traces.find((trace) => trace.sessionId === exported.traces[0]?.sessionId);
    expect(twin?.threads).toEqual(exported.traces[0]?.threads);
    expect(database.traces).toHaveLength(3);
    const both = await importAll([sample('opencode')]);
    expect(totalsOf(both.traces).calls).toBe(7);
  });

  test('cline, continue and copilot agree with the totals of their own files', async () => {
    expect(totalsOf((await importAll([sample('cline')])).traces)).toMatchObject({
      calls: 2,
      uncached: 10_902,
      output: 53,
    });
    expect(totalsOf((await importAll([sample('continue')])).traces)).toMatchObject({
      calls: 2,
      uncached: 5099,
      output: 54,
    });
    expect(totalsOf((await importAll([sample('copilot')])).traces)).toMatchObject({
      calls: 2,
      uncached: 25_913,
      output: 54,
    });
  });

  test('pi: the client tells when a call started and ended', async () => {
    const { traces } = await importAll([sample('pi')]);
    for (const call of traces.flatMap((trace) => trace.threads[0]?.calls ?? [])) {
      expect(call.at).toBeLessThanOrEqual(call.endedAt ?? 0);
      expect(call.loggedCostNanoUsd).toBeGreaterThan(0);
    }
  });
});
