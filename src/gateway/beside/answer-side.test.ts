import { createHash, randomBytes } from 'node:crypto';
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import OpenAI, { toFile } from 'openai';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { asId, type EndpointId } from '../../domain/ids.ts';
import { nanoFromUsd } from '../../domain/money.ts';
import { accountOf } from '../../money/ledger.ts';
import { openLedgerHere } from '../../money/sqlite/sqlite-ledger.ts';
import { aPolicy } from '../../testing/decision-builders.ts';
import {
  EVERY_WIRE,
  startGatewayKit,
  type GatewayKit,
  type GatewayKitOptions,
} from '../../testing/internal/gateway-kit.ts';
import { anAccessKey, openVendor, type VendorAnswer } from '../../testing/internal/gateway-test.ts';
import { startSideVendor, type SideVendor } from '../../testing/internal/side-vendor.ts';
import { aModel, modelId } from '../../testing/model-builders.ts';

const OUR_KEY = 'our-secret-key';
const JSON_TYPE = { 'content-type': 'application/json' };
let vendor: SideVendor;
let kit: GatewayKit | undefined;
beforeEach(async () => {
  vendor = await startSideVendor({ apiKey: OUR_KEY });
});
afterEach(async () => {
  await kit?.gateway.close();
  kit = undefined;
  await vendor.close();
});

async function open(options: Partial<GatewayKitOptions> = {}): Promise<GatewayKit> {
  kit = await startGatewayKit({ upstreamUrl: vendor.url, models: EVERY_WIRE, apiKey: OUR_KEY, ...options });
  return kit;
}

const openai = ({ url }: GatewayKit, apiKey = 'caller-key'): OpenAI =>
  new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 });
const anthropic = ({ url }: GatewayKit, apiKey = 'caller-key'): Anthropic =>
  new Anthropic({ baseURL: url, apiKey, maxRetries: 0 });
const google = ({ url }: GatewayKit, apiKey = 'caller-key'): GoogleGenAI =>
  new GoogleGenAI({ apiKey, httpOptions: { baseUrl: url } });

const sha = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

afterEach(() => {
  // Whatever a test sent: the vendor saw our key where it wants it and the caller's nowhere.
  for (const { headers, url } of vendor.seen) {
    expect(JSON.stringify([headers, url])).not.toMatch(/caller-key|pm-[a-z0-9]{8}-/u);
  }
});

