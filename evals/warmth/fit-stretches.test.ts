import { describe, expect, test } from 'vitest';
import type { SessionTrace } from '../../src/sessions/session-trace.ts';
import { aTrace, type CallSketch } from '../../src/testing/internal/workload-builders.ts';
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

describe('stretches of recorded sessions', () => {
  test('a pick at a thread’s start carries through its turn and those after it', () => {
    const { stretches, threadCount } = fitStretches([session([2, 5, 1])]);
    expect(threadCount).toBe(1);
    expect(stretches['0|first']).toEqual({ count: 1, calls: 2, pieces: 0.4, laterCalls: 6, laterPieces: 1.2 });
  });

  test('a pause that a cache does not outlive ends it, and the next pick is another', () => {
    const { stretches } = fitStretches([session([2, 5, { calls: 3, gapMs: 6 * MINUTE_MS }, 1])]);
    expect(stretches['0|first']).toMatchObject({ calls: 2, laterCalls: 5 });
    // The second turn carries to the pause; the third and the fourth, after turns of 3 to 6 calls, to the end.
    expect(stretches['0|1']).toMatchObject({ count: 1, calls: 5, laterCalls: 0 });
    expect(stretches['0|2']).toMatchObject({ count: 2, calls: 4, laterCalls: 1 });
  });

  test('a compaction ends it as well', () => {
    const calls = [5000, 90_000, 90_400, 12_000, 12_400].map((prompt, index): CallSketch => ({
      model: 'm',
      prompt,
      read: 0,
      byUser: index === 0,
      ...(prompt === 12_000 ? { change: 'compacted' as const } : {}),
    }));
    expect(fitStretches([aTrace(calls)]).stretches['0|first']).toMatchObject({ calls: 3, laterCalls: 0 });
  });

  test('a turn that has gone on for long counts where it has come to, once', () => {
    const { stretches } = fitStretches([session([10])]);
    expect(stretches['1|first']).toMatchObject({ count: 1, calls: 9 });
    expect(stretches['2|first']).toMatchObject({ count: 1, calls: 7 });
    expect(stretches['3|first']).toMatchObject({ count: 1, calls: 2 });
  });

  test('what a call adds beside its answer is measured, and nothing recorded makes an empty table', () => {
    expect(fitStretches([session([4, 4])])).toMatchObject({ newTokensPerCall: 300, outputTokensPerCall: 100 });
    expect(fitStretches([])).toEqual({ threadCount: 0, stretches: {}, newTokensPerCall: 0, outputTokensPerCall: 0 });
  });
});
