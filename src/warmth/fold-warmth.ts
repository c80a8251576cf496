import type { CacheRule, Model } from '../domain/model.ts';
import type { At, Tokens } from '../domain/time.ts';
import { promptTokens } from '../domain/usage.ts';
import { refreshed, withMark, withoutLost } from './cache-marks.ts';
import { headsAfter, type CallFinished } from './head-entries.ts';
import { observeHit } from './hit-counts.ts';
import {
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

type KeepAlive = Extract<WarmthEvent, { type: 'keep-alive' }>;
type VendorRule = Exclude<CacheRule, { kind: 'none' }>;

/** A predicted hit came when at least this share of it was read; vendors round and drop a last block. */
export const HIT_SHARE = 0.5;
/** A prefix of which less was read than this is not held as far as it was believed to be. */
const LOST_SHARE = 0.98;

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
  const read = event.usage?.cacheReadTokens;
  const usedAt = own === undefined ? (head?.usedAt ?? 0) : entry.lastUsedAt;
  const hits = hitsAfter(ledger, event, { predictedTokens: (own ?? head)?.tokens, usedAt });
  const isForeign = (mark: CacheMark): boolean => isOfAnotherChain(mark, event.chain);
  const held =
    own !== undefined && read !== undefined && read < LOST_SHARE * own.tokens
      ? withoutLost(entry.marks, read, event.chain)
      : entry.marks;
  const old = refreshed(held, read ?? own?.tokens ?? 0, event.startedAt, isForeign);
  const cached = cachedTokens(event, rule);
  const marks = cached === 0 ? old : withMark(old, newMark(event, rule, cached));
  const entries = replaceEntry(ledger.entries, { ...entry, lastUsedAt: event.startedAt, marks });
  const heads = headsAfter(ledger, event, { key, rule, cachedTokens: newestMark(marks)?.tokens ?? 0 });
  return { ...ledger, hits, entries, ...(heads === undefined ? {} : { heads }) };
}

/** What the call says of how long the endpoint keeps a prefix; nothing where none was foreseen, or none is told. */
function hitsAfter(
  { hits }: WarmthLedger,
  { model, usage, trigger, startedAt }: CallFinished,
  { predictedTokens, usedAt }: { readonly predictedTokens: Tokens | undefined; readonly usedAt: At },
): WarmthLedger['hits'] {
  const read = usage?.cacheReadTokens;
  if (predictedTokens === undefined || read === undefined) return hits;
  const idleMs = Math.max(0, startedAt - usedAt);
  return observeHit(hits, model.endpoint, { trigger, idleMs, hit: read >= HIT_SHARE * predictedTokens });
}

function foldKeepAlive(ledger: WarmthLedger, event: KeepAlive): WarmthLedger {
  const key = keyOf(event);
  const entry = findEntry(ledger, key, event.transcript);
  if (entry === undefined) return ledger;
  const newest = newestMark(entry.marks);
  const read =
    event.usage === undefined
      ? (newest?.tokens ?? 0)
      : (event.usage.cacheReadTokens ?? 0) + (event.usage.cacheWriteTokens ?? 0);
  // It goes over the prompt of the last call, whose prefixes were all used at its moment.
  const marks = refreshed(entry.marks, read, event.at, (mark) => mark.usedAt !== newest?.usedAt);
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
