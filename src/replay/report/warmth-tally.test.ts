import { describe, expect, test } from 'vitest';
import { requireModel } from '../../catalog/create-catalog.ts';
import { loadCatalog } from '../../catalog/load-catalog.ts';
import { MINUTE_MS } from '../../domain/time.ts';
import type { SessionTrace } from '../../sessions/session-trace.ts';
import { aTrace, type CallSketch } from '../../testing/internal/workload-builders.ts';
import { replay } from '../replay.ts';
import { rivalPolicies } from '../rules/rivals.ts';
import type { WarmthReport } from './warmth-report.ts';

const catalog = loadCatalog();
const OPUS = 'claude-opus-5-5';
const HAIKU = 'claude-haiku-4-5';
const pool = [OPUS, HAIKU].map((id) => requireModel(catalog, id));
const { input, cacheRead = 0, cacheWrite = 0 } = requireModel(catalog, OPUS).prices.base;
/** Nano-USD that a token costs more where it is written than where it is read. */
const REWRITE = 1000 * (cacheWrite - cacheRead);

async function reportOf(...sessions: readonly SessionTrace[]): Promise<WarmthReport> {
  const each = async function* (): AsyncGenerator<SessionTrace> {
    await Promise.resolve();
    yield* sessions;
  };
  return (await replay(each(), { catalog, pool, policies: rivalPolicies(), optimum: 'off' })).warmth;
}

/** A warm session on one model, each prompt 1,000 tokens longer than the one before; `extra` changes single calls. */
function warm(count: number, extra: Readonly<Record<number, Partial<CallSketch>>> = {}, id = 's'): SessionTrace {
  const calls = Array.from({ length: count }, (_, index) => ({
    model: OPUS,
    prompt: 100_001 + 1000 * index,
    read: index === 0 ? 0 : 100_000 + 1000 * (index - 1),
    ...extra[index],
  }));
  return aTrace(calls, id);
}

const optionOf = ({ options }: WarmthReport, name: string): WarmthReport['options'][number] | undefined =>
  options.find((option) => option.name === name);

describe('what cold prefixes cost', () => {
  test('is told by cause, beyond reading the same', async () => {
    const report = await reportOf(
      warm(8, {
        3: { gapMs: 20 * MINUTE_MS, read: 0 },
        6: { prompt: 20_001, read: 0, change: 'compacted' },
        7: { prompt: 21_001, read: 20_000 },
      }),
    );
    const costs = Object.fromEntries(
      report.losses.map(({ cause, costNanoUsd, callCount }) => [cause, [callCount, costNanoUsd]]),
    );
    expect(Object.keys(costs)).toEqual(['pause', 'cut', 'cold-start']);
    expect(costs['pause']?.[1]).toBeCloseTo(102_000 * REWRITE, -5);
    expect(costs['cut']?.[1]).toBeCloseTo(20_000 * REWRITE, -5);
    expect(costs['cold-start']?.[1]).toBeCloseTo(100_000 * REWRITE, -5);
    expect(report.losses.every(({ label }) => label === 'measured')).toBe(true);
  });

  test('is modelled where reads were inferred', async () => {
    const report = await reportOf({ ...warm(3), inferred: ['cache-reads'] });
    expect(report.losses.map(({ label }) => label)).toEqual(['modelled']);
  });
});

