import path from 'node:path';
import { asId, type EndpointId } from '../../src/domain/ids.ts';
import type { CacheRule } from '../../src/domain/model.ts';
import { idleBucketOf } from '../../src/domain/warmth.ts';
import { nonEmptyLines, readRowsText } from '../../src/learn/training/outcome-row.ts';
import { hitRatioOf, observeHit, type HitCounts } from '../../src/warmth/hit-counts.ts';

interface LoggedCall {
  readonly session: string;
  readonly at: number;
  readonly model: string;
  readonly trigger: 'user' | 'tool-result';
  readonly input: number;
  readonly read: number;
  readonly write: number;
  readonly output: number;
  readonly costUsd: number;
}

/** USD per million tokens: input, output, read, write. As billed in the two logs (2025-11 and 2025-12). */
const PRICES: Readonly<Record<string, readonly [number, number, number, number]>> = {
  'claude-sonnet-4-5': [3, 15, 0.3, 3.75],
  'claude-opus-4-5': [5, 25, 0.5, 6.25],
};
const TTL_MS = 300_000;
const RULE: CacheRule = {
  kind: 'explicit',
  minTokens: 1024,
  granularityTokens: 1,
  ttlMs: TTL_MS,
  longTtlMs: undefined,
  maxMarkers: 4,
  lookBackBlocks: 20,
  exactBreakpoint: false,
  priorHitRatio: 0.98,
  source: 'vendor documentation',
  asOf: '2026-11-21',
};
const ENDPOINT: EndpointId = asId('anthropic');

export interface SessionBill {
  readonly session: string;
  readonly callCount: number;
  readonly billedUsd: number;
  /** Every prefix inside its TTL is hit. */
  readonly hopedUsd: number;
  /** Cold rates by trigger and idle time, learned online from this session alone. */
  readonly forecastUsd: number;
}

/** Forecasts each recorded session call by call: sizes and times are known, whether the cache hits is not. */
export function forecastSessionBills(dataDir: string): readonly SessionBill[] {
  const calls = nonEmptyLines(readRowsText(path.join(dataDir, 'pi_calls_usage.jsonl.gz'))).map(([line]) =>
    toCall(line),
  );
  return [...new Set(calls.map((call) => call.session))].map((session) =>
    forecast(
      session,
      calls.filter((call) => call.session === session),
    ),
  );
}

function forecast(session: string, calls: readonly LoggedCall[]): SessionBill {
  let counts: HitCounts = {};
  let [billedUsd, hopedUsd, forecastUsd, callCount] = [0, 0, 0, 0];
  const last = new Map<string, { readonly cached: number; readonly at: number }>();
  for (const call of calls) {
    const prices = PRICES[call.model];
    const prompt = call.input + call.read + call.write;
    if (prices === undefined || prompt === 0) continue;
    const before = last.get(call.model);
    const idleMs = before === undefined ? Number.POSITIVE_INFINITY : call.at - before.at;
    // A prompt that shrank was rewritten by the client, which it knows before it sends.
    const warm =
      before === undefined || idleMs > TTL_MS || prompt < 0.9 * before.cached
        ? 0
        : Math.min(before.cached, prompt - call.input);
    const hitRatio = warm === 0 ? 0 : hitRatioOf(counts, ENDPOINT, RULE, call.trigger, idleBucketOf(idleMs));
    billedUsd += call.costUsd;
    const hit = billUsd(prices, call.input, warm, prompt - call.input - warm, call.output);
    const miss = billUsd(prices, call.input, 0, prompt - call.input, call.output);
    hopedUsd += warm === 0 ? miss : hit;
    forecastUsd += hitRatio * hit + (1 - hitRatio) * miss;
    callCount += 1;
    if (warm > 0) counts = observeHit(counts, ENDPOINT, { trigger: call.trigger, idleMs, hit: call.read > 0.5 * warm });
    last.set(call.model, { cached: call.read + call.write, at: call.at });
  }
  return { session, callCount, billedUsd, hopedUsd, forecastUsd };
}

function billUsd(
  prices: readonly [number, number, number, number],
  input: number,
  read: number,
  write: number,
  output: number,
): number {
  return (input * prices[0] + output * prices[1] + read * prices[2] + write * prices[3]) / 1e6;
}

function toCall(line: string): LoggedCall {
  const row = JSON.parse(line) as Readonly<Record<string, number | string>>;
  return {
    session: String(row['session']),
    at: Date.parse(String(row['timestamp'])),
    model: String(row['model']),
    trigger: row['trigger'] === 'user' ? 'user' : 'tool-result',
    input: Number(row['input']),
    read: Number(row['cache_read']),
    write: Number(row['cache_write']),
    output: Number(row['output']),
    costUsd: Number(row['cost_usd']),
  };
}
