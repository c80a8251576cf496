import { describe, expect, test } from 'vitest';
import { requireModel } from '../catalog/create-catalog.ts';
import { loadCatalog } from '../catalog/load-catalog.ts';
import { createImportTally } from '../sessions/importer.ts';
import { agentSessionsImporter } from '../sessions/importers/agent-sessions-importer.ts';
import { createSeenCalls } from '../sessions/seen-calls.ts';
import type { SessionTrace } from '../sessions/session-trace.ts';
import { dataFile } from '../testing/internal/data-file.ts';
import { importAll } from '../testing/internal/import-all.ts';
import { aTrace, type CallSketch } from '../testing/internal/workload-builders.ts';
import { replay, type ReplayOptions } from './replay.ts';
import type { ReplayReport } from './report/replay-report.ts';
import { neverSwitch } from './rules/baselines.ts';
import { rivalPolicies } from './rules/rivals.ts';
import type { ReplayPolicy } from './simulation/replay-policy.ts';

const catalog = loadCatalog();
const pool = ['claude-opus-5-5', 'claude-sonnet-5', 'claude-haiku-4-5'].map((id) => requireModel(catalog, id));

async function* each(sessions: readonly SessionTrace[]): AsyncGenerator<SessionTrace> {
  await Promise.resolve();
  yield* sessions;
}

function run(sessions: readonly SessionTrace[], extra: Partial<ReplayOptions> = {}): Promise<ReplayReport> {
  return replay(each(sessions), { catalog, pool, policies: rivalPolicies(), ...extra });
}

/** A session that grows by 3,000 tokens a call; `extra` changes single calls. */
function session(id: string, count: number, extra: Readonly<Record<number, Partial<CallSketch>>> = {}): SessionTrace {
  const calls = Array.from({ length: count }, (_, index) => ({
    model: 'claude-opus-5-5',
    prompt: 10_001 + 3000 * index,
    read: index === 0 ? 0 : 10_000 + 3000 * (index - 1),
    output: 200,
    kind: index % 4 === 0 ? ('explore' as const) : ('code' as const),
    ...extra[index],
  }));
  return aTrace(calls, id);
}

