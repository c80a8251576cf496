import { describe, expect, test } from 'vitest';
import type { Model } from '../domain/model.ts';
import { capabilitiesOf, parseCapabilities } from './capabilities.ts';
import { complianceOf, parseCompliance } from './compliance.ts';
import { createCatalog, requireModel } from './create-catalog.ts';
import { loadCatalog, shippedModels } from './load-catalog.ts';

const catalog = loadCatalog();

function shipped(id: string): Model {
  return requireModel(catalog, id);
}

describe('the shipped catalogue', () => {
  test('holds every priced model of the snapshot and the European rows', () => {
    expect(catalog.models.filter((model) => model.endpoint !== 'openai-eu')).toHaveLength(62);
    expect(catalog.models.filter((model) => model.endpoint === 'openai-eu')).toHaveLength(10);
  });

  test('every row has a source and a date', () => {
    const bare = catalog.models.filter(
      (model) => model.source === 'models.json' || !/^\d{4}-\d\d-\d\d$/u.test(model.asOf),
    );
    expect(bare.map((model) => model.id)).toEqual([]);
  });

  test('four prices are four figures: reading from Opus 5.5 costs a twentieth of input, not a tenth', () => {
    expect(shipped('claude-opus-5-5').prices.base).toEqual({
      input: 4,
      output: 20,
      cacheRead: 0.2,
      cacheWrite: 5,
      cacheWrite1h: 8,
    });
  });

  test('a vendor without a write price has none, rather than zero', () => {
    expect(shipped('gpt-5.5').prices.base.cacheWrite).toBeUndefined();
    expect(shipped('deepseek-v4-pro').prices.base.cacheWrite).toBeUndefined();
  });

  test('both tier shapes of the snapshot say from which size on a whole row holds', () => {
    expect(shipped('gpt-6-sol').prices.tiers).toEqual([
      { aboveTokens: 272_000, row: { input: 4, output: 15, cacheRead: 0.4, cacheWrite: 5, cacheWrite1h: undefined } },
    ]);
    expect(shipped('qwen3-coder-plus').prices.tiers.map((tier) => [tier.aboveTokens, tier.row.input])).toEqual([
      [32_000, 1.8],
      [128_000, 3],
      [256_000, 6],
    ]);
    expect(shipped('claude-opus-5-5').prices.tiers).toEqual([]);
  });

  test('DeepSeek doubles its prices in two spans of a weekday', () => {
    expect(shipped('deepseek-v4-pro').prices.peak).toEqual({
      factor: 2,
      utcHours: [
        [1, 4],
        [6, 10],
      ],
      weekdaysOnly: true,
    });
  });

  test('the European host costs a tenth more and is another cache', () => {
    const model = shipped('openai-eu/gpt-6-sol');
    expect(model).toMatchObject({ endpoint: 'openai-eu', wireModel: 'gpt-6-sol', family: 'gpt' });
    expect(model.prices.base).toMatchObject({ input: 2.2, cacheRead: 0.22, output: 11 });
    expect(model.compliance.inferenceRegions).toEqual(['eu']);
    expect(shipped('gpt-6-sol').compliance.inferenceRegions).toEqual(['global']);
  });

  test('zero retention by arrangement is unknown, not given', () => {
    expect(complianceOf('anthropic').zeroDataRetention).toBeUndefined();
    expect(complianceOf('nobody')).toEqual({});
  });

  test('GPT from 5.6 on matches marked breakpoints, older ones any prefix', () => {
    expect(shipped('gpt-5.6-sol').cacheRule).toMatchObject({ exactBreakpoint: true, ttlMs: 1_800_000 });
    expect(shipped('gpt-5.5').cacheRule).toMatchObject({ exactBreakpoint: false, granularityTokens: 128 });
  });

  test('a model without a price for cached reads has no cache to speak of', () => {
    expect(shipped('mistral-medium-2604').cacheRule).toEqual({ kind: 'none' });
  });
});

describe('look-ups', () => {
  test('are exact: no case folding, no prefix, no inherited name', () => {
    for (const id of [
      'Claude-Opus-5-5',
      'claude-opus',
      'claude-opus-5-5 ',
      '',
      '[object Object]',
      'function Object() { [native code] }',
    ]) {
      expect(catalog.get(id)).toBeUndefined();
    }
  });

  test('a near miss is an error that names what was meant', () => {
    expect(() => requireModel(catalog, 'claude-opus-55')).toThrow(
      /No model is called "claude-opus-55"\. Near: claude-opus-5-5/u,
    );
    expect(catalog.suggest('gpt6')).toContain('gpt-6-sol');
    expect(catalog.suggest('something else entirely')).toEqual([]);
  });

  test("a model of the user's replaces the shipped one of its id, and only that", () => {
    const own = { ...shipped('gpt-6-sol'), wireModel: 'mine' };
    const merged = loadCatalog([own]);
    expect(merged.get('gpt-6-sol')?.wireModel).toBe('mine');
    expect(merged.models).toHaveLength(shippedModels().length);
  });

  test('an id twice is an error', () => {
    const own = shipped('gpt-6-sol');
    expect(() => createCatalog([own, own])).toThrow(/twice/u);
  });
});

describe('capabilities', () => {
  test('are raw, by publisher, and the same behind another endpoint', () => {
    const scores = capabilitiesOf('gpt-5.5')?.scores.filter((score) => score.benchmark === 'swe-atlas-codebase-qna');
    expect(scores?.map((score) => [score.publisher, score.percent])).toEqual([
      ['labs.scale.com', 45.43],
      ['artificialanalysis.ai', 80.8],
    ]);
    expect(capabilitiesOf('openai-eu/gpt-5.5')).toBe(capabilitiesOf('gpt-5.5'));
    expect(capabilitiesOf('gpt-6-sol')).toEqual({ abilityIndex: 47.5, scores: [] });
    expect(capabilitiesOf('nobody')).toBeUndefined();
  });

  test('every shipped model has a row', () => {
    expect(shippedModels().filter((model) => capabilitiesOf(model.id) === undefined)).toEqual([]);
  });

  test.each([[null], [{}], [{ models: [{ id: 'm', scores: [{ dimension: 'charm' }] }] }]])(
    'a broken file is catalog-invalid: %j',
    (file) => {
      expect(() => parseCapabilities(file)).toThrow(expect.objectContaining({ code: 'catalog-invalid' }));
    },
  );

  test.each([
    [null],
    [{ endpoints: [{ endpoint: 'x', soc2: 'yes' }] }],
    [{ endpoints: [{ endpoint: 'x', sco2: true }] }],
  ])('a broken compliance file is catalog-invalid: %j', (file) => {
    expect(() => parseCompliance(file)).toThrow(expect.objectContaining({ code: 'catalog-invalid' }));
  });
});
