import fc from 'fast-check';
import { expect, test } from 'vitest';
import { asId, type EndpointId } from '../domain/ids.ts';
import type { Model } from '../domain/model.ts';
import { explainShadows } from '../router/explain/explain.ts';
import { modelId } from '../testing/index.ts';
import { CHAT, CLAUDE, GEMINI, GPT, type GatewayKit } from '../testing/internal/gateway-kit.ts';
import { openGatewayKit, openVendor, type SeenRequest, type VendorAnswer } from '../testing/internal/gateway-test.ts';
import { GATEWAY_DEFAULTS } from './settings/gateway-settings.ts';

const sendOk: VendorAnswer = (response) => {
  const usage = { input_tokens: 10, output_tokens: 1 };
  const content = [{ type: 'text', text: 'hi' }];
  const body = { id: 'm', type: 'message', role: 'assistant', model: 'm', content, stop_reason: 'end_turn', usage };
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};
const refuse: VendorAnswer = (response) => response.writeHead(503, { 'x-should-retry': 'false' }).end();

/** The same model at another host, at so many times the price. */
function at(model: Model, endpoint: string, priceFactor: number): Model {
  const { base } = model.prices;
  return {
    ...model,
    id: modelId(`${endpoint}/${model.id}`),
    sameAs: model.id,
    endpoint: asId<EndpointId>(endpoint),
    prices: { ...model.prices, base: { ...base, input: base.input * priceFactor, output: base.output * priceFactor } },
  };
}

function watch(kit: GatewayKit, id: string): void {
  const endpoint = kit.endpoints.get(asId<EndpointId>(id));
  if (endpoint === undefined) throw new Error(`no ${id}`);
  kit.gateway.reload({ endpoints: new Map([...kit.endpoints, [endpoint.id, { ...endpoint, isWatched: true }]]) });
}

const message = (model: string, text = 'x'): object => ({
  model,
  max_tokens: 10,
  messages: [{ role: 'user', content: text }],
});

test('a host that is only watched gets no call, not even when all others fail, and it is recorded what it would have got', async () => {
  let isDown = false;
  const home = await openVendor((...args) => (isDown ? refuse : sendOk)(...args));
  const lab = await openVendor(sendOk);
  const kit = await openGatewayKit({
    upstreamUrl: home.url,
    baseUrls: { lab: lab.url },
    models: [CLAUDE, at(CLAUDE, 'lab', 0.5)],
    settings: { maxRetries: 0 },
  });
  watch(kit, 'lab');
  for (const model of [CLAUDE.id, 'auto'])
    expect((await kit.post('/v1/messages', message(model, model))).status).toBe(200);
  expect(kit.steps.map(({ decision }) => decision.candidates.map((row) => row.model))).toEqual([
    [CLAUDE.id],
    [CLAUDE.id],
  ]);
  for (const { decision, shadows } of kit.steps) {
    expect(shadows.map(({ candidates }) => candidates[0]?.model)).toEqual([`lab/${CLAUDE.id}`]);
    expect(explainShadows(decision, shadows)).toMatch(
      /^With the hosts that are only watched it would have gone to lab\/claude-opus-test \(\$\S+ less in all\); only recorded\.$/u,
    );
  }
  isDown = true;
  for (const model of [CLAUDE.id, 'auto'])
    expect((await kit.post('/v1/messages', message(model, `${model} again`))).status).toBe(503);
  expect(lab.seen).toEqual([]);
  // Who names the host itself means it.
  expect((await kit.post('/v1/messages', message(`lab/${CLAUDE.id}`))).status).toBe(200);
  expect(lab.seen).toHaveLength(1);
});

test.each(['lab', 'openai'])('what names no model goes to no host that is only watched (%s)', async (host) => {
  const lab = await openVendor(sendOk);
  const kit = await openGatewayKit({
    upstreamUrl: lab.url,
    apiKey: 'our-key',
    models: [{ ...GPT, endpoint: asId<EndpointId>(host) }],
  });
  const ask = async (): Promise<number> => (await fetch(`${kit.url}/v1/files`)).status;
  expect(await ask()).toBe(200);
  expect(lab.seen).toHaveLength(1);
  watch(kit, host);
  expect(await ask()).toBe(404);
  expect(lab.seen).toHaveLength(1);
});

