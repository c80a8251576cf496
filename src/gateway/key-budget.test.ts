import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { nanoFromUsd, toNanoUsd } from '../domain/money.ts';
import { accountOf, type MoneyLedger } from '../money/ledger.ts';
import { openMoneyAccounts } from '../money/sqlite/money-accounts.ts';
import { openMoneyFile } from '../money/sqlite/money-tables.ts';
import { openLedgerHere, openSqliteLedger } from '../money/sqlite/sqlite-ledger.ts';
import { createScriptedServer, type ScriptedServer } from '../providers/scripted/scripted-server.ts';
import { CHAT, CLAUDE, GEMINI, startGatewayKit, type GatewayKit } from '../testing/internal/gateway-kit.ts';
import { createUsageChunkFilter } from '../wires/openai-chat/usage-report.ts';
import { createAccessKey, limitsOf } from './core/access-keys.ts';

const BUDGET_USD = 0.05;
const POOR = {
  name: 'poor',
  createdAt: 1,
  policyId: undefined,
  allowModels: undefined,
  requestsPerMinute: undefined,
} as const;
const WORDS = 'word '.repeat(2000);
const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close();
});

async function scripted(text = WORDS): Promise<ScriptedServer> {
  const server = await createScriptedServer({ models: [CLAUDE, CHAT], script: () => ({ text }) });
  open.push(server);
  return server;
}

async function poorGateway(server: ScriptedServer): Promise<{
  readonly gateway: Awaited<ReturnType<typeof startGatewayKit>>;
  readonly authorization: string;
}> {
  const { key, token } = createAccessKey({ ...POOR, budgetNanoUsd: nanoFromUsd(BUDGET_USD) });
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

test('short answers spend a budget to the last call that fits', async () => {
  const { gateway, authorization } = await poorGateway(await scripted('word '.repeat(50)));
  const body = { model: CLAUDE.id, max_tokens: 60, messages: [{ role: 'user', content: 'Go on.' }] };
  // Each in a session of its own, of which nothing is known yet.
  const send = async (session: number): Promise<number> => {
    const headers = { authorization, 'x-pointsman-session': `s${session}` };
    const response = await gateway.post('/v1/messages', body, headers);
    await response.arrayBuffer();
    return response.status;
  };
  let status = 200;
  for (let sent = 0; status === 200 && sent < 2000; sent += 1) status = await send(sent);
  expect(status).toBe(402);
  const bills = gateway.calls.flatMap(({ billNanoUsd }) => billNanoUsd ?? []);
  const left = nanoFromUsd(BUDGET_USD) - bills.reduce((sum, bill) => sum + bill, 0);
  expect(left).toBeLessThan(2 * Math.max(...bills));
}, 60_000);

test('who asks for money that a dead gateway holds is told when it is worth to come again', async () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'held-'));
  open.push({ close: async () => rmSync(dir, { recursive: true, force: true }) });
  const file = path.join(dir, 'money.db');
  const { key, token } = createAccessKey({ ...POOR, budgetNanoUsd: nanoFromUsd(BUDGET_USD) });
  // A gateway elsewhere that has not been heard of for twenty seconds.
  const [at, database] = [Date.now() - 20_000, openMoneyFile(file)];
  const dead = openMoneyAccounts(database, { id: 'dead', host: 'elsewhere', pid: 1 });
  dead.beat(at);
  const charges = [{ account: accountOf('key', key.id), limits: limitsOf(key) }];
  const ask = { id: 'a', charges, expectedNanoUsd: toNanoUsd(1), worstNanoUsd: undefined, at };
  expect(dead.apply({ kind: 'reserve', ask })).toMatchObject({ kind: 'reserved' });
  database.close();
  const server = await scripted();
  const ledger = openLedgerHere({ file, onFault: () => undefined });
  open.push(ledger);
  const kit = await startGatewayKit({ upstreamUrl: server.url, models: [CLAUDE], deps: { accessKeys: [key], ledger } });
  open.push(kit.gateway);
  const body = { model: CLAUDE.id, max_tokens: 100, messages: [{ role: 'user', content: 'hi' }] };
  const refused = await kit.post('/v1/messages', body, { authorization: `Bearer ${token}` });
  expect(refused.status).toBe(429);
  const seconds = Number(refused.headers.get('retry-after'));
  expect(seconds).toBeGreaterThanOrEqual(10);
  expect(seconds).toBeLessThanOrEqual(16);
});

