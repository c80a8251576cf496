import { expect, test } from 'vitest';
import { loadCatalog } from '../catalog/load-catalog.ts';
import { loadConfig } from '../config/load-config.ts';
import { defaultReplayPool } from './replay-pool.ts';
import { listPrice } from './simulation/build-workload.ts';

const catalog = loadCatalog();
const poolFor = (env: Readonly<Record<string, string>>): ReturnType<typeof defaultReplayPool> =>
  defaultReplayPool(loadConfig({ cwd: '/', env: { HOME: '/nowhere', ...env } }), catalog);

test('without a key it is six models over four price levels, and it says so', () => {
  const { models, why } = poolFor({});
  expect(models).toHaveLength(6);
  expect(new Set(models.map((model) => model.vendor)).size).toBe(2);
  expect(why).toContain('no key is set');
});

test('with keys it is what can be called: at most eight, none beaten on both price and ability', () => {
  const { models, why } = poolFor({ OPENAI_API_KEY: 'sk-a', ANTHROPIC_API_KEY: 'sk-b' });
  expect(models.length).toBeGreaterThan(2);
  expect(models.length).toBeLessThanOrEqual(8);
  expect(new Set(models.map((model) => model.endpoint))).toEqual(new Set(['anthropic', 'openai']));
  for (const one of models) {
    for (const other of models) {
      if (one.abilityIndex === undefined || other.abilityIndex === undefined) continue;
      const isBeaten = other.abilityIndex > one.abilityIndex && listPrice(other) <= listPrice(one);
      expect(isBeaten, `${one.id} by ${other.id}`).toBe(false);
    }
  }
  expect(why).toMatch(/of \d+ models whose key is set/u);
});

test('with one small vendor it is all that this one offers', () => {
  const { models, why } = poolFor({ DEEPSEEK_API_KEY: 'sk-a' });
  expect(new Set(models.map((model) => model.vendor))).toEqual(new Set(['deepseek']));
  expect(why).toBe('the models whose key is set here');
});
