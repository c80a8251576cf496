import { describe, expect, test, vi } from 'vitest';
import { billNanoUsd } from '../catalog/bill.ts';
import { Secret } from '../config/secret.ts';
import type { Model } from '../domain/model.ts';
import { nanoFromUsd, toNanoUsd } from '../domain/money.ts';
import type { RouterPolicy } from '../domain/router-policy.ts';
import { MINUTE_MS } from '../domain/time.ts';
import { accountOf } from '../money/ledger.ts';
import { openLedgerHere } from '../money/sqlite/sqlite-ledger.ts';
import type { ScriptedAnswer, ScriptedRequest } from '../providers/scripted/script.ts';
import { createScriptedServer, type SeenCall, type ScriptedServer } from '../providers/scripted/scripted-server.ts';
import type { CallRecord } from '../recorder/record.ts';
import { aPolicy } from '../testing/decision-builders.ts';
import { CHAT, CLAUDE, type GatewayKit, type GatewayKitOptions } from '../testing/internal/gateway-kit.ts';
import { anAccessKey, closeAtEnd, openGatewayKit } from '../testing/internal/gateway-test.ts';
import { aModel, aPriceRow, modelId } from '../testing/model-builders.ts';
import { keepAlivePlan, PING_OUTPUT_TOKENS } from '../warmth/keep-alive.ts';
import { pausePlan } from '../warmth/pause-plan.ts';
import { returnHazard } from '../warmth/return-hazard.ts';
import type { PauseContext } from '../warmth/returns.ts';
import { shippedReturns } from '../warmth/shipped-returns.ts';
import { createSseParser } from '../wires/shared/sse.ts';
import type { FeedEvent } from './core/live-feed.ts';
import type { Reloadable } from './gateway.ts';

const KEY = 'sk-ant-ours';
const PING_EVERY_MS = keepAlivePlan(CLAUDE)?.everyMs ?? 0;
const isPing = ({ maxOutputTokens }: ScriptedRequest): boolean => maxOutputTokens === 0 || maxOutputTokens === 1;

/** What a vendor says to a ping. */
const NOTHING: ScriptedAnswer = { text: '', outputTokens: 0, finish: 'length' };

interface TestBed {
  readonly kit: GatewayKit;
  readonly vendor: ScriptedServer;
  /** Lets time pass in one step, then real time enough for some looks at what is due. */
  pass(ms: number): Promise<void>;
  pings(): readonly SeenCall[];
  pingRecords(): readonly CallRecord[];
}

interface TestBedOptions extends Partial<GatewayKitOptions> {
  readonly keepAlive?: boolean;
  readonly policy?: Partial<RouterPolicy>;
  /** False: callers bring theirs. Default true. */
  readonly hasKey?: boolean;
  readonly answer?: (request: ScriptedRequest) => ScriptedAnswer | Promise<ScriptedAnswer>;
  readonly answerPing?: (count: number) => ScriptedAnswer | Promise<ScriptedAnswer>;
}

async function openTestBed(options: TestBedOptions = {}): Promise<TestBed> {
  let now = Date.UTC(2026, 10, 22, 12);
  let pingCount = 0;
  const models = options.models ?? [CLAUDE];
  const vendor = await createScriptedServer({
    models,
    clock: () => now,
    script: async (request) => {
      if (!isPing(request)) return (await options.answer?.(request)) ?? { text: 'Fine.' };
      pingCount += 1;
      return (await options.answerPing?.(pingCount)) ?? NOTHING;
    },
  });
  closeAtEnd(vendor);
  const { settings, deps, hasKey = true, baseUrls } = options;
  const kit = await openGatewayKit({
    upstreamUrl: vendor.url,
    models,
    ...(hasKey ? { apiKey: KEY } : {}),
    ...(baseUrls === undefined ? {} : { baseUrls }),
    settings: { keepAlive: { maxCount: 10, maxBytes: 10_000_000, tickMs: 2 }, ...settings },
    deps: {
      clock: { now: () => now },
      // Sessions here are of one or two calls; what a ping may cost them has tests of its own.
      policy: aPolicy({ keepAlive: options.keepAlive ?? true, pingOverheadRatio: 10, ...options.policy }),
      ...deps,
    },
  });
  const pings = (): readonly SeenCall[] => vendor.calls.filter(({ request }) => isPing(request));
  return {
    kit,
    vendor,
    pings,
    pingRecords: () => kit.calls.filter(({ purpose }) => purpose === 'keep-alive'),
    pass: async (ms) => {
      now += ms;
      await looks();
    },
  };
}

/** Real time for a dozen looks, and for a ping over loopback to come back. */
async function looks(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 40));
}