test('where no host is well, the one that failed the least of late is tried first', async () => {
  let isSick = false;
  const worse = await openVendor(refuse);
  const better = await openVendor((...args) => (isSick ? refuse : sendOk)(...args));
  const order: string[] = [];
  const kit = await openGatewayKit({
    upstreamUrl: worse.url,
    baseUrls: { better: better.url },
    models: [CLAUDE, at(CLAUDE, 'better', 3)],
    settings: { maxRetries: 0, breaker: { ...GATEWAY_DEFAULTS.breaker, openAfterCount: 2, openMs: 600_000 } },
  });
  const ask = async (text: string): Promise<number> =>
    (await kit.post('/v1/messages', message(CLAUDE.id, text))).status;
  for (let count = 0; count < 8; count += 1) expect(await ask(`well ${count}`)).toBe(200);
  isSick = true;
  for (let count = 0; count < 3; count += 1) expect(await ask(`sick ${count}`)).toBe(503);
  const [worseBefore, betterBefore] = [worse.seen.length, better.seen.length];
  isSick = false;
  expect(await ask('panic')).toBe(200);
  order.push(`${worse.seen.length - worseBefore} ${better.seen.length - betterBefore}`);
  expect(order).toEqual(['0 1']);
});

/** What a vendor gets of a request, without what is of the connection. */
const sent = ({ url, headers, bytes }: SeenRequest): object => {
  const { host: _host, connection: _connection, ...rest } = headers;
  return { url, rest, bytes: bytes.toString('latin1') };
};

const FORMS: readonly (readonly [path: (model: string) => string, body: (model: string, text: string) => object])[] = [
  [() => '/v1/messages', message],
  [() => '/v1/chat/completions', (model, text) => ({ model, messages: [{ role: 'user', content: text }] })],
  [() => '/v1/responses', (model, text) => ({ model, input: text })],
  [
    (model) => `/v1beta/models/${model}:generateContent`,
    (_model, text) => ({ contents: [{ role: 'user', parts: [{ text }] }] }),
  ],
];

test('one host gets the very bytes that it gets where nobody else has its model', async () => {
  const vendor = await openVendor(refuse);
  const models = [CLAUDE, GPT, CHAT, GEMINI];
  const plainOptions = { upstreamUrl: vendor.url, apiKey: 'our-key', settings: { maxRetries: 0 } };
  const plain = await openGatewayKit({ ...plainOptions, models });
  const amongHosts = await openGatewayKit({
    ...plainOptions,
    // Nobody listens there: a call that goes on to one of them says so.
    baseUrls: { other: 'http://127.0.0.1:9', lab: 'http://127.0.0.1:9' },
    models: [...models, ...models.flatMap((model) => [at(model, 'other', 2), at(model, 'lab', 0.5)])],
  });
  watch(amongHosts, 'lab');
  const form = fc.constantFrom(...FORMS);
  const texts = fc.string({ minLength: 1, unit: 'grapheme' }).filter((text) => text.trim() !== '');
  let count = 0;
  await fc.assert(
    fc.asyncProperty(form, fc.constantFrom(...models), texts, async ([path, body], model, text) => {
      const session = { 'x-pointsman-session': `s-${(count += 1)}` };
      const before = vendor.seen.length;
      for (const kit of [plain, amongHosts]) await kit.post(path(model.id), body(model.id, text), session);
      const [one, other, ...more] = vendor.seen.slice(before);
      if (one === undefined || other === undefined) throw new Error('each gateway sends one request');
      expect(sent(other)).toEqual(sent(one));
      expect(more).toEqual([]);
    }),
    { numRuns: 40 },
  );
}, 120_000);
