import type { ForecastStep } from '../domain/forecast.ts';
import type { At, Ms, Ratio } from '../domain/time.ts';
import type { Model } from '../domain/model.ts';

/** How long a prefix is worth keeping by pings. */
export interface KeepAlivePlan {
  /** Pause between pings: a little less than the time to live. */
  readonly everyMs: Ms;
  /** After this many the pings have cost what a rewrite costs. */
  readonly maxCount: number;
}

/** Share of the time to live after which a ping is sent. */
const PING_SHARE = 0.95;

/**
 * The ski-rental bound: a ping reads the prefix at the read price, a rewrite costs the write price instead of a read, so
 * pings stop after (write − read) / read of them; that is never more than twice what the best choice in hindsight costs.
 * `undefined`: the cache has no price to save or no time to live to renew.
 */
export function keepAlivePlan(model: Model): KeepAlivePlan | undefined {
  const rule = model.cacheRule;
  const { input, cacheRead, cacheWrite } = model.prices.base;
  if (rule.kind === 'none' || cacheRead === undefined || cacheRead <= 0) return undefined;
  const saved = (cacheWrite ?? input) - cacheRead;
  const maxCount = Math.floor(saved / cacheRead + 1e-9);
  return maxCount < 1 ? undefined : { everyMs: Math.floor(rule.ttlMs * PING_SHARE), maxCount };
}

/** When the next ping of a waiting session is due, or `undefined` when it is cheaper to let the prefix go. */
export function nextPingAt(
  plan: KeepAlivePlan | undefined,
  waiting: { readonly lastUsedAt: At; readonly pingCount: number },
): At | undefined {
  if (plan === undefined || waiting.pingCount >= plan.maxCount) return undefined;
  return waiting.lastUsedAt + plan.everyMs;
}

/**
 * Which write class the next write should ask for, given how likely the next call comes after the default time to live
 * but inside the long one. One token: the long class costs `write1h − write` now, and saves `write − read` in that case.
 */
export function writeClassFor(model: Model, lateRatio: Ratio): 'default' | '1h' {
  const rule = model.cacheRule;
  const { input, cacheRead, cacheWrite, cacheWrite1h } = model.prices.base;
  if (rule.kind === 'none' || rule.longTtlMs === undefined || cacheWrite1h === undefined) return 'default';
  const write = cacheWrite ?? input;
  return lateRatio * (write - (cacheRead ?? input)) > cacheWrite1h - write ? '1h' : 'default';
}

/** P(the next step starts after the default time to live but inside the long one), from what is forecast. */
export function lateRatioOf(model: Model, forecast: readonly ForecastStep[]): Ratio {
  const rule = model.cacheRule;
  const [next] = forecast;
  if (next === undefined || rule.kind === 'none' || rule.longTtlMs === undefined) return 0;
  return next.gapMs > rule.ttlMs && next.gapMs <= rule.longTtlMs ? next.probabilityRatio : 0;
}
