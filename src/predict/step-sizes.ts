import type { StepSize } from '../domain/forecast.ts';
import { DIFFICULTIES, STAKES, type FailurePrices, type StepNeed, USUAL_PRICES } from '../domain/need.ts';
import { STEP_KINDS, type StepKind } from '../domain/step.ts';
import type { Ratio, Tokens } from '../domain/time.ts';
import type { ForecastTables } from './artifact.ts';
import type { StepFeatures } from './features/step-features.ts';
import { jointNeed } from './joint-need.ts';
import { ofNeed } from './need/newest-needs.ts';
import type { SuccessNeed } from './success/model-success.ts';

export type KindSizes = Readonly<Record<StepKind, StepSize>>;

/**
 * Expected size of a whole piece of work per kind, the unit that a plan is made of and that a policy's γ is the price of.
 * Calls are held against whole repository issues: one step of each planned kind comes to 29, where 9,925 runs of 25 models
 * with one agent (mini-SWE-agent on SWE-bench Verified) took 29 in the median and 40 on average. The split over kinds and the
 * tokens are assumed. Steps as they are cut out of a recorded session are a third as long: those are learned (`sizesFrom`).
 */
export const KIND_SIZES: KindSizes = {
  plan: size(4, 1800, 900, 6000, 4000, 900),
  code: size(14, 1600, 450, 9000, 6000, 1200),
  review: size(4, 2200, 800, 9000, 6000, 700),
  test: size(6, 1500, 400, 8000, 5000, 600),
  summarize: size(1, 0, 700, 6000, 4000, 700),
  explore: size(6, 2200, 250, 6000, 5000, 900),
  other: size(5, 1400, 350, 7000, 5000, 700),
};

function size(
  callCount: number,
  newTokensPerCall: number,
  outputTokensPerCall: number,
  handoffTokens: number,
  isolateTokens: number,
  resultTokens: number,
): StepSize {
  return {
    callCount,
    newTokensPerCall,
    outputTokensPerCall,
    handoffTokens,
    isolateTokens,
    resultTokens,
    instructionTokens: 200,
  };
}

/**
 * Sizes of steps as recorded sessions are cut into them, learned, and those of whole pieces of work for kinds never seen. The
 * shipped ones are means over 328 steps of two coding sessions (910 calls, 2025-11 and -12), rare kinds drawn to the mean of
 * all. Calls with 95 % intervals: code 4.36 [3.50, 5.40] of 118 steps, explore 2.72 [2.38, 3.08] of 106, other 1.46
 * [1.23, 1.75] of 52, summarize 1 of 44; plan (2), review (5) and test (1) say little. Pure.
 */
export function sizesFrom(learned: ForecastTables): KindSizes {
  const entries = STEP_KINDS.map((kind) => {
    const base = KIND_SIZES[kind];
    const size = {
      ...base,
      callCount: learned.callCount[kind] ?? base.callCount,
      outputTokensPerCall: learned.outputTokensPerCall[kind] ?? base.outputTokensPerCall,
      newTokensPerCall: learned.newTokensPerCall[kind] ?? base.newTokensPerCall,
    };
    return [kind, { ...size, pieceRatio: pieceRatioOf(kind, size.callCount) }] as const;
  });
  return Object.fromEntries(entries) as KindSizes;
}

/**
 * Share of a whole piece of work that so many calls are, at most all of it: a code step of 4.4 calls is 0.31 of one. The
 * failures of its parts together then cost what the failure of the whole does. Pure.
 */
export function pieceRatioOf(kind: StepKind, callCount: number): Ratio {
  return Math.min(1, callCount / KIND_SIZES[kind].callCount);
}

/** Calls that a size stands for: one, 2 to 5, 6 to 20, more than 20. */
const CALLS_OF_SIZE: readonly number[] = [1, 3, 12, 40];

/** Of each combination in a joint need, in its order: what its values are, and what follows from them alone. */
const CELLS = STEP_KINDS.flatMap((kind, k) =>
  DIFFICULTIES.flatMap((_difficulty, d) =>
    STAKES.flatMap((_stakes, s) =>
      CALLS_OF_SIZE.map((calls) => ({
        k,
        s,
        row: k * DIFFICULTIES.length + d,
        calls,
        pieceRatio: pieceRatioOf(kind, calls),
      })),
    ),
  ),
);
const KINDS = Uint8Array.from(CELLS, ({ k }) => k);
const STAKES_AT = Uint8Array.from(CELLS, ({ s }) => s);
const ROWS = Uint8Array.from(CELLS, ({ row }) => row);
const CALLS = Float64Array.from(CELLS, ({ calls }) => calls);
const PIECES = Float64Array.from(CELLS, ({ pieceRatio }) => pieceRatio);

/** What the parts of a need come to together where failures have these prices. */
interface PricedNeed {
  readonly callCount: number;
  readonly callSquareRatio: number;
  /** Share of the expected calls that are of each kind. */
  readonly kindShares: readonly Ratio[];
  readonly pieceRatio: Ratio;
  /** `undefined`: no failure costs anything. */
  readonly success: SuccessNeed | undefined;
}

