import { knownBillNanoUsd } from '../../catalog/bill.ts';
import type { Model } from '../../domain/model.ts';
import type { NanoUsd } from '../../domain/money.ts';
import type { At, Tokens } from '../../domain/time.ts';
import type { Usage } from '../../domain/usage.ts';
import type { Warmth } from '../../domain/warmth.ts';

/** What one call is expected to bill, before it is sent. */
export interface CallForecast {
  readonly promptTokens: Tokens;
  readonly cacheReadTokens: Tokens;
  /** `undefined`: the model's price is not known. */
  readonly billNanoUsd: NanoUsd | undefined;
  /** What it was priced by. */
  readonly usage: Usage;
  /** Its prefix is written for an hour, by our choice. */
  readonly writesHour?: true;
}

/** The same call with what it writes kept for an hour. */
export function forHour(forecast: CallForecast, model: Model, at: At): CallForecast {
  const usage = { ...forecast.usage, cacheWrite1hTokens: forecast.usage.cacheWriteTokens };
  return { ...forecast, usage, billNanoUsd: knownBillNanoUsd(model.prices, usage, at), writesHour: true };
}

/**
 * Prices one call of `model`: what is warm is read, the rest of a cacheable prompt is written. `promptTokens` in the
 * model's own count.
 */
export function forecastCall(
  model: Model,
  warmth: Warmth | undefined,
  sizes: { readonly promptTokens: Tokens; readonly outputTokens: Tokens },
  at: At,
): CallForecast {
  const prompt = Math.max(0, Math.round(sizes.promptTokens));
  const rule = model.cacheRule;
  const caches = rule.kind !== 'none' && prompt >= rule.minTokens;
  const likely = warmth !== undefined && warmth.hitRatio >= 0.5;
  const read = caches && likely ? Math.min(Math.round(warmth.warmTokens), prompt) : 0;
  const usage = {
    uncachedTokens: caches ? 0 : prompt,
    cacheReadTokens: read,
    cacheWriteTokens: caches ? prompt - read : 0,
    cacheWrite1hTokens: undefined,
    outputTokens: Math.round(sizes.outputTokens),
    reasoningTokens: undefined,
  };
  return { promptTokens: prompt, cacheReadTokens: read, billNanoUsd: knownBillNanoUsd(model.prices, usage, at), usage };
}