/** A vendor that answers in its own way and knows what it really billed: tokens in and out at list price. */
async function countingVendor(
  words: number,
  reportsUsage: boolean,
): Promise<{ url: string; billedNanoUsd: () => number }> {
  let outputTokens = 0;
  let promptBytes = 0;
  const chunk = (text: string): string =>
    `data: ${JSON.stringify({ id: 'c', model: CHAT.wireModel, choices: [{ index: 0, delta: { content: text }, finish_reason: null }] })}\n\n`;
  const server = createServer((request, response) => {
    request.on('data', (bytes: Buffer) => (promptBytes += bytes.length));
    request.on('end', () => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      let said = 0;
      const timer = setInterval(() => {
        for (let index = 0; index < 100 && said < words; index += 1) {
          said += 1;
          outputTokens += 1;
          response.write(chunk('word'));
        }
        if (said < words) return;
        clearInterval(timer);
        const usage = { prompt_tokens: 20, completion_tokens: words, total_tokens: 20 + words };
        const last = { id: 'c', model: CHAT.wireModel, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] };
        response.write(`data: ${JSON.stringify(last)}\n\n`);
        if (reportsUsage) response.write(`data: ${JSON.stringify({ id: 'c', choices: [], usage })}\n\n`);
        response.end('data: [DONE]\n\n');
      }, 1);
      response.on('close', () => clearInterval(timer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  open.push({
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
  const { input, output } = CHAT.prices.base;
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    billedNanoUsd: () => outputTokens * output * 1000 + (promptBytes / 4) * input * 1000,
  };
}

/** Calls until none is let in any more; each is read up to `readChunks` chunks and then left. */
async function callUntilRefused(
  kits: readonly GatewayKit[],
  authorization: string,
  readChunks: number,
): Promise<{ readonly answeredCount: number; readonly statuses: ReadonlySet<number> }> {
  const statuses = new Set<number>();
  let answeredCount = 0;
  const body = { model: CHAT.id, stream: true, max_tokens: 4000, messages: [{ role: 'user', content: 'Go.' }] };
  for (let round = 0; round < 60 && !statuses.has(402) && !statuses.has(422); round += 1) {
    const bursts = kits.flatMap((kit) =>
      Array.from({ length: 4 }, async () =>
        kit.post('/v1/chat/completions', body, { authorization, 'x-pointsman-session': 's' }),
      ),
    );
    for (const response of await Promise.all(bursts)) {
      statuses.add(response.status);
      if (response.status !== 200) {
        await response.arrayBuffer();
        continue;
      }
      answeredCount += 1;
      const reader = response.body?.getReader();
      for (let chunk = 0; chunk < readChunks && (await reader?.read())?.done === false; chunk += 1);
      await reader?.cancel();
    }
  }
  return { answeredCount, statuses };
}

describe('the real bill of a key stays within its budget and one call', () => {
  const words = 2000;
  const oneCall = words * CHAT.prices.base.output * 1000;
  test.each([
    ['streams that tell their usage', true, Infinity],
    ['streams that tell none', false, Infinity],
    ['callers that hang up early', true, 3],
    ['callers that hang up late, of streams that would tell none', false, 12],
  ])('%s, through two gateways on one ledger', async (_name, reportsUsage, readChunks) => {
    const vendor = await countingVendor(words, reportsUsage);
    const dir = mkdtempSync(path.join(tmpdir(), 'budget-'));
    open.push({ close: async () => rmSync(dir, { recursive: true, force: true }) });
    const { key, token } = createAccessKey({ ...POOR, budgetNanoUsd: toNanoUsd(Math.round(oneCall * 4.5)) });
    const kits: GatewayKit[] = [];
    for (let index = 0; index < 2; index += 1) {
      const ledger = await openSqliteLedger({
        file: path.join(dir, 'money.db'),
        onFault: (error) => {
          throw error;
        },
      });
      const kit = await startGatewayKit({
        upstreamUrl: vendor.url,
        models: [CHAT],
        deps: { accessKeys: [key], ledger },
      });
      kits.push(kit);
      open.push({ close: async () => kit.gateway.close().then(async () => ledger.close()) });
    }
    const { answeredCount, statuses } = await callUntilRefused(kits, `Bearer ${token}`, readChunks);
    expect(answeredCount).toBeGreaterThan(1);
    expect([...statuses].filter((status) => ![200, 429, 402, 422].includes(status))).toEqual([]);
    expect(vendor.billedNanoUsd()).toBeLessThanOrEqual((key.budgetNanoUsd ?? 0) + oneCall * 1.1);
  });
});

test('a call that is cut stands on the bill as unknown, with what it may have cost', async () => {
  const vendor = await countingVendor(2000, true);
  const { key, token } = createAccessKey({ ...POOR, budgetNanoUsd: undefined });
  const ledger = openLedgerHere({ file: ':memory:', onFault: () => undefined });
  const kit = await startGatewayKit({ upstreamUrl: vendor.url, models: [CHAT], deps: { accessKeys: [key], ledger } });
  open.push(kit.gateway);
  const body = { model: CHAT.id, stream: true, messages: [{ role: 'user', content: 'Go.' }] };
  const response = await kit.post('/v1/chat/completions', body, { authorization: `Bearer ${token}` });
  const reader = response.body?.getReader();
  await reader?.read();
  await reader?.cancel();
  await vi.waitFor(() => expect(kit.calls).toHaveLength(1));
  const [call] = kit.calls;
  expect(call).toMatchObject({ billNanoUsd: undefined, errorCode: 'aborted' });
  expect(call?.mayHaveBilledNanoUsd).toBeGreaterThanOrEqual(call?.predictedBillNanoUsd ?? Infinity);
  const { total } = await ledger.standings(accountOf('key', key.id), Date.now());
  expect(total).toEqual({
    spentNanoUsd: call?.mayHaveBilledNanoUsd,
    unknownNanoUsd: call?.mayHaveBilledNanoUsd,
    heldNanoUsd: 0,
  });
});

test('a fault of ours after the vendor answered makes no answer free', async () => {
  const server = await scripted();
  const { key, token } = createAccessKey({ ...POOR, budgetNanoUsd: nanoFromUsd(BUDGET_USD) });
  const ledger = openLedgerHere({ file: ':memory:', onFault: () => undefined });
  const clock = {
    now: () => Date.now(),
    monotonicMs: () => {
      if (server.calls.length > 0) throw new Error('no time');
      return 1;
    },
  };
  const deps = { accessKeys: [key], ledger, clock };
  const kit = await startGatewayKit({ upstreamUrl: server.url, models: [CHAT], deps });
  open.push(kit.gateway);
  const body = { model: CHAT.id, max_tokens: 400, messages: [{ role: 'user', content: 'Go.' }] };
  await (await kit.post('/v1/chat/completions', body, { authorization: `Bearer ${token}` })).arrayBuffer();
  const { total } = await ledger.standings(accountOf('key', key.id), Date.now());
  expect(total.spentNanoUsd).toBeGreaterThan(0);
  expect(total).toMatchObject({ unknownNanoUsd: total.spentNanoUsd, heldNanoUsd: 0 });
});

test('a call that never went out costs nothing', async () => {
  const sockets = new Set<Socket>();
  // Takes connections and never says who it is: nothing can be sent to it.
  const silent = createTcpServer((socket) => void sockets.add(socket));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', () => resolve()));
  open.push({
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => silent.close(resolve));
    },
  });
  const { key, token } = createAccessKey({ ...POOR, budgetNanoUsd: nanoFromUsd(BUDGET_USD) });
  const ledger = openLedgerHere({ file: ':memory:', onFault: () => undefined });
  const upstreamUrl = `https://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const kit = await startGatewayKit({ upstreamUrl, models: [CHAT], deps: { accessKeys: [key], ledger } });
  open.push(kit.gateway);
  const hangUp = new AbortController();
  const left = fetch(`${kit.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ model: CHAT.id, max_tokens: 400, messages: [{ role: 'user', content: 'Go.' }] }),
    signal: hangUp.signal,
  });
  await vi.waitFor(() => expect(sockets.size).toBe(1));
  hangUp.abort();
  await expect(left).rejects.toThrow();
  await vi.waitFor(() => expect(kit.calls).toHaveLength(1));
  expect(kit.calls[0]).toMatchObject({ errorCode: 'aborted' });
  const { total } = await ledger.standings(accountOf('key', key.id), Date.now());
  expect(total).toEqual({ spentNanoUsd: 0, unknownNanoUsd: 0, heldNanoUsd: 0 });
});

