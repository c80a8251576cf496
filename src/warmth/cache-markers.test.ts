import { expect, test } from 'vitest';
import type { Model } from '../domain/model.ts';
import { cacheMarkersFor } from './cache-markers.ts';
import { foldWarmth } from './fold-warmth.ts';
import { EMPTY_LEDGER } from './ledger.ts';
import { EMPTY_CHAIN, extendChain, type PrefixChain } from './prefix-chain.ts';

function model(part: Record<string, unknown> = {}): Model {
  return {
    id: 'm',
    endpoint: 'e',
    cacheRule: {
      kind: 'explicit',
      minTokens: 1024,
      granularityTokens: 1,
      ttlMs: 300_000,
      longTtlMs: 3_600_000,
      maxMarkers: 4,
      lookBackBlocks: 20,
      exactBreakpoint: false,
      priorHitRatio: 1,
      ...part,
    },
  } as unknown as Model;
}

const chainOf = (blockCount: number): PrefixChain =>
  extendChain(
    EMPTY_CHAIN,
    Array.from({ length: blockCount }, (_, index) => ({ text: `b${index}`, tokens: 1000 })),
  );

function markers(which: Model, cachedBlocks: number, blockCount: number): unknown {
  const ledger = foldWarmth(EMPTY_LEDGER, {
    type: 'call-finished',
    model: which,
    account: '',
    effort: undefined,
    transcript: 'shared',
    trigger: 'tool-result',
    startedAt: 0,
    readableAt: 0,
    usage: undefined,
    promptTokens: cachedBlocks * 1000,
    chain: chainOf(cachedBlocks),
    longWrite: false,
  });
  return cacheMarkersFor(
    ledger,
    which,
    {
      now: 1,
      trigger: 'tool-result',
      transcript: 'shared',
      account: '',
      effort: undefined,
      chain: chainOf(blockCount),
      reanchors: true,
    },
    { messageEnds: Array.from({ length: blockCount }, (_, index) => index + 1), longWrite: false },
  );
}

const newest = (messageIndex: number): object => ({ messageIndex, ttl: 'default', purpose: 'newest' });

test('a model that never left needs one marker, on the newest message', () => {
  expect(markers(model(), 30, 32)).toEqual([newest(31)]);
});

test('a model that returns after more than 20 blocks gets a marker where it left off', () => {
  expect(markers(model(), 5, 30)).toEqual([{ messageIndex: 4, ttl: 'default', purpose: 'reanchor' }, newest(29)]);
});

test('a vendor that matches exact breakpoints is always re-anchored', () => {
  expect(markers(model({ exactBreakpoint: true, lookBackBlocks: undefined }), 5, 7)).toEqual([
    { messageIndex: 4, ttl: 'default', purpose: 'reanchor' },
    newest(6),
  ]);
});

test('a vendor that places markers itself gets none', () => {
  expect(markers(model({ maxMarkers: 0 }), 5, 7)).toEqual([]);
});