const SYSTEM = 'You are an agent. '.repeat(800);
const MARK = { cache_control: { type: 'ephemeral' } };

/** A transcript of so many turns, odd spaces and all, marked as clients do it. */
function transcript(turns: number, more: object = {}): string {
  const messages = Array.from({ length: 2 * turns - 1 }, (_, at) => ({
    role: at % 2 === 0 ? 'user' : 'assistant',
    content: [{ type: 'text', text: `turn ${at}`, ...(at === 2 * turns - 2 ? MARK : {}) }],
  }));
  const body = {
    model: 'claude-opus-test',
    max_tokens: 500,
    stream: true,
    system: [{ type: 'text', text: SYSTEM, ...MARK }],
    tools: [{ name: 'Read', input_schema: { type: 'object', properties: {} } }],
    messages,
    ...more,
  };
  return JSON.stringify(body, undefined, ' ');
}

async function ask(testBed: TestBed, body: string, headers: Readonly<Record<string, string>> = {}): Promise<SeenCall> {
  const seen = testBed.vendor.calls.length;
  const finished = testBed.kit.calls.length;
  const response = await testBed.kit.post('/v1/messages', body, { 'x-session-id': 's1', ...headers });
  const text = await response.text();
  expect(response.status, text).toBe(200);
  await vi.waitFor(() => expect(testBed.kit.calls.length).toBeGreaterThan(finished));
  const call = testBed.vendor.calls[seen];
  if (call === undefined) throw new Error('the vendor saw no call');
  return call;
}

/** How many pings the shipped hazard makes worth while after a call. */
function pingsWorth(call: SeenCall, context: Omit<PauseContext, 'promptTokens'>): number {
  const { promptTokens, writeTokens } = call.cache;
  const hazard = returnHazard(shippedReturns(), { ...context, promptTokens });
  const held = { heldTokens: writeTokens, promptTokens };
  return pausePlan(CLAUDE, held, { hazard, outputTokens: PING_OUTPUT_TOKENS, at: 0 })?.maxCount ?? 0;
}

async function pingedTimes(testBed: TestBed, count: number): Promise<void> {
  await vi.waitFor(() => expect(testBed.pingRecords()).toHaveLength(count));
}

/** The body without what says how to answer. */
function promptOf(call: SeenCall): object {
  const { max_tokens: _length, stream: _stream, ...prompt } = call.body as Record<string, unknown>;
  return prompt;
}

