import type { CacheRule, Model } from '../domain/model.ts';
import type { At, Tokens } from '../domain/time.ts';
import { promptTokens } from '../domain/usage.ts';
import { headsAfter, type CallFinished } from './head-entries.ts';
import { observeHit } from './hit-counts.ts';
import {
  MAX_MARKS,
  findEntry,
  isOfAnotherChain,
  isSameCache,
  longestReadable,
  newestMark,
  readableHead,
  type CacheKey,
  type CacheMark,
  type WarmthEntry,
  type WarmthEvent,
  type WarmthLedger,
} from './ledger.ts';
import type { PrefixChain } from './prefix-chain.ts';

type KeepAlive = Extract<WarmthEvent, { type: 'keep-alive' }>;
type VendorRule = Exclude<CacheRule, { kind: 'none' }>;

/** A predicted hit came when at least this share of it was read; vendors round and drop a last block. */
export const HIT_SHARE = 0.5;

/**
 * The ledger after events, in the order in which the calls ended. Pure: folding a list in two batches gives what folding
 * it in one gives, and an event touches no entry but its own (a changed transcript: the entries of that transcript).
 */
export function foldWarmth(ledger: WarmthLedger, events: WarmthEvent | readonly WarmthEvent[]): WarmthLedger {
  let folded = ledger;
  for (const event of isList(events) ? events : [events]) folded = foldOne(folded, event);
  return folded;
}

function isList(events: WarmthEvent | readonly WarmthEvent[]): events is readonly WarmthEvent[] {
  return Array.isArray(events);
}

function foldOne(ledger: WarmthLedger, event: WarmthEvent): WarmthLedger {
  switch (event.type) {
    case 'call-finished':
      return foldCall(ledger, event);
    case 'keep-alive':
      return foldKeepAlive(ledger, event);
    case 'transcript-changed':
      return {
        ...ledger,
        entries: ledger.entries.map((entry) =>
          entry.transcript === event.transcript ? { ...entry, marks: keptMarks(entry, event.keptBlockCount) } : entry,
        ),
      };
  }
}

function keptMarks(entry: WarmthEntry, keptBlockCount: number): readonly CacheMark[] {
  return entry.marks.filter((mark) => mark.blockCount !== undefined && mark.blockCount <= keptBlockCount);
}

function foldCall(ledger: WarmthLedger, event: CallFinished): WarmthLedger {
  const rule = event.model.cacheRule;
  if (rule.kind === 'none') return ledger;
  const key = keyOf(event);
  const entry = findEntry(ledger, key, event.transcript) ?? emptyEntry(key, event.transcript, event.startedAt);
  const own = longestReadable(entry, event.model, { at: event.startedAt, chain: event.chain, reanchors: true });
  const head = event.head && readableHead(ledger, key, event.head.key, event.startedAt);
  const predicted = own ?? head;
  const read = event.usage?.cacheReadTokens;
  const missed = predicted !== undefined && read !== undefined && read < HIT_SHARE * predicted.tokens;
  const hits =
    predicted === undefined || read === undefined
      ? ledger.hits
      : observeHit(ledger.hits, key.endpoint, {
          trigger: event.trigger,
          idleMs: Math.max(0, event.startedAt - (own === undefined ? (head?.usedAt ?? 0) : entry.lastUsedAt)),
          hit: !missed,
        });
  const isForeign = (mark: CacheMark): boolean => isOfAnotherChain(mark, event.chain);
  const old = missed
    ? entry.marks.filter(isForeign)
    : refreshed(entry.marks, read ?? own?.tokens ?? 0, event.startedAt, isForeign);
  const cached = cachedTokens(event, rule);
  const marks = cached === 0 ? old : withMark(old, newMark(event, rule, cached), event.chain);
  const entries = replaceEntry(ledger.entries, { ...entry, lastUsedAt: event.startedAt, marks });
  const heads = headsAfter(ledger, event, { key, rule, cachedTokens: newestMark(marks)?.tokens ?? 0 });
  return { ...ledger, hits, entries, ...(heads === undefined ? {} : { heads }) };
}

function foldKeepAlive(ledger: WarmthLedger, event: KeepAlive): WarmthLedger {
  const key = keyOf(event);
  const entry = findEntry(ledger, key, event.transcript);
  if (entry === undefined) return ledger;
  const known = newestMark(entry.marks)?.tokens ?? 0;
  const read =
    event.usage === undefined ? known : (event.usage.cacheReadTokens ?? 0) + (event.usage.cacheWriteTokens ?? 0);
  const marks = refreshed(entry.marks, read, event.at);
  return {
    ...ledger,
    entries: replaceEntry(ledger.entries, { ...entry, lastUsedAt: Math.max(event.at, entry.lastUsedAt), marks }),
  };
}

