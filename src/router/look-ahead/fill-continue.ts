import { ratesFor, type ModelRates, type Rates } from '../model-rates.ts';
import { lastPromptTokens, longestPromptTokens, shapeOf, transcriptAfter, type StepShape } from '../step-cost.ts';
import { priceCold, waiting, type Pricing, type Taker } from './pricing.ts';

/** Transcripts that are no further apart than their sums may be rounded are one length. */
export const SAME_TOKENS = 1e-6;

/** Fills what continuing the shared transcript costs: a line over its length, or a mark where the bill is none. */
export function fillContinue(pricing: Pricing, taker: Taker, rest: number): void {
  const { tables, frame, step, at, meets } = pricing;
  const { index, model, rates } = taker;
  const media = tables.mediaTokens[index];
  const short = shapeOf(model, step.size, 'continue', meets.low, media);
  if (lastPromptTokens(short) + short.outputTokens > model.contextTokens) return;
  const cell = at * tables.modelCount + index;
  tables.canContinue[cell] = 1;
  tables.aside[cell] = (rest + waiting(frame, model, short)) * step.probabilityRatio;
  tables.growth[cell] = transcriptAfter(model, step.size, 'continue', 0);
  tables.promptGrowth[cell] = lastPromptTokens(short) - short.promptTokens;
  const isUncached = markCurved(pricing, taker, short, cell);
  const row = ratesFor(rates, short.promptTokens - 1);
  const isCurved = tables.isCurved[cell] === 1;
  if (isCurved) fillCurve(pricing, taker, short, cell);
  const line = lineOf(pricing, taker, rates, { short, row, isUncached });
  tables.perToken[cell] = line.perToken;
  tables.fixed[cell] = line.fixed + (tables.aside[cell] ?? 0);
  tables.perWarm[cell] = isUncached && !isCurved ? 0 : warmPrice(rates, row, isCurved) * line.factor;
  const longRates = frame.pool.longRates[index];
  if (tables.canLong[cell] === 0 || longRates === undefined) return;
  const longRow = ratesFor(longRates, short.promptTokens - 1);
  const long = lineOf(pricing, taker, longRates, { short, row: longRow, isUncached });
  tables.longPerToken[cell] = long.perToken;
  tables.longFixed[cell] = long.fixed + (tables.aside[cell] ?? 0);
  tables.longPerWarm[cell] = isUncached && !isCurved ? 0 : warmPrice(longRates, longRow, isCurved) * long.factor;
}

/**
 * Marks a bill that is not linear over the transcripts that may occur: several price tiers, a window that may be too small,
 * prompts around the vendor's minimum. Returns whether all of them are too short to be cached.
 */
function markCurved(
  { tables, step, meets }: Pricing,
  { index, model, rates }: Taker,
  short: StepShape,
  cell: number,
): boolean {
  const media = tables.mediaTokens[index];
  const longest = meets.high === meets.low ? short : shapeOf(model, step.size, 'continue', meets.high, media);
  const longestPrompt = longestPromptTokens(longest);
  // At one length only, the bill is what the cold one is, less what is read of its first prompt.
  if (meets.high - meets.low <= SAME_TOKENS) return short.promptTokens < rates.minTokens;
  // A token to spare on either side: sums of lengths carry rounding errors.
  const isUniform = ratesFor(rates, short.promptTokens - 1) === ratesFor(rates, longestPrompt + 1);
  const isCached = short.promptTokens - 1 >= rates.minTokens || rates.minTokens <= 0;
  const isUncached = longestPrompt + 1 < rates.minTokens;
  const fits = lastPromptTokens(longest) + longest.outputTokens <= model.contextTokens;
  if (!fits) tables.mayStall = true;
  if (!isUniform || !fits || (!isCached && !isUncached)) {
    tables.isCurved[cell] = 1;
    tables.hasCurves = true;
  }
  return isUncached;
}

/** The least that a curved bill can be at any length: each token at its lowest price, the first prompt read or not. */
function fillCurve({ tables, step }: Pricing, taker: Taker, short: StepShape, cell: number): void {
  const rows = [taker.rates.base, ...taker.rates.tiers.map((tier) => tier.rates)];
  const output = Math.min(...rows.map((row) => row.output));
  const unread = Math.min(...rows.map((row) => Math.min(row.input, row.write)));
  const read = Math.min(unread, ...rows.map((row) => row.read));
  const factor = taker.factor * step.probabilityRatio;
  const warm = short.callCount * (short.promptTokens * read + short.outputTokens * output);
  tables.curveWarm[cell] = warm * factor;
  tables.curveCold[cell] = (warm + short.promptTokens * (unread - read)) * factor;
}

/** The bill of continuing as a line over the transcript's length, without what does not depend on caches. */
function lineOf(
  { step, meets, cost }: Pricing,
  taker: Taker,
  rates: ModelRates,
  { short, row, isUncached }: { readonly short: StepShape; readonly row: Rates; readonly isUncached: boolean },
): { readonly fixed: number; readonly perToken: number; readonly factor: number } {
  const inside = taker.insideHitRatio;
  const factor = taker.factor * step.probabilityRatio;
  const calls = short.callCount - 1;
  const slope = isUncached
    ? row.input * (1 + calls)
    : row.write + calls * (inside * row.read + (1 - inside) * row.write);
  const perToken = slope * taker.model.tokenRatio * factor;
  const fixed = priceCold(rates, taker, short, cost) * factor - perToken * meets.low;
  return { fixed, perToken, factor };
}

/** What a warm token saves: exactly inside one price tier, at most where several may apply. */
function warmPrice(rates: ModelRates, row: Rates, isCurved: boolean): number {
  if (!isCurved) return row.write - row.read;
  return Math.max(...[rates.base, ...rates.tiers.map((tier) => tier.rates)].map((one) => one.write - one.read));
}
