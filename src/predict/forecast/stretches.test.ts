import { describe, expect, test } from 'vitest';
import { MINUTE_MS } from '../../domain/time.ts';
import { shippedStretches } from '../shipped-stretches.ts';
import {
  expectStretch,
  NO_TURNS,
  stretchFeatures,
  withTurnCall,
  type ExpectedStretch,
  type StretchTable,
  type TurnsSoFar,
} from './stretches.ts';

/** Turns of these lengths, and so many calls of the next one, each waited for so long. */
function turnsOf(lengths: readonly number[], calls = 1, gapMs = MINUTE_MS): TurnsSoFar {
  let turns = NO_TURNS;
  for (const length of [...lengths, calls])
    for (let call = 0; call < length; call += 1) turns = withTurnCall(turns, call === 0, gapMs);
  return turns;
}

const LEVEL = { calls: [Math.log(8)], pieces: [Math.log(0.5)], laterCalls: [Math.log(10)], laterPieces: [Math.log(2)] };
const table: StretchTable = {
  threadCount: 2,
  callsPerTurn: 6,
  weights: LEVEL,
  promptWeights: [],
  newTokensPerCall: 1000,
  outputTokensPerCall: 300,
};

describe('the turns of a thread', () => {
  test('are counted once they are over; the calls of the one under way are its own', () => {
    expect(turnsOf([3, 5], 2)).toMatchObject({ turnCount: 2, callCount: 8, callsInTurn: 2 });
  });

  test('begin with the first call, whoever caused it, which was waited for by nobody', () => {
    expect(withTurnCall(NO_TURNS, false, 5000)).toEqual(withTurnCall(NO_TURNS, true, 5000));
    expect(withTurnCall(NO_TURNS, true, 5000).pauseMs).toBeUndefined();
  });

  test('keep how long the one under way was waited for, not how long its tools took', () => {
    const begun = withTurnCall(turnsOf([3]), true, 90_000);
    expect(withTurnCall(begun, false, 5000).pauseMs).toBe(90_000);
  });
});

describe('how far a pick carries', () => {
  test('is the mean that its weights come to', () => {
    const expected = expectStretch(table, turnsOf([3]), 20_000);
    expect(expected.callCount).toBeCloseTo(8, 9);
    expect(expected.pieceRatio).toBeCloseTo(0.5, 9);
    expect(expected.laterCallCount).toBeCloseTo(10, 9);
    expect(expected.laterPieceRatio).toBeCloseTo(2, 9);
  });

  test('holds the call at hand at least, and one piece of work at most', () => {
    const odd = { ...table, weights: { ...LEVEL, calls: [-5], pieces: [3] } };
    expect(expectStretch(odd, NO_TURNS, 20_000)).toMatchObject({ callCount: 1, pieceRatio: 1 });
  });

  test('is one call where nothing was learned', () => {
    const empty = { ...table, threadCount: 0, weights: { calls: [], pieces: [], laterCalls: [], laterPieces: [] } };
    expect(expectStretch(empty, turnsOf([4]), 20_000)).toMatchObject({ callCount: 1, laterCallCount: 0 });
  });

  test('is told by features that no odd report makes infinite', () => {
    for (const turns of [NO_TURNS, { ...turnsOf([1]), pauseMs: Infinity }, { ...turnsOf([1]), pauseMs: -1 }])
      for (const prompt of [0, 1e9])
        expect(stretchFeatures(table, turns, prompt).every((value) => Number.isFinite(value))).toBe(true);
  });

  const shipped = (turns: TurnsSoFar, prompt = 40_000): ExpectedStretch =>
    expectStretch(shippedStretches(), turns, prompt);

  test('as recorded sessions say: short turns foretell short ones, and the longer one has gone on the more is left', () => {
    expect(shipped(turnsOf([1, 1, 1])).callCount).toBeLessThan(shipped(turnsOf([12, 12, 12])).callCount);
    expect(shipped(turnsOf([5, 5], 20)).callCount).toBeGreaterThan(shipped(turnsOf([5, 5], 1)).callCount);
  });

  test('as recorded sessions say: who comes back at once comes back again, and long prompts are soon cut', () => {
    const quick = shipped(turnsOf([5, 5], 1, 10_000)).laterCallCount;
    expect(quick).toBeGreaterThan(1.2 * shipped(turnsOf([5, 5], 1, 20 * MINUTE_MS)).laterCallCount);
    expect(shipped(turnsOf([5, 5]), 20_000).laterCallCount).toBeGreaterThan(
      shipped(turnsOf([5, 5]), 150_000).laterCallCount,
    );
  });
});
