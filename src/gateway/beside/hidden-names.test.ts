import OpenAI, { toFile } from 'openai';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { nanoFromUsd } from '../../domain/money.ts';
import { startGatewayKit, EVERY_WIRE, type GatewayKit } from '../../testing/internal/gateway-kit.ts';
import { anAccessKey } from '../../testing/internal/gateway-test.ts';
import { startSideVendor, type SideVendor } from '../../testing/internal/side-vendor.ts';
import type { NewAccessKey } from '../core/access-keys.ts';

/** Requests that hide from the gateway what they name: whatever is not seen must not be sent. */
let vendor: SideVendor;
let kit: GatewayKit;
let tokens: readonly string[];
beforeEach(async () => {
  vendor = await startSideVendor({ apiKey: 'our-key' });
});
afterEach(async () => {
  await kit.gateway.close();
  await vendor.close();
});

async function open(...keys: readonly Partial<NewAccessKey>[]): Promise<void> {
  const made = keys.map((options, index) => anAccessKey({ name: `k${index}`, ...options }));
  tokens = made.map(({ token }) => token);
  kit = await startGatewayKit({
    upstreamUrl: vendor.url,
    models: EVERY_WIRE,
    apiKey: 'our-key',
    deps: { accessKeys: made.map(({ key }) => key) },
  });
}

const send = async (path: string, body: string, type = 'application/json', by = 0): Promise<number> => {
  const headers = { authorization: `Bearer ${tokens[by]}`, 'content-type': type };
  return (await fetch(kit.url + path, { method: 'POST', headers, body })).status;
};

describe('what was made for another caller', () => {
  let id: string;
  beforeEach(async () => {
    await open({}, {});
    const owner = new OpenAI({ baseURL: `${kit.url}/v1`, apiKey: tokens[0] ?? '', maxRetries: 0 });
    ({ id } = await owner.files.create({ file: await toFile(Buffer.from('x'), 'a'), purpose: 'user_data' }));
  });

  const item = (file: string): object => ({ role: 'user', content: [{ type: 'input_file', file_id: file }] });
  const message = (file: string): object => ({
    role: 'user',
    content: [{ type: 'document', source: { type: 'file', file_id: file } }],
  });
  test.each<[string, (file: string) => object]>([
    ['/v1/conversations', (file) => ({ items: [item(file)] })],
    ['/v1/responses/input_tokens', (file) => ({ model: 'gpt-test', input: [item(file)] })],
    ['/v1/responses/compact', (file) => ({ model: 'gpt-test', input: [item(file)] })],
    [
      '/v1/messages/batches',
      (file) => ({
        requests: [{ custom_id: 'a', params: { model: 'claude-opus-test', max_tokens: 1, messages: [message(file)] } }],
      }),
    ],
    ['/v1beta/cachedContents', (file) => ({ contents: [{ parts: [{ fileData: { fileUri: file } }] }] })],
    ['/v1/batches', (file) => ({ input_file_id: file, endpoint: '/v1/responses', completion_window: '24h' })],
    ['/v1/responses', (file) => ({ model: 'gpt-test', input: [item(file)] })],
  ])('is not read by POST %s, however its name is spelled', async (path, body) => {
    const text = JSON.stringify(body(id));
    const before = vendor.seen.length;
    expect(await send(path, text, 'application/json', 1)).toBe(404);
    const spelled = text.replaceAll('_id"', '\\u005fid"').replaceAll('"fileUri"', '"fileUr\\u0069"');
    expect(spelled).not.toBe(text);
    expect(await send(path, spelled, 'application/json', 1)).toBe(404);
    // Many vendors read JSON whatever its content type says.
    if (path !== '/v1/responses') expect(await send(path, text, 'text/plain', 1)).toBe(404);
    expect(vendor.seen).toHaveLength(before);
  });

  test('is not reached through a path that cannot be decoded', async () => {
    const conversation = await fetch(`${kit.url}/v1/conversations`, {
      method: 'POST',
      headers: { authorization: `Bearer ${tokens[1]}`, 'content-type': 'application/json' },
      body: '{}',
    });
    const { id: own } = (await conversation.json()) as { readonly id: string };
    const before = vendor.seen.length;
    const headers = { authorization: `Bearer ${tokens[1]}` };
    const path = `/v1/conversations/${own}/items/%2e%2e%2f%2e%2e%2fother%ff`;
    expect((await fetch(kit.url + path, { headers })).status).toBe(404);
    expect(vendor.seen).toHaveLength(before);
  });
});

describe('a key that may use some models', () => {
  const form = (boundary: string, ...names: readonly (readonly [string, string])[]): string =>
    `${names.map(([name, value]) => `--${boundary}\r\ncontent-disposition: form-data${name}\r\n\r\n${value}\r\n`).join('')}--${boundary}--\r\n`;
  const long = 'b'.repeat(201);

  test.each<[string, string, string, string]>([
    ['JSON that says it is text', '/v1/embeddings', '{"model":"text-embedding-3-large","input":"x"}', 'text/plain'],
    ['a model that the vendor chooses', '/v1/images/generations', '{"prompt":"x"}', 'application/json'],
    ['a form that is none', '/v1/images/edits', 'model=gpt-image-1', 'application/x-www-form-urlencoded'],
    [
      'a form with a long boundary',
      '/v1/images/edits',
      form(long, ['; name="model"', 'gpt-image-1']),
      `multipart/form-data; boundary=${long}`,
    ],
    [
      'two models in one small form',
      '/v1/audio/transcriptions',
      form('b', ['; name="model"', 'whisper-1'], ['; name="model"', 'gpt-4o-transcribe']),
      'multipart/form-data; boundary=b',
    ],
    [
      'a name with blanks',
      '/v1/audio/transcriptions',
      form('b', ['; name="model"', 'whisper-1'], [' ; name = "model"', 'gpt-4o-transcribe']),
      'multipart/form-data; boundary=b',
    ],
    [
      'a form without a model',
      '/v1/images/edits',
      form('b', ['; name="prompt"', 'x']),
      'multipart/form-data; boundary=b',
    ],
  ])('sends nothing with %s', async (_what, path, body, type) => {
    await open({ allowModels: ['text-embedding-3-small', 'whisper-1', 'gpt-test'] });
    expect(await send(path, body, type)).toBeGreaterThanOrEqual(400);
    expect(vendor.seen).toEqual([]);
  });
});

test.each([
  { max_tokens: 100, best_of: 20 },
  { max_tokens: 100, prompt: Array.from({ length: 20 }, () => 'x') },
  { max_tokens: 100, n: -20, best_of: 20 },
  { max_tokens: 1e300 },
])('a budget sets aside every completion that %j asks for', async (asked) => {
  await open({ budgetNanoUsd: nanoFromUsd(0.003) });
  const body = { model: 'gpt-3.5-turbo-instruct', prompt: 'x', ...asked };
  expect(await send('/v1/completions', JSON.stringify(body))).toBe(402);
  expect(vendor.seen).toEqual([]);
});
