import { describe, expect, test } from 'vitest';
import { expectStretch, NO_TURNS, withTurnCall } from '../../src/predict/forecast/stretches.ts';
import type { SessionTrace } from '../../src/sessions/session-trace.ts';
import { aTrace, type CallSketch } from '../../src/testing/internal/workload-builders.ts';
import { fitLogLinear } from './fit-log-linear.ts';
import { fitStretches } from './fit-stretches.ts';

const MINUTE_MS = 60_000;

/** Turns of so many calls; each call adds 400 tokens, 100 of them its answer. A turn may come late. */
function session(turns: readonly (number | { readonly calls: number; readonly gapMs: number })[]): SessionTrace {
  const calls = turns.flatMap((turn) => {
    const { calls: count, gapMs } = typeof turn === 'number' ? { calls: turn, gapMs: 10_000 } : turn;
    return Array.from({ length: count }, (_, call) => ({ byUser: call === 0, gapMs: call === 0 ? gapMs : 10_000 }));
  });
  return aTrace(
    calls.map((call, index): CallSketch => ({
      model: 'm',
      prompt: 5000 + 400 * index,
      read: 4000,
      output: 100,
      ...call,
    })),
  );
}

const first = withTurnCall(NO_TURNS, true);
const many = (turns: Parameters<typeof session>[0], count = 400): readonly SessionTrace[] =>
  Array.from({ length: count }, () => session(turns));

describe('stretches of recorded sessions', () => {
  test('a pick at a thread’s start carries through its turn and those after it', () => {
    const table = fitStretches(many([4, 4, 4]));
    expect(table).toMatchObject({ threadCount: 400, callsPerTurn: 4 });
    const expected = expectStretch(table, first, 5000);
    expect(expected.callCount).toBeCloseTo(4, 0);
    expect(expected.laterCallCount).toBeCloseTo(8, 0);
    expect(expected.laterPieceRatio).toBeCloseTo(1.6, 0);
  });

  test('a pause that a cache does not outlive ends it', () => {
    const expected = expectStretch(fitStretches(many([2, 5, { calls: 3, gapMs: 6 * MINUTE_MS }, 1])), first, 5000);
    expect(expected.callCount).toBeCloseTo(2, 0);
    expect(expected.laterCallCount).toBeCloseTo(5, 0);
  });

  test('a compaction ends it as well', () => {
    const calls = [5000, 90_000, 90_400, 12_000, 12_400].map((prompt, index): CallSketch => ({
      model: 'm',
      prompt,
      read: 0,
      byUser: index === 0,
      ...(prompt === 12_000 ? { change: 'compacted' as const } : {}),
    }));
    const expected = expectStretch(fitStretches(Array.from({ length: 400 }, () => aTrace(calls))), first, 5000);
    expect(expected.callCount).toBeCloseTo(3, 0);
    expect(expected.laterCallCount).toBeLessThan(0.1);
  });

  test('threads whose turns were long are told from those whose turns were short', () => {
    const table = fitStretches([...many([1, 1, 1, 1, 1, 1]), ...many([9, 9, 9, 9, 9, 9])]);
    const after = (length: number): number => {
      let turns = NO_TURNS;
      for (const calls of [length, length, length, 1])
        for (let call = 0; call < calls; call += 1) turns = withTurnCall(turns, call === 0, 10_000);
      return expectStretch(table, turns, 10_000).callCount;
    };
    expect(after(9)).toBeGreaterThan(3 * after(1));
  });

  test('what a call adds beside its answer is measured, and nothing recorded makes an empty table', () => {
    expect(fitStretches([session([4, 4])])).toMatchObject({ newTokensPerCall: 300, outputTokensPerCall: 100 });
    expect(fitStretches([])).toEqual({
      threadCount: 0,
      callsPerTurn: 0,
      weights: { calls: [], pieces: [], laterCalls: [], laterPieces: [] },
      promptWeights: [],
      newTokensPerCall: 0,
      outputTokensPerCall: 0,
    });
  });
});

describe('a mean whose logarithm is a weighted sum', () => {
  test('is found again from values that spread about it, zeros among them', () => {
    const rows = Array.from({ length: 3000 }, (_, index) => {
      const x = (index % 30) / 10;
      const mean = Math.exp(0.5 + 0.8 * x);
      return { features: [1, x], value: Math.floor(index / 30) % 2 === 0 ? 0 : 2 * mean };
    });
    const [level, slope] = fitLogLinear(rows);
    expect(level).toBeCloseTo(0.5, 1);
    expect(slope).toBeCloseTo(0.8, 1);
  });

  test('keeps the mean of all rows, and takes one value for what it is', () => {
    const rows = [1, 2, 6].map((value) => ({ features: [1], value }));
    expect(fitLogLinear(rows)[0]).toBeCloseTo(Math.log(3), 6);
    expect(fitLogLinear([])).toEqual([]);
  });
});
