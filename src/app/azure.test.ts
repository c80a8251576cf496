import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import OpenAI, { AzureOpenAI } from 'openai';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createScriptedServer } from '../providers/scripted/scripted-server.ts';
import { azureCloud } from '../testing/internal/clouds/azure-cloud.ts';
import { openCloudBench, type CloudBench, type CloudBenchOptions } from '../testing/internal/clouds/cloud-bench.ts';

const KEY = 'azure-key-0123456789abcdef';
const cloud = azureCloud({ apiKey: KEY, deployments: { 'our-chat': 'gpt-5.5', 'our-reason': 'gpt-5.5' } });
const said = { role: 'user', content: 'hi' };

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const one of opened.splice(0)) await one.close();
});

async function bench(options: Partial<CloudBenchOptions> & { readonly yaml: string }): Promise<CloudBench> {
  const script = () => ({ text: 'from azure' });
  const one = await openCloudBench({ cloud, script, env: { AZURE_OPENAI_API_KEY: KEY }, ...options });
  opened.push(one);
  return one;
}

const yamlOf = (more: string, model = ''): string => `
endpoints:
  azure: { host: azure, baseUrl: URL, apiKeyName: AZURE_OPENAI_API_KEY, wires: [openai-chat, openai-responses], ${more} }
models:
  - { id: azure/chat, endpoint: azure, wire: openai-chat, wireModel: our-chat, usdPerMTok: { input: 1, output: 2 }, contextTokens: 100000, ${model} }
  - { id: azure/reason, endpoint: azure, wire: openai-responses, wireModel: our-reason, usdPerMTok: { input: 1, output: 2 }, contextTokens: 100000 }
`;

describe.each([
  ['the v1 API', ''],
  ['the v1 API of preview features', 'apiVersion: preview'],
  ['deployments with a dated version', 'apiVersion: "2025-04-01-preview"'],
])('Azure OpenAI by %s', (_name, more) => {
  test.each(['azure/chat', 'azure/reason'])('%s answers a job, and callers of every format', async (model) => {
    const { call, post, server } = await bench({ yaml: yamlOf(more) });
    expect((await call(model)).message.content).toEqual([{ type: 'text', text: 'from azure' }]);
    for (const stream of [true, false]) {
      const answers = [
        await post('/v1/chat/completions', { model, stream, messages: [said] }),
        await post('/v1/responses', { model, stream, input: 'hi' }),
        await post('/v1/messages', { model, stream, max_tokens: 50, messages: [said] }),
      ];
      for (const { status, text } of answers) expect([status, text]).toEqual([200, expect.stringContaining('from')]);
    }
    expect(server.objections).toEqual([]);
    expect(server.calls.length).toBe(7);
  });
});

test('a wrong key is refused and named, never sent on to a caller', async () => {
  const { call, post } = await bench({ yaml: yamlOf(''), env: { AZURE_OPENAI_API_KEY: 'another-key-000000' } });
  await expect(call('azure/chat')).rejects.toMatchObject({ code: 'provider-auth' });
  const { status, text } = await post('/v1/chat/completions', { model: 'azure/chat', messages: [said] });
  expect([status, text.includes('another-key')]).toEqual([502, false]);
});

test('an unknown deployment is refused in the words of Azure', async () => {
  const yaml = yamlOf('').replaceAll('our-chat', 'nobody');
  const { post } = await bench({ yaml });
  const { status, text } = await post('/v1/chat/completions', { model: 'azure/chat', messages: [said] });
  expect([status, text]).toEqual([404, expect.stringContaining('deployment')]);
});

test('without a key a token of the machine’s own identity opens it, fetched once by Azure’s package', async () => {
  const asked: URL[] = [];
  const identity = createServer((request, response) => {
    asked.push(new URL(request.url ?? '', 'http://identity'));
    const endsAt = String(Math.floor(Date.now() / 1000) + 3600);
    const answer = { access_token: 'entra-token', expires_on: endsAt, resource: 'r', token_type: 'Bearer' };
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => void identity.listen(0, '127.0.0.1', resolve));
  opened.push({ close: async () => void identity.close() });
  const place = `http://127.0.0.1:${(identity.address() as AddressInfo).port}/msi/token`;
  vi.stubEnv('IDENTITY_ENDPOINT', place);
  vi.stubEnv('IDENTITY_HEADER', 'secret-of-the-machine');
  vi.stubEnv('AZURE_TOKEN_CREDENTIALS', 'ManagedIdentityCredential');
  const tokens = new Map([['entra-token', Date.now() + 3_600_000]]);
  const { call, post, server } = await bench({
    cloud: azureCloud({ apiKey: KEY, tokens, deployments: { 'our-chat': 'gpt-5.5' } }),
    yaml: yamlOf('').replace('apiKeyName: AZURE_OPENAI_API_KEY, ', ''),
    env: {},
  });
  const messages = [said];
  const asks = [1, 2, 3].map(async () => post('/v1/chat/completions', { model: 'azure/chat', messages }));
  for (const { status } of await Promise.all(asks)) expect(status).toBe(200);
  expect(asked.map((url) => url.searchParams.get('resource'))).toEqual(['https://cognitiveservices.azure.com']);
  await call('azure/chat');
  expect(server.objections).toEqual([]);
});

test('where nobody is signed in, the error says what to do, and no call goes out', async () => {
  vi.stubEnv('AZURE_TOKEN_CREDENTIALS', 'EnvironmentCredential');
  const yaml = yamlOf('').replace('apiKeyName: AZURE_OPENAI_API_KEY, ', '');
  const { call, post, server } = await bench({ yaml, env: {} });
  await expect(call('azure/chat')).rejects.toMatchObject({
    code: 'provider-auth',
    hint: expect.stringContaining('az login'),
  });
  const { status } = await post('/v1/chat/completions', { model: 'azure/chat', messages: [said] });
  expect(status).toBe(502);
  expect(server.calls.length + server.objections.length).toBe(0);
});

describe('the scripted Azure', () => {
  test('takes what the official client sends, of both APIs', async () => {
    const server = await createScriptedServer({ cloud, script: () => ({ text: 'ok' }) });
    opened.push(server);
    const dated = new AzureOpenAI({ endpoint: server.url, apiKey: KEY, apiVersion: '2024-10-21' });
    const v1 = new OpenAI({ baseURL: `${server.url}/openai/v1`, apiKey: KEY });
    const messages = [{ role: 'user', content: 'hi' }] as const;
    for (const client of [dated, v1]) {
      const answer = await client.chat.completions.create({ model: 'our-chat', messages: [...messages] });
      expect(answer.choices[0]?.message.content).toBe('ok');
    }
    expect((await v1.responses.create({ model: 'our-reason', input: 'hi' })).output_text).toBe('ok');
    expect(server.objections).toEqual([]);
  });

  test.each([
    ['/openai/deployments/our-chat/chat/completions', 404],
    ['/openai/v1/chat/completions?api-version=2024-10-21', 404],
    ['/v1/chat/completions', 404],
  ])('refuses %s', async (where, status) => {
    const server = await createScriptedServer({ cloud });
    opened.push(server);
    const body = JSON.stringify({ model: 'our-chat', messages: [said] });
    const answer = await fetch(server.url + where, { method: 'POST', headers: { 'api-key': KEY }, body });
    expect(answer.status).toBe(status);
  });
});
