import type { ServerResponse } from 'node:http';
import { createServer as createNetServer, type AddressInfo } from 'node:net';
import { describe, expect, test, vi } from 'vitest';
import { accountOf } from '../money/ledger.ts';
import { openLedgerHere } from '../money/sqlite/sqlite-ledger.ts';
import {
  CHAT,
  CLAUDE,
  CLAUDE_SMALL,
  type GatewayKit,
  type GatewayKitOptions,
} from '../testing/internal/gateway-kit.ts';
import { anAccessKey, openGatewayKit, openVendor } from '../testing/internal/gateway-test.ts';
import { rotateAccessKey } from './core/access-keys.ts';

/** A vendor whose streams go on until they are told to end. */
interface Vendor {
  readonly url: string;
  readonly streams: ServerResponse[];
  say(text: string): void;
  end(): void;
}

async function slowVendor(): Promise<Vendor> {
  const streams: ServerResponse[] = [];
  const chunk = (delta: object, finish: string | null): string =>
    `data: ${JSON.stringify({ id: 'c', model: CHAT.wireModel, choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
  const { url } = await openVendor((response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(chunk({ content: 'first' }, null));
    streams.push(response);
  });
  return {
    url,
    streams,
    say: (text) => streams.forEach((stream) => stream.write(chunk({ content: text }, null))),
    end: () => streams.forEach((stream) => stream.end(`${chunk({}, 'stop')}data: [DONE]\n\n`)),
  };
}

async function kitOver(vendor: Vendor, options: Omit<GatewayKitOptions, 'upstreamUrl'> = {}): Promise<GatewayKit> {
  return openGatewayKit({ upstreamUrl: vendor.url, models: [CHAT], ...options });
}

const STREAM = { model: CHAT.id, stream: true, messages: [{ role: 'user', content: 'Go.' }] };

describe('a gateway that stops', () => {
  test('lets an answer leave whole to a caller that reads slowly', async () => {
    const words = 'word '.repeat(5_000_000);
    const body = JSON.stringify({
      id: 'c',
      choices: [{ index: 0, message: { role: 'assistant', content: words }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
    });
    const { url: upstreamUrl } = await openVendor((response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(body),
    );
    const kit = await openGatewayKit({ upstreamUrl, models: [CHAT], settings: { drainMs: 60_000 } });
    const response = await kit.post('/v1/chat/completions', { ...STREAM, stream: false });
    const reader = response.body?.getReader();
    await vi.waitFor(() => expect(kit.calls).toHaveLength(1));
    const closed = kit.gateway.close();
    // Time and again for connections that are idle.
    await new Promise((resolve) => setTimeout(resolve, 300));
    let readBytes = 0;
    for (let read = await reader?.read(); read?.done === false; read = await reader?.read())
      readBytes += read.value.length;
    expect(readBytes).toBe(body.length);
    await closed;
  });

  test('lets streams live to their end, and takes no new calls', async () => {
    const vendor = await slowVendor();
    const kit = await kitOver(vendor, { settings: { drainMs: 60_000 } });
    const response = await kit.post('/v1/chat/completions', STREAM);
    const closed = kit.gateway.close();
    await vi.waitFor(async () => expect(fetch(`${kit.url}/healthz`)).rejects.toThrow());
    vendor.say('second');
    vendor.end();
    const text = await response.text();
    expect(text).toContain('first');
    expect(text).toContain('second');
    expect(text).toContain('[DONE]');
    await closed;
    expect(kit.calls).toHaveLength(1);
    expect(kit.calls[0]?.errorCode).toBeUndefined();
  });

  test.each([
    ['after its limit', 50, 1],
    ['when it is told a second time', 60_000, 2],
  ])('ends streams %s with an error that clients retry, and has them on the bill', async (_when, drainMs, times) => {
    const vendor = await slowVendor();
    const { key, token } = anAccessKey();
    const ledger = openLedgerHere({ file: ':memory:', onFault: () => undefined });
    const kit = await kitOver(vendor, { settings: { drainMs }, deps: { accessKeys: [key], ledger } });
    const response = await kit.post('/v1/chat/completions', STREAM, { authorization: `Bearer ${token}` });
    const closed = Array.from({ length: times }, async () => kit.gateway.close());
    const text = await response.text();
    expect(text).toContain('first');
    expect(text).toMatch(/"error":\{.*stopping/u);
    await Promise.all(closed);
    const [call] = kit.calls;
    expect(call?.mayHaveBilledNanoUsd).toBeGreaterThan(0);
    const { total } = await ledger.standings(accountOf('key', key.id), Date.now());
    expect(total).toEqual({
      spentNanoUsd: call?.mayHaveBilledNanoUsd,
      unknownNanoUsd: call?.mayHaveBilledNanoUsd,
      heldNanoUsd: 0,
    });
  });

  test('tells a caller that has no word yet to come again', async () => {
    const silent = await openVendor(() => undefined);
    const kit = await openGatewayKit({ upstreamUrl: silent.url, models: [CHAT], settings: { drainMs: 50 } });
    const asked = kit.post('/v1/chat/completions', { ...STREAM, stream: false });
    await vi.waitFor(() => expect(silent.seen).toHaveLength(1));
    const closed = kit.gateway.close();
    const response = await asked;
    expect(response.status).toBe(503);
    expect(response.headers.get('x-should-retry')).toBe('true');
    expect(response.headers.get('retry-after')).toBe('1');
    await response.arrayBuffer();
    await closed;
  });

  test.skipIf(process.platform !== 'linux')(
    'hands its port to the next one: no call between finds nobody',
    async () => {
      const probe = createNetServer();
      await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', () => resolve()));
      const { port } = probe.address() as AddressInfo;
      await new Promise<void>((resolve) => probe.close(() => resolve()));
      const vendor = await slowVendor();
      const old = await kitOver(vendor, { settings: { port, drainMs: 60_000 } });
      await expect(kitOver(vendor, { settings: { port } })).rejects.toMatchObject({ code: 'config-invalid' });
      const held = await old.post('/v1/chat/completions', STREAM);
      const next = await kitOver(vendor, { settings: { port, takeOver: true } });
      expect(next.url).toBe(old.url);
      const closed = old.gateway.close();
      await vi.waitFor(async () => expect((await fetch(`${next.url}/healthz`)).status).toBe(200));
      const fresh = await next.post('/v1/chat/completions', STREAM);
      await vi.waitFor(() => expect(vendor.streams).toHaveLength(2));
      vendor.end();
      expect(await held.text()).toContain('[DONE]');
      expect(await fresh.text()).toContain('[DONE]');
      await closed;
      expect([old.calls.length, next.calls.length]).toEqual([1, 1]);
    },
  );
});

describe('a gateway that reads again', () => {
  const ask = { max_tokens: 9, messages: [{ role: 'user', content: 'x' }] };

  test('lets a revoked key in no more, a new one at once, and both tokens of a rotated one for a while', async () => {
    const vendor = await slowVendor();
    const first = anAccessKey();
    const second = anAccessKey();
    let now = 1_000_000;
    const kit = await kitOver(vendor, { deps: { accessKeys: [first.key], clock: { now: () => now } } });
    const statusOf = async (token: string): Promise<number> => {
      const response = await fetch(`${kit.url}/v1/models`, { headers: { authorization: `Bearer ${token}` } });
      await response.arrayBuffer();
      return response.status;
    };
    expect([await statusOf(first.token), await statusOf(second.token)]).toEqual([200, 401]);
    kit.gateway.reload({ accessKeys: [second.key] });
    expect([await statusOf(first.token), await statusOf(second.token)]).toEqual([401, 200]);
    const rotated = rotateAccessKey(second.key, { now, oldUntil: now + 1000 });
    kit.gateway.reload({ accessKeys: [rotated.key] });
    expect([await statusOf(second.token), await statusOf(rotated.token)]).toEqual([200, 200]);
    now += 1001;
    expect([await statusOf(second.token), await statusOf(rotated.token)]).toEqual([401, 200]);
    kit.gateway.reload({ accessKeys: [] });
    expect(await statusOf(rotated.token)).toBe(401);
  });

  test('routes over the new models, keeps sessions, and changes nothing for what is wrong', async () => {
    const vendor = await slowVendor();
    const kit = await kitOver(vendor, { models: [CLAUDE, CLAUDE_SMALL] });
    const modelOf = async (): Promise<string | null> => {
      const response = await kit.post('/v1/messages', { ...ask, model: 'auto', stream: true }, { 'x-session-id': 's' });
      await response.body?.cancel();
      return response.headers.get('x-pointsman-model');
    };
    const before = await modelOf();
    const [other] = [CLAUDE, CLAUDE_SMALL].filter(({ id }) => id !== before);
    kit.gateway.reload({ models: other === undefined ? [] : [other] });
    expect(await modelOf()).toBe(other?.id);
    expect(new Set(kit.steps.map(({ sessionId }) => sessionId)).size).toBe(1);
  });
});
