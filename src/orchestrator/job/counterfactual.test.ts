import { describe, expect, test } from 'vitest';
import { createCatalog } from '../../catalog/create-catalog.ts';
import { TEST_NOW, aModel, aPriceRow, anExplicitCache, modelId } from '../../testing/index.ts';
import { aCallEntry, aCallUsage, anAnswer } from '../../testing/internal/job-builders.ts';
import type { CallEntry } from '../model/job-journal.ts';
import { counterfactuals, frontierOf } from './counterfactual.ts';

const prices = {
  base: aPriceRow({ input: 10, output: 50, cacheRead: 1, cacheWrite: 12 }),
  tiers: [],
  peak: undefined,
};
const dear = aModel({
  id: modelId('dear'),
  frontier: true,
  abilityIndex: 60,
  prices,
  cacheRule: anExplicitCache({ minTokens: 100, granularityTokens: 1, ttlMs: 300_000 }),
  tokenRatio: 1,
});
const cheap = aModel({ id: modelId('cheap'), frontier: false, abilityIndex: 30, tokenRatio: 1 });
const catalog = createCatalog([dear, cheap]);

function call(index: number, overrides: Partial<CallEntry> = {}): CallEntry {
  return aCallEntry({
    callIndex: index,
    model: modelId('cheap'),
    startedAt: TEST_NOW + index * 1000,
    end: anAnswer('x', aCallUsage({ cacheWriteTokens: 1000 + 1000 * index, outputTokens: 100 })),
    ...overrides,
  });
}

describe('the bill of the same calls on another model', () => {
  test('reads what the transcript held before and writes the rest, at that model’s own prices', () => {
    const [frontier] = counterfactuals(catalog, [call(0), call(1)], { frontier: dear, isRejected: () => false });
    // First: 1000 written, 100 out. Second: 2000 in the prompt, of which 1100 were there.
    const expected = 1000 * 12 + 100 * 50 + 1100 * 1 + 900 * 12 + 100 * 50;
    expect(frontier).toEqual({
      name: 'always-frontier',
      model: 'dear',
      billNanoUsd: expected * 1000,
      wasRejectedHere: false,
      label: 'modelled',
    });
  });

  test('is cold for another transcript and after the time to live', () => {
    const fresh = counterfactuals(catalog, [call(0), call(1, { thread: 'own/0' })], {
      frontier: dear,
      isRejected: () => false,
    });
    const late = counterfactuals(catalog, [call(0), call(1, { startedAt: TEST_NOW + 3_600_000 })], {
      frontier: dear,
      isRejected: () => false,
    });
    const cold = (1000 * 12 + 100 * 50 + 2000 * 12 + 100 * 50) * 1000;
    expect(fresh[0]?.billNanoUsd).toBe(cold);
    expect(late[0]?.billNanoUsd).toBe(cold);
  });

  test('leaves rejected attempts out: the simple rule gets the benefit of the doubt', () => {
    const rows = counterfactuals(catalog, [call(0), call(1, { attempt: 1 })], {
      frontier: dear,
      isRejected: (entry) => entry.attempt === 0,
    });
    expect(rows[0]?.billNanoUsd).toBe((2000 * 12 + 100 * 50) * 1000);
  });

  test('never switching means the model of the first call, and a call without usage counts for neither', () => {
    const unknown = call(2, { end: { ...anAnswer('x'), usage: undefined, billNanoUsd: undefined } });
    const known = [call(0, { model: modelId('dear') }), call(1)];
    const options = { frontier: dear, isRejected: () => false };
    const rows = counterfactuals(catalog, [...known, unknown], options);
    expect(rows).toEqual(counterfactuals(catalog, known, options));
    expect(rows[1]).toMatchObject({ name: 'never-switch', model: 'dear', billNanoUsd: rows[0]?.billNanoUsd });
  });
});

test('says of a rule whose model was rejected in the job that staying on it would not have been enough', () => {
  const rows = counterfactuals(catalog, [call(0), call(1, { attempt: 1, model: modelId('dear') })], {
    frontier: dear,
    isRejected: (entry) => entry.attempt === 0,
  });
  expect(rows.map((row) => [row.name, row.wasRejectedHere])).toEqual([
    ['always-frontier', false],
    ['never-switch', true],
  ]);
});

test('the frontier is the most able frontier model, whatever the order', () => {
  const other = aModel({ id: modelId('strong-but-plain'), frontier: false, abilityIndex: 99 });
  expect(frontierOf([cheap, other, dear])?.id).toBe('dear');
  expect(frontierOf([])).toBeUndefined();
});
