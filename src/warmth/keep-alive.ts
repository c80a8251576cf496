import { billNanoUsd } from '../catalog/bill.ts';
import type { CacheRule, Model } from '../domain/model.ts';
import { toNanoUsd, type NanoUsd } from '../domain/money.ts';
import type { At, Ms, Ratio, Tokens } from '../domain/time.ts';
import type { Usage } from '../domain/usage.ts';

/** The least answer that every vendor lets a ping ask for (OpenAI Responses: 16, 2026-11). */
export const PING_OUTPUT_TOKENS = 16;

/** What a write asks for: the vendor's default time to live, or an hour. */
export type WriteClass = 'default' | '1h';

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
 * `undefined`: the cache has no price to save, or its vendor does not state that a read renews the time to live.
 */
export function keepAlivePlan(model: Model, writeClass: WriteClass = 'default'): KeepAlivePlan | undefined {
  const rule = model.cacheRule;
  const { input, cacheRead, cacheWrite } = model.prices.base;
  if (rule.kind === 'none' || rule.renewsOnRead !== true) return undefined;
  if (cacheRead === undefined || cacheRead <= 0) return undefined;
  const saved = (cacheWrite ?? input) - cacheRead;
  const maxCount = Math.floor(saved / cacheRead + 1e-9);
  return maxCount < 1 ? undefined : { everyMs: Math.floor(ttlOf(rule, writeClass) * PING_SHARE), maxCount };
}

/** How long a prefix of this class lives; one that the vendor does not offer is of the default class. */
export function ttlOf(rule: Extract<CacheRule, { ttlMs: Ms }>, writeClass: WriteClass): Ms {
  return writeClass === '1h' ? (rule.longTtlMs ?? rule.ttlMs) : rule.ttlMs;
}

/** When the next ping of a waiting session is due, or `undefined` when it is cheaper to let the prefix go. */
export function nextPingAt(
  plan: KeepAlivePlan | undefined,
  waiting: { readonly lastUsedAt: At; readonly pingCount: number },
): At | undefined {
  if (plan === undefined || waiting.pingCount >= plan.maxCount) return undefined;
  return waiting.lastUsedAt + plan.everyMs;
}

/** A prompt whose prefix a cache holds, in the model's own tokens. */
export interface HeldPrompt {
  readonly heldTokens: Tokens;
  readonly promptTokens: Tokens;
}

/** The most that a ping bills while the prefix is there: it is read, the rest is new, and the answer is as long as allowed. */
export function pingNanoUsd(model: Model, held: HeldPrompt, outputTokens: Tokens, at: At): NanoUsd {
  return billNanoUsd(model.prices, usageOf(held, 'read', outputTokens), at);
}

/** What writing the prefix again costs beyond reading it: all that pings for it may cost together. */
export function rewriteNanoUsd(model: Model, held: HeldPrompt, at: At): NanoUsd {
  const write = billNanoUsd(model.prices, usageOf(held, 'written', 0), at);
  return toNanoUsd(write - billNanoUsd(model.prices, usageOf(held, 'read', 0), at));
}

function usageOf(held: HeldPrompt, how: 'read' | 'written', outputTokens: Tokens): Usage {
  return {
    uncachedTokens: Math.max(0, held.promptTokens - held.heldTokens),
    cacheReadTokens: how === 'read' ? held.heldTokens : 0,
    cacheWriteTokens: how === 'written' ? held.heldTokens : 0,
    cacheWrite1hTokens: undefined,
    outputTokens,
    reasoningTokens: undefined,
  };
}

/**
 * Which write class the next write should ask for, given how likely the next call comes after the default time to live
 * but inside the long one. One token: the long class costs `write1h − write` now, and saves `write − read` in that case.
 */
export function writeClassFor(model: Model, lateRatio: Ratio): WriteClass {
  const rule = model.cacheRule;
  const { input, cacheRead, cacheWrite, cacheWrite1h } = model.prices.base;
  if (rule.kind === 'none' || rule.longTtlMs === undefined || cacheWrite1h === undefined) return 'default';
  const write = cacheWrite ?? input;
  return lateRatio * (write - (cacheRead ?? input)) > cacheWrite1h - write ? '1h' : 'default';
}
