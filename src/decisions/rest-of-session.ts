import type { DecideInput } from '../domain/decision.ts';
import type { ForecastStep, StepSize } from '../domain/forecast.ts';
import type { Model } from '../domain/model.ts';
import { SECOND_MS, type Ratio, type Tokens } from '../domain/time.ts';
import type { StepFeatures } from '../predict/features/step-features.ts';
import type { ExpectedStretch, StretchTable } from '../predict/forecast/stretches.ts';
import { USUAL_REQUIREMENTS } from './defaults.ts';

/** A kind that was guessed at less than this says nothing of the steps to come. */
const KNOWN_KIND_RATIO = 0.5;
/** Median pause between calls of recorded coding sessions (38,938 calls): 18 s. */
const GAP_MS = 20 * SECOND_MS;
/** Share of a window at which clients cut a transcript. Claude Code's own threshold lies near it (2026-11). */
const CUT_RATIO: Ratio = 0.8;
/** Fewer calls to come than this weigh nothing. */
const LEAST_CALLS = 0.05;

/** Whether a session can only be foreseen as more of the same, because what its steps are for is not known. */
export function isUnread({ kind, kindConfidenceRatio }: StepFeatures): boolean {
  return kind === 'other' && kindConfidenceRatio < KNOWN_KIND_RATIO;
}

/** How far a transcript may grow before its client cuts it, in reference tokens: the smallest window of the pool says. */
export function roomTokens(models: readonly Model[], transcriptTokens: Tokens): Tokens {
  const smallest = Math.min(...models.map(({ contextTokens, tokenRatio }) => contextTokens / tokenRatio));
  return Math.max(0, CUT_RATIO * smallest - transcriptTokens);
}

interface RestInput {
  readonly table: StretchTable;
  readonly expected: ExpectedStretch;
  readonly size: StepSize;
  readonly kind: DecideInput['step']['kind'];
  readonly quality: DecideInput['quality'];
  /** How far the transcript may still grow, see `roomTokens`. */
  readonly roomTokens: Tokens;
  /** The step is all of the turn at hand, as big as its words say. */
  readonly isWholeTurn: boolean;
}

export interface RestOfSession {
  /** The step at hand. */
  readonly size: StepSize;
  readonly forecast: readonly ForecastStep[];
}

/**
 * What a pick is for: what is left of the turn, and the turns after it until the caches are gone. Whoever comes back to cold caches
 * chooses anew at no cost, so what comes then is the same for all picks: this is the terminal value of a look-ahead. The step at hand
 * keeps its calls where it has fewer than the turn, because a budget is asked for what is sure to come; where it is the whole turn, the
 * turns after it are what is left. Pure.
 */
export function restOfSession({ table, expected, isWholeTurn, ...input }: RestInput): RestOfSession {
  const turn = isWholeTurn ? turnOf(input.size) : expected;
  const allCalls = turn.callCount + expected.laterCallCount;
  const growth = Math.min(table.newTokensPerCall + table.outputTokensPerCall, input.roomTokens / allCalls);
  const callCount = Math.min(input.size.callCount, turn.callCount);
  const pieceRatio = (turn.pieceRatio * callCount) / turn.callCount;
  const { callSquareRatio, ...whole } = input.size;
  const size = {
    ...whole,
    // How unsure a part of a step's calls is, its words do not say.
    ...(callSquareRatio === undefined || callCount < whole.callCount ? {} : { callSquareRatio }),
    outputTokensPerCall: table.outputTokensPerCall,
    newTokensPerCall: Math.max(0, growth - table.outputTokensPerCall),
    callCount,
    pieceRatio,
  };
  const rest = {
    callCount: allCalls - callCount,
    pieceRatio: turn.pieceRatio - pieceRatio + expected.laterPieceRatio,
  };
  return { size, forecast: rest.callCount < LEAST_CALLS ? [] : [laterStep(input, size, rest)] };
}

const turnOf = ({ callCount, pieceRatio = 1 }: StepSize): Pick<ExpectedStretch, 'callCount' | 'pieceRatio'> => ({
  callCount,
  pieceRatio,
});

/** A step is at least one call: fewer of them are one that may not come. */
function laterStep(
  { kind, quality }: Pick<RestInput, 'kind' | 'quality'>,
  size: StepSize,
  rest: Pick<StepSize, 'callCount'> & { readonly pieceRatio: number },
): ForecastStep {
  const probabilityRatio = Math.min(1, rest.callCount);
  const { callSquareRatio: _, ...later } = size;
  return {
    stepId: undefined,
    kind,
    probabilityRatio,
    gapMs: GAP_MS,
    callGapMs: GAP_MS,
    modes: ['continue'],
    size: {
      ...later,
      callCount: rest.callCount / probabilityRatio,
      pieceRatio: rest.pieceRatio / probabilityRatio,
      instructionTokens: 0,
    },
    requirements: USUAL_REQUIREMENTS,
    quality,
    checks: [],
    parallelGroup: undefined,
    onlyModels: undefined,
  };
}
