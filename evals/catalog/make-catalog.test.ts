import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { DATA_DIR, DEFAULT_SOURCE_DIR, makeCatalog } from './make-catalog.ts';
import { modelRows } from './model-rows.ts';
import type { SourceModel } from './source.ts';
import { vendorOf } from './vendors.ts';

const hasSnapshot = existsSync(path.join(DEFAULT_SOURCE_DIR, 'models.json'));

test.skipIf(!hasSnapshot)('the committed catalogue is what the snapshot makes (skipped: no data)', () => {
  for (const [name, made] of Object.entries(makeCatalog(DEFAULT_SOURCE_DIR))) {
    expect(JSON.parse(readFileSync(path.join(DATA_DIR, name), 'utf8')), name).toEqual(JSON.parse(JSON.stringify(made)));
  }
});

const source: SourceModel = {
  provider: 'openai',
  id: 'gpt-x',
  sources: [{ kind: 'price', src: 'npm:@pydantic/genai-prices@0.1.8 (MIT)' }],
  usd_per_mtok: { input: 1, output: 2, cache_read: 0.1, cache_write_5m: null, cache_write_1h: null },
  open_weights: null,
  context: 1000,
  max_output: 100,
  tool_calling: null,
  structured_output: null,
  modalities: { input: ['text'] },
  reasoning_options: null,
  release_date: '2026-01-01',
  min_cacheable_tokens: null,
  aa_intelligence_index: null,
  tps: null,
};

test('unknown abilities are written as absent, unknown needs as not offered', () => {
  const [row] = modelRows([source], '2026-11-21');
  expect(row).toMatchObject({ toolCalling: false, structuredOutput: false, source: 'genai-prices@0.1.8' });
  expect(row).not.toHaveProperty('abilityIndex');
  expect(row).not.toHaveProperty('openWeights');
});

test('a model without a price has no row, one before the cut-off no European row', () => {
  const unpriced = { ...source, usd_per_mtok: { ...source.usd_per_mtok, output: null } };
  expect(modelRows([unpriced], '2026-11-21')).toEqual([]);
  expect(
    modelRows([source, { ...source, id: 'gpt-y', release_date: '2026-03-05' }], '2026-11-21').map((row) => row['id']),
  ).toEqual(['gpt-x', 'gpt-y', 'openai-eu/gpt-y']);
});

test('a vendor that is not described is an error, not a guess', () => {
  expect(() => vendorOf('newcomer')).toThrow(/newcomer/u);
});
