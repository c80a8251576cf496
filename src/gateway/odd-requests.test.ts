import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { shippedModels } from '../catalog/load-catalog.ts';
import { createScriptedServer, type ScriptedServer } from '../providers/scripted/scripted-server.ts';
import { startGatewayKit, type GatewayKit } from '../testing/internal/gateway-kit.ts';

/** One of each vendor's own rules, by a format other than the caller's. */
const MODELS = ['claude-opus-4-8', 'gpt-5.5', 'gemini-3.8-flash', 'deepseek-v4-pro', 'mistral-medium-2604'] as const;
let vendor: ScriptedServer;
let kit: GatewayKit;
beforeAll(async () => {
  const models = shippedModels();
  vendor = await createScriptedServer({ models, script: () => ({ text: 'ok' }) });
  kit = await startGatewayKit({ upstreamUrl: vendor.url, models, apiKey: 'k' });
});
afterAll(async () => {
  await kit.gateway.close();
  await vendor.close();
});

type Body = Readonly<Record<string, unknown>>;
interface Odd {
  readonly path: string;
  readonly body: Body;
  /** Models that the format is foreign to; what passes unread its vendor has the last word on. */
  readonly models: readonly string[];
}

const call = (id: string, args = '{}'): object => ({ id, type: 'function', function: { name: 'f', arguments: args } });
const tool = { type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } };
const chat = (messages: readonly object[], more: Body = {}): Odd => ({
  path: '/v1/chat/completions',
  body: { messages, ...more },
  models: MODELS.slice(0, 3),
});
const claude = (messages: readonly object[], more: Body = {}): Odd => ({
  path: '/v1/messages',
  body: { max_tokens: 100, messages, ...more },
  models: MODELS.slice(1),
});
const use = (id: string): object => ({ type: 'tool_use', id, name: 'f', input: {} });
const result = (id: string, content: string): object => ({ type: 'tool_result', tool_use_id: id, content });
const turn = (role: string, content: unknown, more: Body = {}): object => ({ role, content, ...more });
const tools = [{ name: 'f', input_schema: { type: 'object' } }];

const TAKEN: Readonly<Record<string, Odd>> = {
  'two calls side by side under one id': chat(
    [
      turn('user', 'x'),
      turn('assistant', null, { tool_calls: [call('c', '{"a":1}'), call('c', '{"a":2}')] }),
      turn('tool', 'first', { tool_call_id: 'c' }),
      turn('tool', 'second', { tool_call_id: 'c' }),
      turn('user', 'go on'),
    ],
    { tools: [tool] },
  ),
  'nothing but a system prompt': chat([turn('system', 'Say hello.')]),
  'the very same tool twice': chat([turn('user', 'x')], { tools: [tool, tool] }),
  'optional fields that are null': chat([turn('user', 'x')], {
    user: null,
    metadata: null,
    service_tier: null,
    stop: null,
  }),
  'calls in two turns, and their results in one': claude(
    [
      turn('user', 'x'),
      turn('assistant', [use('a')]),
      turn('assistant', [{ type: 'text', text: 'and' }, use('b')]),
      turn('user', [result('b', '2'), result('a', '1')]),
    ],
    { tools },
  ),
};

describe.each(Object.entries(TAKEN))('%s', (name, { path, body, models }) => {
  test.each(models)('reaches %s in a form that it takes', async (model) => {
    const before = vendor.objections.length;
    const answer = await kit.post(path, { model, ...body }, { 'x-pointsman-session': `${name} ${model}` });
    expect([vendor.objections.slice(before), answer.status]).toEqual([[], 200]);
  });
});

test('results of calls under one id stay in their order', async () => {
  const odd = TAKEN['two calls side by side under one id'];
  await kit.post(odd?.path ?? '', { model: 'claude-opus-4-8', ...odd?.body });
  const sent = JSON.stringify(vendor.calls.at(-1)?.body);
  const ids = [...sent.matchAll(/"type":"tool_use","id":"([^"]+)"/gu)].map((match) => match[1]);
  const answered = [...sent.matchAll(/"tool_use_id":"([^"]+)"/gu)].map((match) => match[1]);
  expect(new Set(ids).size).toBe(2);
  expect(answered).toEqual(ids);
  expect(sent.indexOf('first')).toBeLessThan(sent.indexOf('second'));
});

test.each(['claude-opus-4-8', 'claude-opus-5-5', 'claude-sonnet-5'])(
  '%s is not given words to go on from',
  async (model) => {
    const messages = [turn('user', 'x'), turn('assistant', 'Sure, ')];
    const before = vendor.calls.length;
    const answer = await kit.post('/v1/chat/completions', { model, messages });
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('ends with the assistant')]);
    expect(vendor.calls).toHaveLength(before);
    const routed = await kit.post('/v1/chat/completions', { model: 'auto', messages });
    expect([routed.status, routed.headers.get('x-pointsman-model')]).toEqual([
      200,
      expect.not.stringMatching(/^claude/u),
    ]);
    const asItIs = await kit.post('/v1/messages', { model, max_tokens: 10, messages });
    expect([asItIs.status, await asItIs.text()]).toEqual([400, expect.stringContaining('assistant message prefill')]);
  },
);

test.each(['image/svg+xml', 'image/heic', 'image/bmp'])('%s is refused by name where it is not read', async (type) => {
  const image = { type: 'image_url', image_url: { url: `data:${type};base64,AAAA` } };
  const before = vendor.calls.length;
  const answer = await kit.post('/v1/chat/completions', {
    model: 'claude-opus-4-8',
    messages: [turn('user', [image, { type: 'text', text: '?' }])],
  });
  expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining(type)]);
  expect(vendor.calls).toHaveLength(before);
});
