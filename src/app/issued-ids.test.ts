import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import OpenAI, { toFile } from 'openai';
import { afterEach, expect, test } from 'vitest';
import { loadConfig } from '../config/load-config.ts';
import { anAccessKey, openVendor } from '../testing/internal/gateway-test.ts';
import { startSideVendor } from '../testing/internal/side-vendor.ts';
import { openGateway, type OpenedGateway } from './open-gateway.ts';

const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).toReversed()) await close();
});

interface Keyed {
  readonly token: string;
}

/** Two access keys, and gateways one after the other over one store, with all that OpenAI is asked for going to `vendorUrl`. */
function openedOver(vendorUrl: string): {
  readonly mine: Keyed;
  readonly theirs: Keyed;
  readonly start: () => Promise<{ readonly gateway: OpenedGateway; readonly url: string }>;
} {
  const cwd = mkdtempSync(path.join(tmpdir(), 'issued-'));
  opened.push(async () => rmSync(cwd, { recursive: true, force: true }));
  const file = path.join(cwd, 'pointsman.yaml');
  writeFileSync(file, `endpoints:\n  openai: { baseUrl: "${vendorUrl}/v1" }\n`);
  const env = { OPENAI_API_KEY: 'our-key' };
  const config = loadConfig({ cwd, env, file });
  const [mine, theirs] = [anAccessKey({ name: 'mine' }), anAccessKey({ name: 'theirs' })];
  return {
    mine,
    theirs,
    start: async () => {
      const gateway = await openGateway({
        cwd,
        env,
        config,
        store: { dir: path.join(cwd, 'store') },
        settings: { port: 0 },
        pings: false,
        accessKeys: [mine.key, theirs.key],
      });
      return { gateway, url: (await gateway.listen()).url };
    },
  };
}

const client = (url: string, { token }: Keyed): OpenAI =>
  new OpenAI({ baseURL: `${url}/v1`, apiKey: token, maxRetries: 0 });

test('who had a file made reaches it after a restart, and nobody else does', async () => {
  const vendor = await startSideVendor({ apiKey: 'our-key' });
  opened.push(async () => vendor.close());
  const { mine, theirs, start } = openedOver(vendor.url);
  const before = await start();
  const made = await client(before.url, mine).files.create({
    file: await toFile(Buffer.from('x'), 'a'),
    purpose: 'batch',
  });
  await before.gateway.close();

  const after = await start();
  opened.push(async () => after.gateway.close());
  expect((await client(after.url, mine).files.retrieve(made.id)).id).toBe(made.id);
  await expect(client(after.url, theirs).files.retrieve(made.id)).rejects.toMatchObject({ status: 404 });
});

test('who had a response made reads it and goes on from it, before a restart and after, and nobody else does', async () => {
  const item = { type: 'message', id: 'msg_1', role: 'assistant', status: 'completed', content: [] };
  const response = { id: 'resp_1', object: 'response', status: 'completed', model: 'gpt-6-luna', output: [item] };
  const usage = { input_tokens: 1, output_tokens: 1, total_tokens: 2 };
  const vendor = await openVendor((answer) => {
    answer.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ ...response, usage }));
  });
  const { mine, theirs, start } = openedOver(vendor.url);
  const ask = { model: 'gpt-6-luna', input: 'hi' };
  const goOn = { ...ask, previous_response_id: 'resp_1' };
  const naming = { ...ask, input: [{ type: 'item_reference' as const, id: 'msg_1' }] };
  for (const isFirst of [true, false]) {
    const { gateway, url } = await start();
    const [own, other] = [client(url, mine), client(url, theirs)];
    if (isFirst) await own.responses.create(ask);
    expect((await own.responses.retrieve('resp_1')).id).toBe('resp_1');
    expect((await own.responses.create(goOn)).id).toBe('resp_1');
    await expect(other.responses.retrieve('resp_1')).rejects.toMatchObject({ status: 404 });
    expect((await own.responses.create(naming)).id).toBe('resp_1');
    for (const asked of [goOn, naming])
      await expect(other.responses.create(asked)).rejects.toMatchObject({ status: 404 });
    await gateway.close();
  }
});
