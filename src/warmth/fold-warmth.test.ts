import fc from 'fast-check';
import { expect, test } from 'vitest';
import { asId } from '../domain/ids.ts';
import type { CacheRule, Model } from '../domain/model.ts';
import type { Usage } from '../domain/usage.ts';
import { foldWarmth } from './fold-warmth.ts';
import { EMPTY_LEDGER, MAX_MARKS, type WarmthEvent, type WarmthLedger } from './ledger.ts';
import { EMPTY_CHAIN, extendChain } from './prefix-chain.ts';
import { warmthAt } from './warmth-at.ts';

const explicitRule: CacheRule = {
  kind: 'explicit',
  minTokens: 1024,
  granularityTokens: 1,
  ttlMs: 300_000,
  longTtlMs: 3_600_000,
  maxMarkers: 4,
  lookBackBlocks: 20,
  exactBreakpoint: false,
  priorHitRatio: 1,
  source: 'test',
  asOf: '2026-11-21',
};

function model(id: string, rule: CacheRule = explicitRule): Model {
  return {
    id: asId(id),
    endpoint: asId(`${id}-endpoint`),
    wire: 'anthropic-messages',
    wireModel: id,
    vendor: 'test',
    family: id,
    frontier: false,
    openWeights: undefined,
    prices: {
      base: { input: 4, output: 20, cacheRead: 0.2, cacheWrite: 5, cacheWrite1h: 8 },
      tiers: [],
      peak: undefined,
    },
    cacheRule: rule,
    contextTokens: 200_000,
    maxOutputTokens: 32_000,
    toolCalling: true,
    structuredOutput: true,
    inputModalities: ['text'],
    efforts: [],
    tokenRatio: 1,
    outputRatio: 1,
    callsRatio: 1,
    ttftMs: undefined,
    outputTokensPerSecond: undefined,
    compliance: {},
    abilityIndex: undefined,
    source: 'test',
    asOf: '2026-11-21',
  };
}

const opus = model('opus');
const haiku = model('haiku');

function usage(uncached: number, read: number | undefined, write: number | undefined): Usage {
  return {
    uncachedTokens: uncached,
    cacheReadTokens: read,
    cacheWriteTokens: write,
    cacheWrite1hTokens: undefined,
    outputTokens: 100,
    reasoningTokens: undefined,
  };
}

type CallFinished = Extract<WarmthEvent, { type: 'call-finished' }>;

function call(at: number, used: Usage | undefined, part: Partial<CallFinished> = {}): CallFinished {
  return {
    type: 'call-finished',
    model: opus,
    account: 'a',
    effort: undefined,
    transcript: 'shared',
    trigger: 'tool-result',
    startedAt: at,
    readableAt: at,
    usage: used,
    promptTokens: 0,
    chain: undefined,
    longWrite: false,
    ...part,
  };
}

function warm(ledger: WarmthLedger, now: number, part: Partial<Parameters<typeof warmthAt>[2]> = {}): number {
  return (
    warmthAt(ledger, [opus], {
      now,
      trigger: 'tool-result',
      transcript: 'shared',
      account: 'a',
      effort: undefined,
      chain: undefined,
      reanchors: true,
      ...part,
    })[0]?.warmTokens ?? -1
  );
}

test('what a call read and wrote is warm until its time to live has passed since last use', () => {
  const ledger = foldWarmth(EMPTY_LEDGER, call(1000, usage(3, 0, 10_000)));
  expect(warm(ledger, 2000)).toBe(10_000);
  expect(warm(ledger, 301_000)).toBe(10_000);
  expect(warm(ledger, 301_001)).toBe(0);
});

test('a read renews the prefix, a one-hour write lasts an hour', () => {
  const twice = foldWarmth(EMPTY_LEDGER, [call(0, usage(3, 0, 10_000)), call(200_000, usage(3, 10_000, 500))]);
  expect(warm(twice, 450_000)).toBe(10_500);
  const long = foldWarmth(EMPTY_LEDGER, call(0, usage(3, 0, 10_000), { longWrite: true }));
  expect(warm(long, 3_600_000)).toBe(10_000);
});

