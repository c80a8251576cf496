import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadCatalog } from '../catalog/load-catalog.ts';
import { isPointsmanError } from '../domain/errors.ts';
import { modelIdentity, type Model } from '../domain/model.ts';
import { isReady, secretsOf, siteOf, type Config } from './config.ts';
import { loadConfig } from './load-config.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'pm-hosts-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const ENV = { KEY_A: 'secret-value-a-0123456789', KEY_B: 'secret-value-b-0123456789' };

function load(text: string, env: Record<string, string> = ENV): Config {
  const file = path.join(folder, 'config.yaml');
  writeFileSync(file, text);
  return loadConfig({ cwd: folder, env, file });
}

function rowsOf(config: Config, id: string): readonly Model[] {
  return loadCatalog(config.models).models.filter((model) => modelIdentity(model) === id);
}

const TWO_HOSTS = `
endpoints:
  anthropic:
    keys: [KEY_A, { name: KEY_B, weight: 2, onlyFor: [team-b] }]
  eu:
    baseUrl: https://eu.example.com
    wires: [anthropic-messages]
    keys: [KEY_A]
    region: eu
    weight: 3
    priceRatio: 1.1
    models:
      claude-opus-5-5: { wireModel: eu.claude-opus-5-5 }
      claude-haiku-4-5: { usdPerMTok: { input: 1, output: 2 } }
`;

test('a model has one row for each host and key, under one identity', () => {
  const config = load(TWO_HOSTS);
  const opus = rowsOf(config, 'claude-opus-5-5');
  expect(opus.map(({ id, endpoint, wireModel }) => [id, endpoint, wireModel])).toEqual([
    ['claude-opus-5-5', 'anthropic', 'claude-opus-5-5'],
    ['eu/claude-opus-5-5', 'eu', 'eu.claude-opus-5-5'],
    ['anthropic#KEY_B/claude-opus-5-5', 'anthropic#KEY_B', 'claude-opus-5-5'],
  ]);
  const [home, eu, second] = opus;
  expect(second?.prices).toEqual(home?.prices);
  expect(eu?.prices.base.cacheRead).toBeCloseTo((home?.prices.base.cacheRead ?? 0) * 1.1, 9);
  expect(eu?.compliance).toMatchObject({ inferenceRegions: ['eu'] });
  const haiku = rowsOf(config, 'claude-haiku-4-5').find(({ endpoint }) => endpoint === 'eu');
  expect(haiku?.prices).toEqual({
    base: { input: 1, output: 2, cacheRead: undefined, cacheWrite: undefined, cacheWrite1h: undefined },
    tiers: [],
    peak: undefined,
  });
});

test('an effort in mid-conversation is said to its vendor and its clouds, and to no other server', () => {
  const config = load(`
endpoints:
  anthropic:
    keys: [KEY_A, KEY_B]
  eu:
    baseUrl: https://eu.example.com
    wires: [anthropic-messages]
    keys: [KEY_A]
    models:
      claude-opus-5-5: {}
  aws:
    host: bedrock
    region: eu-west-1
    models:
      claude-opus-5-5: { wireModel: anthropic.claude-opus-5-5 }
models:
  - { id: mine, endpoint: eu, wire: anthropic-messages, wireModel: claude-opus-5-5, contextTokens: 1000, efforts: [low, high], usdPerMTok: { input: 1, output: 2 } }
`);
  const { models } = loadCatalog(config.models);
  const says = models.filter(({ effortPerMessage }) => effortPerMessage === true).map(({ id }) => String(id));
  expect(says).toContain('claude-opus-5-5');
  expect(says).toContain('anthropic#KEY_B/claude-opus-5-5');
  expect(says).toContain('aws/claude-opus-5-5');
  expect(says).not.toContain('eu/claude-opus-5-5');
  expect(says).not.toContain('mine');
});