describe('OpenAI’s SDK', () => {
  test('embeds, with the bill of the price list', async () => {
    const gateway = await open();
    const { data, response } = await openai(gateway)
      .embeddings.create({ model: 'text-embedding-3-small', input: 'hello', encoding_format: 'float' })
      .withResponse();
    expect(data.data[0]?.embedding).toEqual([0.5, -0.5]);
    // 8 tokens at $0.02 a million.
    expect(response.headers.get('x-pointsman-billed-usd')).toBe('0.00000016');
    expect(response.headers.get('x-pointsman-endpoint')).toBe('openai');
    expect(gateway.calls).toMatchObject([
      { purpose: 'beside', requestedModel: 'text-embedding-3-small', billNanoUsd: 160, usage: { uncachedTokens: 8 } },
    ]);
  });

  test('moderates for nothing', async () => {
    const gateway = await open();
    expect((await openai(gateway).moderations.create({ input: 'hi' })).results[0]?.flagged).toBe(false);
    expect(gateway.warnings).toEqual([]);
  });

  test('completes, whole and as a stream, with the usage of either', async () => {
    const gateway = await open();
    const ask = { model: 'gpt-3.5-turbo-instruct', prompt: 'say', max_tokens: 9 } as const;
    expect((await openai(gateway).completions.create(ask)).choices[0]?.text).toBe('hi');
    const parts: unknown[] = [];
    for await (const part of await openai(gateway).completions.create({ ...ask, stream: true })) parts.push(part);
    expect(parts).toHaveLength(2);
    await expect.poll(() => gateway.calls.map((call) => call.billNanoUsd)).toEqual([10_000, 10_000]);
  });

  test('makes images, at a price that nobody here knows', async () => {
    const gateway = await open();
    const { data, response } = await openai(gateway)
      .images.generate({ model: 'gpt-image-1', prompt: 'a' })
      .withResponse();
    expect(data.data?.[0]?.b64_json).toBe('aGk=');
    expect(response.headers.get('x-pointsman-billed-usd')).toBe('unknown');
    expect(gateway.calls[0]?.billNanoUsd).toBeUndefined();
    expect(gateway.warnings.join()).toContain('price is unknown');
    const image = await toFile(randomBytes(2000), 'a.png', { type: 'image/png' });
    await openai(gateway).images.edit({ model: 'gpt-image-1', prompt: 'b', image });
    await openai(gateway).images.createVariation({ image });
    expect(vendor.seen).toHaveLength(3);
  });

  test('speaks: the bytes arrive as the vendor sent them', async () => {
    const gateway = await open();
    const answer = await openai(gateway).audio.speech.create({ model: 'tts-1', voice: 'alloy', input: 'hi' });
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect([answer.headers.get('content-type'), bytes.length]).toEqual(['audio/mpeg', 200_000]);
    expect(sha(bytes)).toBe(sha(Buffer.concat(Array.from({ length: 20 }, (_, index) => Buffer.alloc(10_000, index)))));
  });

  test.each([
    ['whisper-1', 'whisper-1'],
    ['openai/whisper-1', 'whisper-1'],
  ])('transcribes a form that names %s last', async (model, wireModel) => {
    const gateway = await open();
    const file = await toFile(randomBytes(300_000), 'a.mp3');
    const said = await openai(gateway).audio.transcriptions.create({ file, model });
    expect(said.text).toBe(wireModel);
    expect((await openai(gateway).audio.translations.create({ file, model })).text).toBe(wireModel);
  });

  test('keeps files: a form arrives byte for byte, and its content comes back', async () => {
    const gateway = await open();
    const content = randomBytes(3_000_000);
    const fields = new FormData();
    fields.set('purpose', 'batch');
    fields.set('file', new Blob([content]), 'a.bin');
    const form = new Request('http://x', { method: 'POST', body: fields });
    const type = form.headers.get('content-type') ?? '';
    const bytes = Buffer.from(await form.arrayBuffer());
    const sent = await fetch(`${gateway.url}/v1/files`, {
      method: 'POST',
      headers: { 'content-type': type },
      body: bytes,
    });
    expect(sent.status).toBe(200);
    expect(sha(vendor.seen[0]?.bytes ?? Buffer.alloc(0))).toBe(sha(bytes));
    const client = openai(gateway);
    const made = await client.files.create({ file: await toFile(content, 'a.bin'), purpose: 'batch' });
    expect((await client.files.retrieve(made.id)).id).toBe(made.id);
    const back = Buffer.from(await (await client.files.content(made.id)).arrayBuffer());
    expect(back.includes(content)).toBe(true);
    expect((await client.files.list()).data.map(({ id }) => id)).toContain(made.id);
    expect((await client.files.delete(made.id)).deleted).toBe(true);
    const upload = await client.uploads.create({ bytes: 3, filename: 'a', mime_type: 'text/plain', purpose: 'batch' });
    const part = await client.uploads.parts.create(upload.id, { data: await toFile(Buffer.from('abc'), 'a') });
    expect((await client.uploads.complete(upload.id, { part_ids: [part.id] })).file?.id).toMatch(/^file-/u);
  });

  test('runs a batch and reads what came of it', async () => {
    const gateway = await open();
    const client = openai(gateway);
    const file = await client.files.create({ file: await toFile(Buffer.from('{}'), 'a.jsonl'), purpose: 'batch' });
    const batch = await client.batches.create({
      input_file_id: file.id,
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
    });
    const ended = await client.batches.retrieve(batch.id);
    const out = await (await client.files.content(ended.output_file_id ?? '')).text();
    expect(out).toContain('custom_id');
  });

  test('reads, cancels and deletes responses, and compacts', async () => {
    const client = openai(await open());
    expect((await client.responses.retrieve('resp_1')).id).toBe('resp_1');
    expect((await client.responses.cancel('resp_1')).status).toBe('cancelled');
    expect((await client.responses.inputItems.list('resp_1')).data).toEqual([]);
    await client.responses.delete('resp_1');
    const { output } = await client.responses.compact({ model: 'gpt-test', input: 'hi' });
    expect(output.map(({ type }) => type)).toEqual(['compaction']);
  });
});

