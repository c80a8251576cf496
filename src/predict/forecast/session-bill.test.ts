import { describe, expect, test } from 'vitest';
import { requireModel } from '../../catalog/create-catalog.ts';
import { loadCatalog } from '../../catalog/load-catalog.ts';
import { nanoFromUsd } from '../../domain/money.ts';
import { foreseeBill, type SessionCall } from './session-bill.ts';

const opus = requireModel(loadCatalog(), 'claude-opus-5-5');
const table = { threadCount: 1, stretches: {}, newTokensPerCall: 1000, outputTokensPerCall: 500 };

/** Calls 20 s apart that grow as others do, each billed at ten cents. */
function calls(count: number, gapMs = 20_000): readonly SessionCall[] {
  return Array.from({ length: count }, (_, index) => ({
    at: index * gapMs,
    billNanoUsd: nanoFromUsd(0.1),
    usage: {
      uncachedTokens: 0,
      cacheReadTokens: 20_000 + 1500 * index,
      cacheWriteTokens: 1500,
      cacheWrite1hTokens: undefined,
      outputTokens: 500,
      reasoningTokens: undefined,
    },
  }));
}

const foreseen = (soFar: readonly SessionCall[], callCount: number): number =>
  foreseeBill(opus, soFar, { callCount, table });

describe('what a session will have billed', () => {
  test('is what it has, where it is over', () => {
    expect(foreseen(calls(10), 10)).toBe(nanoFromUsd(1));
    expect(foreseen([], 10)).toBe(0);
  });

  test('of one more call, worked by hand', () => {
    // The prompt was 35,000 and grows by 1,500; 60·2 % of 70 pauses are cold; a quarter is the ten cents of a call so far.
    const cold = (60 * 0.02) / 70;
    const warmNano = 35_000 * 200 + 1500 * 5000 + 500 * 20_000;
    const coldNano = 36_500 * 5000 + 500 * 20_000;
    const next = 0.75 * ((1 - cold) * warmNano + cold * coldNano) + 0.25 * nanoFromUsd(0.1);
    expect(foreseen(calls(10), 11)).toBeCloseTo(nanoFromUsd(1) + next, -1);
  });

  test('is more the longer it goes on, and where it has paused', () => {
    for (let callCount = 10; callCount < 400; callCount += 30)
      expect(foreseen(calls(10), callCount + 30)).toBeGreaterThan(foreseen(calls(10), callCount));
    expect(foreseen(calls(10, 400_000), 60)).toBeGreaterThan(foreseen(calls(10), 60));
  });
});
