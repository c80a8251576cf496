import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import { afterEach, expect, test } from 'vitest';
import { startGatewayKit, EVERY_WIRE, type GatewayKit } from '../../testing/internal/gateway-kit.ts';
import { anAccessKey } from '../../testing/internal/gateway-test.ts';

let server: Server | undefined;
let kit: GatewayKit | undefined;
afterEach(async () => {
  await kit?.gateway.close();
  server?.closeAllConnections();
  server?.close();
  kit = undefined;
});

interface Asked {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

/** A vendor below a path of its own, whose addresses are of `root`. */
async function vendorBelow(
  prefix: string,
  answers: (root: string, asked: Asked) => object | undefined,
): Promise<string[]> {
  const seen: string[] = [];
  server = createServer((request, response) => {
    request.resume().on('end', () => {
      const { url = '', headers } = request;
      seen.push(`${request.method} ${url}`);
      const said = url.startsWith(prefix) ? answers(`http://${headers.host}${prefix}`, { url, headers }) : undefined;
      const upload = `http://${headers.host}${prefix}/upload/v1beta/files?upload_id=up1`;
      response
        .writeHead(said === undefined ? 404 : 200, {
          'content-type': 'application/json',
          ...(url.includes('/upload/') ? { 'x-goog-upload-url': upload, 'x-goog-upload-status': 'final' } : {}),
        })
        .end(JSON.stringify(said ?? { error: { message: 'nothing here' } }));
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return seen;
}

async function open(bases: Readonly<Record<string, string>>): Promise<GatewayKit & { readonly token: string }> {
  const { key, token } = anAccessKey();
  const origin = `http://127.0.0.1:${((server as Server).address() as AddressInfo).port}`;
  const baseUrls = Object.fromEntries(Object.entries(bases).map(([id, path]) => [id, origin + path]));
  kit = await startGatewayKit({
    upstreamUrl: origin,
    baseUrls,
    models: EVERY_WIRE,
    apiKey: 'our-key',
    deps: { accessKeys: [key] },
  });
  return { ...kit, token };
}

test.each(['', '/proxy', '/a/b'])('results of a batch lead back here from a vendor below %j', async (prefix) => {
  const seen = await vendorBelow(prefix, (root, { url }) =>
    url.endsWith('/results')
      ? { custom_id: 'a' }
      : { id: 'msgbatch_1', type: 'message_batch', results_url: `${root}/v1/messages/batches/msgbatch_1/results` },
  );
  const { url, token } = await open({ anthropic: `${prefix}/v1` });
  const client = new Anthropic({ baseURL: url, apiKey: token, maxRetries: 0 });
  const params = { model: 'claude-opus-test', max_tokens: 9, messages: [{ role: 'user' as const, content: 'hi' }] };
  const { id, results_url: address } = await client.messages.batches.create({ requests: [{ custom_id: 'a', params }] });
  expect(address).toBe(`${url}/v1/messages/batches/${id}/results`);
  for await (const one of await client.messages.batches.results(id)) expect(one.custom_id).toBe('a');
  expect(seen.at(-1)).toBe(`GET ${prefix}/v1/messages/batches/msgbatch_1/results`);
});

test.each([
  ['/pm', '/pm'],
  ['/pm/', '/pm'],
  ['//evil.example', ''],
  ['/a b', ''],
])('a proxy that says %j is part of the address as %j', async (forwarded, prefix) => {
  await vendorBelow('', (root) => ({
    id: 'msgbatch_1',
    results_url: `${root}/v1/messages/batches/msgbatch_1/results`,
  }));
  const { url, token } = await open({});
  const headers = { 'x-api-key': token, 'anthropic-version': '2023-06-01', 'x-forwarded-prefix': forwarded };
  const params = { model: 'claude-opus-test', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] };
  const body = JSON.stringify({ requests: [{ custom_id: 'a', params }] });
  const response = await fetch(`${url}/v1/messages/batches`, { method: 'POST', headers, body });
  expect(await response.json()).toMatchObject({
    results_url: `${url}${prefix}/v1/messages/batches/msgbatch_1/results`,
  });
});

test.each(['', '/gw'])('a file goes up and what Google makes of it comes back, below %j', async (prefix) => {
  const seen = await vendorBelow(prefix, (root, { url, headers }) => {
    if (headers['x-goog-upload-command'] === 'start') return {};
    if (url.includes('/upload/'))
      return { file: { name: 'files/in', uri: `${root}/v1beta/files/in`, state: 'ACTIVE' } };
    if (url.endsWith(':predictLongRunning')) return { name: 'models/veo-3/operations/op1' };
    if (url.includes('/operations/')) {
      const video = { uri: `${root}/v1beta/files/film:download?alt=media` };
      return {
        name: 'models/veo-3/operations/op1',
        done: true,
        response: { generateVideoResponse: { generatedSamples: [{ video }] } },
      };
    }
    if (url.endsWith(':batchGenerateContent'))
      return { name: 'batches/b1', metadata: { state: 'BATCH_STATE_PENDING' } };
    if (url.includes('/batches/b1')) {
      const output = { responsesFile: 'files/out' };
      return { name: 'batches/b1', metadata: { state: 'BATCH_STATE_SUCCEEDED', output }, done: true };
    }
    return /files\/(?:film|out):download/u.test(url) ? { custom: 'result' } : undefined;
  });
  const { url, token } = await open({ google: `${prefix}/v1beta` });
  const client = new GoogleGenAI({ apiKey: token, httpOptions: { baseUrl: url } });
  const file = await client.files.upload({ file: new Blob(['x']), config: { mimeType: 'text/plain' } });
  expect(file.name).toBe('files/in');
  expect(seen).toEqual([`POST ${prefix}/upload/v1beta/files`, `POST ${prefix}/upload/v1beta/files?upload_id=up1`]);
  const headers = { 'x-goog-api-key': token };
  const get = async (path: string): Promise<number> => (await fetch(url + path, { headers })).status;
  const post = async (path: string, body: object): Promise<number> =>
    (await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) })).status;
  const film = '/v1beta/files/film:download?alt=media';
  const results = '/download/v1beta/files/out:download?alt=media';
  // Nobody's until it was made for whom asks.
  expect([await get(film), await get(results)]).toEqual([404, 404]);
  expect(await post('/v1beta/models/gemini-3-test:predictLongRunning', { instances: [] })).toBe(200);
  expect(await get('/v1beta/models/veo-3/operations/op1')).toBe(200);
  expect(await post('/v1beta/models/gemini-3-test:batchGenerateContent', { batch: {} })).toBe(200);
  expect(await get('/v1beta/batches/b1')).toBe(200);
  expect([await get(film), await get(results)]).toEqual([200, 200]);
  expect(seen.slice(-2)).toEqual([`GET ${prefix}${film}`, `GET ${prefix}${results}`]);
});
