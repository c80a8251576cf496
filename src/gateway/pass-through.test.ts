import type { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import type { ConfiguredEndpoint } from '../config/config.ts';
import { Secret } from '../config/secret.ts';
import { CHAT, CLAUDE, GPT } from '../testing/internal/gateway-kit.ts';
import { openGatewayKit, openVendor } from '../testing/internal/gateway-test.ts';

/** An endpoint that is sent a key of ours, with characters that other forms spell otherwise. */
function withKey(baseUrl: string, key = 'our-secret-key'): ConfiguredEndpoint {
  return {
    id: CLAUDE.endpoint,
    baseUrl,
    wires: ['anthropic-messages'],
    apiKey: new Secret(key, 'test'),
    apiKeyName: 'X',
    keyless: false,
    headers: {},
    timeoutMs: undefined,
    idleTimeoutMs: undefined,
    compliance: {},
    wanted: true,
  };
}

const anthropicAnswer = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-opus-test',
  content: [{ type: 'text', text: 'hello' }],
  stop_reason: 'end_turn',
  usage: { input_tokens: 10, cache_read_input_tokens: 0, cache_creation_input_tokens: 2000, output_tokens: 3 },
};

/** Longer than what is copied together for a socket. */
const LONG = JSON.stringify([{ role: 'user', content: 'a line, ✓ → ü "quoted"\n'.repeat(20_000) }]);

function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json', 'request-id': 'req_upstream' });
  response.end(JSON.stringify(value));
}

