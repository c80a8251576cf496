import { describe, expect, test } from 'vitest';
import { loadCatalog } from '../catalog/load-catalog.ts';
import { createBootstrap, intervalOf, ratioInterval } from '../stats/poisson-bootstrap.ts';
import { createTimeSums } from './report/cost-over-time.ts';
import { DEFAULT_ASSUMPTIONS } from './simulation/assumptions.ts';
import { createRecordedModels } from './simulation/recorded-models.ts';

describe('createRecordedModels', () => {
  const models = createRecordedModels(loadCatalog(), DEFAULT_ASSUMPTIONS);
  const at = Date.UTC(2025, 10, 20);

  test('takes the catalogue first, without dates and client suffixes', () => {
    expect(models.find('claude-opus-5-5', at)).toMatchObject({ basis: 'catalogue', model: { id: 'claude-opus-5-5' } });
    expect(models.find('claude-haiku-4-5-20251001', at)?.model.id).toBe('claude-haiku-4-5');
    expect(models.find('claude-opus-5-5[1m]', at)?.model.id).toBe('claude-opus-5-5');
    expect(models.find('anthropic/claude-opus-5-5', at)?.model.id).toBe('claude-opus-5-5');
  });

  test('prices a model that has left the catalogue as it was, tiers and write classes included', () => {
    const found = models.find('claude-sonnet-4-5-20250929', at);
    expect(found?.basis).toBe('price-list');
    expect(found?.model.prices.base).toEqual({
      input: 3,
      output: 15,
      cacheRead: 0.3,
      cacheWrite: 3.75,
      cacheWrite1h: 6,
    });
    expect(found?.model.prices.tiers).toEqual([
      { aboveTokens: 200_000, row: { input: 6, output: 22.5, cacheRead: 0.6, cacheWrite: 7.5, cacheWrite1h: 12 } },
    ]);
    expect(found?.model.cacheRule).toMatchObject({ kind: 'explicit', minTokens: 1024 });
  });

  test('a name that nobody knows has no price', () => {
    expect(models.find('my-big-model', at)).toBeUndefined();
    expect(models.find('', undefined)).toBeUndefined();
    expect(models.find('function Object() { [native code] }', undefined)).toBeUndefined();
  });

  test('a cheap model is taken to need more calls, a frontier one is not', () => {
    expect(models.find('claude-haiku-4-5', at)?.model.callsRatio).toBe(DEFAULT_ASSUMPTIONS.cheapCallsRatio.value);
    expect(models.find('claude-opus-5-5', at)?.model.callsRatio).toBe(1);
  });
});

describe('bootstrap', () => {
  test('covers the truth about as often as it says', () => {
    let covered = 0;
    for (let trial = 0; trial < 60; trial += 1) {
      const bootstrap = createBootstrap(trial, 200);
      const top = bootstrap.createSum();
      const bottom = bootstrap.createSum();
      for (let index = 0; index < 60; index += 1) {
        bootstrap.nextSession();
        const size = 1 + ((index * 37 + trial * 11) % 17);
        top.add(size * (((index * 53 + trial * 29) % 101) / 50));
        bottom.add(size);
      }
      const interval = ratioInterval(top, bottom, bootstrap.sessionCount);
      if (interval !== undefined && interval.low <= 1 && interval.high >= 1) covered += 1;
    }
    expect(covered).toBeGreaterThanOrEqual(52);
  });

  test('gives none from four sessions', () => {
    const bootstrap = createBootstrap(1, 50);
    const sum = bootstrap.createSum();
    for (let index = 0; index < 4; index += 1) {
      bootstrap.nextSession();
      sum.add(1);
    }
    expect(intervalOf(sum, bootstrap.sessionCount)).toBeUndefined();
  });
});

test('sums over time keep every amount in at most 400 spans, however long the range', () => {
  const sums = createTimeSums(2);
  const start = Date.UTC(2026, 0, 1);
  for (let index = 0; index < 5000; index += 1) sums.add(start + index * 7_777_777, index % 2, 10);
  const report = sums.report(['a', 'b']);
  expect(report.spans.length).toBeLessThanOrEqual(400);
  expect(report.spans.reduce((sum, span) => sum + (span.costNanoUsd[0] ?? 0) + (span.costNanoUsd[1] ?? 0), 0)).toBe(
    50_000,
  );
  expect(report.spans.map((span) => span.at)).toEqual(report.spans.map((span) => span.at).sort((a, b) => a - b));
});
