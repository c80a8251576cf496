import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Model } from '../domain/model.ts';
import { aModel, aPriceRow } from '../testing/model-builders.ts';
import {
  keepAlivePlan,
  nextPingAt,
  PING_OUTPUT_TOKENS,
  pingNanoUsd,
  rewriteNanoUsd,
  writeClassFor,
} from './keep-alive.ts';

function model(read: number | undefined, write: number, write1h: number | undefined): Model {
  return {
    prices: { base: { input: 4, output: 20, cacheRead: read, cacheWrite: write, cacheWrite1h: write1h }, tiers: [] },
    cacheRule: {
      kind: 'explicit',
      ttlMs: 300_000,
      renewsOnRead: true,
      longTtlMs: write1h === undefined ? undefined : 3_600_000,
    },
  } as unknown as Model;
}

test('pings stop when they have cost what a rewrite costs', () => {
  expect(keepAlivePlan(model(0.2, 5, 8))).toEqual({ everyMs: 285_000, maxCount: 24 });
  expect(keepAlivePlan(model(0.5, 6.25, 10))?.maxCount).toBe(11);
});

test('nothing is kept alive where reads cost nothing less or have no price', () => {
  expect(keepAlivePlan(model(undefined, 5, 8))).toBeUndefined();
  expect(keepAlivePlan(model(5, 5, 8))).toBeUndefined();
});

test('nothing is kept alive where nobody states that a read renews the time to live', () => {
  const renewing = model(0.2, 5, 8);
  const silent = { ...renewing, cacheRule: { ...renewing.cacheRule, renewsOnRead: undefined } } as unknown as Model;
  expect(keepAlivePlan(renewing)).toBeDefined();
  expect(keepAlivePlan(silent)).toBeUndefined();
});

test('a ping pays for reading, for what is new and for its answer; a rewrite is what writing costs beyond reading', () => {
  const priced = aModel({
    prices: { base: aPriceRow({ input: 4, output: 20, cacheRead: 0.2, cacheWrite: 5 }), tiers: [], peak: undefined },
  });
  const held = { heldTokens: 60_000, promptTokens: 60_100 };
  expect(pingNanoUsd(priced, held, PING_OUTPUT_TOKENS, 0)).toBe((60_000 * 0.2 + 100 * 4 + 16 * 20) * 1000);
  expect(rewriteNanoUsd(priced, held, 0)).toBe(60_000 * 4.8 * 1000);
});

test('as many pings of nothing but the prefix as the plan allows never cost more than the rewrite, and one more would', () => {
  const price = fc.integer({ min: 1, max: 500 }).map((cents) => cents / 100);
  fc.assert(
    fc.property(price, price, fc.integer({ min: 1000, max: 500_000 }), (cacheRead, cacheWrite, heldTokens) => {
      const row = aPriceRow({ cacheRead, cacheWrite });
      const one = aModel({ prices: { base: row, tiers: [], peak: undefined } });
      const held = { heldTokens, promptTokens: heldTokens };
      const count = keepAlivePlan(one)?.maxCount ?? 0;
      const ping = pingNanoUsd(one, held, 0, 0);
      const rewrite = rewriteNanoUsd(one, held, 0);
      expect(count * ping).toBeLessThanOrEqual(Math.max(0, rewrite) + count);
      expect((count + 1) * ping).toBeGreaterThan(rewrite);
    }),
    { numRuns: 200 },
  );
});

test('the next ping is due before the prefix expires, and none after the last', () => {
  const plan = keepAlivePlan(model(0.2, 5, 8));
  expect(nextPingAt(plan, { lastUsedAt: 1000, pingCount: 0 })).toBe(286_000);
  expect(nextPingAt(plan, { lastUsedAt: 1000, pingCount: 24 })).toBeUndefined();
  expect(nextPingAt(undefined, { lastUsedAt: 1000, pingCount: 0 })).toBeUndefined();
});

test('the one-hour class is asked for when a late next call is likely enough to pay for it', () => {
  // 8 − 5 = 3 more now, 5 − 0.2 = 4.8 saved when late: worth it above 62.5 %.
  expect(writeClassFor(model(0.2, 5, 8), 0.62)).toBe('default');
  expect(writeClassFor(model(0.2, 5, 8), 0.63)).toBe('1h');
  expect(writeClassFor(model(0.2, 5, undefined), 1)).toBe('default');
});