describe('a call in the wire format of its model', () => {
  test('leaves every byte of the body alone but the model name of a virtual model', async () => {
    const vendor = await openVendor((response) => sendJson(response, anthropicAnswer));
    const kit = await openGatewayKit({ upstreamUrl: vendor.url, models: [CLAUDE] });
    const body =
      '{ "max_tokens": 1.0,\t"model": "auto", "big": 123456789012345678901234567890, "messages":[{"role":"user","content":"h\\u0069"}] }';
    const answer = await kit.post('/v1/messages?beta=true', body);
    expect(answer.status).toBe(200);
    expect(vendor.seen[0]?.bytes.toString()).toBe(body.replace('"auto"', '"claude-opus-test"'));
    expect(vendor.seen[0]?.url).toBe('/v1/messages?beta=true');
    expect(await answer.json()).toEqual(anthropicAnswer);
  });

  test.each([
    ['first', (model: string) => `{"model":"${model}","messages":${LONG},"max_tokens":9}`],
    ['last', (model: string) => `{"max_tokens":9,"messages":${LONG},"model":"${model}"}`],
  ])('sends a long body in pieces, with the length of it all, where its model is named %s', async (_, bodyOf) => {
    const vendor = await openVendor((response) => sendJson(response, anthropicAnswer));
    const kit = await openGatewayKit({ upstreamUrl: vendor.url, models: [CLAUDE] });
    for (let call = 0; call < 2; call += 1) expect((await kit.post('/v1/messages', bodyOf('auto'))).status).toBe(200);
    const sent = bodyOf('claude-opus-test');
    expect(vendor.seen.map(({ bytes }) => bytes.toString() === sent)).toEqual([true, true]);
    expect(vendor.seen[0]?.headers).toMatchObject({ 'content-length': String(Buffer.byteLength(sent)) });
    expect(vendor.seen[0]?.headers['transfer-encoding']).toBeUndefined();
  });

  test('passes vendor switches, and holds back credentials, cookies and our own headers', async () => {
    const vendor = await openVendor((response) => sendJson(response, anthropicAnswer));
    const kit = await openGatewayKit({ upstreamUrl: vendor.url, models: [CLAUDE] });
    await kit.post(
      '/v1/messages',
      { model: CLAUDE.id, messages: [{ role: 'user', content: 'x' }] },
      {
        'anthropic-beta': 'one,two',
        'anthropic-version': '2026-10-21',
        'x-claude-code-session-id': 's1',
        'x-api-key': 'sk-caller-key',
        cookie: 'a=b',
        'x-pointsman-cache': 'off',
      },
    );
    const headers = vendor.seen[0]?.headers ?? {};
    expect(headers).toMatchObject({
      'anthropic-beta': 'one,two',
      'anthropic-version': '2026-10-21',
      'x-claude-code-session-id': 's1',
    });
    for (const name of ['x-api-key', 'cookie', 'x-pointsman-cache', 'authorization'])
      expect(headers[name]).toBeUndefined();
  });

  test('says which model ran, by which decision, why, and what it cost', async () => {
    const vendor = await openVendor((response) => sendJson(response, anthropicAnswer));
    const kit = await openGatewayKit({ upstreamUrl: vendor.url, models: [CLAUDE] });
    const answer = await kit.post('/v1/messages', { model: 'auto', messages: [{ role: 'user', content: 'x' }] });
    const usd = (10 * 2 + 2000 * 2.5 + 3 * 10) / 1e6;
    expect(answer.headers.get('x-pointsman-model')).toBe('claude-opus-test');
    expect(Number(answer.headers.get('x-pointsman-billed-usd'))).toBeCloseTo(usd, 9);
    expect(Number(answer.headers.get('x-pointsman-predicted-usd'))).toBeGreaterThan(0);
    expect(answer.headers.get('request-id')).toBe('req_upstream');
    const step = kit.steps[0];
    expect(answer.headers.get('x-pointsman-decision')).toBe(step?.decision.decisionId);
    expect(answer.headers.get('x-pointsman-reason')).toBe(step?.decision.reasons[0]?.code);
    await answer.arrayBuffer();
    expect(kit.calls[0]).toMatchObject({
      endpoint: 'anthropic',
      billNanoUsd: usd * 1e9,
      gateway: { askedFor: 'auto', losses: [] },
    });
  });

  test('sends our key, never the caller’s, and never answers with ours', async () => {
    const vendor = await openVendor((response) => sendJson(response, anthropicAnswer));
    const endpoint = withKey(vendor.url);
    const kit = await openGatewayKit({
      upstreamUrl: vendor.url,
      models: [CLAUDE],
      deps: { endpoints: new Map([[CLAUDE.endpoint, endpoint]]) },
    });
    const answer = await kit.post(
      '/v1/messages',
      { model: 'auto', messages: [{ role: 'user', content: 'x' }] },
      { authorization: 'Bearer caller-token' },
    );
    expect(vendor.seen[0]?.headers['x-api-key']).toBe('our-secret-key');
    expect(vendor.seen[0]?.headers.authorization).toBeUndefined();
    expect(JSON.stringify([...answer.headers]) + (await answer.text())).not.toContain('our-secret-key');
    expect(JSON.stringify([kit.calls, kit.steps])).not.toContain('our-secret-key');
  });

  test('relays a stream byte for byte at every split, and still reads its usage', async () => {
    const stream = Buffer.from(
      [
        'event: message_start\ndata: {"type":"message_start","message":{"id":"m","model":"claude-opus-test","usage":{"input_tokens":7,"cache_read_input_tokens":1,"output_tokens":1}}}\n\n',
        ': a comment\n\nevent: ping\ndata: {"type":"ping"}\n\n',
        'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"žluť 🐎"}}\n\n',
        'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":5}}\n\n',
        'event: message_stop\ndata: {"type":"message_stop"}\n\n',
      ].join(''),
    );
    let split = 0;
    const vendor = await openVendor((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(stream.subarray(0, split));
      setImmediate(() => response.end(stream.subarray(split)));
    });
    const kit = await openGatewayKit({ upstreamUrl: vendor.url, models: [CLAUDE] });
    for (split = 0; split <= stream.length; split += 23) {
      const answer = await kit.post('/v1/messages', {
        model: 'auto',
        stream: true,
        messages: [{ role: 'user', content: 'x' }],
      });
      expect(Buffer.from(await answer.arrayBuffer()).equals(stream)).toBe(true);
      expect(kit.calls.at(-1)?.usage).toMatchObject({ uncachedTokens: 7, cacheReadTokens: 1, outputTokens: 5 });
    }
  });

  test('forwards an upstream error in its own words and status', async () => {
    const words =
      '{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 5 tokens > 4 maximum"}}';
    const vendor = await openVendor((response) =>
      response.writeHead(400, { 'content-type': 'application/json' }).end(words),
    );
    const kit = await openGatewayKit({ upstreamUrl: vendor.url, models: [CLAUDE] });
    const answer = await kit.post('/v1/messages', { model: CLAUDE.id, messages: [{ role: 'user', content: 'x' }] });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toBe(words);
    expect(vendor.seen).toHaveLength(1);
  });
});