test('each key is an endpoint of its own, that says which one of the file it belongs to and for whom it is kept', () => {
  const config = load(TWO_HOSTS);
  const endpoints = [...config.endpoints.values()].filter((endpoint) => ['anthropic', 'eu'].includes(siteOf(endpoint)));
  expect(endpoints.map(({ id, apiKeyName, weight, onlyFor }) => ({ id, apiKeyName, weight, onlyFor }))).toEqual([
    { id: 'anthropic', apiKeyName: 'KEY_A', weight: undefined, onlyFor: undefined },
    { id: 'anthropic#KEY_B', apiKeyName: 'KEY_B', weight: 2, onlyFor: ['team-b'] },
    { id: 'eu', apiKeyName: 'KEY_A', weight: 3, onlyFor: undefined },
  ]);
  expect(endpoints.map((endpoint) => endpoint.apiKey?.reveal())).toEqual([ENV.KEY_A, ENV.KEY_B, ENV.KEY_A]);
});

test('a key is named by its variable everywhere, and its value is known to the redactor', () => {
  const config = load(TWO_HOSTS);
  const shown = `${inspect(config, { depth: 10 })} ${JSON.stringify([...config.endpoints.values()])} ${JSON.stringify(config.models)}`;
  for (const value of Object.values(ENV)) {
    expect(shown).not.toContain(value);
    expect(secretsOf(config)).toContain(value);
  }
});

test('a key that is not set is a place without a key, not one with another’s', () => {
  const config = load(TWO_HOSTS, { KEY_B: ENV.KEY_B });
  expect(
    [...config.endpoints.values()].filter(({ id }) => id.startsWith('anthropic')).map((one) => one.apiKey?.source),
  ).toEqual([undefined, 'env KEY_B']);
});

test('a cloud whose keys are listed is opened by those, and by nobody who happens to be signed in', () => {
  const config = load(`
endpoints:
  azure: { host: azure, baseUrl: "https://a.openai.azure.com", keys: [KEY_A, KEY_MISSING] }
`);
  const places = [...config.endpoints.values()].filter((endpoint) => siteOf(endpoint) === 'azure');
  expect(places.map((endpoint) => [endpoint.id, isReady(endpoint)])).toEqual([
    ['azure', true],
    ['azure#KEY_MISSING', false],
  ]);
});

test('says how long its answers may take to begin, and to go on', () => {
  const config = load(`
endpoints:
  lab: { baseUrl: "https://lab.example.com", firstByteSeconds: 20, idleTimeoutSeconds: 60 }
`);
  const lab = [...config.endpoints.values()].find(({ id }) => id === 'lab');
  expect([lab?.firstByteMs, lab?.idleTimeoutMs]).toEqual([20_000, 60_000]);
});

test('a canary takes a share of the sessions, and a share is less than all', () => {
  const config = load('endpoints: { lab: { baseUrl: "https://lab.example.com", canary: 0.05 } }');
  expect([...config.endpoints.values()].find(({ id }) => id === 'lab')?.canaryRatio).toBe(0.05);
  for (const share of [0, 1, -0.1]) {
    expect(() => load(`endpoints: { lab: { baseUrl: "https://lab.example.com", canary: ${share} } }`)).toThrow(
      'canary',
    );
  }
});

test('without hosts and keys of its own a configuration has none', () => {
  const config = load('policy: balanced');
  expect(config.models.filter((model) => model.sameAs !== undefined)).toEqual([]);
});

test.each([
  ['a key listed twice', 'endpoints: { anthropic: { keys: [KEY_A, KEY_A] } }', /listed twice/u],
  ['one key beside several', 'endpoints: { anthropic: { apiKeyName: KEY_A, keys: [KEY_B] } }', /beside "apiKey"/u],
  [
    'a model that is none',
    'endpoints: { eu: { baseUrl: "https://eu.example.com", models: { claude-opus-5-6: {} } } }',
    /no model has this id.*claude-opus-5/u,
  ],
  ['its own model', 'endpoints: { anthropic: { models: { claude-opus-5-5: {} } } }', /serves it as it is/u],
  ['a weight of nothing', 'endpoints: { anthropic: { weight: 0 } }', /more than 0/u],
  ['a misspelt field', 'endpoints: { anthropic: { keys: [{ name: KEY_A, wieght: 2 }] } }', /config\.yaml/u],
])('refuses %s', (_what, text, message) => {
  let thrown: unknown;
  try {
    load(text);
  } catch (error) {
    thrown = error;
  }
  expect(isPointsmanError(thrown) && thrown.code).toBe('config-invalid');
  expect(String(thrown)).toMatch(message);
});
