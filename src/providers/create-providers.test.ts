import { describe, expect, test } from 'vitest';
import { asId, type EndpointId } from '../domain/ids.ts';
import type { Wire } from '../domain/model.ts';
import { REAL_ADAPTERS, aCallRequest, aGptModel, aModel } from '../testing/index.ts';
import { resolveEndpoint, type EndpointConfig } from '../wires/shared/endpoint-config.ts';
import { collectOutcome } from './collect.ts';
import { createProviders } from './create-providers.ts';

const id: EndpointId = asId('my-claude');
const config: EndpointConfig = { id, wires: ['anthropic-messages'], baseUrl: 'https://api.example.invalid' };
const adapters = REAL_ADAPTERS;

async function failureOf(overrides: Partial<EndpointConfig>, model = aModel()): Promise<unknown> {
  const provider = createProviders([{ ...config, ...overrides }], { adapters }).get(id);
  const { signal } = new AbortController();
  if (provider === undefined) throw new Error('no provider');
  return collectOutcome(provider.stream(model, aCallRequest(), { signal }), { model });
}

describe('providers made from configuration', () => {
  test('a missing key fails the call, not the start, and names the variable', async () => {
    expect(await failureOf({})).toMatchObject({
      error: { code: 'provider-auth', hint: expect.stringContaining('MY_CLAUDE_API_KEY') },
    });
    expect(await failureOf({ apiKeyName: 'OTHER' })).toMatchObject({
      error: { hint: expect.stringContaining('OTHER') },
    });
    expect(await failureOf({ apiKey: '' })).toMatchObject({ error: { code: 'provider-auth' } });
  });

  test('a model whose wire the endpoint does not speak is a defect of the configuration', async () => {
    const outcome = await failureOf({ apiKey: 'k' }, aGptModel({ endpoint: id }));
    expect(outcome).toMatchObject({
      error: { code: 'config-invalid', message: expect.stringContaining('openai-responses') },
    });
  });

  test.each(['', 'api.example.com', 'http://'])('the base URL "%s" is refused', (baseUrl) => {
    expect(() => createProviders([{ ...config, baseUrl }], { adapters })).toThrow(/base URL/u);
  });

  test('two endpoints of one name are refused', () => {
    expect(() => createProviders([config, config], { adapters })).toThrow(/Two endpoints/u);
  });
});

describe('what a configuration leaves out', () => {
  const wires: readonly Wire[] = ['openai-chat'];
  const resolve = (baseUrl: string, name = 'x'): ReturnType<typeof resolveEndpoint> =>
    resolveEndpoint({ id: asId(name), wires, baseUrl }, { X_API_KEY: 'secret' });

  test('the key comes from the secrets under the name of the endpoint', () => {
    expect(resolve('https://api.example.com').apiKey).toBe('secret');
    expect(resolve('https://api.example.com', 'y').apiKey).toBeUndefined();
  });

  test.each([
    ['https://api.openai.com/v1', 'x', 'openai'],
    ['https://my.openai.azure.com/openai/v1', 'x', 'openai'],
    ['https://api.mistral.ai', 'x', 'mistral'],
    ['https://openrouter.ai/api/v1', 'x', 'openrouter'],
    ['https://api.deepseek.com', 'x', 'deepseek'],
    ['https://notopenai.com', 'x', 'generic'],
    ['http://localhost:11434', 'ollama', 'generic'],
    ['http://127.0.0.1:9', 'openai', 'openai'],
    ['http://127.0.0.1:9', 'openai-eu', 'openai'],
  ])('%s called %s speaks the dialect %s', (baseUrl, name, dialect) => {
    expect(resolve(baseUrl, name).dialect).toBe(dialect);
  });

  test.each([
    ['http://localhost:11434/v1', true],
    ['http://127.0.0.1:8000', true],
    ['http://[::1]:8000', true],
    ['http://192.168.0.4:8000', false],
    ['https://localhost.example.com', false],
  ])('%s needs no key: %s', (baseUrl, keyless) => {
    expect(resolve(baseUrl).keyless).toBe(keyless);
  });
});

test('an endpoint with a subscription token is no endpoint', () => {
  const made = (config: object) => () =>
    createProviders([{ id: asId<EndpointId>('anthropic'), wires: [], baseUrl: 'https://a.test', ...config }], {
      adapters: {} as never,
      secrets: { ANTHROPIC_API_KEY: 'sk-ant-oat01-x' },
    });
  expect(made({})).toThrow(expect.objectContaining({ code: 'config-invalid' }));
  expect(made({ apiKey: 'k', headers: { A: 'Bearer sk-ant-ort01-x' } })).toThrow(/subscription/u);
});
