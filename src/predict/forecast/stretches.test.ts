import { describe, expect, test } from 'vitest';
import { expectStretch, NO_TURNS, stretchKeys, withTurnCall, type StretchTable, type TurnsSoFar } from './stretches.ts';

/** Turns of these lengths, and so many calls of the next one. */
function turnsOf(lengths: readonly number[], calls = 1): TurnsSoFar {
  let turns = NO_TURNS;
  for (const length of [...lengths, calls])
    for (let call = 0; call < length; call += 1) turns = withTurnCall(turns, call === 0);
  return turns;
}

function sums(count: number, calls: number, laterCalls: number): StretchTable['stretches'][string] {
  return { count, calls: count * calls, pieces: count * 0.5, laterCalls: count * laterCalls, laterPieces: count };
}

const table: StretchTable = {
  threadCount: 2,
  stretches: { 0: sums(100, 8, 10), '0|0': sums(1000, 2, 20), '3': sums(40, 15, 2) },
  newTokensPerCall: 1000,
  outputTokensPerCall: 300,
};

describe('the turns of a thread', () => {
  test('are counted once they are over; the calls of the one under way are its own', () => {
    expect(turnsOf([3, 5], 2)).toEqual({ turnCount: 2, callCount: 8, callsInTurn: 2 });
  });

  test('begin with the first call, whoever caused it', () => {
    expect(withTurnCall(NO_TURNS, false)).toEqual(withTurnCall(NO_TURNS, true));
  });
});

describe('how far a pick carries', () => {
  test('is what stretches like it did: short turns foretell short ones and many after them', () => {
    const short = expectStretch(table, turnsOf([1, 1, 1]), 20_000);
    expect(short.callCount).toBeCloseTo((1000 * 2 + 20 * 8) / 1020, 5);
    expect(short.laterCallCount).toBeCloseTo((1000 * 20 + 20 * 10) / 1020, 5);
  });

  test('is that of the wider context where nobody was quite like it', () => {
    expect(expectStretch(table, turnsOf([30, 30]), 20_000)).toMatchObject({ callCount: 8, laterCallCount: 10 });
    expect(expectStretch(table, turnsOf([30], 12), 20_000)).toMatchObject({ callCount: 15, laterCallCount: 2 });
  });

  test('is one call where nothing was learned', () => {
    expect(expectStretch({ ...table, stretches: {} }, turnsOf([4]), 20_000)).toMatchObject({
      callCount: 1,
      laterCallCount: 0,
    });
  });

  test('a context is narrower than the one before it, and longer prompts are another', () => {
    const keys = stretchKeys(turnsOf([2]), 20_000);
    for (const [index, key] of keys.entries()) if (index > 0) expect(key.startsWith(keys[index - 1] ?? '?')).toBe(true);
    expect(stretchKeys(turnsOf([2]), 140_000).at(-1)).not.toBe(keys.at(-1));
  });
});
