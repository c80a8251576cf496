import { afterEach, describe, expect, test } from 'vitest';
import { shippedModels } from '../catalog/load-catalog.ts';
import { asId, type ModelId } from '../domain/ids.ts';
import { nanoFromUsd } from '../domain/money.ts';
import type { RouterPolicy } from '../domain/router-policy.ts';
import { createScriptedServer, type ScriptedServer } from '../providers/scripted/scripted-server.ts';
import { aPolicy } from '../testing/decision-builders.ts';
import { startGatewayKit, type GatewayKit, type GatewayKitOptions } from '../testing/internal/gateway-kit.ts';
import { anAccessKey } from '../testing/internal/gateway-test.ts';

const models = shippedModels().filter(({ endpoint }) => ['anthropic', 'openai', 'google'].includes(endpoint));
let kit: GatewayKit | undefined;
let vendor: ScriptedServer | undefined;
afterEach(async () => {
  await kit?.gateway.close();
  await vendor?.close();
  kit = undefined;
  vendor = undefined;
});

async function open(options: Partial<GatewayKitOptions> = {}): Promise<GatewayKit> {
  vendor = await createScriptedServer({ script: () => ({ text: 'fine' }) });
  kit = await startGatewayKit({ upstreamUrl: vendor.url, models, ...options });
  return kit;
}

const PATHS = {
  '/v1/messages': { max_tokens: 99, messages: [{ role: 'user', content: 'hi' }] },
  '/v1/chat/completions': { messages: [{ role: 'user', content: 'hi' }] },
  '/v1/responses': { input: 'hi' },
} as const;

describe.each(Object.entries(PATHS))('%s', (path, body) => {
  test.each([
    ['claude-sonnet-5-5', 'claude-sonnet-5-5', 'unknown'],
    ['claude-haiku-5-5[1m]', 'claude-haiku-5-5', 'unknown'],
    ['claude-fable-5-2-20261014', 'claude-fable-5-2-20261014', 'unknown'],
    ['claude-opus-5-5-20260922', 'claude-opus-5-5-20260922', 'known'],
    ['us.anthropic.claude-opus-5-5-20260922-v1:0', 'claude-opus-5-5-20260922', 'known'],
    ['claude-opus-5-5@20260922', 'claude-opus-5-5-20260922', 'known'],
    ['gpt-6-sol-2026-08-01', 'gpt-6-sol-2026-08-01', 'known'],
    ['gpt-7', 'gpt-7', 'unknown'],
    ['models/gemini-4-flash', 'gemini-4-flash', 'unknown'],
    ['gemini-3.6-flash-latest', 'gemini-3.6-flash-latest', 'known'],
  ])('%s reaches its vendor as %s, its price %s and told so', async (model, sent, price) => {
    const gateway = await open();
    const response = await gateway.post(path, { model, ...body });
    expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('fine') as string]);
    expect(vendor?.calls.map((call) => call.request.model)).toEqual([sent]);
    const isUnknown = price === 'unknown';
    expect(response.headers.get('x-pointsman-predicted-usd') === 'unknown').toBe(isUnknown);
    const [call] = gateway.calls;
    expect(call?.gateway?.askedFor).toBe(model);
    expect(call?.usage).toBeDefined();
    expect(call?.billNanoUsd === undefined).toBe(isUnknown);
    expect(gateway.warnings.some((warning) => warning.includes('its price is unknown'))).toBe(isUnknown);
  });
});

test('a name that no family knows is a 404 with near names', async () => {
  const gateway = await open();
  const response = await gateway.post('/v1/messages', { model: 'klaude-opus-5-5', ...PATHS['/v1/messages'] });
  expect(response.status).toBe(404);
  expect(await response.text()).toContain('claude-opus-5-5');
});

test('a region that nobody promises is told of', async () => {
  const gateway = await open();
  const name = 'eu.anthropic.claude-opus-5-5-v1:0';
  const response = await gateway.post('/v1/messages', { model: name, ...PATHS['/v1/messages'] });
  expect(response.headers.get('x-pointsman-losses')).toContain('name.region');
});

test('what has no known price spends no budget, and what a policy forbids stays forbidden', async () => {
  const { key, token } = anAccessKey({ name: 'poor', budgetNanoUsd: nanoFromUsd(1) });
  const gateway = await open({ deps: { accessKeys: [key] } });
  const body = { model: 'claude-sonnet-5-5', ...PATHS['/v1/messages'] };
  const response = await gateway.post('/v1/messages', body, { authorization: `Bearer ${token}` });
  expect([response.status, await response.text()]).toEqual([422, expect.stringContaining('budget') as string]);
  const listed = { ...body, model: 'claude-opus-5-5-20260922' };
  expect((await gateway.post('/v1/messages', listed, { authorization: `Bearer ${token}` })).status).toBe(200);
});

test.each<Partial<RouterPolicy>>([
  { denyModels: [asId<ModelId>('claude-sonnet-5-5')] },
  { compliance: { zeroDataRetention: true } },
])('a policy with %j holds for unlisted names too', async (policy) => {
  const gateway = await open({ deps: { policy: aPolicy(policy) } });
  const response = await gateway.post('/v1/messages', { model: 'claude-sonnet-5-5', ...PATHS['/v1/messages'] });
  expect(response.status).toBe(422);
  expect(vendor?.calls).toEqual([]);
});

test('a session goes on after an unlisted model had it', async () => {
  const gateway = await open();
  const say = (model: string, count: number) =>
    gateway.post('/v1/chat/completions', {
      model,
      messages: Array.from({ length: count }, (_, at) => ({ role: at % 2 ? 'assistant' : 'user', content: `m${at}` })),
    });
  expect((await say('gpt-7', 1)).status).toBe(200);
  expect((await say('auto', 3)).status).toBe(200);
  expect((await say('gpt-7-2026-10-01', 5)).status).toBe(200);
  expect(gateway.calls).toHaveLength(3);
});
