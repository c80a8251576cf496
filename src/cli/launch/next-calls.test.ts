import { expect, test } from 'vitest';
import { shippedModels } from '../../catalog/load-catalog.ts';
import { toNanoUsd } from '../../domain/money.ts';
import type { SpentCall } from '../../spend/spent-call.ts';
import { nextCalls } from './next-calls.ts';

const call = (given: Partial<SpentCall> = {}): SpentCall => ({
  source: 'gateway',
  at: 1_790_000_000_000,
  model: 'claude-sonnet-5',
  harness: 'claude-code',
  project: undefined,
  key: undefined,
  sessionId: 's',
  requestId: undefined,
  usage: {
    uncachedTokens: 0,
    cacheReadTokens: 20_000,
    cacheWriteTokens: 1000,
    cacheWrite1hTokens: 0,
    outputTokens: 300,
    reasoningTokens: undefined,
  },
  billNanoUsd: toNanoUsd(15_000_000),
  mayHaveBilledNanoUsd: undefined,
  unpriced: [],
  ...given,
});

test('twenty calls more bill something, and more on a longer prompt', () => {
  const short = nextCalls([call()], shippedModels());
  const { usage } = call();
  const long = nextCalls([call({ usage: usage && { ...usage, cacheReadTokens: 120_000 } })], shippedModels());
  expect(short?.callCount).toBe(20);
  expect(short?.billNanoUsd).toBeGreaterThan(0);
  expect(long?.billNanoUsd).toBeGreaterThan(short?.billNanoUsd ?? Infinity);
});

test.each([
  ['no call', []],
  ['a model that the catalogue lacks', [call({ model: 'nobody-1' })]],
  ['a bill that is not known', [call(), call({ billNanoUsd: undefined })]],
  ['a log without times', [call({ at: undefined })]],
])('nothing is foreseen of %s', (_name, calls) => {
  expect(nextCalls(calls, shippedModels())).toBeUndefined();
});
