import { describe, expect, test } from 'vitest';
import { runLargeOurs } from './large-ours.ts';
import { FRESH, delegateUsd, toCalls } from './large-rivals.ts';
import { PAIRS, largeSessions } from './large-study.ts';
import { modesOptimumUsd } from './modes-optimum.ts';
import { optimumUsd } from './optimum.ts';
import { RIVALS, alwaysFrontier, callUsd, followNeed, runRival } from './rivals.ts';
import { BRIEF_TOKENS, RESULT_TOKENS, runOurs } from './small-ours.ts';
import { POOLS, TRACES, smallSessions, type StudyCall } from './small-study.ts';

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('the large study is the reference simulator', () => {
  // Mean USD of the first 20 sessions of seed 1, printed by the reference simulator.
  test.each([
    ['haiku-opus55', 1.239_407_92, 1.086_877_155, 1.054_438_252_5, 0.816_900_455, 0.897_591_198_75],
    ['glm-opus55', 1.239_407_92, 1.255_791_123_7, 1.160_662_363_9, 0.857_025_798_8, 0.972_802_587_3],
  ] as const)('%s', (name, frontier, naive, optimum, delegate, delegate15) => {
    const pair = PAIRS.find((one) => one.name === name);
    if (pair === undefined) throw new Error(name);
    const sessions = largeSessions(1, 20);
    const calls = sessions.map(toCalls);
    const models = [pair.cheap, pair.frontier];
    expect(mean(calls.map((one) => runRival(models, one, alwaysFrontier)))).toBeCloseTo(frontier, 9);
    expect(mean(calls.map((one) => runRival(models, one, followNeed)))).toBeCloseTo(naive, 9);
    expect(mean(calls.map((one) => optimumUsd(models, one)))).toBeCloseTo(optimum, 9);
    expect(mean(sessions.map((one) => delegateUsd(one, pair, { work: 1 })))).toBeCloseTo(delegate, 9);
    expect(mean(sessions.map((one) => delegateUsd(one, pair, { work: 1.5 })))).toBeCloseTo(delegate15, 9);
  });
});

describe('the small study', () => {
  const [, close] = POOLS;
  const [, long] = TRACES;
  if (close === undefined || long === undefined) throw new Error('No study');
  const sessions = smallSessions(close, long, 1, 25);

  test('no policy is cheaper than the optimum, and ours with an exact forecast is within a point of it', () => {
    const base = mean(sessions.map((calls) => runRival(close.models, calls, alwaysFrontier)));
    const optimum = sessions.map((calls) => optimumUsd(close.models, calls));
    for (const rival of Object.values(RIVALS)) {
      for (const [at, calls] of sessions.entries()) {
        expect(runRival(close.models, calls, rival)).toBeGreaterThanOrEqual((optimum[at] ?? 0) - 1e-12);
      }
    }
    const ours = sessions.map((calls) =>
      runOurs(calls, {
        pool: close,
        trace: long,
        forecast: 'exact',
        modes: 'continue',
        seed: 1,
        maxOverheadRatio: undefined,
      }),
    );
    for (const [at, usd] of ours.entries()) expect(usd).toBeGreaterThanOrEqual((optimum[at] ?? 0) - 1e-9);
    expect(100 * (mean(ours) - mean(optimum))).toBeLessThan(base);
  });

  test('with modes ours is the optimum over models and contexts, which credits the head that contexts share', () => {
    const fresh = {
      headTokens: long.systemTokens,
      promptTokens: long.systemTokens + BRIEF_TOKENS,
      resultTokens: RESULT_TOKENS,
      work: 1.5,
    };
    for (const calls of sessions) {
      const optimum = modesOptimumUsd(close.models, calls, fresh);
      const options = { pool: close, trace: long, forecast: 'exact', modes: 'modes-1.5', seed: 1 } as const;
      const ours = runOurs(calls, { ...options, maxOverheadRatio: undefined });
      expect(ours).toBeGreaterThanOrEqual(optimum - 1e-12);
      expect(ours).toBeLessThan(optimum * 1.001);
      expect(optimum).toBeLessThan(modesOptimumUsd(close.models, calls, { ...fresh, headTokens: 0 }));
    }
  });

  test('a call is billed as reads of what is warm and writes of the rest', () => {
    const opus = close.models.at(-1);
    if (opus === undefined) throw new Error('No model');
    expect(callUsd(opus, 30_000, 28_000, 300)).toBeCloseTo((28_000 * 0.5 + 2000 * 6.25 + 300 * 25) / 1e6, 12);
    expect(callUsd({ ...opus, hitRatio: 0.5 }, 100, 100, 0)).toBeCloseTo((100 * (0.5 + 6.25)) / 2 / 1e6, 12);
  });

  const one = (need: number, atSeconds: number): StudyCall => ({
    need,
    prefixTokens: 30_000,
    outputTokens: 300,
    atSeconds,
  });

  test('Weave’s rule leaves a dear warm model when three turns of savings beat the eviction', () => {
    const wide = POOLS[0]?.models ?? [];
    const calls = [one(3, 0), one(0, 10)];
    // Savings 3·30k·(0.5 − 0.0252), eviction 30k·(0.252 − 0.0252), per million: 0.0427 − 0.0068 > 0.001.
    const weave = RIVALS['weave'];
    if (weave === undefined) throw new Error('No rule');
    const [first, second] = wide.length === 4 ? [wide[3], wide[0]] : [];
    if (first === undefined || second === undefined) throw new Error('No models');
    const expected = callUsd(first, 30_000, 0, 300) + callUsd(second, 30_000, 0, 300);
    expect(runRival(wide, calls, weave)).toBeCloseTo(expected, 12);
  });
});

test('in the large study ours continues within a point of the optimum and beats delegation at the same work', () => {
  const [pair] = PAIRS;
  if (pair === undefined) throw new Error('No pair');
  const sessions = largeSessions(1, 12);
  const base = mean(sessions.map((session) => runRival([pair.cheap, pair.frontier], toCalls(session), alwaysFrontier)));
  const percent = (bills: readonly number[]): number => 100 * (mean(bills) / base - 1);
  const optimum = percent(sessions.map((session) => optimumUsd([pair.cheap, pair.frontier], toCalls(session))));
  const ours = (modes: 'continue' | 'modes-1.5'): number =>
    percent(sessions.map((session) => runLargeOurs(session, { pair, forecast: 'exact', modes, seed: 1 })));
  expect(ours('continue')).toBeLessThan(optimum + 1);
  expect(ours('modes-1.5')).toBeLessThan(
    percent(sessions.map((session) => delegateUsd(session, pair, { work: 1.5, headTokens: FRESH.systemTokens }))),
  );
});
