import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { asId, type EndpointId } from '../domain/ids.ts';
import { parseLiteral } from './js-literal.ts';
import { shippedModels } from './load-catalog.ts';
import { unlistedModel } from './model-families.ts';
import { matchesName, readPricePackage, type PackageProvider } from './price-package.ts';
import { refreshPrices } from './refresh-prices.ts';
import { parseRefreshedPrices, refreshedName, withRefreshedPrices } from './refreshed-prices.ts';

const MODULE = readFileSync(
  path.resolve(import.meta.dirname, '../../node_modules/@pydantic/genai-prices/dist/index.js'),
  'utf8',
);
const bundled = readPricePackage(MODULE);
const AT = Date.UTC(2026, 10, 29, 12);
const from = { source: 'list@9', publishedOn: '2027-01-02', at: AT };
const models = shippedModels();
const OPUS = 'claude-opus-5-5';

/** The list with other prices of one model at one provider. */
function with_(providerId: string, id: string, prices: Readonly<Record<string, number>>): readonly PackageProvider[] {
  return bundled.map((provider) =>
    provider.id === providerId
      ? { ...provider, models: provider.models.map((model) => (model.id === id ? { ...model, prices } : model)) }
      : provider,
  );
}

const opusPrices = {
  input_mtok: 3,
  output_mtok: 15,
  cache_read_mtok: 0.15,
  cache_write_mtok: 3.75,
  cache_write_1h_mtok: 6,
};

describe('the price package', () => {
  test('is read without being run', () => {
    expect(bundled.find(({ id }) => id === 'anthropic')?.models.length).toBeGreaterThan(10);
    expect(() => readPricePackage('const E = [{ id: process.exit(3), models: [] }];')).toThrow('no data');
    expect(() => readPricePackage('')).toThrow('no data');
  });

  test.each([
    ['[1, -2.5, 1e3, .5]', [1, -2.5, 1000, 0.5]],
    ['{ a: !0, "b-c": !1, d: void 0, e: null, }', { a: true, 'b-c': false, d: undefined, e: null }],
    [`['it\\'s', "a\\nb", \`c\nd\`, "\\u0041\\x42"]`, ["it's", 'a\nb', 'c\nd', 'AB']],
    ['[`${x}`]', undefined],
    ['[f()]', undefined],
    ['[1 2]', undefined],
    ['{ a: 1', undefined],
    ['{ __proto__: { x: 1 } }', Object.fromEntries([['__proto__', { x: 1 }]])],
  ])('of %j makes %j', (source, value) => {
    expect(parseLiteral(source, 0)).toEqual(value);
  });

  test('a pattern that would take long matches nothing', () => {
    expect(matchesName({ regex: `^${'a*'.repeat(20)}$` }, `${'a'.repeat(150)}!`)).toBe(false);
    expect(matchesName({ regex: `^${'a*'.repeat(20)}` }, 'a')).toBe(false);
    expect(matchesName({ regex: '^(a+)+$' }, `${'a'.repeat(40)}!`)).toBe(false);
    expect(matchesName({ regex: '^gpt-\\d$' }, 'gpt-7')).toBe(true);
  });
});

describe('a refresh', () => {
  test('with the list that this version came with changes nothing', () => {
    expect(refreshPrices(models, bundled, from)).toMatchObject({
      changes: [],
      refused: [],
      refreshed: { changed: [] },
    });
  });

  test('takes what the list has changed, and leaves every other row the object it was', () => {
    const { changes, refreshed } = refreshPrices(models, with_('anthropic', OPUS, opusPrices), from);
    expect(changes.map(({ model, bucket, after }) => [model, bucket, after])).toEqual([
      [OPUS, 'input', 3],
      [OPUS, 'output', 15],
      [OPUS, 'cacheRead', 0.15],
      [OPUS, 'cacheWrite', 3.75],
      [OPUS, 'cacheWrite1h', 6],
    ]);
    const again = parseRefreshedPrices(JSON.stringify(refreshed), 'f');
    const now = withRefreshedPrices(models, again);
    const row = now.find(({ id }) => id === OPUS);
    expect(row?.prices.base).toEqual({ input: 3, output: 15, cacheRead: 0.15, cacheWrite: 3.75, cacheWrite1h: 6 });
    expect([row?.source, row?.asOf]).toEqual(['list@9', '2027-01-02']);
    expect(now.filter((model, index) => model !== models[index])).toHaveLength(1);
    const stale = { ...refreshed, publishedOn: '2020-01-01' };
    expect(withRefreshedPrices(models, stale)).toEqual(models);
  });

  test.each([
    [{ ...opusPrices, output_mtok: 400 }, 'times what it is'],
    [{ ...opusPrices, input_mtok: 0 }, 'nothing'],
    [{ ...opusPrices, input_mtok: -1 }, 'no price'],
    [{ ...opusPrices, input_mtok: 1e9 }, 'no price'],
  ])('takes no absurd price: %j', (prices, why) => {
    const { changes, refused, refreshed } = refreshPrices(models, with_('anthropic', OPUS, prices), from);
    expect([changes, refreshed.changed]).toEqual([[], []]);
    expect(refused.map((one) => one.why).join()).toContain(why);
  });

  test('takes no absurd price of long prompts either, which is where nobody looks', () => {
    const tier = { base: opusPrices.input_mtok, tiers: [{ start: 1, price: 0 }] };
    const list = with_('anthropic', OPUS, { ...opusPrices, input_mtok: tier as unknown as number });
    const { refreshed, refused } = refreshPrices(models, list, from);
    expect(refreshed.changed).toEqual([]);
    expect(refused.length).toBeGreaterThan(0);
  });

  test('takes no list without our vendors', () => {
    expect(() => refreshPrices(models, bundled.slice(0, 3), from)).toThrow('lacks most vendors');
  });

  test('prices names that no row lists, and leaves those that the list lacks unknown', () => {
    const { refreshed, newNames } = refreshPrices(models, bundled, from);
    expect(newNames).toContain('openai/text-embedding-3-small');
    expect(refreshedName(refreshed, asId<EndpointId>('anthropic'), 'claude-sonnet-5-5')?.prices.base).toMatchObject({
      input: 2,
      output: 10,
    });
    const endpoint = {
      id: asId<EndpointId>('anthropic'),
      wires: ['anthropic-messages'],
      compliance: {},
      isReady: true,
    } as const;
    const named = (name: string) =>
      unlistedModel(name, { models, endpoints: [endpoint], refreshed }, 'anthropic-messages');
    expect(named('claude-sonnet-5-5')).toMatchObject({ source: 'list@9', prices: { base: { output: 10 } } });
    expect(named('claude-nova-9')?.prices.base.input).toBeNaN();
  });

  test.each(['{', '{"v":2}', '{"v":1,"source":"s","publishedOn":"x","changed":[],"names":[]}'])(
    'reads no file like %s',
    (text) => {
      expect(() => parseRefreshedPrices(text, 'prices.json')).toThrow('prices.json');
    },
  );
});