const priced = new Map<StepNeed, readonly [FailurePrices, PricedNeed]>();

/** The same object for the same need and prices. */
function pricedNeed(need: StepNeed, prices: FailurePrices): PricedNeed {
  const [, known] = ofNeed(priced, need, {
    isGood: ([of]) => of === prices,
    make: () => [prices, priceNeed(need, prices)] as const,
  });
  return known;
}

/**
 * Expected calls of a need, and the expected share of a whole piece of work that they are: over what its parts say together, each
 * share weighed by what a failure of its kind and stakes costs, so that the product of the three means is what they are expected to
 * come to together. Beside it what each kind and difficulty comes to, weighed alike. One plain walk over all combinations: a
 * function called for each would box every sum.
 */
function priceNeed(need: StepNeed, prices: FailurePrices): PricedNeed {
  const joint = jointNeed(need);
  const weights = new Float64Array(STEP_KINDS.length * DIFFICULTIES.length);
  const callsOf = new Float64Array(STEP_KINDS.length);
  let calls = 0;
  let squares = 0;
  let kinds = 0;
  let stakes = 0;
  let sum = 0;
  for (let cell = 0; cell < CELLS.length; cell += 1) {
    const ratio = at(joint, cell);
    const price = at(prices.kinds, at(KINDS, cell));
    const factor = at(prices.stakes, at(STAKES_AT, cell));
    const weight = ratio * price * factor * at(PIECES, cell);
    const count = at(CALLS, cell);
    calls += ratio * count;
    callsOf[at(KINDS, cell)] = at(callsOf, at(KINDS, cell)) + ratio * count;
    squares += ratio * count * count;
    kinds += ratio * price;
    stakes += ratio * factor;
    sum += weight;
    weights[at(ROWS, cell)] = at(weights, at(ROWS, cell)) + weight;
  }
  return {
    callCount: calls,
    callSquareRatio: squares / (calls * calls),
    kindShares: Array.from(callsOf, (one) => one / calls),
    pieceRatio: kinds * stakes <= 0 ? 1 : sum / (kinds * stakes),
    success: sum <= 0 ? undefined : rowsOf(weights, sum),
  };
}

function at(values: ArrayLike<number>, index: number): number {
  return values[index] ?? 0;
}

function rowsOf(weights: Float64Array, sum: number): SuccessNeed {
  return STEP_KINDS.map((_kind, k) =>
    DIFFICULTIES.map((_difficulty, d) => at(weights, k * DIFFICULTIES.length + d) / sum),
  );
}

/**
 * The part of a read need that decides about success: how likely each kind and difficulty is, weighed by what failing at it would
 * cost. A step that may be a rename or may be a grave migration fails dearly only where it is the second.
 */
export function successNeed(need: StepNeed, prices: FailurePrices = USUAL_PRICES): SuccessNeed {
  return pricedNeed(need, prices).success ?? successNeed(need);
}

/** What a need says of the size of its step: its calls, their tokens as its kinds have them, and what share of a piece of work they are. */
function neededSize(need: StepNeed, prices: FailurePrices, sizes: KindSizes): Partial<StepSize> {
  const { callCount, callSquareRatio, kindShares, pieceRatio } = pricedNeed(need, prices);
  const perCall = (tokensOf: (size: StepSize) => Tokens): Tokens =>
    STEP_KINDS.reduce((sum, kind, k) => sum + at(kindShares, k) * tokensOf(sizes[kind]), 0);
  return {
    callCount,
    ...(callSquareRatio > 1 + 1e-9 ? { callSquareRatio } : {}),
    newTokensPerCall: perCall((size) => size.newTokensPerCall),
    outputTokensPerCall: perCall((size) => size.outputTokensPerCall),
    pieceRatio,
  };
}

/**
 * Size of a step of these features: its kind's, with the artifacts it must read and the text it was given. A planned step is
 * a whole piece of work; `segments` are the sizes of steps that are cut out of a session as it goes. Where a need was read, it
 * says how many calls the step takes; `prices` weigh what it may be by what failing at it costs. Pure.
 */
export function sizeOf(
  features: StepFeatures,
  segments: KindSizes = KIND_SIZES,
  prices: FailurePrices = USUAL_PRICES,
): StepSize {
  const sizes = features.structure.plannedStepCount === undefined ? segments : KIND_SIZES;
  const base = {
    ...sizes[features.kind],
    ...(features.need === undefined ? {} : neededSize(features.need, prices, sizes)),
  };
  const instructionTokens = Math.max(50, Math.ceil(features.text.length / 4));
  const toRead = features.structure.artifactTokens + instructionTokens;
  return {
    ...base,
    instructionTokens,
    handoffTokens: Math.max(base.handoffTokens, Math.round(base.handoffTokens * 0.6) + toRead),
    isolateTokens: Math.max(base.isolateTokens, Math.round(base.isolateTokens * 0.6) + toRead),
  };
}