describe('replay', () => {
  test('a policy that never switches bills exactly what was recorded', async () => {
    const report = await run([session('a', 12), session('b', 5)]);
    const [recorded, never] = report.policies;
    expect([recorded?.name, recorded?.label]).toEqual(['as-recorded', 'measured']);
    expect(never?.costNanoUsd).toBe(report.recorded.billedNanoUsd);
    expect(never?.modelledCallRatio).toBe(0);
    expect(report.money.byBucket.reduce((sum, row) => sum + row.costNanoUsd, 0)).toBe(report.recorded.billedNanoUsd);
  });

  test('shows what the calls that a cheap model may need would change, and nothing for what was recorded', async () => {
    const report = await run([session('a', 12)]);
    const [recorded] = report.policies;
    expect(recorded?.costRangeNanoUsd).toEqual({ low: recorded?.costNanoUsd, high: recorded?.costNanoUsd });
    const cheap = report.policies.find((policy) => policy.name === 'always-cheap');
    expect(cheap?.costRangeNanoUsd.low).toBeLessThan(cheap?.costNanoUsd ?? 0);
    expect(cheap?.costRangeNanoUsd.high).toBeGreaterThan(cheap?.costNanoUsd ?? Infinity);
  });

  test('stopped within a thread, it counts nothing of it under any policy', async () => {
    const stop = new AbortController();
    const sessions = [session('a', 12), session('b', 9)];
    let started = 0;
    const late: ReplayPolicy = {
      ...neverSwitch,
      name: 'late',
      start: (work) => {
        started += 1;
        if (started === 2) stop.abort();
        return neverSwitch.start(work);
      },
    };
    const report = await run(sessions, { policies: [late, ...rivalPolicies()], stop: stop.signal });
    const whole = await run(sessions.slice(0, 1), { policies: [late, ...rivalPolicies()] });
    const bills = ({ policies }: ReplayReport): readonly unknown[] =>
      policies.map((one) => [one.name, one.costNanoUsd]);
    expect(bills(report)).toEqual(bills(whole));
    expect(report.optimum?.totalNanoUsd).toBe(whole.optimum?.totalNanoUsd);
    expect(report.recorded).toEqual(whole.recorded);
    expect(report.verdict).toEqual(whole.verdict);
  });

  test('stopped within a session, it counts the calls of the threads that it has priced', async () => {
    const stop = new AbortController();
    let started = 0;
    const late: ReplayPolicy = {
      ...neverSwitch,
      name: 'late',
      start: (work) => {
        started += 1;
        if (started === 2) stop.abort();
        return neverSwitch.start(work);
      },
    };
    const [first, second] = [session('a', 12), session('b', 9)];
    const both = { ...first, threads: [...first.threads, ...second.threads] };
    const report = await run([both], { policies: [late], stop: stop.signal });
    expect(report.recorded).toMatchObject({ sessionCount: 1, threadCount: 1, callCount: 12 });
    expect(report.recorded.billedNanoUsd).toBe((await run([first])).recorded.billedNanoUsd);
  });

  test('a bill is said to be for the calls that are in it', async () => {
    const unknown = aTrace([
      { model: 'nobody-knows-this', prompt: 5000 },
      { model: 'nobody-knows-this', prompt: 6000 },
    ]);
    const { verdict } = await run([session('a', 3), unknown]);
    expect(verdict.paid).toContain('for 3 of 5 calls');
    expect((await run([session('a', 3)])).verdict.paid).toContain('for 3 calls (measured, list prices).');
  });

  test('the optimum is dearer than no policy, and no policy is below its bound', async () => {
    const report = await run([session('a', 40, { 20: { gapMs: 700_000, read: 0 } }), session('b', 9)]);
    expect(report.optimum).toBeDefined();
    for (const policy of report.policies) {
      expect(policy.totalNanoUsd).toBeGreaterThanOrEqual((report.optimum?.totalNanoUsd ?? Infinity) - 1);
      expect(policy.totalNanoUsd).toBeGreaterThanOrEqual((report.optimum?.boundNanoUsd ?? Infinity) - 1);
      expect(policy.regret.vsOptimumNanoUsd).toBeGreaterThanOrEqual(-1);
    }
  });

  test('totals are those of its parts, whatever the order of sessions', async () => {
    const sessions = [session('a', 12), session('b', 30), session('c', 3)];
    const whole = await run(sessions);
    const turned = await run(sessions.toReversed());
    const parts = await Promise.all(sessions.map((one) => run([one])));
    for (const [index, policy] of whole.policies.entries()) {
      const sum = parts.reduce((total, part) => total + (part.policies[index]?.costNanoUsd ?? 0), 0);
      expect(Math.abs(sum - policy.costNanoUsd)).toBeLessThan(5);
      expect(Math.abs((turned.policies[index]?.costNanoUsd ?? 0) - policy.costNanoUsd)).toBeLessThan(5);
    }
  });

  test('gives intervals from five sessions on, the same for the same seed', async () => {
    const sessions = Array.from({ length: 8 }, (_, index) => session(`s${index}`, 4 + index * 3));
    const one = await run(sessions, { seed: 3 });
    expect(await run(sessions, { seed: 3 })).toEqual(one);
    const cheap = one.policies.find((policy) => policy.name === 'always-cheap');
    expect(cheap?.costVsRecordedInterval?.low).toBeLessThanOrEqual(cheap?.costVsRecordedRatio ?? -9);
    expect(cheap?.costVsRecordedInterval?.high).toBeGreaterThanOrEqual(cheap?.costVsRecordedRatio ?? 9);
    expect((await run(sessions.slice(0, 4))).policies[3]?.costVsRecordedInterval).toBeUndefined();
  });

  test('names what breaks caches and what it cost, dearest first', async () => {
    const report = await run([
      session('pause', 12, { 6: { gapMs: 600_000, read: 0, byUser: true } }),
      session('message', 12, { 8: { read: 0, byUser: true } }),
      session('tools', 12, { 9: { read: 5000, change: 'tools-changed' } }),
      session('switch', 12, { 10: { model: 'claude-sonnet-5', read: 0 }, 11: { model: 'claude-sonnet-5' } }),
    ]);
    expect(report.cache.misses.map((miss) => miss.cause).sort()).toEqual([
      'model-switch',
      'pause',
      'tools-changed',
      'user-message',
    ]);
    const message = report.cache.misses.find((miss) => miss.cause === 'user-message');
    // 31,000 cached tokens written at 5 instead of read at 0.2 USD per million.
    expect(message).toMatchObject({ callCount: 1, lostTokens: 31_000, costNanoUsd: 31_000 * 4800 });
    const events = report.events.filter((event) => event.cause !== 'frontier-for-trivial');
    expect(events.map((event) => event.cause)).toContain('pause');
    expect(events.map((event) => event.costNanoUsd)).toEqual(
      events.map((event) => event.costNanoUsd).sort((a, b) => b - a),
    );
    // Two pings of 28,000 tokens at 0.2 would have kept it warm over ten minutes.
    const pause = events.find((event) => event.cause === 'pause');
    expect(pause?.costNanoUsd).toBe(25_000 * 4800 - 2 * 25_000 * 200);
    expect(JSON.stringify(report)).not.toContain('go on');
  });

  test('says when there is nothing to price', async () => {
    const report = await run([aTrace([{ model: 'nobody-knows-this', prompt: 5000 }])]);
    expect(report.recorded.unpriced).toEqual([{ model: 'nobody-knows-this', callCount: 1 }]);
    expect(report.recorded.billedNanoUsd).toBe(0);
    expect(report.limits.join(' ')).toContain('"nobody-knows-this" have no known price');
    expect((await run([])).policies[0]?.costNanoUsd).toBe(0);
  });

  test('stops at the signal and refuses two policies of one name', async () => {
    await expect(run([session('a', 3)], { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' });
    const twice = rivalPolicies().flatMap((policy) => [policy, policy]);
    await expect(run([], { policies: twice })).rejects.toMatchObject({ code: 'request-invalid' });
  });
});

const piSessions = dataFile('agent_sessions_pi.jsonl.gz');
const piCalls = dataFile('pi_calls_usage.jsonl.gz');

describe.skipIf(piSessions === undefined || piCalls === undefined)(
  'two recorded coding sessions, 937 calls (skipped: no data without POINTSMAN_DATA)',
  () => {
    const importPi = (file: string | undefined): AsyncIterable<SessionTrace> =>
      agentSessionsImporter.read(file === undefined ? [] : [file], {
        seen: createSeenCalls(),
        tally: createImportTally(),
      });

    test('the recomputed bill equals the logged one on every call', async () => {
      const report = await replay(importPi(piSessions), { catalog, pool, policies: [], optimum: 'off' });
      expect(report.recorded).toMatchObject({ callCount: 937, callsWithoutUsageCount: 27, unpriced: [] });
      expect(report.reconciliation).toMatchObject({ comparedCallCount: 910, equalCallCount: 910, differences: [] });
      expect(report.recorded.billedNanoUsd).toBe(72_926_105_200);
      expect(report.policies[1]?.costNanoUsd).toBe(72_926_105_200);
    });

    test('reads foreseen from earlier usage and times are right on at least 94 % of calls; misses have a cause and a price', async () => {
      const { cache } = await replay(importPi(piSessions), { catalog, pool, policies: [], optimum: 'off' });
      expect(cache.comparedCallCount).toBe(910);
      expect(cache.within50TokensRatio).toBeGreaterThanOrEqual(0.94);
      expect(cache.medianAbsoluteErrorTokens).toBe(0);
      expect([cache.coldInsideTtlCount, cache.coldAfterUserCount]).toEqual([44, 43]);
      expect(cache.predictedNanoUsd / cache.billedNanoUsd - 1).toBeCloseTo(-0.263, 2);
      expect(cache.misses[0]?.cause).toBe('user-message');
    });

    test('the session form and the call form of the same calls give the same bill, and count once together', async () => {
      const calls = await replay(importPi(piCalls), { catalog, pool, policies: [], optimum: 'off' });
      expect(calls.recorded.billedNanoUsd).toBe(72_926_105_200);
      const both = await importAll([piSessions ?? '', piCalls ?? '']);
      expect(both.traces.reduce((sum, trace) => sum + (trace.threads[0]?.calls.length ?? 0), 0)).toBe(937);
    });
  },
);