describe('names', () => {
  test('an unknown name is a 404 with what was probably meant, in the dialect of the caller', async () => {
    const kit = await openGatewayKit({ upstreamUrl: 'http://127.0.0.1:9', models: [CLAUDE, GPT, CHAT] });
    const messages = [{ role: 'user', content: 'x' }];
    const anthropic = await kit.post('/v1/messages', { model: 'klaude-opus-tset', messages });
    expect(anthropic.status).toBe(404);
    expect(await anthropic.json()).toMatchObject({
      type: 'error',
      error: { type: 'not_found_error', message: expect.stringContaining('claude-opus-test') as string },
    });
    const chat = await kit.post('/v1/chat/completions', { model: 'nope', messages });
    expect(await chat.json()).toMatchObject({ error: { code: 'model_not_found' } });
  });

  test('lists virtual names and the pool in a form of both vendors', async () => {
    const kit = await openGatewayKit({ upstreamUrl: 'http://127.0.0.1:9', models: [CLAUDE] });
    const list = (await (await fetch(`${kit.url}/v1/models?limit=1000`)).json()) as {
      data: { id: string; type: string; object: string }[];
    };
    const ids = list.data.map((model) => model.id);
    expect(ids).toContain('auto');
    expect(ids).toContain('claude-auto-fast');
    expect(ids).toContain('claude-opus-test');
    expect(list.data.every((model) => model.type === 'model' && model.object === 'model')).toBe(true);
  });

  test('counts tokens at the vendor, or says that it estimates', async () => {
    const vendor = await openVendor((response) => sendJson(response, { input_tokens: 42 }));
    const kit = await openGatewayKit({ upstreamUrl: vendor.url, models: [CLAUDE, CHAT] });
    const body = { model: 'auto', messages: [{ role: 'user', content: 'hello' }] };
    const exact = await kit.post('/v1/messages/count_tokens?beta=true', body);
    expect(await exact.json()).toEqual({ input_tokens: 42 });
    expect(vendor.seen[0]?.url).toBe('/v1/messages/count_tokens?beta=true');
    const rough = await kit.post('/v1/messages/count_tokens', { ...body, model: CHAT.id });
    expect(rough.headers.get('x-pointsman-estimate')).toBe('bytes/4');
  });
});

function sendHead(response: ServerResponse, value: object, status: number, headers: Record<string, string>): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
}

describe('what a vendor says', () => {
  /** Forms in which it may repeat the key that it was sent. */
  const forms = (key: string): readonly string[] => [
    key,
    encodeURIComponent(key),
    JSON.stringify(key),
    Buffer.from(`Authorization: Bearer ${key}`).toString('base64'),
    Buffer.from(key).toString('hex'),
  ];

  test.each([400, 404, 429, 500])(
    'holds no key of ours in an error of status %i, nor a header of our account',
    async (status) => {
      const vendor = await openVendor((response, seen) => {
        const key = String(seen.headers['x-api-key'] ?? '');
        const said = { error: { type: 'x', message: `You sent ${forms(key).join(' ')}` } };
        sendHead(response, said, status, {
          'request-id': `r-${key}`,
          'set-cookie': 'a=b',
          'x-account': key,
          'retry-after': '0',
        });
      });
      const deps = { endpoints: new Map([[CLAUDE.endpoint, withKey(vendor.url, 'odd/key+of "no" form=')]]) };
      const kit = await openGatewayKit({ upstreamUrl: vendor.url, models: [CLAUDE], deps });
      const answer = await kit.post('/v1/messages', {
        model: CLAUDE.id,
        max_tokens: 5,
        messages: [{ role: 'user', content: 'x' }],
      });
      const text = `${await answer.text()}${JSON.stringify([...answer.headers])}`;
      const key = String(vendor.seen[0]?.headers['x-api-key'] ?? '');
      expect(key.length).toBeGreaterThan(6);
      for (const form of [key, encodeURIComponent(key), Buffer.from(key).toString('hex')])
        expect(text).not.toContain(form);
      expect(text).not.toContain(Buffer.from(`Authorization: Bearer ${key}`).toString('base64').slice(0, -4));
      expect(text).not.toMatch(/set-cookie|x-account/u);
    },
  );

  test.each([301, 302, 307, 308])(
    'leads nobody elsewhere: a redirect of status %i is a fault of the endpoint',
    async (status) => {
      const vendor = await openVendor((response) =>
        sendHead(response, {}, status, { location: 'https://evil.test/v1/messages' }),
      );
      const kit = await openGatewayKit({ upstreamUrl: vendor.url, models: [CLAUDE] });
      const answer = await kit.post('/v1/messages', {
        model: CLAUDE.id,
        max_tokens: 5,
        messages: [{ role: 'user', content: 'x' }],
      });
      expect([answer.status, answer.headers.get('location')]).toEqual([502, null]);
      expect(await answer.text()).not.toContain('evil.test');
    },
  );

  test('is never told what a caller may have for somebody else', async () => {
    const vendor = await openVendor((response) => sendJson(response, anthropicAnswer));
    const kit = await openGatewayKit({ upstreamUrl: vendor.url, models: [CLAUDE] });
    const odd = {
      'x-real-secret': 's',
      'openai-organization': 'org-1',
      'x-internal-auth-token': 't',
      'x-something-new': 'n',
      'anthropic-api-key': 'k',
    };
    await kit.post('/v1/messages', { model: CLAUDE.id, messages: [{ role: 'user', content: 'x' }] }, odd);
    for (const name of Object.keys(odd)) expect(vendor.seen[0]?.headers[name], name).toBeUndefined();
  });
});
