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

/** How many calls of others the session's own are drawn to, for what a call adds and how often it comes back cold. */
const PRIOR_CALLS = 80;
const PRIOR_PAUSES = 60;
const COLD_RATIO: Ratio = 0.02;
/** How much "as dear a call as so far" weighs beside the calls that are foreseen. */
const SO_FAR_RATIO: Ratio = 0.25;

/**
 * What a session will have billed when it has made so many calls on this model, from what its calls so far were: prompts grow as its own and
 * others' do until they fill the window, most calls find their prefix warm, some come back to a cold one. How long it goes on is not foreseen
 * here. Constants were chosen on recorded sessions (suite `warmth`). Pure.
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
  const step = { growth: growthOf(soFar, of.table), output: outputOf(soFar, of.table), cold: coldOf(model, soFar) };
  let prompt = promptTokens(last.usage);
  let rest = 0;
  for (let call = 0; call < left; call += 1) {
    const before = prompt;
    prompt = Math.max(before, Math.min(before + step.growth, model.contextTokens));
    const warm = callNano(model, { prompt, read: before, output: step.output, at: last.at });
    const cold = callNano(model, { prompt, read: 0, output: step.output, at: last.at });
    rest += (1 - step.cold) * warm + step.cold * cold;
  }
  const asSoFar = (spent / soFar.length) * left;
  return roundNanoUsd(spent + (1 - SO_FAR_RATIO) * rest + SO_FAR_RATIO * asSoFar);
}

/** Tokens that a prompt has more than the one before it; a cut is no growth. */
function growthOf(calls: readonly SessionCall[], { newTokensPerCall, outputTokensPerCall }: StretchTable): Tokens {
  let sum = PRIOR_CALLS * (newTokensPerCall + outputTokensPerCall);
  let count = PRIOR_CALLS;
  for (const [index, call] of calls.entries()) {
    const before = calls[index - 1];
    if (before === undefined || 2 * promptTokens(call.usage) <= promptTokens(before.usage)) continue;
    sum += Math.max(0, promptTokens(call.usage) - promptTokens(before.usage));
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
