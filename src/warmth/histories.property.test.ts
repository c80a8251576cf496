import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CacheRule, Model } from '../domain/model.ts';
import { aModel, modelId } from '../testing/index.ts';
import { truncateChain } from '../testing/internal/chain-builders.ts';
import { foldWarmth } from './fold-warmth.ts';
import { EMPTY_LEDGER, MAX_MARKS, type WarmthEvent, type WarmthLedger } from './ledger.ts';
import { EMPTY_CHAIN, extendChain, type PrefixChain } from './prefix-chain.ts';
import { warmthOf } from './warmth-at.ts';

const HEAD_TOKENS = 5000;
const TTL_MS = 300_000;
const MARKED: CacheRule = {
  kind: 'explicit',
  minTokens: 1024,
  granularityTokens: 1,
  ttlMs: TTL_MS,
  longTtlMs: 3_600_000,
  maxMarkers: 4,
  lookBackBlocks: 20,
  exactBreakpoint: false,
  priorHitRatio: 1,
  source: 'test',
  asOf: '2026-11-29',
};
const MARKED_MODEL = aModel({ id: modelId('marked'), cacheRule: MARKED });
const OTHER_MODEL = aModel({ id: modelId('other'), cacheRule: MARKED });
const AUTOMATIC: CacheRule = { ...MARKED, kind: 'automatic', granularityTokens: 128, lookBackBlocks: undefined };
const AUTOMATIC_MODEL = aModel({ id: modelId('automatic'), cacheRule: AUTOMATIC });

/** What happens to a transcript before its next call. */
type Turn =
  | { readonly type: 'goes-on'; readonly calls: number; readonly tokens: number; readonly gapMs: number }
  | { readonly type: 'is-cut'; readonly kept: number; readonly summaryTokens: number }
  | { readonly type: 'pauses'; readonly ms: number }
  | { readonly type: 'other-model'; readonly tokens: number };

const anyTurn: fc.Arbitrary<Turn> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('goes-on' as const),
      calls: fc.integer({ min: 1, max: 120 }),
      tokens: fc.integer({ min: 40, max: 3000 }),
      gapMs: fc.integer({ min: 1000, max: 20_000 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('is-cut' as const),
      kept: fc.double({ min: 0, max: 1, noNaN: true }),
      summaryTokens: fc.integer({ min: 200, max: 9000 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('pauses' as const), ms: fc.integer({ min: 1, max: 900_000 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('other-model' as const), tokens: fc.integer({ min: 1000, max: 90_000 }) }),
  },
);

/** A vendor that keeps every prefix it was sent for its time to live, and a ledger that hears of it. */
class Session {
  ledger: WarmthLedger = EMPTY_LEDGER;
  now = 1_000_000;
  chain: PrefixChain;
  leftTokens = 0;
  private readonly held = new Map<number, { readonly tokens: number; usedAt: number }>();
  private blocks = 0;

  private readonly model: Model;
  private readonly hashes: boolean;

  constructor(model: Model, hashes: boolean) {
    this.model = model;
    this.hashes = hashes;
    this.chain = extendChain(EMPTY_CHAIN, [{ text: 'tools and system', tokens: HEAD_TOKENS }]);
  }

  take(turn: Turn): void {
    if (turn.type === 'pauses') this.now += turn.ms;
    else if (turn.type === 'other-model') this.fold({ ...this.event(turn.tokens, 0), model: OTHER_MODEL });
    else if (turn.type === 'is-cut') this.cut(turn.kept, turn.summaryTokens);
    else
      for (let call = 0; call < turn.calls; call += 1) {
        this.now += turn.gapMs;
        this.append(turn.tokens);
        this.call();
      }
  }

  private append(tokens: number): void {
    this.blocks += 1;
    this.chain = extendChain(this.chain, [{ text: `block ${this.blocks}`, tokens }]);
  }

  private cut(kept: number, summaryTokens: number): void {
    this.chain = truncateChain(this.chain, Math.max(1, Math.floor(this.chain.hashes.length * kept)));
    this.append(summaryTokens);
    this.now += 1000;
    if (!this.hashes)
      this.fold({ type: 'transcript-changed', transcript: 't', reason: 'compaction', keptBlockCount: 0 });
    this.call();
  }

  private call(): void {
    const prompt = this.chain.tokens.at(-1) ?? 0;
    let read = 0;
    for (const [index, hash] of this.chain.hashes.entries()) {
      const entry = this.held.get(hash);
      if (entry === undefined || this.now - entry.usedAt > TTL_MS) continue;
      entry.usedAt = this.now;
      read = this.chain.tokens[index] ?? 0;
    }
    const last = this.chain.hashes.at(-1) ?? 0;
    this.held.set(last, { tokens: prompt, usedAt: this.now });
    this.fold(this.event(prompt - read, read));
    this.leftTokens = prompt;
  }

  private event(write: number, read: number): Extract<WarmthEvent, { type: 'call-finished' }> {
    return {
      type: 'call-finished',
      model: this.model,
      account: 'a',
      effort: undefined,
      transcript: 't',
      trigger: 'tool-result',
      startedAt: this.now,
      readableAt: this.now,
      usage: {
        uncachedTokens: 0,
        cacheReadTokens: read,
        cacheWriteTokens: write,
        cacheWrite1hTokens: undefined,
        outputTokens: 10,
        reasoningTokens: undefined,
      },
      promptTokens: write + read,
      chain: this.hashes ? this.chain : undefined,
      longWrite: false,
    };
  }

  private fold(event: WarmthEvent): void {
    this.ledger = foldWarmth(this.ledger, event);
  }

  foretold(afterMs: number): number {
    const query = { now: this.now + afterMs, trigger: 'tool-result', transcript: 't', account: 'a' } as const;
    const chain = this.hashes ? extendChain(this.chain, [{ text: 'next', tokens: 100 }]) : undefined;
    return warmthOf(this.ledger, this.model, { ...query, effort: undefined, chain, reanchors: true })?.warmTokens ?? 0;
  }
}

describe('after any history', () => {
  test.each([
    ['a caller that hashes', MARKED_MODEL, true],
    ['a caller that tells of cuts', MARKED_MODEL, false],
    ['a cache without markers', AUTOMATIC_MODEL, true],
    ['a cache without markers whose caller tells of cuts', AUTOMATIC_MODEL, false],
  ])('what the last call left is foretold inside its time to live: %s', (_name, model, hashes) => {
    fc.assert(
      fc.property(fc.array(anyTurn, { minLength: 1, maxLength: 12 }), fc.nat(TTL_MS), (turns, afterMs) => {
        const session = new Session(model, hashes);
        for (const turn of [...turns, { type: 'goes-on', calls: 1, tokens: 50, gapMs: 1 } as const]) session.take(turn);
        const granularity = model === AUTOMATIC_MODEL ? 128 : 1;
        expect(session.foretold(0)).toBeGreaterThan(session.leftTokens - granularity);
        expect(session.foretold(afterMs)).toBe(session.foretold(0));
        for (const entry of session.ledger.entries) expect(entry.marks.length).toBeLessThanOrEqual(MAX_MARKS);
      }),
      { numRuns: 60 },
    );
  });

  test.each([10, 79, 80, 90, 200, 1000])('a compaction after %i calls leaves the new prefix warm', (calls) => {
    const session = new Session(MARKED_MODEL, true);
    session.take({ type: 'goes-on', calls, tokens: 1500, gapMs: 10_000 });
    session.take({ type: 'is-cut', kept: 0, summaryTokens: 15_000 });
    expect(session.foretold(5000)).toBe(20_000);
  });
});