test('a prompt under the minimum is never warm', () => {
  expect(warm(foldWarmth(EMPTY_LEDGER, call(0, usage(900, 0, 0), { promptTokens: 900 })), 1)).toBe(0);
  expect(warm(foldWarmth(EMPTY_LEDGER, call(0, undefined, { promptTokens: 900 })), 1)).toBe(0);
});

test('an automatic cache that reports no writes holds the prompt in whole units', () => {
  const automatic: CacheRule = {
    ...explicitRule,
    kind: 'automatic',
    granularityTokens: 128,
    lookBackBlocks: undefined,
  };
  const ledger = foldWarmth(EMPTY_LEDGER, call(0, usage(2000, 0, undefined), { model: model('opus', automatic) }));
  expect(warmthAt(ledger, [model('opus', automatic)], query(1))[0]?.warmTokens).toBe(1920);
});

function query(now: number): Parameters<typeof warmthAt>[2] {
  return {
    now,
    trigger: 'tool-result',
    transcript: 'shared',
    account: 'a',
    effort: undefined,
    chain: undefined,
    reanchors: true,
  };
}

test('another account, effort or transcript has a cache of its own', () => {
  const ledger = foldWarmth(EMPTY_LEDGER, call(0, usage(0, 0, 10_000)));
  expect(warm(ledger, 1, { account: 'b' })).toBe(0);
  expect(warm(ledger, 1, { effort: 'high' })).toBe(0);
  expect(warm(ledger, 1, { transcript: 'step-2' })).toBe(0);
});

test('a foreign call leaves an entry untouched', () => {
  const before = foldWarmth(EMPTY_LEDGER, call(0, usage(0, 0, 10_000)));
  const after = foldWarmth(before, call(1000, usage(0, 0, 12_000), { model: haiku }));
  expect(after.entries[0]).toBe(before.entries[0]);
  expect(warm(after, 2000)).toBe(10_000);
});

test('a branch of a parallel fan-out does not count as a broken promise', () => {
  const ledger = foldWarmth(EMPTY_LEDGER, [
    call(0, usage(0, 0, 10_000), { readableAt: 900 }),
    call(100, usage(0, 0, 10_000), { readableAt: 1000 }),
  ]);
  expect(ledger.hits).toEqual({});
});

test('a predicted hit that did not come is counted, empties the entry and lowers the hit ratio', () => {
  const first = foldWarmth(EMPTY_LEDGER, call(0, usage(0, 0, 10_000)));
  const missed = foldWarmth(first, call(20_000, usage(0, 0, 10_400), { trigger: 'user' }));
  expect(missed.hits).toEqual({ 'opus-endpoint|user|1': { yes: 0, no: 1 } });
  const ratio = (ledger: WarmthLedger): number =>
    warmthAt(ledger, [opus], { ...query(40_000), trigger: 'user' })[0]?.hitRatio ?? 0;
  expect(ratio(missed)).toBeLessThan(ratio(first));
  expect(missed.entries[0]?.marks.map((mark) => mark.tokens)).toEqual([10_400]);
});

test('a user message after a pause is trusted less than a tool result', () => {
  const ledger = foldWarmth(EMPTY_LEDGER, call(0, usage(0, 0, 10_000)));
  const [row] = warmthAt(ledger, [opus], query(100_000));
  expect(row?.hitRatio).toBe(1);
  expect(row?.hitRatios?.user[2]).toBeCloseTo(0.8);
  expect(warmthAt(ledger, [opus], { ...query(100_000), trigger: 'user' })[0]?.hitRatio).toBeCloseTo(0.8);
});