describe('Anthropic’s SDK', () => {
  test('runs a batch, whose results come through the gateway too', async () => {
    const client = anthropic(await open());
    const params = { model: 'claude-opus-test', max_tokens: 9, messages: [{ role: 'user' as const, content: 'hi' }] };
    const { id } = await client.messages.batches.create({ requests: [{ custom_id: 'a', params }] });
    const results: string[] = [];
    for await (const one of await client.messages.batches.results(id)) results.push(one.custom_id);
    expect(results).toEqual(['a']);
    await client.messages.batches.cancel(id);
    await client.messages.batches.delete(id);
    expect(vendor.seen).toHaveLength(5);
  });

  test('keeps files', async () => {
    const client = anthropic(await open());
    const content = randomBytes(50_000);
    const made = await client.beta.files.upload({ file: await toFile(content, 'a.bin') });
    expect((await client.beta.files.retrieveMetadata(made.id)).id).toBe(made.id);
    const back = Buffer.from(await (await client.beta.files.download(made.id)).arrayBuffer());
    expect(back.includes(content)).toBe(true);
    await client.beta.files.delete(made.id);
  });
});

describe('Google’s SDK', () => {
  test('embeds', async () => {
    const gateway = await open();
    const answer = await google(gateway).models.embedContent({ model: 'gemini-embedding-001', contents: 'hi' });
    expect(answer.embeddings?.[0]?.values).toEqual([0.5, -0.5]);
  });

  test('uploads a file in pieces, none of them past the gateway', async () => {
    const gateway = await open();
    const content = randomBytes(9_000_000);
    const client = google(gateway);
    const file = await client.files.upload({ file: new Blob([content]), config: { mimeType: 'application/pdf' } });
    expect(file.name).toMatch(/^files\//u);
    expect(sha(Buffer.concat(vendor.seen.slice(1).map(({ bytes }) => bytes)))).toBe(sha(content));
    expect((await client.files.get({ name: file.name ?? '' })).state).toBe('ACTIVE');
    await client.files.delete({ name: file.name ?? '' });
  });
});

describe('where a request goes', () => {
  const local = aModel({
    id: modelId('bge-m3'),
    wireModel: 'BAAI/bge-m3',
    endpoint: asId<EndpointId>('local'),
    wire: 'openai-chat',
  });

  test('to the endpoint of a model of the user’s own, under its name there', async () => {
    const gateway = await open({ models: [...EVERY_WIRE, local] });
    const answer = await openai(gateway).embeddings.create({ model: 'bge-m3', input: 'hi' });
    expect(answer.model).toBe('BAAI/bge-m3');
  });

  test('to the one that the configuration names, where nobody knows the model', async () => {
    const gateway = await open({ models: [...EVERY_WIRE, local] });
    const endpoints = new Map(gateway.endpoints);
    const chat = endpoints.get(asId<EndpointId>('local'));
    if (chat !== undefined) endpoints.set(chat.id, { ...chat, serves: ['rerank'] });
    const body = { model: 'some/reranker', query: 'q', documents: ['a'] };
    const before = await gateway.post('/v1/rerank', body);
    expect([before.status, await before.text()]).toEqual([404, expect.stringContaining('some/reranker') as string]);
    gateway.gateway.reload({ endpoints });
    const response = await gateway.post('/v1/rerank', body);
    expect([response.status, response.headers.get('x-pointsman-endpoint')]).toEqual([200, 'local']);
  });

  test.each([
    ['auto', 400],
    ['no-such-thing', 404],
  ])('%s is refused with %d', async (model, status) => {
    const gateway = await open();
    expect((await gateway.post('/v1/embeddings', { model, input: 'hi' })).status).toBe(status);
    expect(vendor.seen).toEqual([]);
  });

  test('nowhere without a key, and it says which to set', async () => {
    const gateway = await open();
    const endpoints = new Map(
      [...gateway.endpoints].map(([id, one]) => [id, { ...one, apiKey: undefined, keyless: false }]),
    );
    gateway.gateway.reload({ endpoints });
    const response = await gateway.post('/v1/embeddings', { model: 'text-embedding-3-small', input: 'hi' });
    expect([response.status, await response.text()]).toEqual([404, expect.stringContaining('TEST_API_KEY') as string]);
  });

  test.each([
    ['/v1/files/..%2F..%2Fmodels', 404],
    ['/v1/files/%2e%2e/%2e%2e/admin', 404],
    ['/v1/files/a%0Ab', 404],
    ['/v1beta/models/x%2F..%2F..:embedContent', 404],
  ])('%s leads nowhere', async (path, status) => {
    const gateway = await open();
    const method = path.includes('embed') ? 'POST' : 'GET';
    expect((await fetch(gateway.url + path, { method })).status).toBe(status);
    expect(vendor.seen).toEqual([]);
  });

  test.each([
    ['GET', '/v1/embeddings', 'POST'],
    ['PUT', '/v1/files', 'POST, GET'],
    ['GET', '/upload/v1beta/files', 'POST, PUT'],
  ])('%s %s is refused with the methods that it takes, each once', async (method, path, allow) => {
    const gateway = await open();
    const response = await fetch(gateway.url + path, { method });
    expect([response.status, response.headers.get('allow')]).toEqual([405, allow]);
  });
});

describe('what one caller may', () => {
  test('nobody reaches, lists or uses what another had made', async () => {
    const [one, other] = [anAccessKey({ name: 'one' }), anAccessKey({ name: 'other' })];
    const gateway = await open({ deps: { accessKeys: [one.key, other.key] } });
    const [mine, theirs] = [openai(gateway, one.token), openai(gateway, other.token)];
    const file = await mine.files.create({ file: await toFile(Buffer.from('{}\n'), 'a'), purpose: 'batch' });
    expect((await mine.files.list()).data.map(({ id }) => id)).toEqual([file.id]);
    expect((await theirs.files.list()).data).toEqual([]);
    const batch = { input_file_id: file.id, endpoint: '/v1/chat/completions', completion_window: '24h' } as const;
    const tries = [
      () => theirs.files.retrieve(file.id),
      () => theirs.files.content(file.id),
      () => theirs.files.delete(file.id),
      () => theirs.batches.create(batch),
      () => theirs.responses.retrieve('resp_1'),
      () =>
        theirs.responses.create({
          model: 'gpt-test',
          input: [{ role: 'user', content: [{ type: 'input_file', file_id: file.id }] }],
        }),
    ];
    const before = vendor.seen.length;
    for (const attempt of tries) await expect(attempt()).rejects.toMatchObject({ status: 404 });
    expect(vendor.seen).toHaveLength(before);
    expect((await mine.batches.create(batch)).object).toBe('batch');
  });

  test('a budget pays for what has a price, and for nothing else', async () => {
    const { key, token } = anAccessKey({ budgetNanoUsd: nanoFromUsd(0.000_01) });
    const gateway = await open({ deps: { accessKeys: [key] } });
    const client = openai(gateway, token);
    const ask = { model: 'text-embedding-3-small', input: 'x'.repeat(300) };
    await client.embeddings.create(ask);
    await expect(client.embeddings.create({ ...ask, input: 'x'.repeat(3000) })).rejects.toMatchObject({ status: 402 });
    await expect(client.images.generate({ model: 'gpt-image-1', prompt: 'a' })).rejects.toMatchObject({ status: 422 });
    expect(vendor.seen).toHaveLength(1);
  });

  test.each<readonly [string, VendorAnswer]>([
    ['before its answer', (response) => response.destroy()],
    ['in its answer', (response) => response.writeHead(200, JSON_TYPE).write('{"data":', () => response.destroy())],
    ['by its caller', () => undefined],
  ])('a request that is cut %s counts on its key as what it was expected to bill', async (by, answer) => {
    const cutting = await openVendor(answer);
    const { key, token } = anAccessKey({ budgetNanoUsd: nanoFromUsd(1) });
    const ledger = openLedgerHere({ file: ':memory:', onFault: () => undefined });
    const gateway = await open({ upstreamUrl: cutting.url, deps: { accessKeys: [key], ledger } });
    const leave = new AbortController();
    const asked = openai(gateway, token).embeddings.create(
      { model: 'text-embedding-3-small', input: 'x'.repeat(300) },
      { signal: leave.signal },
    );
    const failed = expect(asked).rejects.toThrow();
    await vi.waitFor(() => expect(cutting.seen).toHaveLength(1));
    if (by === 'by its caller') leave.abort();
    await failed;
    await vi.waitFor(() => expect(gateway.calls).toHaveLength(1));
    const [call] = gateway.calls;
    expect(call?.mayHaveBilledNanoUsd).toBeGreaterThan(0);
    expect(call?.mayHaveBilledNanoUsd).toBe(call?.predictedBillNanoUsd);
    const { total } = await ledger.standings(accountOf('key', key.id), Date.now());
    const lost = call?.mayHaveBilledNanoUsd;
    expect(total).toEqual({ spentNanoUsd: lost, unknownNanoUsd: lost, heldNanoUsd: 0 });
  });

  test('a key that may use some models reaches no others, in a body, a form or a batch', async () => {
    const { key, token } = anAccessKey({ allowModels: ['text-embedding-3-small', 'claude-opus-test', 'gpt-test'] });
    const gateway = await open({ deps: { accessKeys: [key] } });
    const client = openai(gateway, token);
    await client.embeddings.create({ model: 'text-embedding-3-small', input: 'x' });
    await expect(client.embeddings.create({ model: 'text-embedding-3-large', input: 'x' })).rejects.toMatchObject({
      status: 404,
    });
    const file = await toFile(Buffer.from('x'), 'a.mp3');
    await expect(client.audio.transcriptions.create({ file, model: 'whisper-1' })).rejects.toMatchObject({
      status: 404,
    });
    const params = { model: 'claude-haiku-test', max_tokens: 9, messages: [{ role: 'user' as const, content: 'hi' }] };
    const claude = anthropic(gateway, token);
    await expect(claude.messages.batches.create({ requests: [{ custom_id: 'a', params }] })).rejects.toMatchObject({
      status: 404,
    });
    expect(vendor.seen).toHaveLength(1);
  });

  test('a form that names two models is refused', async () => {
    const { key, token } = anAccessKey({ allowModels: ['whisper-1'] });
    const gateway = await open({ deps: { accessKeys: [key] } });
    const form = new FormData();
    form.set('model', 'whisper-1');
    form.set('file', new Blob([randomBytes(100_000)]), 'a.mp3');
    form.append('model', 'gpt-4o-transcribe');
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(`${gateway.url}/v1/audio/transcriptions`, { method: 'POST', headers, body: form });
    expect([response.status, vendor.seen.length]).toEqual([400, 0]);
  });

  test.each([{ compliance: { zeroDataRetention: true } }, { allowModels: [modelId('claude-opus-test')] }])(
    'a policy with %j holds here too',
    async (policy) => {
      const gateway = await open({ deps: { policy: aPolicy(policy) } });
      const client = openai(gateway);
      await expect(client.embeddings.create({ model: 'text-embedding-3-small', input: 'x' })).rejects.toMatchObject({
        status: 422,
      });
      await expect(client.files.list()).rejects.toMatchObject({ status: 422 });
      expect(vendor.seen).toEqual([]);
    },
  );

  test('a batch hands no tool server a subscription token', async () => {
    const gateway = await open();
    const params = {
      model: 'claude-opus-test',
      max_tokens: 1,
      messages: [],
      mcp_servers: [{ url: 'https://x', authorization_token: 'sk-ant-oat01-abcdefghijklmnop' }],
    };
    const response = await gateway.post(
      '/v1/messages/batches',
      { requests: [{ custom_id: 'a', params }] },
      { 'anthropic-version': '2023-06-01' },
    );
    expect([response.status, vendor.seen.length]).toEqual([400, 0]);
  });
});

describe('what goes wrong', () => {
  test('a vendor’s refusal passes in its own words, one of our key does not', async () => {
    const gateway = await open();
    const refused = await gateway.post('/v1/embeddings', { model: 'text-embedding-3-small', input: 'x', surprise: 1 });
    expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining('surprise') as string]);
    const other = await startGatewayKit({ upstreamUrl: vendor.url, models: EVERY_WIRE, apiKey: 'wrong' });
    const response = await other.post('/v1/embeddings', { model: 'text-embedding-3-small', input: 'x' });
    expect(response.status).toBe(502);
    await other.gateway.close();
  });

  test('an upload past the limit is refused, declared or not', async () => {
    const gateway = await open({ settings: { maxUploadBytes: 1000 } });
    const headers = { 'content-type': 'application/octet-stream' };
    const declared = await fetch(`${gateway.url}/v1/files`, { method: 'POST', headers, body: randomBytes(2000) });
    expect(declared.status).toBe(413);
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new Uint8Array(2000));
        controller.close();
      },
    });
    const streamed = await fetch(`${gateway.url}/v1/files`, {
      method: 'POST',
      headers,
      body,
      duplex: 'half',
    });
    expect(streamed.status).toBe(413);
    expect(vendor.seen).toEqual([]);
  });
});