describe('what would have kept prefixes warm', () => {
  const lunch = warm(5, { 3: { gapMs: 12 * MINUTE_MS, read: 0 } });

  test('in hindsight: as many pings as the pause takes, less what they cost', async () => {
    const report = await reportOf(lunch);
    // 12 minutes outlast five of time to live by two pings, each of which reads 102,000 tokens and pays for one that is not cached.
    const pings = 2 * (102_000 * cacheRead + 1 * input) * 1000;
    const found = optionOf(report, 'pings-in-hindsight');
    expect(found?.savedNanoUsd).toBeCloseTo(102_000 * REWRITE - pings, -5);
    expect(found?.spentNanoUsd).toBeCloseTo(pings, -5);
  });

  test('nothing known beforehand is better than hindsight, and a session without pauses gains nothing by it', async () => {
    for (const trace of [
      lunch,
      warm(5),
      warm(6, { 2: { gapMs: 50 * MINUTE_MS, read: 0 }, 4: { gapMs: 7 * MINUTE_MS, read: 0 } }),
    ]) {
      const report = await reportOf(trace);
      expect(optionOf(report, 'pings')?.savedNanoUsd).toBeLessThanOrEqual(
        optionOf(report, 'pings-in-hindsight')?.savedNanoUsd ?? NaN,
      );
    }
    expect(optionOf(await reportOf(warm(5)), 'pings-in-hindsight')).toMatchObject({ savedNanoUsd: 0, spentNanoUsd: 0 });
  });

  test('a log that does not say what was read shows no loss, and nothing to save', async () => {
    const [thread] = lunch.threads;
    const calls = (thread?.calls ?? []).map((call) => ({
      ...call,
      usage: call.usage && { ...call.usage, cacheReadTokens: undefined },
    }));
    const report = await reportOf({ ...lunch, threads: thread === undefined ? [] : [{ ...thread, calls }] });
    expect(report.losses).toEqual([]);
    expect(optionOf(report, 'pings-in-hindsight')?.savedNanoUsd).toBe(0);
  });

  test('what was written for an hour already is neither paid for again nor pinged within the hour', async () => {
    const [thread] = lunch.threads;
    const calls = (thread?.calls ?? []).map((call, index) => ({
      ...call,
      usage: call.usage && {
        ...call.usage,
        cacheReadTokens: index === 3 ? 102_000 : call.usage.cacheReadTokens,
        cacheWrite1hTokens: call.usage.cacheWriteTokens,
      },
    }));
    const report = await reportOf({ ...lunch, threads: thread === undefined ? [] : [{ ...thread, calls }] });
    expect(optionOf(report, 'pings-in-hindsight')).toMatchObject({ savedNanoUsd: 0, spentNanoUsd: 0 });
    expect(optionOf(report, 'pings-and-hours')?.spentNanoUsd).toBe(optionOf(report, 'pings')?.spentNanoUsd);
  });

  test('what was written for an hour only at first is not gone on with by pings', async () => {
    const base = warm(5);
    const [thread] = base.threads;
    const calls = (thread?.calls ?? []).map((call, index) => ({
      ...call,
      usage: call.usage && { ...call.usage, cacheWrite1hTokens: index === 0 ? call.usage.cacheWriteTokens : 0 },
    }));
    const report = await reportOf({ ...base, threads: thread === undefined ? [] : [{ ...thread, calls }] });
    expect(optionOf(report, 'pings-in-hindsight')).toMatchObject({ savedNanoUsd: 0, spentNanoUsd: 0 });
  });

  test('a switch in the middle of a warm prefix, put off to the pause after it', async () => {
    // Two calls later the prefix is lost anyway: until then the old model reads what the new one wrote.
    const report = await reportOf(
      warm(8, {
        3: { model: HAIKU, read: 0 },
        4: { model: HAIKU },
        5: { model: HAIKU, gapMs: 30 * MINUTE_MS, read: 0 },
        6: { model: HAIKU },
        7: { model: HAIKU },
      }),
    );
    expect(optionOf(report, 'timing')?.savedNanoUsd).toBeGreaterThan(0);
    const late = await reportOf(
      warm(8, { 3: { model: HAIKU, gapMs: 30 * MINUTE_MS, read: 0 }, 4: { model: HAIKU }, 5: { model: HAIKU } }),
    );
    expect(optionOf(late, 'timing')?.savedNanoUsd).toBe(0);
  });

  test('threads of one kind that start together: one writes their head, the others would read it', async () => {
    const child = (threadId: string, gapMs: number, read = 0): SessionTrace['threads'][number] => {
      const [thread] = aTrace([{ model: OPUS, prompt: 15_001, read, gapMs }], threadId).threads;
      if (thread === undefined) throw new TypeError('A trace without a thread');
      return { ...thread, threadId, parentThreadId: 'main', agentType: 'search' };
    };
    const base = warm(2);
    const wave = await reportOf({
      ...base,
      threads: [...base.threads, child('a', 60_000), child('b', 61_000), child('c', 62_000)],
    });
    const apart = await reportOf({ ...base, threads: [...base.threads, child('a', 60_000), child('b', 160_000)] });
    expect(optionOf(wave, 'fan-out')).toMatchObject({ label: 'assumed' });
    expect(optionOf(wave, 'fan-out')?.savedNanoUsd).toBeGreaterThan(2 * 14_000 * REWRITE);
    expect(optionOf(apart, 'fan-out')?.savedNanoUsd).toBe(0);
    // What they found all the same is not saved.
    const found = await reportOf({
      ...base,
      threads: [...base.threads, child('a', 60_000), child('b', 61_000, 4000), child('c', 62_000, 4000)],
    });
    expect(optionOf(found, 'fan-out')?.savedNanoUsd).toBeGreaterThan(2 * 10_000 * REWRITE);
    expect(optionOf(found, 'fan-out')?.savedNanoUsd).toBeLessThanOrEqual(2 * 11_001 * REWRITE);
  });
});
