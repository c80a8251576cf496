import { createServer, type AddressInfo, type Socket } from 'node:net';
import { describe, expect, test, vi } from 'vitest';
import type { ConfiguredEndpoint } from '../config/config.ts';
import { Secret } from '../config/secret.ts';
import { asId, type EndpointId } from '../domain/ids.ts';
import type { Model, PriceRow } from '../domain/model.ts';
import type { RouterPolicy } from '../domain/router-policy.ts';
import { aPolicy, modelId } from '../testing/index.ts';
import { CHAT, CLAUDE, type GatewayKit } from '../testing/internal/gateway-kit.ts';
import {
  closeAtEnd,
  openGatewayKit,
  openVendor,
  type TestVendor,
  type VendorAnswer,
} from '../testing/internal/gateway-test.ts';
import { GATEWAY_DEFAULTS } from './settings/gateway-settings.ts';

/** What the vendor was asked for, in order. */
const modelsAt = ({ seen }: TestVendor): readonly string[] =>
  seen.map(({ bytes }) => (JSON.parse(bytes.toString()) as { readonly model: string }).model);
const keysAt = ({ seen }: TestVendor): readonly unknown[] => seen.map(({ headers }) => headers['x-api-key']);

const sendOk: VendorAnswer = (response) => {
  const usage = { input_tokens: 10, output_tokens: 1 };
  const content = [{ type: 'text', text: 'hi' }];
  const body = { id: 'm', type: 'message', role: 'assistant', model: 'm', content, stop_reason: 'end_turn', usage };
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};
const refuse =
  (status: number, headers: Readonly<Record<string, string>> = {}): VendorAnswer =>
  (response) => {
    const error = { type: 'api_error', message: `vendor says ${status}` };
    response
      .writeHead(status, { 'content-type': 'application/json', ...headers })
      .end(JSON.stringify({ type: 'error', error }));
  };
/** How Anthropic says it: anthropics/claude-code#66314, read 2026-11. */
const outOfCredit: VendorAnswer = (response) => {
  const error = {
    type: 'invalid_request_error',
    message: 'Your credit balance is too low to access the Anthropic API.',
  };
  response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify({ type: 'error', error }));
};
const errorInStream: VendorAnswer = (response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end('event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n');
};

/** The same model at another host, at so many times the price, under a name of the host's own. */
function at(endpoint: string, priceFactor = 1, wireModel = CLAUDE.wireModel): Model {
  const times = (row: PriceRow): PriceRow => ({
    ...row,
    input: row.input * priceFactor,
    output: row.output * priceFactor,
  });
  return {
    ...CLAUDE,
    id: modelId(`${endpoint}/${CLAUDE.id}`),
    sameAs: CLAUDE.id,
    endpoint: asId<EndpointId>(endpoint),
    wireModel,
    prices: { ...CLAUDE.prices, base: times(CLAUDE.prices.base) },
  };
}

/** Takes connections, and says nothing on any of them. */
async function openSilence(): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => void sockets.add(socket.on('error', () => undefined)));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  closeAtEnd({
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  });
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const message = (options: object = {}): object => ({
  model: CLAUDE.id,
  max_tokens: 10,
  messages: [{ role: 'user', content: 'x' }],
  ...options,
});

