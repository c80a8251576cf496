import { expect, test } from 'vitest';
import { keepAlivePlan, lateRatioOf, nextPingAt, writeClassFor } from './keep-alive.ts';
import { aForecastStep } from '../testing/decision-builders.ts';
import type { Model } from '../domain/model.ts';

function model(read: number | undefined, write: number, write1h: number | undefined): Model {
  return {
    prices: { base: { input: 4, output: 20, cacheRead: read, cacheWrite: write, cacheWrite1h: write1h }, tiers: [] },
    cacheRule: { kind: 'explicit', ttlMs: 300_000, longTtlMs: write1h === undefined ? undefined : 3_600_000 },
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

test('a forecast pause between the two lifetimes makes the next call late', () => {
  const which = model(0.2, 5, 8);
  const late = (gapMs: number): number => lateRatioOf(which, [aForecastStep('code', { gapMs, probabilityRatio: 0.8 })]);
  expect(late(300_000)).toBe(0);
  expect(late(300_001)).toBe(0.8);
  expect(late(3_600_001)).toBe(0);
  expect(lateRatioOf(which, [])).toBe(0);
  expect(writeClassFor(which, late(600_000))).toBe('1h');
});
