import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Usage } from '../domain/usage.ts';
import type { HeadWarmth } from '../domain/warmth.ts';
import { aModel, anAutomaticCache, anExplicitCache, modelId } from '../testing/model-builders.ts';
import { foldWarmth } from './fold-warmth.ts';
import { EMPTY_LEDGER, MAX_HEADS, type WarmthEvent, type WarmthLedger } from './ledger.ts';
import { warmthAt } from './warmth-at.ts';

const opus = aModel({ id: modelId('opus'), cacheRule: anExplicitCache({ priorHitRatio: 1 }) });
const haiku = aModel({ id: modelId('haiku'), cacheRule: anExplicitCache({ priorHitRatio: 1, minTokens: 4096 }) });
const MINUTE = 60_000;

type CallFinished = Extract<WarmthEvent, { type: 'call-finished' }>;

function call(at: number, part: Partial<CallFinished> = {}): CallFinished {
  return {
    type: 'call-finished',
    model: opus,
    account: 'a',
    effort: undefined,
    transcript: 'fresh-1',
    trigger: 'tool-result',
    startedAt: at,
    readableAt: at + 1000,
    usage: usage(0, 5000),
    promptTokens: 5000,
    chain: undefined,
    longWrite: false,
    head: { key: 'coder', tokens: 3000 },
    ...part,
  };
}

function usage(cacheReadTokens: number | undefined, cacheWriteTokens: number | undefined): Usage {
  return {
    uncachedTokens: 10,
    cacheReadTokens,
    cacheWriteTokens,
    cacheWrite1hTokens: undefined,
    outputTokens: 50,
    reasoningTokens: undefined,
  };
}

function headAt(ledger: WarmthLedger, now: number, model = opus, account = 'a'): HeadWarmth | undefined {
  const query = { now, trigger: 'tool-result', account, effort: undefined, chain: undefined, reanchors: true } as const;
  return warmthAt(ledger, [model], { ...query, transcript: 'another' })[0]?.heads?.[0];
}

test('a head that one context left is warm for every other context on that model, until its time to live', () => {
  const ledger = foldWarmth(EMPTY_LEDGER, call(0));
  expect(headAt(ledger, 2000)).toEqual({
    key: 'coder',
    warmTokens: 3000,
    hitRatio: 1,
    lastUsedAt: 0,
    ttlMs: 5 * MINUTE,
  });
  expect(headAt(ledger, 5 * MINUTE)?.warmTokens).toBe(3000);
  expect(headAt(ledger, 5 * MINUTE + 1)).toBeUndefined();
  expect(headAt(ledger, 2000, haiku)).toBeUndefined();
  expect(headAt(ledger, 2000, opus, 'b')).toBeUndefined();
});

test('calls that start before the first answer began do not find the head', () => {
  const ledger = foldWarmth(EMPTY_LEDGER, call(0));
  expect(headAt(ledger, 999)).toBeUndefined();
  expect(headAt(ledger, 1000)).toBeDefined();
});

test('a read of a head renews it, whichever transcript it came with', () => {
  const second = call(4 * MINUTE, { transcript: 'fresh-2', usage: usage(3000, 2000) });
  const ledger = foldWarmth(EMPTY_LEDGER, [call(0), second]);
  expect(headAt(ledger, 8 * MINUTE)?.lastUsedAt).toBe(4 * MINUTE);
});

test('a head under the minimum is never held, and one longer than what is cached counts for that much', () => {
  expect(headAt(foldWarmth(EMPTY_LEDGER, call(0, { head: { key: 'coder', tokens: 1023 } })), 2000)).toBeUndefined();
  expect(headAt(foldWarmth(EMPTY_LEDGER, call(0, { model: haiku })), 2000, haiku)).toBeUndefined();
  expect(headAt(foldWarmth(EMPTY_LEDGER, call(0, { head: { key: 'coder', tokens: 9000 } })), 2000)?.warmTokens).toBe(
    5000,
  );
});

test('a vendor that reports that nothing was kept holds no head', () => {
  expect(headAt(foldWarmth(EMPTY_LEDGER, call(0, { usage: usage(0, 0) })), 2000)).toBeUndefined();
});

test('a head in units of 128 tokens is cut to whole ones', () => {
  const gpt = aModel({ id: modelId('gpt'), cacheRule: anAutomaticCache() });
  const ledger = foldWarmth(
    EMPTY_LEDGER,
    call(0, { model: gpt, usage: { ...usage(0, undefined), uncachedTokens: 5000 } }),
  );
  expect(headAt(ledger, 2000, gpt)?.warmTokens).toBe(23 * 128);
});

test('a head that was expected and not read is a miss: it counts against the vendor', () => {
  const missed = call(2 * MINUTE, { transcript: 'fresh-2', usage: usage(0, 5000) });
  const ledger = foldWarmth(EMPTY_LEDGER, [call(0), missed]);
  expect(headAt(ledger, 4 * MINUTE)?.hitRatio).toBeLessThan(1);
  const hit = call(2 * MINUTE, { transcript: 'fresh-2', usage: usage(3000, 2000) });
  expect(headAt(foldWarmth(EMPTY_LEDGER, [call(0), hit]), 4 * MINUTE)?.hitRatio).toBe(1);
});

test('a head that was written for an hour lives that long, and later reads of the default class do not shorten it', () => {
  const ledger = foldWarmth(EMPTY_LEDGER, [call(0, { longWrite: true }), call(MINUTE, { transcript: 'fresh-2' })]);
  expect(headAt(ledger, 50 * MINUTE)).toMatchObject({ ttlMs: 60 * MINUTE, lastUsedAt: MINUTE });
});

test('a head that was read is not kept for the hour of what was written after it', () => {
  const later = call(MINUTE, { transcript: 'fresh-2', usage: usage(5000, 1000), longWrite: true });
  const ledger = foldWarmth(EMPTY_LEDGER, [call(0), later]);
  expect(headAt(ledger, 5 * MINUTE)).toMatchObject({ ttlMs: 5 * MINUTE, lastUsedAt: MINUTE });
  expect(headAt(ledger, 50 * MINUTE)).toBeUndefined();
});

test('heads never grow without bound, and a ledger without heads stays as it was', () => {
  const many = Array.from({ length: MAX_HEADS + 20 }, (_, index) =>
    call(index, { head: { key: `agent-${index}`, tokens: 3000 } }),
  );
  expect(foldWarmth(EMPTY_LEDGER, many).heads).toHaveLength(MAX_HEADS);
  const { head: _, ...plain } = call(0);
  expect(foldWarmth(EMPTY_LEDGER, plain)).not.toHaveProperty('heads');
});

test('folding in two batches gives what folding in one gives', () => {
  const arbitraryCall = fc
    .record({
      gap: fc.integer({ min: 0, max: 400_000 }),
      key: fc.constantFrom('coder', 'reviewer'),
      tokens: fc.constantFrom(500, 3000),
      read: fc.constantFrom(0, 3000),
      longWrite: fc.boolean(),
    })
    .map(({ gap, key, tokens, read, longWrite }) => ({
      gap,
      part: { head: { key, tokens }, usage: usage(read, 2000), longWrite },
    }));
  fc.assert(
    fc.property(fc.array(arbitraryCall, { maxLength: 12 }), fc.nat(12), (calls, cut) => {
      let at = 0;
      const events = calls.map(({ gap, part }) => call((at += gap), part));
      const whole = foldWarmth(EMPTY_LEDGER, events);
      const halves = foldWarmth(foldWarmth(EMPTY_LEDGER, events.slice(0, cut)), events.slice(cut));
      expect(halves).toEqual(whole);
    }),
  );
});
