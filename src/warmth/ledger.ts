import type { PromptHead } from '../domain/forecast.ts';
import type { EndpointId, ModelId } from '../domain/ids.ts';
import type { Model } from '../domain/model.ts';
import type { CallTrigger, Effort } from '../domain/step.ts';
import type { At, Ms, Tokens } from '../domain/time.ts';
import type { Usage } from '../domain/usage.ts';
import type { HitCounts } from './hit-counts.ts';
import type { PrefixChain } from './prefix-chain.ts';

/** What each model's cache holds of a session's transcripts, from what calls reported. Plain JSON: it lives in checkpoints. */
export interface WarmthLedger {
  readonly v: 1;
  readonly entries: readonly WarmthEntry[];
  /** Heads of prompts, whichever transcript they came with, oldest use first. Absent: none was told. */
  readonly heads?: readonly HeadEntry[];
  readonly hits: HitCounts;
}

/** One cache: other accounts, regions and efforts do not share it. */
export interface CacheKey {
  readonly endpoint: EndpointId;
  /** Whose cache: a key's or organisation's name, never the key. */
  readonly account: string;
  readonly model: ModelId;
  readonly effort: Effort | undefined;
}

export interface WarmthEntry extends CacheKey {
  /** Which transcript: the shared one, or a fresh one of a step. */
  readonly transcript: string;
  readonly lastUsedAt: At;
  /** Prefixes that can be read, shortest first. */
  readonly marks: readonly CacheMark[];
}

/** A prefix that the vendor holds. */
export interface CacheMark {
  /** In the model's own tokens. */
  readonly tokens: Tokens;
  /** Where it ends in the prompt's chain, when the caller hashes: blocks and the hash there. */
  readonly blockCount: number | undefined;
  readonly hash: number | undefined;
  readonly usedAt: At;
  readonly ttlMs: Ms;
  /** When the answer of the call that wrote it began: calls that started earlier cannot read it. */
  readonly readableAt: At;
}

/** A head (tools and system) that a cache holds. Every prompt that starts with it can read it, on any transcript. */
export interface HeadEntry extends CacheKey {
  readonly key: string;
  /** In the model's own tokens. */
  readonly tokens: Tokens;
  readonly usedAt: At;
  readonly ttlMs: Ms;
  /** Calls that started earlier cannot read it. */
  readonly readableAt: At;
}

export type WarmthEvent =
  | {
      readonly type: 'call-finished';
      readonly model: Model;
      readonly account: string;
      readonly effort: Effort | undefined;
      readonly transcript: string;
      readonly trigger: CallTrigger;
      readonly startedAt: At;
      /** When the first byte of the answer came. */
      readonly readableAt: At;
      /** `undefined`: the provider reported none; `promptTokens` is then believed, and no hit or miss is counted. */
      readonly usage: Usage | undefined;
      /** The prompt in the model's tokens, as estimated before the call. */
      readonly promptTokens: Tokens;
      /** The prompt up to its newest marker. `undefined`: the caller does not hash; it must tell of changed transcripts. */
      readonly chain: PrefixChain | undefined;
      /** True when the newest marker asked for the one-hour class. */
      readonly longWrite: boolean;
      /** What stood before the messages, in the model's tokens. Absent: the caller does not tell heads apart. */
      readonly head?: PromptHead;
    }
  | {
      /** The history was edited or compacted, or the tool list changed: nothing past the kept blocks can be read. */
      readonly type: 'transcript-changed';
      readonly transcript: string;
      readonly reason: 'compaction' | 'edit' | 'tools-changed' | 'system-changed';
      /** Leading blocks that are still the same; 0 for a changed tool list. */
      readonly keptBlockCount: number;
    }
  | {
      /** A ping that read the prefix to keep it: the same evidence as a call, but it adds nothing to the prefix. */
      readonly type: 'keep-alive';
      readonly model: Model;
      readonly account: string;
      readonly effort: Effort | undefined;
      readonly transcript: string;
      readonly at: At;
      readonly usage: Usage | undefined;
    };

export const EMPTY_LEDGER: WarmthLedger = { v: 1, entries: [], hits: {} };

/** OpenAI considers the latest 80 breakpoints (2026-11); nobody documents more. */
export const MAX_MARKS = 80;

/** Heads kept per ledger: a job has one per kind of agent and model at most. */
export const MAX_HEADS = 64;

/** What a mark's prompt must show for the mark to be readable at a moment. */
export interface ReadQuery {
  readonly at: At;
  /** The prompt, when the caller hashes. Without it every mark is taken as a prefix of the prompt. */
  readonly chain: PrefixChain | undefined;
  /** True when the caller marks the last position that this model cached. */
  readonly reanchors: boolean;
}

/**
 * The longest mark that a call would find: same prefix, readable, inside its time to live and the vendor's look-back. A caller
 * that does not hash finds what the newest call left: a longer mark from before it is of a transcript that was cut since.
 */
export function longestReadable(entry: WarmthEntry, model: Model, query: ReadQuery): CacheMark | undefined {
  const rule = model.cacheRule;
  if (rule.kind === 'none') return undefined;
  const { at, chain } = query;
  const limit = query.reanchors || rule.lookBackBlocks === undefined ? Number.POSITIVE_INFINITY : rule.lookBackBlocks;
  const isWarm = (mark: CacheMark): boolean =>
    mark.tokens >= rule.minTokens && mark.readableAt <= at && at - mark.usedAt <= mark.ttlMs;
  if (chain === undefined) return newestMark(entry.marks.filter(isWarm));
  return entry.marks.findLast(
    (mark) =>
      isWarm(mark) &&
      !isOfAnotherChain(mark, chain) &&
      (mark.blockCount === undefined || chain.hashes.length - mark.blockCount <= limit),
  );
}

/** The mark of the newest call; a read renews shorter ones with it, so the longest of those used last. */
export function newestMark(marks: readonly CacheMark[]): CacheMark | undefined {
  let newest: CacheMark | undefined;
  for (const mark of marks) if (newest === undefined || mark.usedAt >= newest.usedAt) newest = mark;
  return newest;
}

/** Whether a prompt with this chain does not begin with the mark's prefix. Unknown without hashes, and then no. */
export function isOfAnotherChain(mark: CacheMark, chain: PrefixChain | undefined): boolean {
  return chain !== undefined && mark.blockCount !== undefined && chain.hashes[mark.blockCount - 1] !== mark.hash;
}

/** The head with that key in this cache, readable at a moment. */
export function readableHead(ledger: WarmthLedger, of: CacheKey, key: string, at: At): HeadEntry | undefined {
  return ledger.heads?.find((head) => head.key === key && isSameCache(head, of) && isReadable(head, at));
}

export function isReadable(head: HeadEntry, at: At): boolean {
  return head.readableAt <= at && at - head.usedAt <= head.ttlMs;
}

export function isSameCache(one: CacheKey, other: CacheKey): boolean {
  return (
    one.model === other.model &&
    one.endpoint === other.endpoint &&
    one.account === other.account &&
    one.effort === other.effort
  );
}

export function findEntry(ledger: WarmthLedger, key: CacheKey, transcript: string): WarmthEntry | undefined {
  return ledger.entries.find((entry) => isSameCache(entry, key) && entry.transcript === transcript);
}
