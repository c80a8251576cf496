import { request as send } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { startGatewayKit, EVERY_WIRE, type GatewayKit } from '../../testing/internal/gateway-kit.ts';
import { startSideVendor, type SideVendor } from '../../testing/internal/side-vendor.ts';

const LIMIT_MS = 600;
let vendor: SideVendor | undefined;
let kit: GatewayKit | undefined;
afterEach(async () => {
  await kit?.gateway.close();
  await vendor?.close();
  vendor = undefined;
});

async function open(): Promise<GatewayKit> {
  vendor = await startSideVendor({ apiKey: 'our-key' });
  kit = await startGatewayKit({
    upstreamUrl: vendor.url,
    models: EVERY_WIRE,
    apiKey: 'our-key',
    settings: { requestTimeoutMs: LIMIT_MS },
  });
  return kit;
}

interface Sent {
  readonly status: number | undefined;
  readonly text: string;
}

/** Sends pieces with a pause before each, and then nothing more; ends where `isWhole`. */
async function upload(
  url: string,
  {
    headers,
    pieces,
    isWhole,
  }: { readonly headers: object; readonly pieces: readonly string[]; readonly isWhole: boolean },
): Promise<Sent> {
  return new Promise((resolve, reject) => {
    const request = send(url, { method: 'POST', headers: { ...headers } }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('close', () => resolve({ status: response.statusCode, text }));
    });
    request.on('error', reject);
    void (async () => {
      for (const piece of pieces) {
        await sleep(LIMIT_MS / 6);
        if (request.destroyed) return;
        request.write(piece);
      }
      if (isWhole) request.end();
    })();
  });
}

const FORM = { 'content-type': 'multipart/form-data; boundary=b' };
/** A form in as many pieces as take three times as long as a whole request may. */
const pieces = [
  '--b\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n',
  ...Array.from({ length: 18 }, () => 'x'.repeat(100)),
  '\r\n--b\r\ncontent-disposition: form-data; name="model"\r\n\r\nwhisper-1',
  '\r\n--b--\r\n',
];

test.each(['/v1/files', '/v1/audio/transcriptions'])('POST %s: a slow but steady upload arrives', async (path) => {
  const { url } = await open();
  expect((await upload(url + path, { headers: FORM, pieces, isWhole: true })).status).toBe(200);
  expect(vendor?.seen.at(-1)?.bytes.toString()).toBe(pieces.join(''));
});

test.each(['/v1/files', '/v1/audio/transcriptions'])('POST %s: a stalled upload ends, and says so', async (path) => {
  const { url } = await open();
  const { status, text } = await upload(url + path, { headers: FORM, pieces: pieces.slice(0, 3), isWhole: false });
  expect([status, JSON.parse(text)]).toMatchObject([408, { error: { message: expect.stringContaining('in time') } }]);
});

test.each([
  ['/v1/embeddings', {}],
  ['/v1/files', { 'content-type': 'application/json' }],
  ['/v1/chat/completions', {}],
  ['/v1/messages', {}],
])('POST %s: JSON has to arrive whole in time, however steadily it comes', async (path, headers) => {
  const { url } = await open();
  const { status } = await upload(url + path, { headers, pieces: pieces.map(() => ' '), isWhole: true });
  expect(status).toBe(408);
  expect(vendor?.seen).toEqual([]);
});
