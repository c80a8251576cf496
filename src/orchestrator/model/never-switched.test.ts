import { expect, test } from 'vitest';
import { createCatalog } from '../../catalog/create-catalog.ts';
import { TEST_NOW, aModel, aPriceRow, anExplicitCache, modelId } from '../../testing/index.ts';
import { aCallEntry, aCallUsage, anAnswer } from '../../testing/internal/job-builders.ts';
import type { CallEntry } from './job-journal.ts';
import { neverSwitched } from './never-switched.ts';

const prices = { base: aPriceRow({ input: 10, output: 50, cacheRead: 1, cacheWrite: 12 }), tiers: [], peak: undefined };
const cacheRule = anExplicitCache({ minTokens: 100, granularityTokens: 1, ttlMs: 300_000, priorHitRatio: 1 });
const stay = aModel({ id: modelId('stay'), prices, cacheRule, tokenRatio: 1 });
/** Counts twice as many tokens for the same text. */
const other = aModel({ id: modelId('other'), tokenRatio: 2 });
const catalog = createCatalog([stay, other]);

const NANO = 1000;
const FIRST = (1000 * 12 + 100 * 50) * NANO;

/** A call of `prompt` tokens as `stay` counts them, answered with 100. */
function call(index: number, prompt: number, overrides: Partial<CallEntry> = {}): CallEntry {
  const ratio = overrides.model === other.id ? 2 : 1;
  return aCallEntry({
    callIndex: index,
    model: stay.id,
    startedAt: TEST_NOW + index * 1000,
    end: anAnswer('x', aCallUsage({ cacheWriteTokens: prompt * ratio, outputTokens: 100 * ratio })),
    ...overrides,
  });
}

const billOf = (calls: readonly CallEntry[], isRejected: (entry: CallEntry) => boolean = () => false): number =>
  neverSwitched(catalog, calls, isRejected).nanoUsd;

test('a job that has not called anything has no model to stay on', () => {
  expect(neverSwitched(catalog, [], () => false)).toEqual({ model: undefined, nanoUsd: 0 });
});

test('a call on another model counts as the same text on the model of the first call, read from its cache', () => {
  const calls = [call(0, 1000), call(1, 1500, { model: other.id })];
  expect(neverSwitched(catalog, calls, () => false).model).toBe('stay');
  expect(billOf(calls)).toBe(FIRST + (1000 * 1 + 500 * 12 + 100 * 50) * NANO);
});

test('a pause past the time to live makes it write everything again', () => {
  const late = call(1, 1500, { startedAt: TEST_NOW + 400_000 });
  expect(billOf([call(0, 1000), late])).toBe(FIRST + (1500 * 12 + 100 * 50) * NANO);
});

test('a fresh context adds its own growth to the one transcript, not the brief that it began with', () => {
  const own = { thread: 'own/1', model: other.id };
  const calls = [call(0, 1000), call(1, 700, own), call(2, 1000, own)];
  const second = (1000 * 1 + 100 * 12 + 100 * 50) * NANO;
  const third = (1100 * 1 + (100 + 200) * 12 + 100 * 50) * NANO;
  expect(billOf(calls)).toBe(FIRST + second + third);
});

test('what a check rejected on another model, pings and calls without usage are not in it', () => {
  const rejected = call(1, 1500, { model: other.id, stepId: 'bad' as CallEntry['stepId'] });
  const ping = call(2, 1100, { purpose: 'keep-alive' });
  const unknown = call(3, 1100, { end: { ...anAnswer('x'), usage: undefined } });
  expect(billOf([call(0, 1000), rejected, ping, unknown], (entry) => entry.stepId === 'bad')).toBe(FIRST);
  const own = { ...rejected, model: stay.id };
  expect(billOf([call(0, 1000), own], (entry) => entry.stepId === 'bad')).toBeGreaterThan(FIRST);
});
