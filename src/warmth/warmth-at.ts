import type { CacheRule, Model } from '../domain/model.ts';
import type { CallTrigger, Effort } from '../domain/step.ts';
import type { At } from '../domain/time.ts';
import { idleBucketOf, type Warmth } from '../domain/warmth.ts';
import { hitRatioOf, hitRatiosOf } from './hit-counts.ts';
import { findEntry, isReadable, isSameCache, longestReadable, type CacheKey, type WarmthLedger } from './ledger.ts';
import type { PrefixChain } from './prefix-chain.ts';

/** Which caches are asked about, and when. */
export interface WarmthQuery {
  readonly now: At;
  readonly trigger: CallTrigger;
  readonly transcript: string;
  readonly account: string;
  readonly effort: Effort | undefined;
  /** The prompt as it would be sent now. `undefined`: whatever was cached is taken as its prefix. */
  readonly chain: PrefixChain | undefined;
  /** True when markers are ours to place, so that the last position a model cached gets one. */
  readonly reanchors: boolean;
}

/**
 * What each model's cache is expected to hold of a transcript, one row per model that has a cache, in the order of
 * `models`. A cold model has a row with 0 warm tokens and what was learned of its hit rates. Pure.
 */
export function warmthAt(ledger: WarmthLedger, models: readonly Model[], query: WarmthQuery): readonly Warmth[] {
  return isBlank(ledger) ? blankRows(ledger, models, query) : rowsOf(ledger, models, query);
}

function isBlank({ entries, heads, hits }: WarmthLedger): boolean {
  if (entries.length > 0 || (heads !== undefined && heads.length > 0)) return false;
  for (const _ in hits) return false;
  return true;
}

const knownBlank = new WeakMap<readonly Model[], Map<string, readonly Warmth[]>>();

/** Before a session's first call, nothing but the pool, the trigger and the clock's idle bucket matters: one list for all. */
function blankRows(ledger: WarmthLedger, models: readonly Model[], query: WarmthQuery): readonly Warmth[] {
  let known = knownBlank.get(models);
  if (known === undefined) knownBlank.set(models, (known = new Map()));
  const key = `${query.trigger} ${idleBucketOf(Math.max(0, query.now))}`;
  let rows = known.get(key);
  if (rows === undefined) known.set(key, (rows = rowsOf(ledger, models, query)));
  return rows;
}

function rowsOf(ledger: WarmthLedger, models: readonly Model[], query: WarmthQuery): readonly Warmth[] {
  const rows: Warmth[] = [];
  for (const model of models) {
    const row = warmthOf(ledger, model, query);
    if (row !== undefined) rows.push(row);
  }
  return rows;
}

/** The row of one model; `undefined` for one without a cache. */
export function warmthOf(ledger: WarmthLedger, model: Model, query: WarmthQuery): Warmth | undefined {
  const rule = model.cacheRule;
  if (rule.kind === 'none') return undefined;
  const key = { endpoint: model.endpoint, account: query.account, model: model.id, effort: query.effort };
  const entry = findEntry(ledger, key, query.transcript);
  const mark =
    entry && longestReadable(entry, model, { at: query.now, chain: query.chain, reanchors: query.reanchors });
  const lastUsedAt = entry?.lastUsedAt ?? 0;
  const bucket = idleBucketOf(Math.max(0, query.now - lastUsedAt));
  return {
    model: model.id,
    warmTokens: mark?.tokens ?? 0,
    hitRatio: hitRatioOf(ledger.hits, model.endpoint, rule, query.trigger, bucket),
    lastUsedAt: mark?.usedAt ?? lastUsedAt,
    ttlMs: mark?.ttlMs ?? rule.ttlMs,
    hitRatios: hitRatiosOf(ledger.hits, model.endpoint, rule),
    ...headRows(ledger, { key, rule, query }),
  };
}

/** Heads that this cache holds now, whichever transcript they came with; nothing where none is warm. */
function headRows(
  ledger: WarmthLedger,
  of: { readonly key: CacheKey; readonly rule: CacheRule; readonly query: WarmthQuery },
): Pick<Warmth, 'heads'> {
  if (ledger.heads === undefined) return {};
  const { now, trigger } = of.query;
  const heads = ledger.heads
    .filter((head) => isSameCache(head, of.key) && isReadable(head, now))
    .map(({ key, tokens, usedAt, ttlMs }) => {
      const bucket = idleBucketOf(Math.max(0, now - usedAt));
      const hitRatio = hitRatioOf(ledger.hits, of.key.endpoint, of.rule, trigger, bucket);
      return { key, warmTokens: tokens, hitRatio, lastUsedAt: usedAt, ttlMs };
    });
  return heads.length === 0 ? {} : { heads };
}