const GO = { messages: [{ role: 'user', content: 'Go.' }] };
const GOOGLE = { contents: [{ role: 'user', parts: [{ text: 'Go.' }] }] };
const ASK_GOOGLE = `/v1beta/models/${GEMINI.id}:generateContent`;

test.each<[string, { readonly path: string; readonly less: object; readonly more: object; readonly tokens: number }]>([
  [
    'for several answers',
    { path: '/v1/chat/completions', less: { max_tokens: 1000 }, more: { max_tokens: 1000, n: 5 }, tokens: 4000 },
  ],
  [
    'with two limits',
    {
      path: '/v1/chat/completions',
      less: { max_tokens: 1 },
      more: { max_tokens: 1, max_completion_tokens: 1001 },
      tokens: 1000,
    },
  ],
  [
    'with a limit that is none',
    { path: '/v1/chat/completions', less: { max_tokens: 1 }, more: { max_tokens: 0 }, tokens: 1000 },
  ],
  [
    'with a limit of another format, which its vendor does not read',
    {
      path: '/v1/chat/completions',
      less: { max_tokens: 1 },
      more: { max_output_tokens: 1 },
      tokens: CHAT.maxOutputTokens - 1,
    },
  ],
  [
    'for several candidates',
    {
      path: ASK_GOOGLE,
      less: {},
      more: { generationConfig: { candidateCount: 5 } },
      tokens: 4 * GEMINI.maxOutputTokens,
    },
  ],
])('a call %s sets aside what all of it may bill', async (_what, { path: at, less, more, tokens }) => {
  const isGoogle = at === ASK_GOOGLE;
  const model = isGoogle ? GEMINI : CHAT;
  const server = await createScriptedServer({ models: [model], script: () => ({ text: 'yes' }) });
  open.push(server);
  const { key, token } = createAccessKey({ ...POOR, budgetNanoUsd: nanoFromUsd(100) });
  const ledger = openLedgerHere({ file: ':memory:', onFault: () => undefined });
  const worst: number[] = [];
  const watched: MoneyLedger = {
    ...ledger,
    reserve: async (ask) => {
      worst.push(ask.worstNanoUsd ?? Infinity);
      return ledger.reserve(ask);
    },
  };
  const deps = { accessKeys: [key], ledger: watched };
  const kit = await startGatewayKit({ upstreamUrl: server.url, models: [model], deps });
  open.push(kit.gateway);
  for (const part of [less, more]) {
    const body = isGoogle ? { ...GOOGLE, ...part } : { model: model.id, ...GO, ...part };
    await (await kit.post(at, body, { authorization: `Bearer ${token}` })).arrayBuffer();
  }
  const [one = 0, several = 0] = worst;
  expect(several - one).toBeGreaterThanOrEqual(tokens * model.prices.base.output * 1000 * 0.99);
});

