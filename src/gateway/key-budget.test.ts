import { afterEach, expect, test } from 'vitest';
import { nanoFromUsd } from '../domain/money.ts';
import { createScriptedServer, type ScriptedServer } from '../providers/scripted/scripted-server.ts';
import { CHAT, CLAUDE, startGatewayKit } from '../testing/internal/gateway-kit.ts';
import { createUsageChunkFilter } from '../wires/openai-chat/usage-report.ts';
import { createAccessKey } from './core/access-keys.ts';

const BUDGET_USD = 0.05;
const WORDS = 'word '.repeat(2000);
const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map(async (one) => one.close()));
});

async function scripted(): Promise<ScriptedServer> {
  const server = await createScriptedServer({ models: [CLAUDE, CHAT], script: () => ({ text: WORDS }) });
  open.push(server);
  return server;
}

async function poorGateway(server: ScriptedServer): Promise<{
  readonly gateway: Awaited<ReturnType<typeof startGatewayKit>>;
  readonly authorization: string;
}> {
  const { key, token } = createAccessKey({
    name: 'poor',
    createdAt: 1,
    budgetNanoUsd: nanoFromUsd(BUDGET_USD),
    policyId: undefined,
    allowModels: undefined,
    requestsPerMinute: undefined,
  });
  const gateway = await startGatewayKit({
    upstreamUrl: server.url,
    models: [CLAUDE, CHAT],
    deps: { accessKeys: [key] },
  });
  open.push({ close: async () => gateway.gateway.close() });
  return { gateway, authorization: `Bearer ${token}` };
}

test('200 calls at once spend no more than the budget and one call’s error', async () => {
  const { gateway, authorization } = await poorGateway(await scripted());
  const body = { model: CLAUDE.id, max_tokens: 3000, messages: [{ role: 'user', content: 'Count to two thousand.' }] };
  const statuses = await Promise.all(
    Array.from({ length: 200 }, async () => {
      const response = await gateway.post('/v1/messages', body, { authorization });
      await response.arrayBuffer();
      return response.status;
    }),
  );
  const answered = statuses.filter((status) => status === 200).length;
  expect(answered).toBeGreaterThan(0);
  expect(new Set(statuses.filter((status) => status !== 200))).toSatisfy((others: Set<number>) =>
    [...others].every((status) => status === 402 || status === 429),
  );
  const spent = gateway.calls.reduce((sum, call) => sum + (call.billNanoUsd ?? 0), 0);
  expect(spent).toBeGreaterThan(0);
  const one = spent / answered;
  expect(spent).toBeLessThanOrEqual(nanoFromUsd(BUDGET_USD) + one);
});

test('a Chat stream is asked for its usage, and the caller who did not ask sees none of it', async () => {
  const { gateway, authorization } = await poorGateway(await scripted());
  const body = { model: CHAT.id, stream: true, messages: [{ role: 'user', content: 'Go.' }] };
  // One session: the repeat is the same step, which the budget has already let in.
  const headers = { authorization, 'x-pointsman-session': 's' };
  const response = await gateway.post('/v1/chat/completions', body, headers);
  const text = await response.text();
  expect(text).toContain('[DONE]');
  expect(text).not.toContain('"usage":{');
  expect(gateway.calls[0]?.billNanoUsd).toBeGreaterThan(0);

  const asking = { ...body, stream_options: { include_usage: true } };
  const asked = await gateway.post('/v1/chat/completions', asking, headers);
  expect(await asked.text()).toContain('"usage":{');
});

test('the filter takes out the usage chunk alone, wherever the stream is cut', () => {
  const events = [
    'data: {"choices":[{"delta":{"content":"\\"usage\\" \\"choices\\""}}],"usage":null}\n\n',
    ': ping\r\n\r\n',
    'data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1}}\n\n',
    'data: [DONE]\n\n',
  ];
  const whole = Buffer.from(events.join(''));
  const wanted = events.filter((_event, index) => index !== 2).join('');
  for (let at = 0; at <= whole.length; at += 1) {
    const filter = createUsageChunkFilter();
    const parts = [filter.push(whole.subarray(0, at)), filter.push(whole.subarray(at)), filter.end()];
    expect(Buffer.concat(parts).toString()).toBe(wanted);
  }
});
