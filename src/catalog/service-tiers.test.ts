import { describe, expect, test } from 'vitest';
import { billNanoUsd, knownBillNanoUsd } from './bill.ts';
import { loadCatalog } from './load-catalog.ts';
import { asServed, atFlex, isDearerTier, standardIdOf, withFlex } from './service-tiers.ts';

const catalog = loadCatalog();
const NANO = 1e9;

describe('a tier for calls that can wait', () => {
  test.each([
    ['gpt-6-sol', true],
    ['gpt-6-luna', true],
    ['gpt-5.4-mini', true],
    ['gpt-5.3-codex', false],
    ['gemini-3.8-flash', true],
    ['gemini-2.5-pro', false],
    ['claude-opus-5-5', false],
    ['openai-eu/gpt-6-sol', false],
  ])('of %s: %s', (id, isThere) => {
    const model = catalog.get(id);
    if (model === undefined) throw new Error(`${id} is not in the catalogue`);
    expect(atFlex(model) !== undefined).toBe(isThere);
  });

  test('is a row of its own at the same endpoint, at half the price for every token', () => {
    const standard = catalog.get('gpt-6-sol');
    const flex = catalog.get('flex/gpt-6-sol');
    expect(flex).toMatchObject({
      sameAs: 'gpt-6-sol',
      endpoint: 'openai',
      serviceTier: 'flex',
      wireModel: 'gpt-6-sol',
    });
    const usage = {
      uncachedTokens: 1000,
      cacheReadTokens: 20_000,
      cacheWriteTokens: 3000,
      cacheWrite1hTokens: undefined,
      outputTokens: 500,
      reasoningTokens: undefined,
    };
    if (standard === undefined || flex === undefined) throw new Error('gpt-6-sol is not in the catalogue');
    expect(2 * billNanoUsd(flex.prices, usage, 0)).toBe(billNanoUsd(standard.prices, usage, 0));
    expect(flex.source).toContain('flex-processing');
  });

  test('is listed nowhere, and looked up by its name alone', () => {
    expect(catalog.models.every((model) => model.serviceTier === undefined)).toBe(true);
    expect(catalog.get('flex/claude-opus-5-5')).toBeUndefined();
    expect(catalog.get('flex/flex/gpt-6-sol')).toBeUndefined();
    expect(standardIdOf('gpt-6-sol')).toBeUndefined();
  });

  test('joins a pool once, behind its models', () => {
    const pool = ['claude-opus-5-5', 'gpt-6-sol'].flatMap((id) => catalog.get(id) ?? []);
    expect(withFlex(pool).map(({ id }) => id)).toEqual(['claude-opus-5-5', 'gpt-6-sol', 'flex/gpt-6-sol']);
    expect(withFlex(pool)).toBe(withFlex(pool));
    const plain = pool.slice(0, 1);
    expect(withFlex(plain)).toBe(plain);
  });
});

describe('a dearer tier', () => {
  const priced = (id: string, tier: string, prompt: number): number | undefined => {
    const model = catalog.get(id);
    if (model === undefined) throw new Error(`${id} is not in the catalogue`);
    const usage = {
      uncachedTokens: prompt,
      cacheReadTokens: 0,
      cacheWriteTokens: 0,
      cacheWrite1hTokens: undefined,
      outputTokens: 0,
      reasoningTokens: undefined,
    };
    return knownBillNanoUsd(asServed(model, tier).prices, usage, 0);
  };

  // As openai.com/api-fast-mode and Anthropic's page state them, USD per million tokens.
  test.each([
    ['gpt-5.6-sol', 'priority', 1000, 8],
    ['gpt-5.6-sol', 'fast', 300_000, 16],
    ['gpt-5.5', 'priority', 1000, 12.5],
    ['gpt-5.4-mini', 'priority', 1000, 1.5],
    ['claude-opus-5', 'fast', 1000, 10],
  ])('of %s (%s, %i tokens) costs what its vendor states', (id, tier, prompt, usdPerMTok) => {
    expect(isDearerTier(tier)).toBe(true);
    expect(priced(id, tier, prompt)).toBeCloseTo((prompt * usdPerMTok * NANO) / 1e6);
  });

  test.each([
    ['gpt-5.5', 'priority', 300_000],
    ['gpt-6-sol', 'priority', 1000],
    ['gpt-5.4', 'scale', 1000],
    ['claude-opus-5', 'priority', 1000],
    ['claude-haiku-4-5', 'fast', 1000],
    ['gemini-3.8-flash', 'priority', 1000],
  ])('of %s (%s, %i tokens) has no price where nobody states one', (id, tier, prompt) => {
    expect(priced(id, tier, prompt)).toBeUndefined();
    expect(priced(id, 'default', prompt)).toBeGreaterThan(0);
  });
});
