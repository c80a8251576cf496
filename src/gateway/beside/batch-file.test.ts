import OpenAI, { toFile } from 'openai';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EVERY_WIRE, startGatewayKit, type GatewayKit } from '../../testing/internal/gateway-kit.ts';
import { anAccessKey } from '../../testing/internal/gateway-test.ts';
import { startSideVendor, type SideVendor } from '../../testing/internal/side-vendor.ts';
import type { NewAccessKey } from '../core/access-keys.ts';
import type { GatewaySettings } from '../settings/gateway-settings.ts';

let vendor: SideVendor;
let kit: GatewayKit | undefined;
beforeEach(async () => {
  vendor = await startSideVendor({ apiKey: 'our-key' });
});
afterEach(async () => {
  await kit?.gateway.close();
  kit = undefined;
  await vendor.close();
});

async function clients(
  keys: readonly Partial<NewAccessKey>[],
  settings: Partial<GatewaySettings> = {},
): Promise<readonly OpenAI[]> {
  const made = keys.map((options, index) => anAccessKey({ name: `k${index}`, ...options }));
  kit = await startGatewayKit({
    upstreamUrl: vendor.url,
    models: EVERY_WIRE,
    apiKey: 'our-key',
    settings,
    deps: { accessKeys: made.map(({ key }) => key) },
  });
  const { url } = kit;
  const tokens = made.length === 0 ? [''] : made.map(({ token }) => token);
  return tokens.map((token) => new OpenAI({ baseURL: `${url}/v1`, apiKey: token || 'none', maxRetries: 0 }));
}

const lineOf = (body: object, url = '/v1/responses'): string =>
  JSON.stringify({ custom_id: 'a', method: 'POST', url, body });

async function batchOf(client: OpenAI, text: string): Promise<OpenAI.Batch> {
  const file = await client.files.create({ file: await toFile(Buffer.from(text), 'a.jsonl'), purpose: 'batch' });
  return client.batches.create({ input_file_id: file.id, endpoint: '/v1/responses', completion_window: '24h' });
}

const batches = (): number => vendor.seen.filter(({ method, url }) => `${method} ${url}` === 'POST /v1/batches').length;

