import { request } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { createScriptedServer, type ScriptedServer } from '../../providers/scripted/scripted-server.ts';
import { EVERY_WIRE, startGatewayKit, type GatewayKit } from '../../testing/internal/gateway-kit.ts';
import { readTarget } from './request-target.ts';

describe('a target', () => {
  test.each([
    ['/v1/messages', '/v1/messages', ''],
    ['/v1/messages/', '/v1/messages', ''],
    ['//v1//messages//', '/v1/messages', ''],
    ['/v1/v1/messages?beta=true', '/v1/messages', '?beta=true'],
    ['/v1/v1/v1/chat/completions', '/v1/chat/completions', ''],
    ['/v1/v1beta/models/x:generateContent', '/v1beta/models/x:generateContent', ''],
    ['/v1beta/v1/models', '/v1/models', ''],
    ['/v1/messages%3Fbeta=true', '/v1/messages', '?beta=true'],
    ['/v1/messages/?key=secret&alt=sse', '/v1/messages', '?alt=sse'],
    ['http://127.0.0.1:4141/v1/models', '/v1/models', ''],
    ['/', '/', ''],
    ['', '/', ''],
    ['?a=b', '/', '?a=b'],
    ['/v1/models/v1', '/v1/models/v1', ''],
    ['/v1', '/v1', ''],
    ['/v12/v1/messages', '/v12/v1/messages', ''],
  ])('%j is %j with %j', (target, pathname, search) => {
    expect(readTarget(target)).toEqual({ pathname, search });
  });
});

let kit: GatewayKit | undefined;
let vendor: ScriptedServer | undefined;
afterEach(async () => {
  await kit?.gateway.close();
  await vendor?.close();
});

async function open(): Promise<GatewayKit> {
  vendor = await createScriptedServer({ script: () => ({ text: 'fine' }) });
  kit = await startGatewayKit({ upstreamUrl: vendor.url, models: EVERY_WIRE });
  return kit;
}

const CALLS = {
  '/v1/messages': { model: 'claude-opus-test', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] },
  '/v1/chat/completions': { model: 'chat-test', messages: [{ role: 'user', content: 'hi' }] },
  '/v1/responses': { model: 'gpt-test', input: 'hi' },
  '/v1beta/models/gemini-3-test:generateContent': { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] },
} as const;

/** `fetch` would tidy the path up. */
async function send(
  url: string,
  method: string,
  path: string,
  body?: object,
): Promise<{ status: number; text: string }> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const sent = request({ hostname, port, method, path, headers }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    sent.on('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

describe.each(Object.entries(CALLS))('%s', (path, body) => {
  test.each([`${path}/`, `/${path}`, path.replaceAll('/', '//'), `/v1${path}`, `${path}%3Fbeta=true`])(
    'is called as %s',
    async (spelt) => {
      const { url } = await open();
      expect(await send(url, 'POST', spelt, body)).toMatchObject({
        status: 200,
        text: expect.stringContaining('fine') as string,
      });
    },
  );
});

test('a model is found by any name that a call of it may have', async () => {
  const { url } = await open();
  for (const name of [
    'claude-opus-test',
    'claude-opus-test[1m]',
    'anthropic%2Fclaude-opus-test',
    'anthropic/claude-opus-test',
  ]) {
    const { status, text } = await send(url, 'GET', `/v1/models/${name}`);
    expect([status, JSON.parse(text)]).toEqual([200, expect.objectContaining({ id: decodeURIComponent(name) })]);
  }
  const near = await send(url, 'GET', '/v1/models/klaude-opus-test');
  expect([near.status, near.text]).toEqual([404, expect.stringContaining('claude-opus-test') as string]);
});

test.each([
  ['/', 200],
  ['/v1/models', 200],
  ['/v1/models/claude-opus-test', 200],
  ['/metrics', 200],
  ['/pointsman/tail', 200],
  ['/v1/messages', 405],
  ['/v1/nothing', 404],
])('HEAD %s is %d without a body', async (path, status) => {
  const { url } = await open();
  expect(await send(url, 'HEAD', path)).toEqual({ status, text: '' });
});

test.each([
  [
    '/v1/mesages',
    'POST /v1/messages',
    { type: 'error', error: { type: 'not_found_error' } },
    { 'anthropic-version': '2023-06-01' },
  ],
  ['/v1/chat/completion', 'POST /v1/chat/completions', { error: { type: 'invalid_request_error' } }, {}],
  ['/v1beta/models/x:generateContents', ':generateContent', { error: { code: 404, status: 'NOT_FOUND' } }, {}],
  ['/v7/nowhere-at-all-in-this-house', '/v1/messages', { error: { type: 'invalid_request_error' } }, {}],
])('%s says what is near it in the caller’s own form', async (path, near, shape, headers) => {
  const gateway = await open();
  const response = await gateway.post(path, {}, headers);
  const text = await response.text();
  expect([response.status, JSON.parse(text)]).toMatchObject([404, shape]);
  expect(text).toContain(near);
});
