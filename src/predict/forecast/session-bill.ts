import { billNanoUsd } from '../../catalog/bill.ts';
import type { Model } from '../../domain/model.ts';
import { roundNanoUsd, type NanoUsd } from '../../domain/money.ts';
import type { At, Ms, Ratio, Tokens } from '../../domain/time.ts';
import { promptTokens, type Usage } from '../../domain/usage.ts';
import type { StretchTable } from './stretches.ts';

/** One call of a session so far. */
export interface SessionCall {
  readonly at: At;
  readonly usage: Usage;
  readonly billNanoUsd: NanoUsd;
}

/** How many calls of others the session's own are drawn to, for what a call says, how fast prompts grow and how often one comes back cold. */
const PRIOR_CALLS = 80;
const PRIOR_GROWTHS = 10;
const PRIOR_PAUSES = 60;
const COLD_RATIO: Ratio = 0.02;
/** A prompt is at least this much: tools and system. */
const LEAST_PROMPT: Tokens = 5000;
/** What `promptFeatures` compares prompts with. */
const USUAL_PROMPT: Tokens = 60_000;

/**
 * What a session will have billed when it has made so many calls on this model, from what its calls so far were: prompts are as long as
 * those of others became that had grown so fast so far and of late, most calls find their prefix warm, some come back to a cold one. How
 * long it goes on is not foreseen here. Pure.
 */
export function foreseeBill(
  model: Model,
  soFar: readonly SessionCall[],
  of: { readonly callCount: number; readonly table: StretchTable },
): NanoUsd {
  const spent = soFar.reduce((sum, call) => sum + call.billNanoUsd, 0);
  const last = soFar.at(-1);
  const left = of.callCount - soFar.length;
  if (last === undefined || left <= 0) return roundNanoUsd(spent);
  const step = { output: outputOf(soFar, of.table), cold: coldOf(model, soFar) };
  const path = promptPath(
    soFar.map(({ usage }) => promptTokens(usage)),
    { left, windowTokens: soldWindowTokens(model) },
    of.table,
  );
  let before = promptTokens(last.usage);
  let rest = 0;
  for (const prompt of path) {
    const read = Math.min(before, prompt);
    const warm = callNano(model, { prompt, read, output: step.output, at: last.at });
    const cold = callNano(model, { prompt, read: 0, output: step.output, at: last.at });
    rest += (1 - step.cold) * warm + step.cold * cold;
    before = prompt;
  }
  return roundNanoUsd(spent + rest);
}

/** Windows longer than the listed one that were sold at a price of their own: Anthropic's beta `context-1m-2025-08-07`. */
const SOLD_WINDOW: Tokens = 1_000_000;

/** The window, or the longer one that its prices are for: where a tier begins at the window's end, longer prompts are billed. */
function soldWindowTokens({ contextTokens, prices }: Model): Tokens {
  const isSoldLonger = prices.tiers.some(({ aboveTokens }) => aboveTokens >= contextTokens);
  return isSoldLonger ? Math.max(SOLD_WINDOW, contextTokens) : contextTokens;
}

/** Prompts of so many calls to come: from the newest one evenly to where their mean is what was foretold, as far as the window goes. */
function promptPath(
  prompts: readonly Tokens[],
  { left, windowTokens }: { readonly left: number; readonly windowTokens: Tokens },
  table: StretchTable,
): readonly Tokens[] {
  const features = promptFeatures(prompts, left, table);
  const ratio = Math.exp(table.promptWeights.reduce((sum, weight, index) => sum + weight * (features[index] ?? 0), 0));
  const from = prompts.at(-1) ?? 0;
  const slope = (2 * (ratio - 1) * from) / (left + 1);
  const longest = Math.max(from, windowTokens);
  return Array.from({ length: left }, (_, index) =>
    Math.min(longest, Math.max(LEAST_PROMPT, from + slope * (index + 1))),
  );
}

/**
 * What is known of prompts to come, in logarithms: what they would grow by at the pace so far, the newest one, and the pace of late
 * beside that of all so far.
 */
export function promptFeatures(
  prompts: readonly Tokens[],
  left: number,
  table: Pick<StretchTable, 'newTokensPerCall' | 'outputTokensPerCall'>,
): readonly number[] {
  const last = Math.max(LEAST_PROMPT, prompts.at(-1) ?? 0);
  const all = paceOf(prompts, table);
  const late = paceOf(prompts.slice(Math.max(0, Math.floor(prompts.length / 2) - 1)), table);
  return [1, Math.log(1 + (all * left) / last), Math.log(last / USUAL_PROMPT), Math.log(late / all)];
}

/** Tokens that a prompt has more than the one before it; a cut is no growth. */
function paceOf(
  prompts: readonly Tokens[],
  { newTokensPerCall, outputTokensPerCall }: Pick<StretchTable, 'newTokensPerCall' | 'outputTokensPerCall'>,
): Tokens {
  let sum = PRIOR_GROWTHS * Math.max(1, newTokensPerCall + outputTokensPerCall);
  let count = PRIOR_GROWTHS;
  for (const [index, prompt] of prompts.entries()) {
    const before = prompts[index - 1];
    if (before === undefined || 2 * prompt <= before) continue;
    sum += Math.max(0, prompt - before);
    count += 1;
  }
  return sum / count;
}

function outputOf(calls: readonly SessionCall[], { outputTokensPerCall }: StretchTable): Tokens {
  const sum = calls.reduce((total, { usage }) => total + usage.outputTokens, PRIOR_CALLS * outputTokensPerCall);
  return sum / (calls.length + PRIOR_CALLS);
}

function coldOf({ cacheRule }: Model, calls: readonly SessionCall[]): Ratio {
  const ttlMs: Ms = cacheRule.kind === 'none' ? 0 : cacheRule.ttlMs;
  const late = calls.filter((call, index) => index > 0 && call.at - (calls[index - 1]?.at ?? call.at) > ttlMs).length;
  return (late + PRIOR_PAUSES * COLD_RATIO) / (calls.length + PRIOR_PAUSES);
}

function callNano(
  model: Model,
  of: { readonly prompt: Tokens; readonly read: Tokens; readonly output: Tokens; readonly at: At },
): number {
  const read = model.cacheRule.kind === 'none' ? 0 : of.read;
  const isWritten = model.cacheRule.kind !== 'none' && model.prices.base.cacheWrite !== undefined;
  const usage = {
    uncachedTokens: isWritten ? 0 : of.prompt - read,
    cacheReadTokens: read,
    cacheWriteTokens: isWritten ? of.prompt - read : 0,
    cacheWrite1hTokens: undefined,
    outputTokens: of.output,
    reasoningTokens: undefined,
  };
  return billNanoUsd(model.prices, usage, of.at);
}