describe('a batch in a file', () => {
  test('names nothing in any of its lines that was made for another caller', async () => {
    const [mine, theirs] = await clients([{}, {}]);
    if (mine === undefined || theirs === undefined) throw new Error('two callers are wanted');
    const { id } = await mine.files.create({ file: await toFile(Buffer.from('x'), 'a'), purpose: 'user_data' });
    const asking = (fileId: string): object => ({
      model: 'gpt-test',
      input: [{ role: 'user', content: [{ type: 'input_file', file_id: fileId }] }],
    });
    const filler = `${lineOf({ model: 'gpt-test', input: 'x'.repeat(3000) })}\n`.repeat(100);
    for (const end of ['', '\n', '\r\n\r\n']) {
      await expect(batchOf(theirs, filler + lineOf(asking(id)) + end)).rejects.toMatchObject({
        status: 404,
        message: expect.stringContaining('Line 101') as string,
      });
    }
    expect(batches()).toBe(0);
    expect((await batchOf(mine, filler + lineOf(asking(id)))).object).toBe('batch');
    expect((await batchOf(theirs, filler)).object).toBe('batch');
  });

  test('hands no tool server a subscription token, and goes on from no response of another caller', async () => {
    const [mine, theirs] = await clients([{}, {}]);
    if (mine === undefined || theirs === undefined) throw new Error('two callers are wanted');
    const { id } = await mine.responses.compact({ model: 'gpt-test', input: 'hi' });
    const token = { type: 'mcp', server_url: 'https://x', authorization: 'sk-ant-oat01-abcdefghijklmnop' };
    await expect(batchOf(theirs, lineOf({ model: 'gpt-test', input: 'hi', previous_response_id: id }))).rejects.toThrow(
      'is kept for this caller',
    );
    await expect(batchOf(theirs, lineOf({ model: 'gpt-test', input: 'hi', tools: [token] }))).rejects.toMatchObject({
      status: 400,
    });
    expect(batches()).toBe(0);
  });

  test('may be made by who may use some models, of those alone and by the names that they have there', async () => {
    const [client] = await clients([{ allowModels: ['gpt-test'] }]);
    if (client === undefined) throw new Error('a caller is wanted');
    const good = `${lineOf({ model: 'gpt-test', input: 'hi' })}\n`;
    expect((await batchOf(client, good)).object).toBe('batch');
    for (const model of ['chat-test', 'openai/gpt-test', 'gpt-image-1', undefined]) {
      await expect(batchOf(client, good + lineOf({ model, input: 'hi' }))).rejects.toThrow('Line 2');
    }
    expect(batches()).toBe(1);
  });

  test.each([
    ['what is no JSON', 'x', 'Line 1'],
    ['a key that stands twice', '{"body":{"model":"a","model":"b"}}', 'Line 1'],
    ['a line past its limit', `{"body":"${'x'.repeat(5000)}"}`, 'longer than'],
    ['a file past its limit', `{"body":{}}\n`.repeat(2000), 'larger than'],
  ])('is refused to an access key for %s', async (_what, text, why) => {
    const [client] = await clients([{}], { maxBodyBytes: 4000, maxUploadBytes: 20_000 });
    if (client === undefined) throw new Error('a caller is wanted');
    await expect(batchOf(client, text)).rejects.toMatchObject({
      status: expect.toSatisfy((status: number) => [400, 413].includes(status)) as number,
      message: expect.stringContaining(why) as string,
    });
    expect(batches()).toBe(0);
  });

  test('holds no more of a line than this process may hold of all bodies', async () => {
    const [client] = await clients([{}], { maxHeldBodyBytes: 100_000 });
    if (client === undefined) throw new Error('a caller is wanted');
    const long = `${lineOf({ model: 'gpt-test', input: 'x'.repeat(3_000_000) })}\n`;
    await expect(batchOf(client, long)).rejects.toMatchObject({
      status: 529,
      message: expect.stringContaining('as many bodies as it may') as string,
    });
    // What it held is free again.
    for (let count = 0; count < 3; count += 1) {
      expect((await batchOf(client, `${lineOf({ model: 'gpt-test', input: 'hi' })}\n`)).object).toBe('batch');
    }
    expect(batches()).toBe(3);
  });

  test('is read by nobody where no access keys keep callers apart', async () => {
    const [client] = await clients([]);
    if (client === undefined) throw new Error('a caller is wanted');
    expect((await batchOf(client, 'x')).object).toBe('batch');
    expect(vendor.seen.some(({ url }) => url.endsWith('/content'))).toBe(false);
  });

  test('is not sent to Google, which gives nobody back what stands in it', async () => {
    const { key, token } = anAccessKey({});
    kit = await startGatewayKit({
      upstreamUrl: vendor.url,
      models: EVERY_WIRE,
      apiKey: 'our-key',
      deps: { accessKeys: [key] },
    });
    const headers = { 'x-goog-api-key': token };
    const upload = await fetch(`${kit.url}/upload/v1beta/files`, {
      method: 'POST',
      headers: { ...headers, 'x-goog-upload-command': 'start' },
      body: '{}',
    });
    const address = upload.headers.get('x-goog-upload-url') ?? '';
    const end = { ...headers, 'x-goog-upload-command': 'upload, finalize' };
    const made = await fetch(address, { method: 'POST', headers: end, body: '{}' });
    const { file } = (await made.json()) as { readonly file: { readonly name: string } };
    const named = { fileName: file.name };
    for (const batch of [
      { inputConfig: named },
      { input_config: { file_name: file.name } },
      { inputConfig: {}, input_config: named },
    ]) {
      const answer = await kit.post('/v1beta/models/gemini-3-test:batchGenerateContent', { batch }, headers);
      expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('cannot be read back')]);
    }
    expect(vendor.seen.some(({ url }) => url.includes('batchGenerateContent'))).toBe(false);
  });
});

test('an item of a compacted transcript is its caller’s alone to name', async () => {
  const [mine, theirs] = await clients([{}, {}]);
  if (mine === undefined || theirs === undefined) throw new Error('two callers are wanted');
  const { output } = await mine.responses.compact({ model: 'gpt-test', input: 'hi' });
  const [item] = output;
  const ask = { model: 'gpt-test', input: [{ type: 'item_reference' as const, id: String(item?.id) }] };
  for (const path of ['/v1/responses', '/v1/responses/compact', '/v1/responses/input_tokens']) {
    await expect(theirs.post(path, { body: ask })).rejects.toMatchObject({ status: 404 });
  }
  await mine.responses.compact(ask);
});