/** Tokens that the vendor holds after the call: what it says it read and wrote, or what its rule says of the prompt. */
function cachedTokens(event: CallFinished, rule: VendorRule): Tokens {
  const { usage } = event;
  const prompt = usage === undefined ? event.promptTokens : promptTokens(usage);
  const byRule = prompt < rule.minTokens ? 0 : Math.floor(prompt / rule.granularityTokens) * rule.granularityTokens;
  if (usage?.cacheReadTokens === undefined) return byRule;
  const reported = usage.cacheReadTokens + (usage.cacheWriteTokens ?? 0);
  // Vendors that bill writes report them; the others cache the whole prompt without saying so.
  return rule.kind === 'explicit' || (usage.cacheWriteTokens ?? 0) > 0 ? reported : byRule;
}

function newMark(event: CallFinished, rule: VendorRule, tokens: Tokens): CacheMark {
  return {
    tokens,
    blockCount: event.chain?.hashes.length,
    hash: event.chain?.hashes.at(-1),
    usedAt: event.startedAt,
    ttlMs: event.longWrite && rule.longTtlMs !== undefined ? rule.longTtlMs : rule.ttlMs,
    readableAt: event.readableAt,
  };
}

/** A read renews every prefix that it covers; what another chain left is no part of it, however short. */
function refreshed(
  marks: readonly CacheMark[],
  readTokens: Tokens,
  at: At,
  isForeign: (mark: CacheMark) => boolean = () => false,
): readonly CacheMark[] {
  return marks.map((mark) =>
    mark.tokens <= readTokens && !isForeign(mark) ? { ...mark, usedAt: Math.max(at, mark.usedAt) } : mark,
  );
}

/**
 * Keeps marks sorted by length; one that the vendor holds at the same place becomes the new one, for the longer of their classes.
 * Expired ones go; past the limit those of another chain than this prompt's go first, then the ones that expire
 * soonest, the shorter first. The new one never goes.
 */
function withMark(marks: readonly CacheMark[], mark: CacheMark, chain: PrefixChain | undefined): readonly CacheMark[] {
  const alive = marks.filter((other) => mark.usedAt - other.usedAt <= other.ttlMs);
  const isSamePlace = (other: CacheMark): boolean => other.tokens === mark.tokens && other.hash === mark.hash;
  const others = alive.filter((other) => !isSamePlace(other));
  while (others.length >= MAX_MARKS) others.splice(leastUseful(others, chain), 1);
  const at = others.findIndex((other) => other.tokens > mark.tokens);
  others.splice(at === -1 ? others.length : at, 0, joined(mark, alive.find(isSamePlace)));
  return others;
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

/** Index of the mark to drop: marks are sorted by length, so among equals the shortest is met first. */
function leastUseful(marks: readonly CacheMark[], chain: PrefixChain | undefined): number {
  let worst = 0;
  for (const [index, mark] of marks.entries()) {
    const other = marks[worst];
    if (other === undefined) break;
    const [isForeign, wasForeign] = [isOfAnotherChain(mark, chain), isOfAnotherChain(other, chain)];
    if (isForeign === wasForeign ? expiryOf(mark) < expiryOf(other) : isForeign) worst = index;
  }
  return worst;
}

function expiryOf({ usedAt, ttlMs }: CacheMark): At {
  return usedAt + ttlMs;
}

function keyOf(event: {
  readonly model: Model;
  readonly account: string;
  readonly effort: CacheKey['effort'];
}): CacheKey {
  return { endpoint: event.model.endpoint, account: event.account, model: event.model.id, effort: event.effort };
}

function emptyEntry(key: CacheKey, transcript: string, at: At): WarmthEntry {
  return { ...key, transcript, lastUsedAt: at, marks: [] };
}

function replaceEntry(entries: readonly WarmthEntry[], entry: WarmthEntry): readonly WarmthEntry[] {
  const same = (other: WarmthEntry): boolean => isSameCache(other, entry) && other.transcript === entry.transcript;
  return entries.some(same) ? entries.map((other) => (same(other) ? entry : other)) : [...entries, entry];
}