test('a changed tool list makes the transcript cold, a compaction keeps the blocks it kept', () => {
  const head = extendChain(EMPTY_CHAIN, [{ text: 'system', tokens: 5000 }]);
  const longer = extendChain(head, [{ text: 'question', tokens: 3000 }]);
  const ledger = foldWarmth(EMPTY_LEDGER, [
    call(0, usage(0, 0, 5000), { chain: head }),
    call(1, usage(0, 5000, 3000), { chain: longer }),
  ]);
  const changed = (keptBlockCount: number): WarmthLedger =>
    foldWarmth(ledger, { type: 'transcript-changed', transcript: 'shared', reason: 'compaction', keptBlockCount });
  expect(warm(changed(0), 2)).toBe(0);
  expect(warm(changed(1), 2)).toBe(5000);
  expect(warm(changed(2), 2)).toBe(8000);
});

test('an edited history is warm only up to the edit, seen by its hashes alone', () => {
  const head = extendChain(EMPTY_CHAIN, [{ text: 'system', tokens: 5000 }]);
  const longer = extendChain(head, [{ text: 'question', tokens: 3000 }]);
  const edited = extendChain(head, [{ text: 'another question', tokens: 3000 }]);
  const ledger = foldWarmth(EMPTY_LEDGER, [
    call(0, usage(0, 0, 5000), { chain: head }),
    call(1, usage(0, 5000, 3000), { chain: longer }),
  ]);
  expect(warm(ledger, 2, { chain: longer })).toBe(8000);
  expect(warm(ledger, 2, { chain: edited })).toBe(5000);
});

test('a vendor that looks back 20 blocks finds an older prefix only when it is re-anchored', () => {
  const short = extendChain(EMPTY_CHAIN, [{ text: 'system', tokens: 5000 }]);
  const far = extendChain(
    short,
    Array.from({ length: 21 }, (_, index) => ({ text: `block ${index}`, tokens: 10 })),
  );
  const ledger = foldWarmth(EMPTY_LEDGER, call(0, usage(0, 0, 5000), { chain: short }));
  expect(warm(ledger, 1, { chain: far, reanchors: true })).toBe(5000);
  expect(warm(ledger, 1, { chain: far, reanchors: false })).toBe(0);
});

test('a keep-alive ping renews what it read', () => {
  const ledger = foldWarmth(EMPTY_LEDGER, [
    call(0, usage(0, 0, 10_000)),
    {
      type: 'keep-alive',
      model: opus,
      account: 'a',
      effort: undefined,
      transcript: 'shared',
      at: 280_000,
      usage: usage(0, 10_000, 0),
    },
  ]);
  expect(warm(ledger, 560_000)).toBe(10_000);
});

test('a ping that is told of after a later call does not make the cache look idle for longer', () => {
  const ping = { type: 'keep-alive', model: opus, account: 'a', effort: undefined, transcript: 'shared' } as const;
  const ledger = foldWarmth(EMPTY_LEDGER, [
    call(0, usage(0, 0, 10_000)),
    call(290_000, usage(0, 10_000, 500)),
    { ...ping, at: 285_000, usage: usage(0, 10_000, 0) },
  ]);
  expect(ledger.entries[0]?.lastUsedAt).toBe(290_000);
  expect(warm(ledger, 590_000)).toBe(10_500);
});

const anyCall = fc
  .record({
    at: fc.integer({ min: 0, max: 2_000_000 }),
    read: fc.option(fc.integer({ min: 0, max: 50_000 }), { nil: undefined }),
    write: fc.integer({ min: 0, max: 20_000 }),
    which: fc.constantFrom(opus, haiku),
    user: fc.boolean(),
  })
  .map(({ at, read, write, which, user }) =>
    call(at, usage(10, read, write), {
      model: which,
      trigger: user ? 'user' : 'tool-result',
      promptTokens: (read ?? 0) + write + 10,
    }),
  );

