import type { CacheMarker } from '../domain/call.ts';
import type { Model } from '../domain/model.ts';
import { findEntry, longestReadable, type WarmthLedger } from './ledger.ts';
import type { WarmthQuery } from './warmth-at.ts';

/**
 * Where the markers of one call go: the newest message, and, when the model returns after other models took turns, the
 * last position that it cached. Without that second marker a vendor that looks back a limited number of blocks (20 at
 * Anthropic, 2026-11) or only matches exact breakpoints does not find the warm prefix.
 *
 * @param messageEnds for each message of the call, the number of blocks of the chain up to its end.
 */
export function cacheMarkersFor(
  ledger: WarmthLedger,
  model: Model,
  query: WarmthQuery,
  placement: { readonly messageEnds: readonly number[]; readonly longWrite: boolean },
): readonly CacheMarker[] {
  const rule = model.cacheRule;
  const { messageEnds } = placement;
  if (rule.kind === 'none' || rule.maxMarkers === 0 || messageEnds.length === 0) return [];
  const newestIndex = messageEnds.length - 1;
  const ttl = placement.longWrite && rule.longTtlMs !== undefined ? '1h' : 'default';
  const newest: CacheMarker = { messageIndex: newestIndex, ttl, purpose: 'newest' };
  const key = { endpoint: model.endpoint, account: query.account, model: model.id, effort: query.effort };
  const entry = findEntry(ledger, key, query.transcript);
  const mark = entry && longestReadable(entry, model, { at: query.now, chain: query.chain, reanchors: true });
  if (mark?.blockCount === undefined || rule.maxMarkers < 2) return [newest];
  const anchorIndex = messageEnds.findLastIndex((end) => end <= (mark.blockCount ?? 0));
  if (anchorIndex < 0 || anchorIndex === newestIndex) return [newest];
  const behind = (messageEnds[newestIndex] ?? 0) - mark.blockCount;
  const isFound = !rule.exactBreakpoint && (rule.lookBackBlocks === undefined || behind <= rule.lookBackBlocks);
  return isFound ? [newest] : [{ messageIndex: anchorIndex, ttl, purpose: 'reanchor' }, newest];
}
