import type { Model } from '../domain/model.ts';
import { roundNanoUsd, type NanoUsd } from '../domain/money.ts';
import type { At, Ratio, Tokens } from '../domain/time.ts';
import {
  keepAlivePlan,
  pingNanoUsd,
  rewriteNanoUsd,
  ttlOf,
  type HeldPrompt,
  type KeepAlivePlan,
  type WriteClass,
} from './keep-alive.ts';
import { returnsWithin, type ReturnHazard } from './return-hazard.ts';

/** What is done about a pause, with what it is expected to bill beyond (below zero: less than) letting the prefix go. */
export interface PausePlan extends KeepAlivePlan {
  readonly expectedNanoUsd: NanoUsd;
}

/**
 * How many pings a waiting prefix is worth: an optimal stopping, worked backwards from the ski-rental bound. A ping reads
 * the prefix and buys the returns that come while its renewal lasts, each of which would have written again what it still
 * begins with; it is sent as long as that, and the right to go on, is worth more than it bills. The last pings of threads
 * that never go on are in the price. `undefined`: let it go, or the vendor does not state that a read renews.
 */
export function pausePlan(
  model: Model,
  held: HeldPrompt,
  of: {
    readonly hazard: ReturnHazard;
    readonly outputTokens: Tokens;
    readonly at: At;
    /** How the prefix was written. Absent: by default. */
    readonly writeClass?: WriteClass;
  },
): PausePlan | undefined {
  const bound = keepAlivePlan(model, of.writeClass);
  const rule = model.cacheRule;
  if (bound === undefined || rule.kind === 'none') return undefined;
  const { hazard } = of;
  const ttlMs = ttlOf(rule, of.writeClass ?? 'default');
  const ping = pingNanoUsd(model, held, of.outputTokens, of.at);
  const gain = hazard.keptRatio * rewriteNanoUsd(model, held, of.at);
  const sentAt = (count: number): number => count * bound.everyMs;
  const warmUntil = (count: number): number => sentAt(count) + ttlMs;
  let worth = 0;
  let maxCount = bound.maxCount;
  for (let count = bound.maxCount; count >= 1; count -= 1) {
    const reached = sentAt(count);
    const bought =
      returnsWithin(hazard, reached, warmUntil(count)) - returnsWithin(hazard, reached, warmUntil(count - 1));
    const goesOn = 1 - returnsWithin(hazard, reached, sentAt(count + 1));
    const value = gain * bought - ping + goesOn * worth;
    worth = Math.max(0, value);
    // What would come after a ping that is worth nothing is out of reach: the prefix is gone by then.
    if (value <= 0) maxCount = count - 1;
  }
  if (worth <= 0) return undefined;
  return {
    everyMs: bound.everyMs,
    maxCount,
    expectedNanoUsd: roundNanoUsd(-worth * (1 - returnsWithin(hazard, 0, bound.everyMs))),
  };
}

/** What pings may cost a session beyond doing nothing, where a policy does not say. */
export const PING_OVERHEAD_RATIO: Ratio = 0.1;

/** What a session's pings have billed and saved, and what it has spent in all, pings among it. */
export interface PingAccount {
  readonly spentNanoUsd: NanoUsd;
  readonly pingedNanoUsd: NanoUsd;
  /** What calls read that only pings had kept, at the price of writing it again. */
  readonly savedNanoUsd: NanoUsd;
}

/** Whether one more ping keeps a session within `ratio` of what it would have billed without any, should nothing come of it. */
export function isWithinPingBound(account: PingAccount, nextNanoUsd: NanoUsd, ratio: number): boolean {
  const net = account.pingedNanoUsd - account.savedNanoUsd;
  return net + nextNanoUsd <= ratio * (account.spentNanoUsd - net);
}
