import type { CacheRule } from '../domain/model.ts';
import type { At, Ms, Tokens } from '../domain/time.ts';
import {
  MAX_HEADS,
  isSameCache,
  type CacheKey,
  type HeadEntry,
  type WarmthEvent,
  type WarmthLedger,
} from './ledger.ts';

export type CallFinished = Extract<WarmthEvent, { type: 'call-finished' }>;

/**
 * The ledger's heads after a call: its head is held, for the class that was written, if the call left that much in the
 * cache. A read renews a head for its own class. `undefined`: nothing is known of heads, before or after.
 */
export function headsAfter(
  ledger: WarmthLedger,
  event: CallFinished,
  of: {
    readonly key: CacheKey;
    readonly rule: Exclude<CacheRule, { kind: 'none' }>;
    /** What the cache holds of the call's prompt. */
    readonly cachedTokens: Tokens;
  },
): readonly HeadEntry[] | undefined {
  const { head } = event;
  if (head === undefined) return ledger.heads;
  const { key, rule, cachedTokens } = of;
  const others = (ledger.heads ?? []).filter((other) => other.key !== head.key || !isSameCache(other, key));
  const old = ledger.heads?.find((other) => other.key === head.key && isSameCache(other, key));
  const isHeld = head.tokens >= rule.minTokens && cachedTokens > 0;
  if (!isHeld) return others;
  const tokens = Math.floor(Math.min(head.tokens, cachedTokens) / rule.granularityTokens) * rule.granularityTokens;
  if (tokens <= 0) return others;
  const alive = old !== undefined && event.startedAt - old.usedAt <= old.ttlMs ? old : undefined;
  const ttlMs = ttlAfter(rule, event, alive?.ttlMs);
  const entry: HeadEntry = { ...key, key: head.key, tokens, ...usedAt(event, alive), ttlMs };
  return [...others, entry].slice(-MAX_HEADS);
}

function usedAt(event: CallFinished, alive: HeadEntry | undefined): { readonly usedAt: At; readonly readableAt: At } {
  if (alive === undefined) return { usedAt: event.startedAt, readableAt: event.readableAt };
  return {
    usedAt: Math.max(alive.usedAt, event.startedAt),
    readableAt: Math.min(alive.readableAt, event.readableAt),
  };
}

function ttlAfter(
  rule: Exclude<CacheRule, { kind: 'none' }>,
  { longWrite, usage }: CallFinished,
  known: Ms | undefined,
): Ms {
  // What a call reads begins with its head: the longer class is then of what it wrote after it.
  if (known !== undefined && (usage?.cacheReadTokens ?? 0) > 0) return known;
  const written = longWrite && rule.longTtlMs !== undefined ? rule.longTtlMs : rule.ttlMs;
  return Math.max(written, known ?? 0);
}
