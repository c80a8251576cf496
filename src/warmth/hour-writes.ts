import { billNanoUsd } from '../catalog/bill.ts';
import type { PauseChoice } from '../domain/decision.ts';
import type { Model } from '../domain/model.ts';
import { roundNanoUsd, toNanoUsd, ZERO_USD, type NanoUsd } from '../domain/money.ts';
import { type At, type Ratio, type Tokens } from '../domain/time.ts';
import { rewriteNanoUsd } from './keep-alive.ts';
import { pausePlan } from './pause-plan.ts';
import { returnedBy, type ReturnHazard } from './return-hazard.ts';

/** What is known of a prompt whose prefix is about to be written, in the model's own tokens. */
export interface WriteOutlook {
  readonly promptTokens: Tokens;
  /** What of it the cache does not hold. */
  readonly writtenTokens: Tokens;
  /** Calls until a pause that the default time to live does not outlast, this one among them, and what each adds. */
  readonly callCount: number;
  readonly growthTokens: Tokens;
  /** When the thread comes back from such a pause. */
  readonly hazard: ReturnHazard;
}

/** A thread that always came back in time would be worth any premium: no more than ten returns are believed in. */
const MOST_RETURN_RATIO: Ratio = 0.9;

/**
 * Let a prefix go when a pause outlasts its default time to live, keep it by pings, or write it for an hour, in USD. An hour costs
 * its premium on all that is written until the pause, and again on what each later stretch adds; it saves a rewrite at each return
 * within the hour, and a thread that has come back may do so again. Pings are worth what `pausePlan` says of each pause. `undefined`:
 * the vendor offers no hour, or not at a known price. Pure.
 */
export function chooseWrite(model: Model, outlook: WriteOutlook, at: At): PauseChoice | undefined {
  const rule = model.cacheRule;
  if (rule.kind === 'none' || rule.longTtlMs === undefined || model.prices.base.cacheWrite1h === undefined)
    return undefined;
  const { hazard, callCount, growthTokens } = outlook;
  const grown = callCount * growthTokens;
  const end = Math.min(outlook.promptTokens + grown, model.contextTokens);
  const held = { heldTokens: end, promptTokens: end };
  const late = 1 - returnedBy(hazard, rule.ttlMs);
  const inHour = late <= 0 ? 0 : (returnedBy(hazard, rule.longTtlMs) - returnedBy(hazard, rule.ttlMs)) / late;
  const again = Math.min(MOST_RETURN_RATIO, inHour * hazard.keptRatio);
  const pausesToCome = 1 / (1 - again);
  const each = rewriteNanoUsd(model, held, at) - premiumNanoUsd(model, grown, at);
  const hour = again * pausesToCome * each - premiumNanoUsd(model, outlook.writtenTokens + grown, at);
  const plan = late <= 0 ? undefined : pausePlan(model, held, { hazard, outputTokens: 0, at });
  const ping = plan === undefined ? 0 : (-Number(plan.expectedNanoUsd) / late) * pausesToCome;
  const kind = hour > Math.max(0, ping) ? 'hour' : ping > 0 ? 'ping' : 'let-go';
  return { kind, savedNanoUsd: { ping: roundNanoUsd(ping), hour: roundNanoUsd(hour) } };
}

/** What writing so many tokens for an hour costs beyond the default class; nothing where there is no price for it. */
export function premiumNanoUsd(model: Model, tokens: Tokens, at: At): NanoUsd {
  if (model.prices.base.cacheWrite1h === undefined) return ZERO_USD;
  const written = {
    uncachedTokens: 0,
    cacheReadTokens: 0,
    cacheWriteTokens: tokens,
    outputTokens: 0,
    reasoningTokens: undefined,
  };
  const long = billNanoUsd(model.prices, { ...written, cacheWrite1hTokens: tokens }, at);
  return toNanoUsd(long - billNanoUsd(model.prices, { ...written, cacheWrite1hTokens: undefined }, at));
}