test('folding in two batches equals folding in one, and a ledger survives JSON', () => {
  fc.assert(
    fc.property(fc.array(anyCall, { maxLength: 30 }), fc.nat(30), (events, cut) => {
      const whole = foldWarmth(EMPTY_LEDGER, events);
      const half: WarmthLedger = JSON.parse(JSON.stringify(foldWarmth(EMPTY_LEDGER, events.slice(0, cut))));
      const joined = foldWarmth(half, events.slice(cut));
      expect(JSON.stringify(joined)).toBe(JSON.stringify(whole));
    }),
  );
});

test('calls of one model are folded as if the other had never been called', () => {
  fc.assert(
    fc.property(fc.array(anyCall, { maxLength: 30 }), (events) => {
      const mixed = foldWarmth(EMPTY_LEDGER, events);
      const alone = foldWarmth(
        EMPTY_LEDGER,
        events.filter((event) => event.model === opus),
      );
      expect(mixed.entries.filter((entry) => entry.model === opus.id)).toEqual(alone.entries);
    }),
  );
});

/** Two conversations on one transcript that share their head, as a program's side calls do that say nothing of themselves. */
const sharedHead = extendChain(EMPTY_CHAIN, [{ text: 'head', tokens: 5000 }]);
const oneChain = extendChain(sharedHead, [{ text: 'one', tokens: 3000 }]);
const otherChain = extendChain(sharedHead, [{ text: 'other', tokens: 15_000 }]);

test('a read renews no prefix of another chain', () => {
  const both = foldWarmth(EMPTY_LEDGER, [
    call(0, usage(0, 0, 8000), { chain: oneChain }),
    call(1000, usage(0, 5000, 15_000), { chain: otherChain }),
    call(250_000, usage(0, 20_000, 0), { chain: otherChain }),
  ]);
  expect(warm(both, 300_000, { chain: oneChain })).toBe(8000);
  expect(warm(both, 301_000, { chain: oneChain })).toBe(0);
  expect(warm(both, 301_000, { chain: otherChain })).toBe(20_000);
});

test('a miss makes no other chain colder', () => {
  const missed = foldWarmth(EMPTY_LEDGER, [
    call(0, usage(0, 0, 8000), { chain: oneChain }),
    call(1000, usage(0, 5000, 15_000), { chain: otherChain }),
    call(2000, usage(0, 0, 20_000), { chain: otherChain }),
  ]);
  expect(warm(missed, 3000, { chain: oneChain })).toBe(8000);
  expect(warm(missed, 3000, { chain: otherChain })).toBe(20_000);
});

test('the same prompt once more, without the long class, leaves what was written for an hour', () => {
  const again = foldWarmth(EMPTY_LEDGER, [
    call(0, usage(0, 0, 8000), { chain: oneChain, longWrite: true, readableAt: 900 }),
    call(1000, usage(0, 8000, 0), { chain: oneChain, readableAt: 4000 }),
  ]);
  expect(warm(again, 2000, { chain: oneChain })).toBe(8000);
  expect(warm(again, 3_600_000, { chain: oneChain })).toBe(8000);
  expect(warm(again, 3_602_000, { chain: oneChain })).toBe(0);
});

test('past the limit a prefix written for an hour outlasts those of five minutes behind it', () => {
  let chain = oneChain;
  const events = [call(0, usage(0, 0, 8000), { chain, longWrite: true })];
  for (let turn = 1; turn <= MAX_MARKS + 5; turn += 1) {
    const read = chain.tokens.at(-1) ?? 0;
    chain = extendChain(chain, [{ text: `turn ${turn}`, tokens: 100 }]);
    events.push(call(turn * 1000, usage(0, read, 100), { chain }));
  }
  const ledger = foldWarmth(EMPTY_LEDGER, events);
  expect(warm(ledger, 100_000, { chain })).toBe(chain.tokens.at(-1));
  expect(warm(ledger, 1_000_000, { chain })).toBe(8000);
});
