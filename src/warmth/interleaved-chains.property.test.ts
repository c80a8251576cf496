import { describe, expect, test } from 'vitest';
import type { CacheRule } from '../domain/model.ts';
import { seededRandom } from '../stats/seeded-random.ts';
import { aModel, modelId } from '../testing/index.ts';
import { truncateChain } from '../testing/internal/chain-builders.ts';
import { foldWarmth } from './fold-warmth.ts';
import { EMPTY_LEDGER, MAX_MARKS, type WarmthEvent } from './ledger.ts';
import { EMPTY_CHAIN, extendChain, type PrefixChain } from './prefix-chain.ts';
import { warmthOf } from './warmth-at.ts';

const TTL_MS = 300_000;
const RULE: CacheRule = {
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
const MODEL = aModel({ id: modelId('marked'), cacheRule: RULE });
const KEY = { account: 'a', effort: undefined, transcript: 't' } as const;

/** A vendor that keeps every prefix it was sent for its time to live and renews all that a call or a ping reads. */
class Vendor {
  private readonly usedAt = new Map<number, number>();

  read(chain: PrefixChain, at: number): number {
    return this.heldIn(chain, at).at(-1)?.tokens ?? 0;
  }

  take(chain: PrefixChain, at: number, writes = true): number {
    const held = this.heldIn(chain, at);
    for (const { hash } of held) this.usedAt.set(hash, at);
    if (writes) this.usedAt.set(chain.hashes.at(-1) ?? 0, at);
    return held.at(-1)?.tokens ?? 0;
  }

  private heldIn(chain: PrefixChain, at: number): readonly { readonly hash: number; readonly tokens: number }[] {
    const prefixes = chain.hashes.map((hash, index) => ({ hash, tokens: chain.tokens[index] ?? 0 }));
    return prefixes.filter(({ hash }) => at - (this.usedAt.get(hash) ?? -Infinity) <= TTL_MS);
  }
}

interface Check {
  readonly foretold: number;
  readonly read: number;
  /** What the last call of this chain left; 0 where a pause ended it. */
  readonly left: number;
  readonly isAfterCut: boolean;
}

interface Turn {
  chain: PrefixChain;
  /** The prompt of its last call. */
  left: PrefixChain;
  isCut: boolean;
}

/** Chains that take turns at random, grow, are cut, pause and are pinged; every chain is asked before every call. */
class Play {
  readonly checks: Check[] = [];
  private readonly random: () => number;
  private readonly vendor = new Vendor();
  private readonly turns: readonly Turn[];
  private ledger = EMPTY_LEDGER;
  private now = 1_000_000;
  private blocks = 0;
  private last: PrefixChain;

  constructor(seed: number, callCount: number) {
    this.random = seededRandom(seed);
    const start = extendChain(EMPTY_CHAIN, [{ text: 'tools and system', tokens: 5000 }]);
    this.last = start;
    const count = 1 + Math.floor(this.random() * 3);
    this.turns = Array.from({ length: count }, () => ({ chain: start, left: start, isCut: false }));
    for (let index = 0; index < callCount; index += 1) this.take(this.turns[Math.floor(this.random() * count)]);
  }

  private take(turn: Turn | undefined): void {
    if (turn === undefined) return;
    const dice = this.random();
    turn.isCut = dice < 0.02;
    if (turn.isCut) turn.chain = truncateChain(turn.chain, Math.ceil(turn.chain.hashes.length * this.random()));
    else if (dice < 0.03) this.now += Math.floor(this.random() * 3 * TTL_MS);
    else if (dice < 0.05) this.ping();
    this.blocks += 1;
    const tokens = 40 + Math.floor(this.random() * 2000);
    turn.chain = extendChain(turn.chain, [{ text: `block ${this.blocks}`, tokens }]);
    this.now += 1000 + Math.floor(this.random() * 15_000);
    for (const one of this.turns) this.check(one);
    this.ledger = foldWarmth(this.ledger, this.call(turn.chain));
    this.last = turn.chain;
    turn.left = turn.chain;
    for (const { marks } of this.ledger.entries) expect(marks.length).toBeLessThanOrEqual(MAX_MARKS);
  }

  private ping(): void {
    this.now += 1000;
    this.vendor.take(this.last, this.now, false);
    const ping = { type: 'keep-alive', ...KEY, model: MODEL, at: this.now, usage: undefined } as const;
    this.ledger = foldWarmth(this.ledger, ping);
  }

  private check({ chain, left, isCut }: Turn): void {
    const query = { ...KEY, now: this.now, trigger: 'tool-result', chain, reanchors: true } as const;
    const goesOn = chain.hashes[left.hashes.length - 1] === left.hashes.at(-1);
    this.checks.push({
      foretold: warmthOf(this.ledger, MODEL, query)?.warmTokens ?? 0,
      read: this.vendor.read(chain, this.now),
      left: goesOn ? this.vendor.read(left, this.now) : 0,
      isAfterCut: isCut,
    });
  }

  private call(chain: PrefixChain): WarmthEvent {
    const read = this.vendor.take(chain, this.now);
    const tokens = chain.tokens.at(-1) ?? 0;
    const usage = {
      uncachedTokens: 0,
      cacheReadTokens: read,
      cacheWriteTokens: tokens - read,
      cacheWrite1hTokens: undefined,
      outputTokens: 10,
      reasoningTokens: undefined,
    };
    const at = { startedAt: this.now, readableAt: this.now, trigger: 'tool-result', longWrite: false } as const;
    return { type: 'call-finished', ...KEY, model: MODEL, ...at, usage, promptTokens: tokens, chain };
  }
}

describe('chains that take turns in one transcript', () => {
  const checks = Array.from({ length: 14 }, (_, seed) => new Play(seed + 1, 500).checks).flat();

  test('each is foretold what its own last call left, however many calls there were, and none more than is there', () => {
    expect(checks.length).toBeGreaterThan(10_000);
    expect(checks.filter(({ foretold, read }) => foretold > read)).toEqual([]);
    expect(checks.filter(({ foretold, left }) => foretold < left)).toEqual([]);
    expect(checks.filter(({ foretold, read, isAfterCut }) => !isAfterCut && foretold < read)).toEqual([]);
  });

  test('of a chain that is cut nearly everything up to there is still foretold', () => {
    const cuts = checks.filter(({ isAfterCut, read }) => isAfterCut && read > 0);
    expect(cuts.length).toBeGreaterThan(100);
    const shortfall = cuts.reduce((sum, { foretold, read }) => sum + (read - foretold) / read, 0) / cuts.length;
    expect(shortfall).toBeLessThan(0.02);
  });
});
