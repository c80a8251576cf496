import { MINUTE_MS, type Ms, type Ratio, type Tokens } from '../../domain/time.ts';

/** What a stretch comes to: calls and pieces of work of the turn at hand, and of the turns after it. */
export const STRETCH_TARGETS = ['calls', 'pieces', 'laterCalls', 'laterPieces'] as const;
export type StretchTarget = (typeof STRETCH_TARGETS)[number];

/**
 * What is learned of how coding sessions go on from where a model might have been chosen, until the caches are gone (a pause longer
 * than the default time to live, a cut of most of the prompt) or the session ends.
 */
export interface StretchTable {
  readonly threadCount: number;
  /** In the mean. */
  readonly callsPerTurn: number;
  /** The logarithm of each mean as a weighted sum of `stretchFeatures`. Empty: nothing was learned. */
  readonly weights: Readonly<Record<StretchTarget, readonly number[]>>;
  /** The logarithm of the mean prompt of the calls to come over the newest one, as a weighted sum of `promptFeatures`. */
  readonly promptWeights: readonly number[];
  /** Beside the answers. */
  readonly newTokensPerCall: Tokens;
  readonly outputTokensPerCall: Tokens;
}

/** What a thread has shown of its turns: finished ones, and the calls of the one under way. Plain JSON. */
export interface TurnsSoFar {
  readonly turnCount: number;
  readonly callCount: number;
  readonly callsInTurn: number;
  /** How long the turn under way was waited for. Absent: it is the first, or that is not known. */
  readonly pauseMs?: Ms;
}

export const NO_TURNS: TurnsSoFar = { turnCount: 0, callCount: 0, callsInTurn: 0 };

/**
 * The turns of a thread with one more call, which a person's words may have caused.
 * @param gapMs since the thread's call before it
 */
export function withTurnCall(turns: TurnsSoFar, startsTurn: boolean, gapMs?: Ms): TurnsSoFar {
  const { turnCount, callCount, callsInTurn } = turns;
  if (!startsTurn || callsInTurn === 0) return { ...turns, callsInTurn: callsInTurn + 1 };
  const pause = gapMs === undefined ? {} : { pauseMs: gapMs };
  return { turnCount: turnCount + 1, callCount: callCount + callsInTurn, callsInTurn: 1, ...pause };
}

/** How many turns the usual length of one is worth against the thread's own. */
const PRIOR_TURNS = 2;
/** What is told apart: shorter prompts and pauses are all one, and so are longer ones. */
const PROMPT_RANGE: readonly [Tokens, Tokens] = [2000, 200_000];
const PAUSE_RANGE: readonly [Ms, Ms] = [3000, 1440 * MINUTE_MS];
const MOST_CALLS_IN_TURN = 300;
const USUAL_PAUSE_MS = MINUTE_MS;

/** What is known of a thread, in logarithms: how far the turn has come, how long turns were, the prompt, how long a person took. */
export function stretchFeatures(
  { callsPerTurn }: Pick<StretchTable, 'callsPerTurn'>,
  { turnCount, callCount, callsInTurn, pauseMs }: TurnsSoFar,
  promptTokens: Tokens,
): readonly number[] {
  const length = Math.log((callCount + PRIOR_TURNS * callsPerTurn) / (turnCount + PRIOR_TURNS));
  return [
    1,
    Math.log(Math.min(MOST_CALLS_IN_TURN, Math.max(1, callsInTurn))),
    length,
    length * length,
    Math.log(within(promptTokens, PROMPT_RANGE) / PROMPT_RANGE[0]),
    turnCount === 0 ? 1 : 0,
    Math.log(within(pauseMs ?? USUAL_PAUSE_MS, PAUSE_RANGE) / USUAL_PAUSE_MS),
  ];
}

function within(value: number, [least, most]: readonly [number, number]): number {
  return Math.min(most, Math.max(least, value));
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

const ONE_CALL: ExpectedStretch = { callCount: 1, pieceRatio: 0.2, laterCallCount: 0, laterPieceRatio: 0 };

/**
 * The mean over stretches of others that were like it. A table that has learned nothing foretells one call. Pure.
 * @param so with the call at hand counted
 */
export function expectStretch(table: StretchTable, so: TurnsSoFar, promptTokens: Tokens): ExpectedStretch {
  if (table.threadCount === 0) return ONE_CALL;
  const features = stretchFeatures(table, so, promptTokens);
  const mean = (target: StretchTarget): number =>
    Math.exp(table.weights[target].reduce((sum, weight, index) => sum + weight * (features[index] ?? 0), 0));
  return {
    callCount: Math.max(1, mean('calls')),
    pieceRatio: Math.min(1, mean('pieces')),
    laterCallCount: mean('laterCalls'),
    laterPieceRatio: mean('laterPieces'),
  };
}