describe('a named model whose host fails', () => {
  const DOWN: readonly (readonly [string, string | VendorAnswer])[] = [
    ['a refused connection', 'http://127.0.0.1:9'],
    ['a name that nobody knows', 'http://nobody.invalid'],
    ['no TLS at the other end', 'tls'],
    ['a reset before the first byte', (response) => response.destroy()],
    ['500', refuse(500)],
    ['503', refuse(503)],
    ['529', refuse(529)],
    ['529 that asks for time', refuse(529, { 'retry-after': '30' })],
    ['429', refuse(429)],
    ['429 that asks for time', refuse(429, { 'retry-after': '60' })],
    ['a refused key', refuse(401)],
    ['an account without means', refuse(402)],
    ['a model that it does not have', refuse(404)],
    ['an error inside a 200 stream', errorInStream],
    ['an error inside a 200 without a stream', refuse(200)],
    [
      'a 200 with JSON of no bytes',
      (response) => response.writeHead(200, { 'content-type': 'application/json' }).end(),
    ],
    ['an account without means, in the words of a 400', outOfCredit],
    [
      'a 200 stream without anything',
      (response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).end(),
    ],
  ];

  test.each(DOWN)('goes to the same model elsewhere at once: %s', async (_what, how) => {
    const good = await openVendor(sendOk);
    const bad = typeof how === 'string' ? how : (await openVendor(how)).url;
    const kit = await openGatewayKit({
      upstreamUrl: bad === 'tls' ? good.url.replace('http:', 'https:') : bad,
      baseUrls: { eu: good.url },
      models: [CLAUDE, at('eu', 2, 'eu.opus'), CHAT],
      apiKey: 'our-key',
    });
    const answer = await kit.post('/v1/messages', message());
    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-pointsman-fallback')).toMatch(
      /^from=claude-opus-test; why=[^;]+; weaker=false; extra-usd=0\.0+\d+$/u,
    );
    expect(answer.headers.get('x-pointsman-model')).toBe('eu/claude-opus-test');
    expect(modelsAt(good)).toEqual(['eu.opus']);
    expect(kit.calls.at(-1)).toMatchObject({
      endpoint: 'eu',
      gateway: { fallbackFrom: [{ model: 'claude-opus-test' }], weakerThanDecided: false },
    });
  });

  const STREAM =
    'event: message_start\ndata: {"type":"message_start","message":{"id":"m","type":"message","role":"assistant","model":"m","content":[],"usage":{"input_tokens":1,"output_tokens":1}}}\n\n' +
    'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":1}}\n\n' +
    'event: message_stop\ndata: {"type":"message_stop"}\n\n';
  const streamOk: VendorAnswer = (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end(STREAM);
  };

  const chatOk: VendorAnswer = (response) => {
    const chunk = (delta: object, finish: string | null): string =>
      `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(`${chunk({ role: 'assistant', content: 'hi' }, null)}${chunk({}, 'stop')}data: [DONE]\n\n`);
  };

  test.each<[string, VendorAnswer]>([
    ['says nothing at all', () => undefined],
    [
      'says that it answers, and nothing more',
      (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      },
    ],
  ])('is not waited for for ever where it %s', async (_what, hang) => {
    const good = await openVendor(streamOk);
    const bad = await openVendor(hang);
    const kit = await openGatewayKit({
      upstreamUrl: bad.url,
      baseUrls: { eu: good.url },
      models: [CLAUDE, at('eu', 2)],
      settings: { firstByteMs: 60 },
    });
    const answer = await kit.post('/v1/messages', message({ stream: true }));
    expect(await answer.text()).toContain('message_stop');
    expect(answer.headers.get('x-pointsman-fallback')).toContain('from=claude-opus-test; why=timeout;');
    expect(good.seen).toHaveLength(1);
  });

  test('is waited for where nobody else could take the call, and where its answer comes whole', async () => {
    const slow = await openVendor((...args) => void setTimeout(() => streamOk(...args), 200));
    const alone = await openGatewayKit({ upstreamUrl: slow.url, models: [CLAUDE], settings: { firstByteMs: 20 } });
    expect(await (await alone.post('/v1/messages', message({ stream: true }))).text()).toContain('message_stop');
    const whole = await openVendor((...args) => void setTimeout(() => sendOk(...args), 200));
    const kit = await openGatewayKit({
      upstreamUrl: whole.url,
      models: [CLAUDE, at('eu', 2)],
      settings: { firstByteMs: 20 },
    });
    const answer = await kit.post('/v1/messages', message());
    expect([answer.status, answer.headers.get('x-pointsman-fallback')]).toEqual([200, null]);
  });

  test('of a model that may think in silence is waited for', async () => {
    const slow = await openVendor((...args) => void setTimeout(() => chatOk(...args), 200));
    const thinking = { ...CHAT, efforts: ['low', 'high'] as const };
    const other: Model = {
      ...thinking,
      id: modelId('eu/chat-test'),
      sameAs: CHAT.id,
      endpoint: asId<EndpointId>('eu'),
    };
    for (const [models, hasMoved] of [
      [[CHAT, { ...other, efforts: [] }], true],
      [[thinking, other], false],
    ] as const) {
      const kit = await openGatewayKit({ upstreamUrl: slow.url, models, settings: { firstByteMs: 60 } });
      const answer = await kit.post('/v1/chat/completions', { ...message({ stream: true }), model: CHAT.id });
      expect(await answer.text()).toContain('[DONE]');
      expect(answer.headers.get('x-pointsman-fallback') !== null).toBe(hasMoved);
    }
  });

  test('may have billed only what had gone out before it was cut', async () => {
    const good = await openVendor(streamOk);
    const silent = await openVendor(() => undefined);
    for (const [url, mayHaveBilled] of [
      [silent.url, expect.any(Number)],
      // Nothing answers there in TLS: no request has gone out.
      [await openSilence(), undefined],
    ] as const) {
      const kit = await openGatewayKit({
        upstreamUrl: url,
        baseUrls: { eu: good.url },
        models: [CLAUDE, at('eu', 2)],
        settings: { firstByteMs: 60 },
      });
      const answer = await kit.post('/v1/messages', message({ stream: true }));
      expect(await answer.text()).toContain('message_stop');
      await vi.waitFor(() => expect(kit.calls.length).toBeGreaterThan(0));
      expect(kit.calls.at(-1)?.mayHaveBilledNanoUsd).toEqual(mayHaveBilled);
    }
  });

  test('a stream that has begun in time may pause for longer', async () => {
    const [first = '', ...rest] = STREAM.split(/(?<=\n\n)/u);
    const vendor = await openVendor((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(first);
      setTimeout(() => response.end(rest.join('')), 900);
    });
    const kit = await openGatewayKit({
      upstreamUrl: vendor.url,
      models: [CLAUDE, at('eu', 2)],
      settings: { firstByteMs: 500 },
    });
    const answer = await kit.post('/v1/messages', message({ stream: true }));
    expect(await answer.text()).toContain('message_stop');
  });

  test('never goes to another model, and says what its last host said', async () => {
    const other = await openVendor(sendOk);
    const bad = await openVendor(refuse(529));
    const kit = await openGatewayKit({
      upstreamUrl: bad.url,
      baseUrls: { chat: other.url },
      models: [CLAUDE, at('eu'), CHAT],
    });
    const answer = await kit.post('/v1/messages', message());
    expect(answer.status).toBe(529);
    expect(other.seen).toEqual([]);
  });

  test.each<[string, Partial<RouterPolicy>, Partial<Model>]>([
    ['the policy’s regions', { compliance: { inferenceRegions: ['eu'] } }, {}],
    ['the policy’s list', { allowModels: [modelId('eu/claude-opus-test')] }, {}],
    ['the policy’s other list', { denyModels: [modelId('us/claude-opus-test')] }, {}],
    ['its own window', {}, { contextTokens: 2000 }],
    ['a price that nobody knows', {}, { prices: { ...CLAUDE.prices, base: { ...CLAUDE.prices.base, input: NaN } } }],
  ])('never goes to a host that %s keeps it from', async (_what, policy, us) => {
    const open = await openVendor(sendOk);
    const bad = await openVendor(refuse(500));
    const eu = { ...at('eu'), compliance: { inferenceRegions: ['eu'] } };
    const kit = await openGatewayKit({
      upstreamUrl: bad.url,
      baseUrls: { us: open.url },
      models: [{ ...CLAUDE, compliance: eu.compliance }, eu, { ...at('us', 0.5), ...us }],
      deps: { policy: aPolicy(policy) },
    });
    const messages = [{ role: 'user', content: 'x '.repeat(20_000) }];
    expect((await kit.post('/v1/messages', message({ messages }))).status).toBe(500);
    expect(open.seen).toEqual([]);
    expect(bad.seen.length).toBeGreaterThan(0);
  });

  test('nor to one that the policy of now keeps it from, in a step that was decided under another', async () => {
    let isHealthy = true;
    const home = await openVendor(sendOk);
    const eu = await openVendor((...args) => (isHealthy ? sendOk : refuse(500))(...args));
    const kit = await openGatewayKit({
      upstreamUrl: home.url,
      baseUrls: { eu: eu.url },
      models: [CLAUDE, at('eu', 0.5)],
    });
    const first = { role: 'user', content: 'x' };
    expect((await kit.post('/v1/messages', message({ messages: [first] }))).status).toBe(200);
    expect(eu.seen).toHaveLength(1);
    kit.gateway.reload({ policy: aPolicy({ allowModels: [modelId('eu/claude-opus-test')] }) });
    isHealthy = false;
    const tool = { type: 'tool_use', id: 'toolu_1', name: 'read', input: {} };
    const result = { type: 'tool_result', tool_use_id: 'toolu_1', content: 'y' };
    const messages = [first, { role: 'assistant', content: [tool] }, { role: 'user', content: [result] }];
    expect((await kit.post('/v1/messages', message({ messages }))).status).toBe(500);
    expect(home.seen).toEqual([]);
  });

  test.each([401, 404, 500, 503])('waits for a key at its limit where the other host answers %d', async (status) => {
    const home = await openVendor((response, request, count) => {
      const answer = count === 1 ? refuse(429, { 'retry-after-ms': '50' }) : sendOk;
      answer(response, request, count);
    });
    const eu = await openVendor(refuse(status));
    const kit = await openGatewayKit({
      upstreamUrl: home.url,
      baseUrls: { eu: eu.url },
      models: [CLAUDE, at('eu', 2)],
      apiKey: 'our-key',
    });
    const answer = await kit.post('/v1/messages', message());
    expect([answer.status, answer.headers.get('x-pointsman-model')]).toEqual([200, 'claude-opus-test']);
    expect(home.seen).toHaveLength(2);
  });

  test('says when the first of its hosts is free where all are at their limits', async () => {
    const far = await openVendor(refuse(429, { 'retry-after': '60', 'retry-after-ms': '60000' }));
    const near = await openVendor(refuse(429, { 'retry-after': '30' }));
    const kit = await openGatewayKit({
      upstreamUrl: near.url,
      baseUrls: { eu: far.url },
      models: [CLAUDE, at('eu', 2)],
    });
    const answer = await kit.post('/v1/messages', message());
    expect(answer.status).toBe(429);
    expect(answer.headers.get('retry-after')).toBe('30');
    const afterMs = Number(answer.headers.get('retry-after-ms'));
    expect(afterMs).toBeGreaterThan(20_000);
    expect(afterMs).toBeLessThanOrEqual(30_000);
  });

  test('reads how long to wait from the error itself where no header says it', async () => {
    const details = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '30s' }];
    const vendor = await openVendor((response) => {
      const error = { code: 429, message: 'Quota exceeded.', status: 'RESOURCE_EXHAUSTED', details };
      response.writeHead(429, { 'content-type': 'application/json' }).end(JSON.stringify([{ error }]));
    });
    const kit = await openGatewayKit({ upstreamUrl: vendor.url, models: [CLAUDE, at('eu', 2)] });
    const answer = await kit.post('/v1/messages', message());
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '30']);
    expect(vendor.seen).toHaveLength(2);
  });

  test('a host that is named itself is obeyed: nobody stands in for it', async () => {
    const good = await openVendor(sendOk);
    const bad = await openVendor(refuse(500));
    const kit = await openGatewayKit({ upstreamUrl: good.url, baseUrls: { eu: bad.url }, models: [CLAUDE, at('eu')] });
    expect((await kit.post('/v1/messages', message({ model: 'eu/claude-opus-test' }))).status).toBe(500);
    expect(good.seen).toEqual([]);
  });

  test('the session goes on where it was answered, since that is what is warm now', async () => {
    let isHealthy = false;
    const home = await openVendor((...args) => (isHealthy ? sendOk : refuse(529))(...args));
    const eu = await openVendor(sendOk);
    const kit = await openGatewayKit({ upstreamUrl: home.url, baseUrls: { eu: eu.url }, models: [CLAUDE, at('eu')] });
    const ask = async (messages: readonly object[]): Promise<string | null> =>
      (await kit.post('/v1/messages', message({ messages }))).headers.get('x-pointsman-model');
    const first = { role: 'user', content: 'x'.repeat(40_000) };
    expect(await ask([first])).toBe('eu/claude-opus-test');
    isHealthy = true;
    const tool = { type: 'tool_use', id: 'toolu_1', name: 'read', input: {} };
    const result = { type: 'tool_result', tool_use_id: 'toolu_1', content: 'y' };
    expect(await ask([first, { role: 'assistant', content: [tool] }, { role: 'user', content: [result] }])).toBe(
      'eu/claude-opus-test',
    );
  });
});

test('a canary takes its share of calls to a named model first, falls back to the others, and does not take all that they drop', async () => {
  let isDown = false;
  const home = await openVendor((...args) => (isDown ? refuse(500) : sendOk)(...args));
  const other = await openVendor(sendOk);
  const fresh = await openVendor(refuse(503));
  const models = [CLAUDE, at('new'), at('other', 2)];
  const kit = await openGatewayKit({
    upstreamUrl: home.url,
    baseUrls: { new: fresh.url, other: other.url },
    models,
    settings: { maxRetries: 0, breaker: { ...GATEWAY_DEFAULTS.breaker, openAfterCount: 1000, minimumCount: 1000 } },
  });
  const canary = kit.endpoints.get(asId<EndpointId>('new'));
  if (canary === undefined) throw new Error('no canary');
  kit.gateway.reload({ endpoints: new Map([...kit.endpoints, [canary.id, { ...canary, canaryRatio: 0.5 }]]) });
  const ask = async (index: number): Promise<number> => {
    const messages = [{ role: 'user', content: `x ${index}` }];
    return (await kit.post('/v1/messages', message({ messages }), { 'x-claude-code-session-id': `s-${index}` })).status;
  };
  for (let index = 0; index < 80; index++) expect(await ask(index)).toBe(200);
  expect(fresh.seen.length).toBeGreaterThan(8);
  expect(fresh.seen.length).toBeLessThan(72);
  const before = fresh.seen.length;
  isDown = true;
  for (let index = 100; index < 130; index++) expect(await ask(index)).toBe(200);
  expect(fresh.seen.length - before).toBeLessThan(30);
  expect(other.seen.length).toBeGreaterThanOrEqual(30);
});

test('names that nobody lists are one place: callers make no series of metrics', async () => {
  const vendor = await openVendor(sendOk);
  const kit = await openGatewayKit({ upstreamUrl: vendor.url, models: [CLAUDE, CHAT], apiKey: 'our-key' });
  for (let index = 0; index < 5; index++) {
    expect((await kit.post('/v1/messages', message({ model: `claude-unheard-${index}` }))).status).toBe(200);
  }
  await kit.post('/v1/messages', message());
  const metrics = await (await fetch(`${kit.url}/metrics`)).text();
  const series = metrics.split('\n').filter((line) => line.startsWith('pointsman_circuit_state'));
  expect(series.toSorted()).toEqual([
    'pointsman_circuit_state{endpoint="anthropic",model="claude-opus-test"} 0',
    'pointsman_circuit_state{endpoint="anthropic",model="unlisted"} 0',
  ]);
  expect(metrics).not.toContain('unheard');
});

describe('keys that are kept for some', () => {
  const SECOND = at('anthropic#KEY_B');

  async function kitWithKept(vendor: TestVendor, kept: Model): Promise<GatewayKit> {
    const models = [CLAUDE, SECOND];
    const endpoints = models.map(({ endpoint }) => {
      const isFirst = endpoint === CLAUDE.endpoint;
      const configured: ConfiguredEndpoint = {
        id: endpoint,
        baseUrl: vendor.url,
        wires: ['anthropic-messages'],
        apiKey: new Secret(isFirst ? 'key-of-a' : 'key-of-b', `env ${endpoint}`),
        apiKeyName: isFirst ? 'KEY_A' : 'KEY_B',
        keyless: false,
        headers: {},
        timeoutMs: undefined,
        idleTimeoutMs: undefined,
        compliance: {},
        wanted: true,
        ...(isFirst ? {} : { site: CLAUDE.endpoint }),
        ...(endpoint === kept.endpoint ? { onlyFor: ['team-b'] } : {}),
      };
      return [endpoint, configured] as const;
    });
    const deps = { endpoints: new Map(endpoints) };
    return openGatewayKit({ upstreamUrl: vendor.url, models, deps, settings: { maxRetries: 0 } });
  }

  test('open to nobody else, not even when every other key fails', async () => {
    const vendor = await openVendor(refuse(429));
    const kit = await kitWithKept(vendor, SECOND);
    for (const model of [CLAUDE.id, 'auto', SECOND.id]) {
      expect((await kit.post('/v1/messages', message({ model }))).status).toBeGreaterThanOrEqual(400);
    }
    expect(new Set(keysAt(vendor))).toEqual(new Set(['key-of-a']));
    expect(JSON.stringify([kit.calls, kit.steps, kit.warnings])).not.toContain('key-of-');
  });

  test('leave the other keys of their endpoint to everybody, whatever a call is for', async () => {
    const vendor = await openVendor(sendOk);
    const kit = await kitWithKept(vendor, CLAUDE);
    for (const model of [CLAUDE.id, 'auto', 'claude-unheard-9']) {
      expect((await kit.post('/v1/messages', message({ model }))).status).toBe(200);
    }
    expect((await kit.post('/v1/messages/batches', { requests: [] })).status).toBe(200);
    expect(keysAt(vendor)).toEqual(['key-of-b', 'key-of-b', 'key-of-b', 'key-of-b']);
  });
});
