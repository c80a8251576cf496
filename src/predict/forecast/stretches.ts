import type { Ratio, Tokens } from '../../domain/time.ts';

/**
 * Sums over calls at which a session might have chosen a model: calls and pieces of work from there on, of the turn at hand and of the
 * turns after it, until the caches are gone (a pause longer than the default time to live, a cut of most of the prompt) or the session
 * ends.
 */
export interface StretchSums {
  readonly count: number;
  readonly calls: number;
  readonly pieces: number;
  readonly laterCalls: number;
  readonly laterPieces: number;
}

/** What is learned of how coding sessions go on. */
export interface StretchTable {
  readonly threadCount: number;
  /** By what a thread's turns have been, how far the one under way has come and how long the prompt is, see `stretchKeys`. */
  readonly stretches: Readonly<Record<string, StretchSums>>;
  /** Beside the answers. */
  readonly newTokensPerCall: Tokens;
  readonly outputTokensPerCall: Tokens;
}

/** What a thread has shown of its turns: finished ones, and the calls of the one under way. Plain JSON. */
export interface TurnsSoFar {
  readonly turnCount: number;
  readonly callCount: number;
  readonly callsInTurn: number;
}

export const NO_TURNS: TurnsSoFar = { turnCount: 0, callCount: 0, callsInTurn: 0 };

/** The turns of a thread with one more call, which a person's words may have caused. */
export function withTurnCall({ turnCount, callCount, callsInTurn }: TurnsSoFar, startsTurn: boolean): TurnsSoFar {
  if (!startsTurn || callsInTurn === 0) return { turnCount, callCount, callsInTurn: callsInTurn + 1 };
  return { turnCount: turnCount + 1, callCount: callCount + callsInTurn, callsInTurn: 1 };
}

const OWN_BOUNDS = [1.5, 3, 6, 12, 25] as const;
const DONE_BOUNDS = [1, 3, 8, 20] as const;
const PROMPT_BOUNDS = [30_000, 60_000, 100_000, 130_000] as const;

/** From the wider context to the narrower: how far the turn has come, how long turns were, how long the prompt is. */
export function stretchKeys(
  { turnCount, callCount, callsInTurn }: TurnsSoFar,
  promptTokens: Tokens,
): readonly string[] {
  const done = bandOf(callsInTurn - 1, DONE_BOUNDS);
  const own = turnCount === 0 ? 'first' : bandOf(callCount / turnCount, OWN_BOUNDS);
  return [`${done}`, `${done}|${own}`, `${done}|${own}|${bandOf(promptTokens, PROMPT_BOUNDS)}`];
}

function bandOf(value: number, bounds: readonly number[]): number {
  const index = bounds.findIndex((bound) => value < bound);
  return index < 0 ? bounds.length : index;
}

/** How far a pick is expected to carry. */
export interface ExpectedStretch {
  /** Calls of the turn at hand, this one among them, and the share of a whole piece of work that they are. */
  readonly callCount: number;
  readonly pieceRatio: Ratio;
  /** The same of the turns after it, together. */
  readonly laterCallCount: number;
  readonly laterPieceRatio: number;
}

/** What the wider context is worth against the narrower one's own. */
const PRIOR_COUNT = 20;
const ONE_CALL: ExpectedStretch = { callCount: 1, pieceRatio: 0.2, laterCallCount: 0, laterPieceRatio: 0 };

/**
 * The mean over stretches of others that were like it, each narrower context drawn towards the wider one. A table that knows none
 * like it foretells one call. Pure.
 * @param so with the call at hand counted
 */
export function expectStretch(table: StretchTable, so: TurnsSoFar, promptTokens: Tokens): ExpectedStretch {
  let mean = ONE_CALL;
  let weight = 0;
  for (const key of stretchKeys(so, promptTokens)) {
    const sums = table.stretches[key];
    if (sums !== undefined) mean = drawn(sums, mean, weight);
    weight = PRIOR_COUNT;
  }
  return mean;
}

function drawn(sums: StretchSums, wider: ExpectedStretch, weight: number): ExpectedStretch {
  const mean = (sum: number, before: number): number => (sum + weight * before) / (sums.count + weight);
  return {
    callCount: mean(sums.calls, wider.callCount),
    pieceRatio: mean(sums.pieces, wider.pieceRatio),
    laterCallCount: mean(sums.laterCalls, wider.laterCallCount),
    laterPieceRatio: mean(sums.laterPieces, wider.laterPieceRatio),
  };
}
