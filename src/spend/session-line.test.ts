import { expect, test } from 'vitest';
import { shippedModels } from '../catalog/load-catalog.ts';
import { toNanoUsd } from '../domain/money.ts';
import { aUsage } from '../testing/transcript-builders.ts';
import { sessionLine, sessionLineText } from './session-line.ts';
import type { SpentCall } from './spent-call.ts';

const opus = shippedModels().find(({ id }) => id === 'claude-opus-5-5');

const aCall = (overrides: Partial<SpentCall> = {}): SpentCall => ({
  source: 'gateway',
  at: Date.UTC(2026, 10, 20),
  model: 'claude-haiku-4-5',
  harness: 'claude-code',
  project: undefined,
  key: undefined,
  sessionId: 's',
  requestId: undefined,
  usage: aUsage({ uncachedTokens: 100, cacheReadTokens: 900, cacheWriteTokens: 0, outputTokens: 10 }),
  billNanoUsd: toNanoUsd(10_000_000),
  mayHaveBilledNanoUsd: undefined,
  unpriced: [],
  ...overrides,
});

const lineOf = (...calls: readonly SpentCall[]): string => {
  const line = sessionLine({ calls, mayLackOlder: false }, opus);
  return line === undefined ? '' : sessionLineText(line);
};

test('the latest model, the share that was read from a cache, and the sum', () => {
  expect(lineOf()).toBe('');
  expect(lineOf(aCall())).toMatch(
    /^claude-haiku-4-5 · warm 90 % · \$0\.0100 · \$[\d.]+ (?:less|more) than all on claude-opus-5-5 \(modelled\)$/u,
  );
});

test('what is not known is said, and half a sum is compared with nothing', () => {
  const cut = aCall({ usage: undefined, billNanoUsd: undefined, unpriced: ['calls without a usage'] });
  expect(lineOf(aCall(), cut)).toBe('claude-haiku-4-5 · warm 90 % · at least $0.0100');
  expect(lineOf(cut)).toBe('claude-haiku-4-5 · at least $0.00');
});

test('a sum that older calls may be missing from is the least, and is compared with nothing', () => {
  const line = sessionLine({ calls: [aCall()], mayLackOlder: true }, opus);
  expect(line && sessionLineText(line)).toBe('claude-haiku-4-5 · warm 90 % · at least $0.0100');
});

test('a session that was dearer than the ablest model says so as plainly', () => {
  expect(lineOf(aCall({ billNanoUsd: toNanoUsd(9_000_000_000) }))).toContain('more than all on claude-opus-5-5');
});
