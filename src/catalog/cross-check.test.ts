import { calcPrice } from '@pydantic/genai-prices';
import { describe, expect, test } from 'vitest';
import { nanoFromUsd } from '../domain/money.ts';
import type { Usage } from '../domain/usage.ts';
import { billNanoUsd } from './bill.ts';
import { requireModel } from './create-catalog.ts';
import { crossCheckPrices } from './cross-check.ts';
import { loadCatalog } from './load-catalog.ts';

/** A Saturday noon UTC: nobody's peak hour. */
const OFF_PEAK_AT = Date.UTC(2026, 10, 21, 12);
/** A Monday, 02:00 UTC: DeepSeek's peak. */
const PEAK_AT = Date.UTC(2026, 10, 23, 2);

/** Disagreements that are understood, as `model bucket`, each with the reason why ours stands. */
const KNOWN: Readonly<Record<string, string>> = {};

const catalog = loadCatalog();
const check = crossCheckPrices(catalog.models, OFF_PEAK_AT);

describe('prices against @pydantic/genai-prices', () => {
  test('most of the catalogue is covered, and every disagreement is known', () => {
    console.info(`compared ${check.compared.length}, not in its data: ${check.unknown.join(', ')}`);
    console.table(check.disagreements);
    expect(check.compared.length).toBeGreaterThanOrEqual(40);
    const news = check.disagreements.filter((found) => KNOWN[`${found.model} ${found.bucket}`] === undefined);
    expect(news).toEqual([]);
  });

  test('the list of known disagreements holds none that has gone', () => {
    const found = new Set(check.disagreements.map((row) => `${row.model} ${row.bucket}`));
    expect(Object.keys(KNOWN).filter((key) => !found.has(key))).toEqual([]);
  });

  test('a wrong price, a missing price and a moved threshold are each found', () => {
    const model = requireModel(catalog, 'gpt-6-sol');
    const { base, tiers } = model.prices;
    const broken = [
      { ...model, prices: { ...model.prices, base: { ...base, output: 11 } } },
      { ...model, prices: { ...model.prices, base: { ...base, cacheRead: undefined } } },
      { ...model, prices: { ...model.prices, tiers: tiers.map((tier) => ({ ...tier, aboveTokens: 200_000 })) } },
    ];
    const found = broken.map((row) => crossCheckPrices([row], OFF_PEAK_AT).disagreements);
    expect(found[0]).toEqual([{ model: 'gpt-6-sol', bucket: 'output', promptTokens: 1, ours: 11, theirs: 10 }]);
    expect(found[1]?.map((row) => row.bucket)).toEqual(['cacheRead']);
    expect(found[2]?.map((row) => row.promptTokens)).toEqual([200_001, 200_001, 200_001, 200_001]);
  });
});

const usages: readonly (readonly [string, Usage])[] = [
  ['a cold call', usage(12_000, 0, 0, 0, 800)],
  ['a warm call with a new tail', usage(300, 60_000, 1500, 0, 350)],
  ['one-hour writes', usage(10, 0, 20_000, 5000, 100)],
  ['a long prompt', usage(1000, 300_000, 4000, 0, 2000)],
];

function usage(uncached: number, read: number, write: number, write1h: number, output: number): Usage {
  return {
    uncachedTokens: uncached,
    cacheReadTokens: read,
    cacheWriteTokens: write,
    cacheWrite1hTokens: write1h,
    outputTokens: output,
    reasoningTokens: undefined,
  };
}

describe('bills against @pydantic/genai-prices', () => {
  const cases = usages.flatMap(([name, tokens]) =>
    [
      ['claude-opus-5-5', 'anthropic'],
      ['claude-haiku-4-5', 'anthropic'],
      ['gpt-6-sol', 'openai'],
      ['deepseek-v4-pro', 'deepseek'],
      ['gemini-3.1-pro-preview', 'google'],
    ].map(([id, provider]) => ({ name, tokens, id: id ?? '', provider: provider ?? '' })),
  );

  test.each(cases)('$name on $id costs the same in both', ({ tokens, id, provider }) => {
    const model = requireModel(catalog, id);
    const writes = model.prices.base.cacheWrite !== undefined;
    const longWrites = model.prices.base.cacheWrite1h !== undefined;
    const own = {
      ...tokens,
      cacheWriteTokens: writes ? tokens.cacheWriteTokens : undefined,
      cacheWrite1hTokens: longWrites ? tokens.cacheWrite1hTokens : undefined,
    };
    for (const at of [OFF_PEAK_AT, PEAK_AT]) {
      const theirs = calcPrice(theirUsage(own), model.wireModel, { providerId: provider, timestamp: new Date(at) });
      const ours = billNanoUsd(model.prices, own, at);
      expect(Math.abs(ours - nanoFromUsd(theirs?.total_price ?? Number.NaN))).toBeLessThanOrEqual(1);
    }
  });
});

/** Its `input_tokens` are the whole prompt. */
function theirUsage(tokens: Usage): Record<string, number> {
  const write = tokens.cacheWriteTokens ?? 0;
  return {
    input_tokens: tokens.uncachedTokens + (tokens.cacheReadTokens ?? 0) + write,
    cache_read_tokens: tokens.cacheReadTokens ?? 0,
    ...(tokens.cacheWriteTokens === undefined ? {} : { cache_write_tokens: write }),
    ...(tokens.cacheWrite1hTokens === undefined ? {} : { cache_write_1h_tokens: tokens.cacheWrite1hTokens }),
    output_tokens: tokens.outputTokens,
  };
}
