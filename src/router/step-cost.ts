import type { SessionView } from '../domain/decision.ts';
import type { StepSize } from '../domain/forecast.ts';
import type { Model } from '../domain/model.ts';
import type { StepMode } from '../domain/step.ts';
import type { Ratio, Tokens } from '../domain/time.ts';
import { ratesFor, type ModelRates, type Rates } from './model-rates.ts';

/** The calls of one step on one model, in the model's own tokens. Calls after the first append `growthTokens` each. */
export interface StepShape {
  readonly callCount: number;
  /** Prompt of the first call. */
  readonly promptTokens: Tokens;
  readonly growthTokens: Tokens;
  readonly outputTokens: Tokens;
  /** Mean number of the calls after the first, where the step may be shorter or longer. Absent: that of so many calls. */
  readonly laterCallIndex?: number | undefined;
  /** What the whole step is multiplied by: work that a fresh context repeats. */
  readonly workRatio: number;
}

/** Expected tokens of a step by bucket, and its bill in nano-USD before peak hours. */
export interface StepCost {
  uncached: number;
  cacheRead: number;
  cacheWrite: number;
  output: number;
  nanoUsd: number;
}

/** Points at which a step whose prompts cross a price tier is sampled. */
const SAMPLE_COUNT = 64;

/**
 * The calls that a step of this size takes on a model, given the shared transcript: its text in reference tokens, and what its
 * media weigh with this model.
 */
export function shapeOf(
  model: Model,
  size: StepSize,
  mode: StepMode,
  transcriptTokens: Tokens,
  mediaTokens: Tokens = 0,
): StepShape {
  const fresh = mode !== 'continue';
  const workRatio = fresh ? (size.freshWorkRatio ?? 1) : 1;
  const output = size.outputTokensPerCall * model.outputRatio;
  const prompt =
    mode === 'continue'
      ? transcriptTokens + size.instructionTokens
      : mode === 'handoff'
        ? size.handoffTokens
        : size.isolateTokens;
  const callCount = Math.max(1, size.callCount * model.callsRatio);
  return {
    callCount,
    laterCallIndex: laterCallIndex(callCount, size.callSquareRatio),
    promptTokens: prompt * model.tokenRatio + (mode === 'continue' ? mediaTokens : 0),
    growthTokens: (output + size.newTokensPerCall) * model.tokenRatio * workRatio,
    outputTokens: output * model.tokenRatio,
    workRatio,
  };
}

/** Of n calls those after the first have the numbers 1 to n − 1, whose sum is n(n − 1)/2: expected over what n may be. */
function laterCallIndex(callCount: number, squareRatio: number | undefined): number | undefined {
  if (squareRatio === undefined || callCount <= 1) return undefined;
  return (squareRatio * callCount * callCount - callCount) / 2 / (callCount - 1);
}

/** What the media of the shared transcript weigh with a model, in its own tokens. */
export function mediaIn({ mediaTokens }: Pick<SessionView, 'mediaTokens'>, model: Model): Tokens {
  return mediaTokens?.[model.id] ?? 0;
}

/** Prompt of the step's last call, in the model's tokens. */
export function lastPromptTokens(shape: StepShape): Tokens {
  return shape.promptTokens + (shape.callCount - 1) * shape.growthTokens;
}

/** The longest prompt that is priced: a fraction of a call is priced as a whole one with less weight. */
export function longestPromptTokens(shape: StepShape): Tokens {
  return shape.promptTokens + Math.ceil(shape.callCount - 1) * shape.growthTokens;
}

/** The shared transcript after a step, in reference tokens. */
export function transcriptAfter(model: Model, size: StepSize, mode: StepMode, transcriptTokens: Tokens): Tokens {
  if (mode !== 'continue') return transcriptTokens + size.resultTokens;
  const callCount = Math.max(1, size.callCount * model.callsRatio);
  const output = size.outputTokensPerCall * model.outputRatio;
  return (
    transcriptTokens +
    size.instructionTokens +
    callCount * output +
    (callCount - 1) * size.newTokensPerCall +
    (size.closingTokens ?? 0)
  );
}

/** How warm the cache is that a step meets. */
export interface StepWarmth {
  /** Prefix that the first call reads if it hits, in the model's tokens. */
  readonly warmTokens: Tokens;
  /** P(the first call hits). */
  readonly hitRatio: Ratio;
  /** P(a call inside the step hits what the call before it left). */
  readonly insideHitRatio: Ratio;
}

/**
 * Expected four-bucket cost of a whole step: the first call meets the given warmth, each later one finds what the call
 * before it left, or nothing when it misses. Prompts under the vendor's minimum are billed as input; rounding to whole
 * units costs later calls half a unit on average. Writes into `cost` and returns it, so that callers in a loop allocate
 * nothing.
 */
export function priceStep(rates: ModelRates, shape: StepShape, warmth: StepWarmth, cost: StepCost): StepCost {
  cost.uncached = 0;
  cost.cacheRead = 0;
  cost.cacheWrite = 0;
  cost.output = 0;
  cost.nanoUsd = 0;
  const { promptTokens, growthTokens, callCount } = shape;
  const warm = promptTokens < warmth.warmTokens ? promptTokens : warmth.warmTokens;
  addCall(rates, cost, promptTokens, warm * warmth.hitRatio, shape.outputTokens, shape.workRatio);
  const rest = callCount - 1;
  if (rest <= 0) return cost;
  const lastPrompt = longestPromptTokens(shape);
  const isUniform =
    promptTokens >= rates.minTokens && ratesFor(rates, promptTokens + growthTokens) === ratesFor(rates, lastPrompt);
  // Cost is linear in the prompt's length inside one tier, so the middle call stands for all.
  const points = isUniform || lastPrompt < rates.minTokens ? 1 : Math.min(SAMPLE_COUNT, Math.ceil(rest));
  const weight = (rest / points) * shape.workRatio;
  const middle = meanIndex(rest);
  const stretch = (shape.laterCallIndex ?? middle) / middle;
  for (let point = 0; point < points; point += 1) {
    const index = points === 1 ? middle : Math.max(1, 0.5 + ((point + 0.5) * rest) / points);
    const prompt = promptTokens + stretch * index * growthTokens;
    const before = prompt - growthTokens;
    const read = before >= rates.minTokens ? (before - rates.roundingLossTokens) * warmth.insideHitRatio : 0;
    addCall(rates, cost, prompt, read, shape.outputTokens, weight);
  }
  return cost;
}

/** Mean number of the calls after the first; a fraction of a call counts as the next one with that weight. */
function meanIndex(rest: number): number {
  const whole = Math.floor(rest);
  return ((whole * (whole + 1)) / 2 + (rest - whole) * (whole + 1)) / rest;
}

function addCall(
  rates: ModelRates,
  cost: StepCost,
  prompt: Tokens,
  read: Tokens,
  output: Tokens,
  weight: number,
): void {
  const row: Rates = rates.tiers.length === 0 ? rates.base : ratesFor(rates, prompt);
  cost.output += weight * output;
  if (prompt < rates.minTokens) {
    cost.uncached += weight * prompt;
    cost.nanoUsd += weight * (prompt * row.input + output * row.output);
    return;
  }
  cost.cacheRead += weight * read;
  if (row.billsWrites) cost.cacheWrite += weight * (prompt - read);
  else cost.uncached += weight * (prompt - read);
  cost.nanoUsd += weight * (read * row.read + (prompt - read) * row.write + output * row.output);
}
