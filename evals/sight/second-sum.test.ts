import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { secondBill, secondCalls } from './second-sum.ts';
import { spentOn } from './spent-on.ts';

const samples = path.resolve(import.meta.dirname, '../../fixtures/sessions');

describe('what `spend` says of the sample sessions, added up a second time by a reader of its own', () => {
  test('is the same to the nano-dollar, and the same calls are without a price', async () => {
    const calls = secondCalls(samples);
    expect(calls.length).toBeGreaterThan(40);
    const { nanoUsd, unknownCount } = secondBill(calls);
    const { total } = await spentOn(samples);
    expect(total).toMatchObject({
      callCount: calls.length,
      billNanoUsd: Number(nanoUsd),
      unknownBillCallCount: unknownCount,
    });
  });

  test('is the same in tokens, client by client and bucket by bucket', async () => {
    const { rows } = await spentOn(samples);
    expect(rows.length).toBeGreaterThan(8);
    for (const { key, callCount, usage } of rows) {
      const own = secondCalls(samples).filter(({ client }) => client === key);
      const sum = (name: 'fresh' | 'read' | 'written' | 'output'): number =>
        own.reduce((tokens, call) => tokens + call[name], 0);
      expect({ key, callCount, ...bucketsOf(usage) }).toEqual({
        key,
        callCount: own.length,
        fresh: sum('fresh'),
        read: sum('read'),
        written: sum('written'),
        output: sum('output'),
      });
    }
  });
});

function bucketsOf(usage: Awaited<ReturnType<typeof spentOn>>['total']['usage']): object {
  const { uncachedTokens, cacheReadTokens, cacheWriteTokens, outputTokens } = usage;
  return { fresh: uncachedTokens, read: cacheReadTokens, written: cacheWriteTokens ?? 0, output: outputTokens };
}