describe('a session that falls idle', () => {
  test('is pinged just inside the time to live with the same prompt, which is read and costs next to nothing', async () => {
    const testBed = await openTestBed();
    const call = await ask(testBed, transcript(2));
    await testBed.pass(PING_EVERY_MS - 1000);
    expect(testBed.pings()).toHaveLength(0);
    await testBed.pass(1000);
    await pingedTimes(testBed, 1);
    const [ping] = testBed.pings();
    expect(ping?.body).toMatchObject({ max_tokens: 0 });
    expect(JSON.stringify(promptOf(ping ?? call))).toBe(JSON.stringify(promptOf(call)));
    expect(ping?.body).not.toHaveProperty('stream');
    expect(ping?.cache.readTokens).toBe(call.cache.writeTokens);
    expect(ping?.cache.writeTokens).toBe(0);
    const [record] = testBed.pingRecords();
    expect(record).toMatchObject({ purpose: 'keep-alive', sessionId: 's1', requestedModel: CLAUDE.id, retryCount: 0 });
    expect(record?.billNanoUsd).toBe(record?.predictedBillNanoUsd);
    expect(record?.stepId).toBe(testBed.kit.calls[0]?.stepId);
  });

  test('reads warm after seven minutes, and is expected to, where without pings it reads cold', async () => {
    const after: { readonly read: number; readonly expected: number | undefined }[] = [];
    for (const keepAlive of [true, false]) {
      const testBed = await openTestBed({ keepAlive });
      const first = await ask(testBed, transcript(2));
      await testBed.pass(PING_EVERY_MS);
      if (keepAlive) await pingedTimes(testBed, 1);
      await testBed.pass(7 * MINUTE_MS - PING_EVERY_MS);
      const next = await ask(testBed, transcript(3));
      expect(first.cache.readTokens).toBe(0);
      after.push({ read: next.cache.readTokens, expected: testBed.kit.calls.at(-1)?.predictedCacheReadTokens });
      expect(testBed.pings()).toHaveLength(keepAlive ? 1 : 0);
    }
    const [warm, cold] = after;
    expect(warm?.read).toBeGreaterThan(3000);
    expect(warm?.expected).toBe(warm?.read);
    expect(cold).toEqual({ read: 0, expected: 0 });
  });

  test('is pinged as long as a return is likely enough, and not until pings have cost what a rewrite would', async () => {
    const testBed = await openTestBed();
    const call = await ask(testBed, transcript(2));
    const worth = pingsWorth(call, { waitFor: 'person', hasPaused: false, callCount: 1 });
    expect(worth).toBeGreaterThan(0);
    expect(worth).toBeLessThan(keepAlivePlan(CLAUDE)?.maxCount ?? 0);
    for (let count = 1; count <= worth + 2; count += 1) {
      await testBed.pass(PING_EVERY_MS);
      // The clock stands until the ping of this time has gone out and come back.
      if (count <= worth) await pingedTimes(testBed, count);
      await vi.waitFor(() => expect(testBed.pingRecords().length).toBe(Math.min(count, testBed.pings().length)));
    }
    expect(testBed.pingRecords()).toHaveLength(worth);
  });

  test('is pinged at the price of the tier that serves it, within the same bound', async () => {
    const models = [{ ...CLAUDE, wireModel: 'claude-opus-5' }];
    const served = { servedTier: 'fast' } as const;
    const options = {
      models,
      answer: () => ({ text: 'Fine.', ...served }),
      answerPing: () => ({ ...NOTHING, ...served }),
    };
    const testBed = await openTestBed({ ...options, policy: { pingOverheadRatio: 0.1 } });
    await ask(testBed, transcript(2, { speed: 'fast' }));
    for (let count = 0; count < 3; count += 1) await testBed.pass(PING_EVERY_MS);
    const [record, ...more] = testBed.pingRecords();
    expect(more).toEqual([]);
    const { usage } = record ?? {};
    const standard = usage && billNanoUsd(CLAUDE.prices, usage, 0);
    expect(standard).toBeGreaterThan(0);
    expect(record).toMatchObject({ servedTier: 'fast', billNanoUsd: 2 * (standard ?? NaN) });
    expect(record?.predictedBillNanoUsd).toBe(record?.billNanoUsd);
  });

  test('is not pinged on a tier whose price nobody states', async () => {
    const testBed = await openTestBed();
    await ask(testBed, transcript(2, { speed: 'fast' }));
    await testBed.pass(PING_EVERY_MS);
    await looks();
    expect(testBed.pings()).toEqual([]);
  });

  test('is pinged for no more than the policy’s share of what it has spent, less what pings have saved it', async () => {
    const testBed = await openTestBed({ policy: { pingOverheadRatio: 0.1 } });
    const passWithPing = async (): Promise<void> => {
      await testBed.pass(PING_EVERY_MS);
      await looks();
    };
    await ask(testBed, transcript(2));
    for (let count = 0; count < 3; count += 1) await passWithPing();
    // One ping reads at 8 % of what the write has cost; a second one would pass a tenth of the bill.
    expect(testBed.pings()).toHaveLength(1);
    await ask(testBed, transcript(3));
    await passWithPing();
    expect(testBed.pings()).toHaveLength(2);
    await testBed.pass(7 * MINUTE_MS - PING_EVERY_MS);
    await ask(testBed, transcript(4));
    for (let count = 0; count < 2; count += 1) await passWithPing();
    // What the second one kept has paid for more.
    expect(testBed.pings().length).toBeGreaterThan(3);
  });

  test('is not pinged where it is a sub-agent’s, which seldom goes on', async () => {
    const testBed = await openTestBed();
    const headers = { 'x-claude-code-session-id': 'main', 'x-claude-code-agent-id': 'agent' };
    await ask(testBed, transcript(2), { 'x-session-id': '', ...headers });
    await testBed.pass(PING_EVERY_MS);
    expect(testBed.pings()).toHaveLength(0);
  });

  test('is not pinged any more once its next call has come, and anew after that', async () => {
    const testBed = await openTestBed();
    await ask(testBed, transcript(2));
    await testBed.pass(PING_EVERY_MS - 10_000);
    await ask(testBed, transcript(3));
    await testBed.pass(10_000);
    expect(testBed.pings()).toHaveLength(0);
    await testBed.pass(PING_EVERY_MS - 10_000);
    await pingedTimes(testBed, 1);
    expect(testBed.pings()[0]?.request.messages).toHaveLength(5);
  });

  test('is not pinged while its next call is still being answered', async () => {
    let answer: (words: ScriptedAnswer) => void = () => undefined;
    let isSlow = false;
    const slow = new Promise<ScriptedAnswer>((resolve) => {
      answer = resolve;
    });
    const testBed = await openTestBed({ answer: async () => (isSlow ? slow : { text: 'Fine.' }) });
    await ask(testBed, transcript(2));
    isSlow = true;
    const next = ask(testBed, transcript(3));
    await looks();
    await testBed.pass(PING_EVERY_MS);
    answer({ text: 'At last.' });
    await next;
    expect(testBed.pings()).toHaveLength(0);
  });

  test('is pinged too when its caller broke the last answer off', async () => {
    const testBed = await openTestBed({ answer: () => ({ text: 'word '.repeat(100), chunkDelayMs: 20 }) });
    const caller = new AbortController();
    const response = await fetch(`${testBed.kit.url}/v1/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-session-id': 's1' },
      body: transcript(2),
      signal: caller.signal,
    });
    await response.body?.getReader().read();
    caller.abort();
    await vi.waitFor(() => expect(testBed.kit.calls).toMatchObject([{ errorCode: 'aborted' }]));
    await testBed.pass(PING_EVERY_MS);
    await pingedTimes(testBed, 1);
    expect(testBed.pings()[0]?.cache.writeTokens).toBe(0);
  });

  test('is pinged under no name that belongs to one request', async () => {
    const testBed = await openTestBed();
    const call = await ask(testBed, transcript(2), { 'idempotency-key': 'once', 'anthropic-beta': 'some-2026-01-01' });
    expect(call.headers).toHaveProperty('idempotency-key', 'once');
    await testBed.pass(PING_EVERY_MS);
    await pingedTimes(testBed, 1);
    expect(testBed.pings()[0]?.headers).not.toHaveProperty('idempotency-key');
    expect(testBed.pings()[0]?.headers).toHaveProperty('anthropic-beta', 'some-2026-01-01');
  });

  test('is not pinged when the vendor has let go of its prefix already', async () => {
    const testBed = await openTestBed();
    await ask(testBed, transcript(2));
    await testBed.pass(5 * MINUTE_MS + 1);
    expect(testBed.pings()).toHaveLength(0);
  });

  test('is pinged while its side calls, too short to be cached, come and go', async () => {
    const testBed = await openTestBed();
    await ask(testBed, transcript(2));
    await testBed.pass(MINUTE_MS);
    await ask(
      testBed,
      JSON.stringify({ model: CLAUDE.id, max_tokens: 50, messages: [{ role: 'user', content: 'Title?' }] }),
    );
    await testBed.pass(PING_EVERY_MS - MINUTE_MS);
    await pingedTimes(testBed, 1);
  });

  test('keeps thinking and a forced tool as they are, and asks for one token then', async () => {
    const testBed = await openTestBed();
    const more = { tool_choice: { type: 'any' }, thinking: { type: 'adaptive' } };
    await ask(testBed, transcript(2, more));
    await testBed.pass(PING_EVERY_MS);
    await pingedTimes(testBed, 1);
    expect(testBed.pings()[0]?.body).toMatchObject({ max_tokens: 1, ...more });
    expect(testBed.pings()[0]?.cache.writeTokens).toBe(0);
    expect(testBed.pingRecords()[0]?.errorCode).toBeUndefined();
  });

  test('on another wire format than its own is pinged with what was sent to the vendor', async () => {
    const testBed = await openTestBed();
    const messages = [
      { role: 'system', content: SYSTEM },
      { role: 'user', content: 'Go' },
    ];
    const response = await testBed.kit.post(
      '/v1/chat/completions',
      { model: CLAUDE.id, messages, stream: true },
      { 'x-session-id': 's1' },
    );
    await response.text();
    await vi.waitFor(() => expect(testBed.kit.calls).toHaveLength(1));
    await testBed.pass(PING_EVERY_MS);
    await pingedTimes(testBed, 1);
    const [first, ping] = testBed.vendor.calls;
    if (first === undefined || ping === undefined) throw new Error('two calls were to be made');
    expect(JSON.stringify(promptOf(ping))).toBe(JSON.stringify(promptOf(first)));
    expect(ping.cache).toMatchObject({ readTokens: first.cache.writeTokens, writeTokens: 0 });
  });
});

describe('a ping', () => {
  test('is on the bill of its session and access key, in tail, and in no answer', async () => {
    const { key, token } = anAccessKey();
    const ledger = openLedgerHere({ file: ':memory:', onFault: () => undefined });
    const testBed = await openTestBed({ deps: { accessKeys: [key], ledger, metricsToken: 'for-prometheus' } });
    const auth = { authorization: `Bearer ${token}` };
    const events = await watch(testBed.kit, auth);
    await ask(testBed, transcript(2), auth);
    await testBed.pass(PING_EVERY_MS);
    await pingedTimes(testBed, 1);
    const [call, ping] = testBed.kit.calls;
    const { total } = await ledger.standings(accountOf('key', key.id), Date.now());
    expect(total).toEqual({
      spentNanoUsd: (call?.billNanoUsd ?? 0) + (ping?.billNanoUsd ?? 0),
      unknownNanoUsd: 0,
      heldNanoUsd: 0,
    });
    await vi.waitFor(() => expect(events).toHaveLength(2));
    expect(events[1]).toMatchObject({
      kind: 'ping',
      reason: 'prefix-kept',
      sessionId: 's1',
      outputTokens: 0,
      status: 200,
    });
    expect(events[1]?.billNanoUsd).toBe(ping?.billNanoUsd);
    const next = await testBed.kit.post('/v1/messages', transcript(3, { model: 'auto' }), {
      'x-session-id': 's1',
      ...auth,
    });
    await next.text();
    const reported = [...next.headers]
      .filter(([name]) => name.startsWith('x-pointsman-'))
      .flat()
      .join(' ');
    expect(reported).toContain(CLAUDE.id);
    expect(reported).not.toMatch(/ping|prefix|keep/u);
    await vi.waitFor(() => expect(testBed.kit.steps).toHaveLength(2));
    const session = testBed.kit.steps[1]?.input.session;
    expect(session?.spentNanoUsd).toBe((call?.billNanoUsd ?? 0) + (ping?.billNanoUsd ?? 0));
    expect(session?.neverSwitchNanoUsd).toBe(session?.spentNanoUsd);
    const opens = { authorization: 'Bearer for-prometheus' };
    const metrics = await (await fetch(`${testBed.kit.url}/metrics`, { headers: opens })).text();
    expect(metrics).toContain('pointsman_keep_alive_total{outcome="kept"} 1');
  });

  test('that fails is the last, is on record, and disturbs no call', async () => {
    const testBed = await openTestBed({ answerPing: () => ({ failure: { kind: 'overloaded' } }) });
    await ask(testBed, transcript(2));
    await testBed.pass(PING_EVERY_MS);
    await pingedTimes(testBed, 1);
    expect(testBed.pingRecords()[0]).toMatchObject({ errorCode: 'provider-unavailable', billNanoUsd: undefined });
    await testBed.pass(5000);
    await testBed.pass(PING_EVERY_MS - 5000);
    expect(testBed.pings()).toHaveLength(1);
    await ask(testBed, transcript(3));
  });

  test('that finds the prefix gone is the last', async () => {
    const usage = { input_tokens: 10, cache_read_input_tokens: 0, cache_creation_input_tokens: 3600, output_tokens: 0 };
    const body = { type: 'message', role: 'assistant', model: CLAUDE.wireModel, content: [], usage };
    const headers = { 'content-type': 'application/json' };
    const testBed = await openTestBed({
      answerPing: () => ({ failure: { kind: 'raw', status: 200, headers, chunks: [JSON.stringify(body)] } }),
    });
    await ask(testBed, transcript(2));
    await testBed.pass(PING_EVERY_MS);
    await pingedTimes(testBed, 1);
    await testBed.pass(PING_EVERY_MS);
    expect(testBed.pings()).toHaveLength(1);
    expect(testBed.pingRecords()[0]?.billNanoUsd).toBeGreaterThan(0);
  });

  test('is under its key and client in the record, as the call before it is', async () => {
    const { key, token } = anAccessKey();
    const testBed = await openTestBed({ deps: { accessKeys: [key] } });
    await ask(testBed, transcript(2), {
      authorization: `Bearer ${token}`,
      'user-agent': 'claude-cli/2.1.0 (external)',
    });
    await testBed.pass(PING_EVERY_MS);
    await pingedTimes(testBed, 1);
    const [call, ping] = testBed.kit.calls;
    expect(call?.gateway?.harness).toBeDefined();
    expect(ping?.gateway).toMatchObject({ key: 'k', harness: call?.gateway?.harness });
  });

  test('of which nobody knows the bill counts against the bound as what it may have billed', async () => {
    const usageless = JSON.stringify({ type: 'message', role: 'assistant', model: CLAUDE.wireModel, content: [] });
    const headers = { 'content-type': 'application/json' };
    const testBed = await openTestBed({
      policy: { pingOverheadRatio: 0.1 },
      answerPing: () => ({ failure: { kind: 'raw', status: 200, headers, chunks: [usageless] } }),
    });
    for (let turn = 2; turn < 12; turn += 1) {
      await ask(testBed, transcript(turn));
      await testBed.pass(PING_EVERY_MS);
      await vi.waitFor(() => expect(testBed.pingRecords().length).toBe(testBed.pings().length));
    }
    const mayHaveBilled = testBed.pingRecords().reduce((sum, one) => sum + (one.mayHaveBilledNanoUsd ?? 0), 0);
    const billed = testBed.kit.calls.reduce((sum, one) => sum + (one.billNanoUsd ?? 0), 0);
    expect(mayHaveBilled).toBeGreaterThan(0);
    expect(mayHaveBilled).toBeLessThanOrEqual(0.1 * billed);
  });

  test('saves nothing of what is read long after it, such as a head that another session keeps warm', async () => {
    const testBed = await openTestBed({ policy: { pingOverheadRatio: 0.1 } });
    await ask(testBed, transcript(2));
    await testBed.pass(PING_EVERY_MS);
    await pingedTimes(testBed, 1);
    const other = transcript(1).replace('turn 0', 'another');
    for (let count = 0; count < 5; count += 1) {
      await testBed.pass(4 * MINUTE_MS);
      await ask(testBed, other, { 'x-session-id': 's2' });
    }
    const next = await ask(testBed, transcript(3));
    expect(next.cache.readTokens).toBeGreaterThan(3000);
    const ofSession = (): readonly CallRecord[] => testBed.kit.calls.filter(({ sessionId }) => sessionId === 's1');
    for (let count = 0; count < 4; count += 1) {
      await testBed.pass(PING_EVERY_MS);
      await looks();
    }
    const sum = (calls: readonly CallRecord[]): number => calls.reduce((all, one) => all + (one.billNanoUsd ?? 0), 0);
    const pinged = sum(ofSession().filter(({ purpose }) => purpose === 'keep-alive'));
    expect(pinged).toBeLessThanOrEqual(0.1 * (sum(ofSession()) - pinged));
  });

  test('in flight ends with the gateway', async () => {
    let started = 0;
    const testBed = await openTestBed({
      answerPing: async () => {
        started += 1;
        return new Promise(() => undefined);
      },
    });
    await ask(testBed, transcript(2));
    await testBed.pass(PING_EVERY_MS);
    await vi.waitFor(() => expect(started).toBe(1));
    await testBed.kit.gateway.close();
    expect(testBed.pingRecords()).toMatchObject([{ errorCode: 'aborted', billNanoUsd: undefined }]);
  });
});

describe('nothing is pinged', () => {
  const idle = async (options: TestBedOptions, body = transcript(2), headers = {}): Promise<TestBed> => {
    const testBed = await openTestBed(options);
    await ask(testBed, body, headers);
    await testBed.pass(PING_EVERY_MS);
    return testBed;
  };

  test('without the policy’s leave', async () => {
    expect((await idle({ keepAlive: false })).vendor.calls).toHaveLength(1);
  });

  test('on a key that the caller brought', async () => {
    const testBed = await idle({ hasKey: false }, transcript(2), { 'x-api-key': 'sk-ant-api03-theirs' });
    expect(testBed.vendor.calls[0]?.cache.writeTokens).toBeGreaterThan(0);
    expect(testBed.vendor.calls).toHaveLength(1);
  });

  test('at an endpoint that is ill', async () => {
    let isUnhealthy = false;
    const testBed = await openTestBed({
      settings: { maxRetries: 0 },
      answer: () => (isUnhealthy ? { failure: { kind: 'overloaded' } } : { text: 'Fine.' }),
    });
    await ask(testBed, transcript(2));
    isUnhealthy = true;
    for (let count = 0; count < 5; count += 1) {
      const response = await testBed.kit.post('/v1/messages', transcript(1), { 'x-session-id': `s${count + 2}` });
      expect(response.status).toBe(529);
      await response.text();
    }
    await testBed.pass(PING_EVERY_MS);
    expect(testBed.pings()).toHaveLength(0);
  });

  test('where the vendor does not state that a read renews', async () => {
    const chat: Model = {
      ...CHAT,
      wire: 'anthropic-messages',
      cacheRule: { ...(CLAUDE.cacheRule as object), renewsOnRead: false } as never,
    };
    expect((await idle({ models: [chat] }, transcript(2, { model: chat.id }))).vendor.calls).toHaveLength(1);
  });

  test('once the policy, the key or the endpoint that it went out under is no longer', async () => {
    const { key, token } = anAccessKey({ expiresAt: Date.UTC(2026, 10, 22, 12, 3) });
    const auth = { authorization: `Bearer ${token}` };
    expect((await idle({ deps: { accessKeys: [key] } }, transcript(2), auth)).pings()).toHaveLength(0);
    const endpointsWith = (kit: GatewayKit, apiKey: string): Partial<Reloadable> => ({
      endpoints: new Map([...kit.endpoints].map(([id, one]) => [id, { ...one, apiKey: new Secret(apiKey, 'test') }])),
    });
    const changes: readonly (readonly [number, (kit: GatewayKit) => Partial<Reloadable>])[] = [
      [1, (kit) => ({ policy: aPolicy({ keepAlive: true }), ...endpointsWith(kit, KEY) })],
      [0, () => ({ policy: aPolicy({ keepAlive: false }) })],
      [0, () => ({ endpoints: new Map() })],
      [0, (kit) => endpointsWith(kit, 'sk-ant-rotated')],
    ];
    for (const [count, change] of changes) {
      const testBed = await openTestBed();
      await ask(testBed, transcript(2));
      testBed.kit.gateway.reload(change(testBed.kit));
      await testBed.pass(PING_EVERY_MS);
      await pingedTimes(testBed, count);
      expect(testBed.pings()).toHaveLength(count);
    }
  });

  test('for what was written for an hour', async () => {
    const system = [{ type: 'text', text: SYSTEM, cache_control: { type: 'ephemeral', ttl: '1h' } }];
    expect((await idle({}, transcript(2, { system }))).vendor.calls).toHaveLength(1);
  });

  test('for a prompt that is not cached', async () => {
    const body = transcript(2).replaceAll(/,?\s*"cache_control": \{[^}]*\}/gu, '');
    expect(body).not.toContain('cache_control');
    const testBed = await idle({}, body);
    expect(testBed.vendor.calls[0]?.cache.writeTokens).toBe(0);
    expect(testBed.vendor.calls).toHaveLength(1);
  });

  test('where a budget for thinking would let the ping cost more than the rewrite', async () => {
    const thinking = { type: 'enabled', budget_tokens: 8000 };
    expect((await idle({}, transcript(2, { thinking, max_tokens: 9000 }))).vendor.calls).toHaveLength(1);
  });

  /** An answer dearer than anybody expected, so that a limit is all but spent and was not when the call was routed. */
  const dear = (request: ScriptedRequest): ScriptedAnswer => ({
    text: 'Fine.',
    outputTokens: request.system.includes('dear') ? 400_000 : 2,
  });
  const DEAR = transcript(2, { system: [{ type: 'text', text: `${SYSTEM}dear`, ...MARK }] });

  test('beyond what the policy lets a session spend', async () => {
    const priced = await idle({ answer: dear }, DEAR);
    await pingedTimes(priced, 1);
    const total = priced.kit.calls.reduce((sum, { billNanoUsd }) => sum + (billNanoUsd ?? 0), 0);
    const limit = (jobNanoUsd: number): TestBedOptions => ({
      answer: dear,
      policy: { budget: { jobNanoUsd: toNanoUsd(jobNanoUsd), stepNanoUsd: undefined } },
    });
    expect((await idle(limit(total), DEAR)).pings()).toHaveLength(1);
    expect((await idle(limit(total - 1), DEAR)).pings()).toHaveLength(0);
  });

  test('beyond an access key’s budget, pings in flight of its other sessions counted in', async () => {
    const run = async (budget: number | undefined, answerPing: () => Promise<ScriptedAnswer>): Promise<TestBed> => {
      const { key, token } = anAccessKey({
        budgetNanoUsd: budget === undefined ? undefined : toNanoUsd(budget),
      });
      const testBed = await openTestBed({ answer: dear, answerPing, deps: { accessKeys: [key] } });
      const auth = { authorization: `Bearer ${token}` };
      await ask(testBed, transcript(2), auth);
      await ask(testBed, DEAR, { ...auth, 'x-session-id': 's2' });
      await testBed.pass(PING_EVERY_MS);
      return testBed;
    };
    const priced = await run(undefined, () => Promise.resolve(NOTHING));
    await pingedTimes(priced, 2);
    const total = priced.kit.calls.reduce((sum, { billNanoUsd }) => sum + (billNanoUsd ?? 0), 0);
    // Either may find its prefix gone, and write it again: while that is not paid for, they go one at a time.
    const rewritten = nanoFromUsd(1);
    for (const [budget, most] of [
      [total + rewritten, 2],
      [total, 1],
    ] as const) {
      const waiting: ((answer: ScriptedAnswer) => void)[] = [];
      const testBed = await run(budget, async () => new Promise((resolve) => waiting.push(resolve)));
      expect(waiting).toHaveLength(most);
      for (const answer of waiting) answer(NOTHING);
      await pingedTimes(testBed, most);
      await testBed.pass(1000);
      expect(waiting).toHaveLength(most);
    }
  });
});

test('no more sessions and bytes are held than allowed: those held longest go first', async () => {
  const size = transcript(2).length;
  const maxBytes = Math.floor(2.5 * size);
  for (const keepAlive of [
    { maxCount: 2, maxBytes: 10_000_000, tickMs: 2 },
    { maxCount: 10, maxBytes, tickMs: 2 },
  ]) {
    const testBed = await openTestBed({ settings: { keepAlive } });
    for (const session of ['one', 'two', 'three']) await ask(testBed, transcript(2), { 'x-session-id': session });
    await testBed.pass(PING_EVERY_MS);
    await pingedTimes(testBed, 2);
    await looks();
    expect(testBed.pingRecords().map(({ sessionId }) => sessionId)).toEqual(['two', 'three']);
  }
});

test('the policy of an access key decides for its sessions', async () => {
  const { key, token } = anAccessKey({ policyId: 'thrifty' });
  const other = anAccessKey();
  const policies = new Map([['thrifty', aPolicy({ keepAlive: true })]]);
  const testBed = await openTestBed({ keepAlive: false, deps: { accessKeys: [key, other.key], policies } });
  await ask(testBed, transcript(2), { authorization: `Bearer ${token}`, 'x-session-id': 'mine' });
  await ask(testBed, transcript(2), { authorization: `Bearer ${other.token}`, 'x-session-id': 'theirs' });
  await testBed.pass(PING_EVERY_MS);
  await pingedTimes(testBed, 1);
  await looks();
  expect(testBed.pingRecords().map(({ sessionId }) => sessionId)).toEqual(['mine']);
});

test('many sessions that are due at once are pinged sixteen at a time, and all of them', async () => {
  const waiting: ((answer: ScriptedAnswer) => void)[] = [];
  const testBed = await openTestBed({
    settings: { keepAlive: { maxCount: 50, maxBytes: 10_000_000, tickMs: 2 } },
    answerPing: async () => new Promise((resolve) => waiting.push(resolve)),
  });
  const gauge = async (): Promise<string | undefined> =>
    /pointsman_kept_prefixes (\d+)/u.exec(await (await fetch(`${testBed.kit.url}/metrics`)).text())?.[1];
  expect(await gauge()).toBe('0');
  for (let count = 0; count < 20; count += 1) await ask(testBed, transcript(2), { 'x-session-id': `many${count}` });
  expect(await gauge()).toBe('20');
  await testBed.pass(PING_EVERY_MS);
  await vi.waitFor(() => expect(waiting).toHaveLength(16));
  await looks();
  expect(waiting).toHaveLength(16);
  for (const answer of waiting) answer(NOTHING);
  await vi.waitFor(() => expect(waiting).toHaveLength(20));
  for (const answer of waiting) answer(NOTHING);
  await pingedTimes(testBed, 20);
});

test('one timer serves all calls, and there is none, and nothing held, without the policy’s leave', async () => {
  const tickMs = 1234;
  for (const keepAlive of [true, false]) {
    const timers = vi.spyOn(globalThis, 'setInterval');
    const settings = { keepAlive: { maxCount: 10, maxBytes: 10_000_000, tickMs } };
    const testBed = await openTestBed({ keepAlive, settings });
    for (let count = 0; count < 4; count += 1) await ask(testBed, transcript(2), { 'x-session-id': `n${count}` });
    const metrics = await (await fetch(`${testBed.kit.url}/metrics`)).text();
    expect(metrics).toContain(`pointsman_kept_prefixes ${keepAlive ? 4 : 0}\n`);
    const own = timers.mock.calls.filter(([, delayMs]) => delayMs === tickMs);
    timers.mockRestore();
    expect(own).toHaveLength(keepAlive ? 1 : 0);
  }
});

test('a model whose writes cost no more than its reads is not worth a ping', async () => {
  const flat = aModel({
    id: modelId('flat'),
    abilityIndex: 60,
    prices: { base: aPriceRow({ input: 1, cacheRead: 1, cacheWrite: 1.5 }), tiers: [], peak: undefined },
  });
  const testBed = await openTestBed({ models: [flat] });
  await ask(testBed, transcript(2, { model: 'flat' }));
  await testBed.pass(PING_EVERY_MS);
  expect(testBed.vendor.calls).toHaveLength(1);
});

async function watch(kit: GatewayKit, headers: Readonly<Record<string, string>>): Promise<readonly FeedEvent[]> {
  const events: FeedEvent[] = [];
  const parser = createSseParser(({ data }) => events.push(JSON.parse(data) as FeedEvent));
  const { body } = await fetch(`${kit.url}/pointsman/tail`, { headers });
  const reader = body?.getReader();
  const read = async (): Promise<void> => {
    for (;;) {
      const chunk = await reader?.read();
      if (chunk?.value === undefined) return;
      parser.push(Buffer.from(chunk.value));
    }
  };
  read().catch(() => undefined);
  return events;
}
