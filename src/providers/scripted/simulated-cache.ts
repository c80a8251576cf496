import { createHash } from 'node:crypto';
import type { CacheRule } from '../../domain/model.ts';
import { HOUR_MS, MINUTE_MS, type At, type Ms, type Tokens } from '../../domain/time.ts';
import { CHARS_PER_TOKEN, estimateTokens } from '../../domain/transcript.ts';

/** One block of a prompt, in prefix order: tools, system, messages. */
export interface PromptBlock {
  /** The block's canonical bytes, markers left out. */
  readonly text: string;
  /** The prefix that ends here is marked for the cache. */
  readonly marker?: 'short' | 'long';
}

/** What a vendor would report. Disjoint; the four add up to the prompt. */
export interface CacheUse {
  readonly promptTokens: Tokens;
  readonly readTokens: Tokens;
  readonly writeTokens: Tokens;
  /** The part of `writeTokens` in the one-hour class. */
  readonly longWriteTokens: Tokens;
}

type ActiveRule = Exclude<CacheRule, { kind: 'none' }>;

interface Entry {
  readonly ttlMs: Ms;
  expiresAt: At;
}

/** OpenAI prompt caching guide, read 2026-11: latest three explicit breakpoints beside the implicit one. */
const MAX_EXPLICIT_BESIDE_IMPLICIT = 3;
/** The rule that a scripted model follows when no catalogue row was given for it. */
export const DEFAULT_EXPLICIT_RULE: ActiveRule = {
  kind: 'explicit',
  minTokens: 1024,
  granularityTokens: 1,
  ttlMs: 5 * MINUTE_MS,
  longTtlMs: HOUR_MS,
  maxMarkers: 4,
  lookBackBlocks: 20,
  exactBreakpoint: false,
  priorHitRatio: 1,
  source: 'Anthropic prompt caching guide',
  asOf: '2026-11-01',
};

export const DEFAULT_AUTOMATIC_RULE: ActiveRule = {
  ...DEFAULT_EXPLICIT_RULE,
  kind: 'automatic',
  granularityTokens: 128,
  ttlMs: 10 * MINUTE_MS,
  longTtlMs: undefined,
  maxMarkers: 0,
  lookBackBlocks: undefined,
  source: 'OpenAI prompt caching guide',
};

export const DEFAULT_BREAKPOINT_RULE: ActiveRule = {
  ...DEFAULT_AUTOMATIC_RULE,
  granularityTokens: 1,
  ttlMs: 30 * MINUTE_MS,
  maxMarkers: 4,
  exactBreakpoint: true,
};

/**
 * The prompt caches of all models behind one server, as their vendors run them. Entries are found by the hash of
 * everything before them, so one changed byte loses all that follows. Time is an argument.
 */
export class SimulatedCache {
  readonly #entries = new Map<string, Entry>();

  /** Looks up a prompt, then stores what the vendor would store. */
  use(model: string, rule: CacheRule, blocks: readonly PromptBlock[], now: At): CacheUse {
    const promptTokens = estimateTokens(blocks.map((block) => block.text).join(''));
    if (rule.kind === 'none') return { promptTokens, readTokens: 0, writeTokens: 0, longWriteTokens: 0 };
    if (rule.exactBreakpoint) return this.#useBreakpoints(model, rule, blocks, now, promptTokens);
    if (rule.kind === 'automatic') return this.#useAutomatic(model, rule, blocks, now, promptTokens);
    return this.#useMarkers(model, rule, blocks, now, promptTokens);
  }

