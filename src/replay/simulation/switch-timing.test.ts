import { expect, test } from 'vitest';
import { requireModel } from '../../catalog/create-catalog.ts';
import { loadCatalog } from '../../catalog/load-catalog.ts';
import { aWorkload, type CallSketch } from '../../testing/internal/workload-builders.ts';
import { timingNano } from './switch-timing.ts';

const catalog = loadCatalog();
const OPUS = 'claude-opus-5-5';
const HAIKU = 'claude-haiku-4-5';
const pool = [OPUS, HAIKU].map((id) => requireModel(catalog, id));

const call = (model: string, index: number, read: number): CallSketch => ({
  model,
  prompt: 100_001 + 1000 * index,
  read,
});
const away: readonly CallSketch[] = [
  call(OPUS, 0, 0),
  call(OPUS, 1, 100_000),
  call(OPUS, 2, 101_000),
  call(HAIKU, 3, 0),
  call(HAIKU, 4, 103_000),
];
const back: readonly CallSketch[] = [call(OPUS, 5, 102_000), call(OPUS, 6, 105_000)];

test('a switch back from a model that was not gone to is not put off as well', () => {
  const saved = timingNano(aWorkload({ calls: away, pool }));
  expect(saved).toBeGreaterThan(0);
  expect(timingNano(aWorkload({ calls: [...away, ...back], pool }))).toBeCloseTo(saved);
});
