import type { At, Tokens } from '../domain/time.ts';
import { MAX_MARKS, isOfAnotherChain, type CacheMark } from './ledger.ts';
import type { PrefixChain } from './prefix-chain.ts';

/** A read renews every prefix that it covers; what another chain left is no part of it, however short. */
export function refreshed(
  marks: readonly CacheMark[],
  readTokens: Tokens,
  at: At,
  isForeign: (mark: CacheMark) => boolean,
): readonly CacheMark[] {
  return marks.map((mark) =>
    mark.tokens <= readTokens && !isForeign(mark) ? { ...mark, usedAt: Math.max(at, mark.usedAt) } : mark,
  );
}

/**
 * Keeps marks sorted by length; one that the vendor holds at the same place becomes the new one, for the longer of their
 * classes. Expired ones go. Past the limit the prefixes inside a chain thin out, near its end last; only where every mark is
 * the newest of its chain does the one go that expires soonest. The new one never goes.
 */
export function withMark(marks: readonly CacheMark[], mark: CacheMark): readonly CacheMark[] {
  const alive = marks.filter((other) => mark.usedAt - other.usedAt <= other.ttlMs);
  const isSamePlace = (other: CacheMark): boolean => other.tokens === mark.tokens && other.hash === mark.hash;
  const kept = alive.filter((other) => !isSamePlace(other));
  const at = kept.findIndex((other) => other.tokens > mark.tokens);
  const joinedMark = joined(mark, alive.find(isSamePlace));
  kept.splice(at === -1 ? kept.length : at, 0, joinedMark);
  while (kept.length > MAX_MARKS) kept.splice(leastUseful(kept, joinedMark), 1);
  return kept;
}

/** A prefix that was held already is renewed for its own class, and could be read before this call's answer began. */
function joined(mark: CacheMark, held: CacheMark | undefined): CacheMark {
  if (held === undefined) return mark;
  return {
    ...mark,
    usedAt: Math.max(mark.usedAt, held.usedAt),
    ttlMs: Math.max(mark.ttlMs, held.ttlMs),
    readableAt: Math.min(mark.readableAt, held.readableAt),
  };
}

/**
 * Index of the mark to drop. A call renews all of its prefixes at once, so that marks of one moment are one chain, and the
 * longest of them is what its last call left. Of the others the one goes whose loss costs least where the transcript is cut
 * there: the shorter the way down to the next, and the longer the way up to the chain's end, the less.
 */
function leastUseful(marks: readonly CacheMark[], newest: CacheMark): number {
  const longest = new Map<At, number>();
  for (const [index, mark] of marks.entries()) longest.set(mark.usedAt, index);
  const below = new Map<At, Tokens>();
  let worst = -1;
  let least = Infinity;
  for (const [index, mark] of marks.entries()) {
    const down = mark.tokens - (below.get(mark.usedAt) ?? 0);
    below.set(mark.usedAt, mark.tokens);
    const end = longest.get(mark.usedAt) ?? index;
    if (end === index || mark === newest) continue;
    const loss = down / ((marks[end]?.tokens ?? 0) - mark.tokens + 1);
    if (loss < least) [worst, least] = [index, loss];
  }
  return worst >= 0 ? worst : soonestExpiring(marks, newest);
}

function soonestExpiring(marks: readonly CacheMark[], newest: CacheMark): number {
  let soonest = -1;
  for (const [index, mark] of marks.entries()) {
    if (mark === newest) continue;
    const other = marks[soonest];
    if (other === undefined || mark.usedAt + mark.ttlMs < other.usedAt + other.ttlMs) soonest = index;
  }
  return soonest;
}

/** The marks that are left when a call's read shows that its own prefix is not held beyond `readTokens`. */
export function withoutLost(
  marks: readonly CacheMark[],
  readTokens: Tokens,
  chain: PrefixChain | undefined,
): readonly CacheMark[] {
  return marks.filter((mark) => mark.tokens <= readTokens || isOfAnotherChain(mark, chain));
}