test('the same refusal again refers to the first, and takes no place among the records', async () => {
  const server = await scripted();
  const { key, token } = createAccessKey({ ...POOR, budgetNanoUsd: toNanoUsd(1000) });
  const kit = await startGatewayKit({ upstreamUrl: server.url, models: [CLAUDE, CHAT], deps: { accessKeys: [key] } });
  open.push(kit.gateway);
  const body = { model: 'auto', max_tokens: 3000, messages: [{ role: 'user', content: 'Count.' }] };
  const refusals: { status: number; text: string }[] = [];
  for (let count = 0; count < 20; count += 1) {
    const response = await kit.post('/v1/messages', body, { authorization: `Bearer ${token}` });
    refusals.push({ status: response.status, text: await response.text() });
  }
  expect(new Set(refusals.map(({ status }) => status))).toEqual(new Set([402]));
  expect(kit.steps).toHaveLength(1);
  expect(kit.calls).toHaveLength(0);
});

test('a budget of a day is spent today and new tomorrow', async () => {
  const server = await scripted();
  const { key, token } = createAccessKey({
    ...POOR,
    budgetNanoUsd: undefined,
    periodBudgets: { day: nanoFromUsd(BUDGET_USD) },
  });
  let now = Date.UTC(2026, 10, 30, 12);
  const kit = await startGatewayKit({
    upstreamUrl: server.url,
    models: [CLAUDE],
    deps: { accessKeys: [key], clock: { now: () => now } },
  });
  open.push(kit.gateway);
  const ask = async (): Promise<number> => {
    const body = { model: CLAUDE.id, max_tokens: 3000, messages: [{ role: 'user', content: 'Count.' }] };
    const response = await kit.post('/v1/messages', body, {
      authorization: `Bearer ${token}`,
      'x-pointsman-session': 's',
    });
    await response.arrayBuffer();
    return response.status;
  };
  expect(await ask()).toBe(200);
  let last = 200;
  for (let count = 0; count < 20 && last === 200; count += 1) last = await ask();
  expect(last).toBe(402);
  now += 24 * 3600_000;
  expect(await ask()).toBe(200);
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
