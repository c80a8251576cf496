import { request as send, type ClientRequest } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { ConfiguredEndpoint } from '../config/config.ts';
import { CHAT, CLAUDE, type GatewayKit } from '../testing/internal/gateway-kit.ts';
import { closeAtEnd, openGatewayKit, openVendor } from '../testing/internal/gateway-test.ts';
import { GATEWAY_DEFAULTS } from './settings/gateway-settings.ts';
import { createUpstream } from './upstream/upstream.ts';

async function waitFor(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 400 && !condition(); tries++) {
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
  }
  expect(condition()).toBe(true);
}

function ask(kit: GatewayKit, model: string, stream: boolean): ClientRequest {
  const body = JSON.stringify({ model, max_tokens: 5, stream, messages: [{ role: 'user', content: 'x' }] });
  const request = send(`${kit.url}/v1/messages`, { method: 'POST', agent: false });
  // Leaving is the point.
  request.on('error', () => undefined);
  request.end(body);
  return request;
}

const chatChunk = 'data: {"id":"c","choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}]}\n\n';
const anthropicStart =
  'event: message_start\ndata: {"type":"message_start","message":{"id":"m","usage":{"input_tokens":1}}}\n\n';

describe('a caller that leaves', () => {
  const cases = [CLAUDE, CHAT].flatMap((model) => [true, false].map((stream) => ({ model, id: model.id, stream })));

  test.each(cases)('before the head of $id (stream $stream) closes the upstream', async ({ model, stream }) => {
    const vendor = await openVendor(() => undefined);
    const kit = await openGatewayKit({ upstreamUrl: vendor.url, models: [CLAUDE, CHAT] });
    const request = ask(kit, model.id, stream);
    await waitFor(() => vendor.seen.length === 1);
    request.destroy();
    await waitFor(() => vendor.leftCount === 1);
    await waitFor(() => kit.calls.length === 1);
    expect(kit.calls[0]?.errorCode).toBe('aborted');
    expect(vendor.seen).toHaveLength(1);
  });

  test.each(cases)(
    'in the middle of the answer of $id (stream $stream) closes the upstream',
    async ({ model, stream }) => {
      const vendor = await openVendor((response) => {
        const type = stream || model === CHAT ? 'text/event-stream' : 'application/json';
        response.writeHead(200, { 'content-type': type });
        response.write(type === 'application/json' ? '{"id":' : model === CHAT ? chatChunk : anthropicStart);
      });
      const kit = await openGatewayKit({ upstreamUrl: vendor.url, models: [CLAUDE, CHAT] });
      const request = ask(kit, model.id, stream);
      if (stream) {
        await new Promise((resolve) => {
          request.once('response', (response) => response.once('data', resolve));
        });
      } else await waitFor(() => vendor.seen.length === 1);
      request.destroy();
      await waitFor(() => vendor.leftCount === 1);
      await waitFor(() => kit.calls.length === 1);
      expect(kit.calls[0]?.errorCode).toBe('aborted');
    },
  );

  test('between two tries ends the trying: the vendor hears nothing more', async () => {
    const vendor = await openVendor((response) => {
      response.writeHead(529, { 'content-type': 'application/json', 'retry-after-ms': '300' }).end('{}');
    });
    const kit = await openGatewayKit({ upstreamUrl: vendor.url, models: [CLAUDE], settings: { maxRetries: 5 } });
    const request = ask(kit, CLAUDE.id, true);
    await waitFor(() => vendor.seen.length === 1);
    request.destroy();
    await waitFor(() => kit.calls.length === 1);
    expect(kit.calls[0]?.errorCode).toBe('aborted');
    await new Promise((resolve) => {
      setTimeout(resolve, 500);
    });
    expect(vendor.seen).toHaveLength(1);
  });

  test('while a circuit is half open frees the probe for the next call', async () => {
    let now = 1_000_000;
    let isUnhealthy = true;
    const vendor = await openVendor((response) => {
      if (isUnhealthy) response.destroy();
    });
    const kit = await openGatewayKit({
      upstreamUrl: vendor.url,
      models: [CLAUDE],
      settings: { maxRetries: 0 },
      deps: { clock: { now: () => now } },
    });
    for (let count = 0; count < 5; count++)
      await (await kit.post('/v1/messages', { model: CLAUDE.id, messages: [] })).text();
    const state = async (): Promise<string | undefined> =>
      /pointsman_circuit_state\{endpoint="anthropic",model="[^"]+"\} (\d)/u.exec(
        await (await fetch(`${kit.url}/metrics`)).text(),
      )?.[1];
    expect(await state()).toBe('2');
    isUnhealthy = false;
    now += 60_000;
    for (const probe of [6, 7]) {
      const request = ask(kit, CLAUDE.id, true);
      await waitFor(() => vendor.seen.length === probe);
      request.destroy();
      await waitFor(() => kit.calls.length === probe);
    }
    expect(kit.calls.slice(5).map((call) => call.errorCode)).toEqual(['aborted', 'aborted']);
    expect(await state()).toBe('1');
  });

  test('before its own request is whole costs nothing upstream', async () => {
    const vendor = await openVendor(() => undefined);
    const kit = await openGatewayKit({ upstreamUrl: vendor.url, models: [CLAUDE] });
    const { hostname, port } = new URL(kit.url);
    const socket = connect(Number(port), hostname);
    await new Promise<void>((resolve) => {
      socket.write('POST /v1/messages HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 100\r\n\r\n{"model":"auto",', () =>
        resolve(),
      );
    });
    socket.destroy();
    const other = ask(kit, CLAUDE.id, true);
    await waitFor(() => vendor.seen.length === 1);
    other.destroy();
    await waitFor(() => vendor.leftCount === 1);
    expect(vendor.seen).toHaveLength(1);
  });

  test('while it waits for a free connection waits no longer, and its request is never sent', async () => {
    const vendor = await openVendor(() => undefined);
    const upstream = closeAtEnd(createUpstream(GATEWAY_DEFAULTS));
    const endpoint = { id: CLAUDE.endpoint, baseUrl: vendor.url } as ConfiguredEndpoint;
    const call = { path: '/', headers: {}, body: Buffer.from('{}') };
    const busy = new AbortController();
    const held = Array.from({ length: 256 }, async () =>
      upstream.open(endpoint, { ...call, signal: busy.signal }).catch(() => undefined),
    );
    await waitFor(() => vendor.seen.length === 256);
    const leave = new AbortController();
    const waiting = upstream.open(endpoint, { ...call, signal: leave.signal });
    leave.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'aborted' });
    busy.abort();
    await Promise.all(held);
    await waitFor(() => vendor.leftCount === 256);
    expect(vendor.seen).toHaveLength(256);
  });
});