  /** Marked prefixes; each marker also finds an older entry at most `lookBackBlocks` behind it. */
  #useMarkers(
    model: string,
    rule: ActiveRule,
    blocks: readonly PromptBlock[],
    now: At,
    promptTokens: Tokens,
  ): CacheUse {
    const prefixes = chain(model, blocks);
    const marked = prefixes.filter((prefix) => prefix.marker !== undefined && prefix.tokens >= rule.minTokens);
    const lookBack = rule.lookBackBlocks ?? blocks.length;
    const found = marked
      .flatMap((prefix) => prefixes.slice(Math.max(0, prefix.index - lookBack), prefix.index + 1))
      .filter((prefix) => this.#touch(prefix.hash, now));
    const readTokens = Math.max(0, ...found.map((prefix) => prefix.tokens));
    let writtenTo = readTokens;
    let longWriteTokens = 0;
    for (const prefix of marked) {
      // A vendor without a long class takes the marker for a plain one.
      const longTtlMs = prefix.marker === 'long' ? rule.longTtlMs : undefined;
      this.#store(prefix.hash, longTtlMs ?? rule.ttlMs, now);
      if (prefix.tokens <= writtenTo) continue;
      if (longTtlMs !== undefined) longWriteTokens += prefix.tokens - writtenTo;
      writtenTo = prefix.tokens;
    }
    return { promptTokens, readTokens, writeTokens: writtenTo - readTokens, longWriteTokens };
  }

  /** Exact match at a breakpoint of this request: the marked ones, and the end of the prompt. */
  #useBreakpoints(
    model: string,
    rule: ActiveRule,
    blocks: readonly PromptBlock[],
    now: At,
    promptTokens: Tokens,
  ): CacheUse {
    const prefixes = chain(model, blocks);
    const end = prefixes.at(-1);
    const explicit = prefixes.filter((prefix) => prefix.marker !== undefined && prefix !== end);
    const points = [...explicit, ...(end === undefined ? [] : [end])].filter((point) => point.tokens >= rule.minTokens);
    const readTokens = Math.max(0, ...points.filter((p) => this.#touch(p.hash, now)).map((p) => p.tokens));
    const written = points.slice(-(MAX_EXPLICIT_BESIDE_IMPLICIT + 1));
    for (const point of written) this.#store(point.hash, rule.ttlMs, now);
    const writtenTo = Math.max(readTokens, ...written.map((point) => point.tokens));
    return { promptTokens, readTokens, writeTokens: writtenTo - readTokens, longWriteTokens: 0 };
  }

  /** The longest known prefix in whole steps; nothing is marked and writes cost nothing. */
  #useAutomatic(
    model: string,
    rule: ActiveRule,
    blocks: readonly PromptBlock[],
    now: At,
    promptTokens: Tokens,
  ): CacheUse {
    const text = blocks.map((block) => block.text).join('');
    const step = rule.granularityTokens * CHARS_PER_TOKEN;
    const steps: PromptBlock[] = [];
    for (let at = 0; at + step <= text.length; at += step) steps.push({ text: text.slice(at, at + step) });
    const prefixes = chain(model, steps);
    const firstCold = prefixes.findIndex((prefix) => !this.#touch(prefix.hash, now));
    const warmSteps = firstCold === -1 ? prefixes.length : firstCold;
    const warmTokens = warmSteps * rule.granularityTokens;
    if (promptTokens >= rule.minTokens) for (const prefix of prefixes) this.#store(prefix.hash, rule.ttlMs, now);
    const readTokens = warmTokens >= rule.minTokens ? warmTokens : 0;
    return { promptTokens, readTokens, writeTokens: 0, longWriteTokens: 0 };
  }

  /** Whether a live entry is there; use keeps it alive for its own time to live. */
  #touch(hash: string, now: At): boolean {
    const entry = this.#entries.get(hash);
    if (entry === undefined || entry.expiresAt < now) return false;
    entry.expiresAt = now + entry.ttlMs;
    return true;
  }

  #store(hash: string, ttlMs: Ms, now: At): void {
    const known = this.#entries.get(hash);
    const kept = known === undefined || known.expiresAt < now ? ttlMs : Math.max(known.ttlMs, ttlMs);
    this.#entries.set(hash, { ttlMs: kept, expiresAt: now + kept });
  }
}

interface Prefix {
  readonly index: number;
  readonly hash: string;
  readonly tokens: Tokens;
  readonly marker: PromptBlock['marker'];
}

function chain(model: string, blocks: readonly PromptBlock[]): readonly Prefix[] {
  let hash = model;
  let length = 0;
  return blocks.map((block, index) => {
    hash = createHash('sha256').update(hash).update('\0').update(block.text).digest('base64');
    length += block.text.length;
    return { index, hash, tokens: Math.ceil(length / CHARS_PER_TOKEN), marker: block.marker };
  });
}
