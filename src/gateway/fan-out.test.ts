import { getEventListeners } from 'node:events';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { toNanoUsd } from '../domain/money.ts';
import { createHeadWaves, MAX_HEAD_WAIT_MS } from '../providers/head-waves.ts';
import type { Script } from '../providers/scripted/script.ts';
import { createScriptedServer } from '../providers/scripted/scripted-server.ts';
import { aPolicy } from '../testing/decision-builders.ts';
import { CLAUDE, startGatewayKit, type GatewayKit, type GatewayKitOptions } from '../testing/internal/gateway-kit.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close();
});

const SYSTEM = 'You are a sub-agent. '.repeat(2000);
const HEAD_TOKENS = 5000;
const FINE = { text: 'Fine.' };

async function rig(
  options: Partial<GatewayKitOptions> = {},
  script: Script = () => FINE,
  hasKey = true,
): Promise<GatewayKit> {
  const vendor = await createScriptedServer({ models: [CLAUDE], script });
  open.push(vendor);
  const kit = await startGatewayKit({
    upstreamUrl: vendor.url,
    models: [CLAUDE],
    ...(hasKey ? { apiKey: 'sk-ant-ours' } : {}),
    ...options,
  });
  open.push(kit.gateway);
  return kit;
}

/** So many sub-agents of one session that start at once. */
async function wave(kit: GatewayKit, count: number, name = 'a', system = SYSTEM): Promise<readonly number[]> {
  const before = kit.calls.length;
  const answers = await Promise.all(
    Array.from({ length: count }, async (_, agent) => {
      const response = await kit.post(
        '/v1/messages',
        {
          model: 'auto',
          max_tokens: 100,
          stream: true,
          system: [{ type: 'text', text: system, cache_control: { type: 'ephemeral' } }],
          messages: [{ role: 'user', content: `Look at part ${name}${agent}` }],
        },
        { 'x-claude-code-session-id': 's1', 'x-claude-code-agent-id': `${name}${agent}` },
      );
      await response.text();
      return response.status;
    }),
  );
  expect(answers.every((status) => status === 200)).toBe(true);
  return kit.calls.slice(before).map(({ usage }) => usage?.cacheWriteTokens ?? 0);
}

const headWrites = (written: readonly number[]): number => written.filter((tokens) => tokens > HEAD_TOKENS).length;

describe('sub-agents that start together', () => {
  test.each([2, 5, 12])('%i of them: one writes what they share, the others read it', async (count) => {
    const kit = await rig();
    expect(headWrites(await wave(kit, count))).toBe(1);
    // It is warm by then: nobody writes it, and nobody waits.
    expect(headWrites(await wave(kit, count, 'b'))).toBe(0);
  });

  test('all wait but one, and are counted, as long as that one has no answer', async () => {
    const first = Promise.withResolvers<void>();
    const kit = await rig({}, async () => {
      await first.promise;
      return FINE;
    });
    const written = wave(kit, 5);
    const metrics = async (): Promise<string> => (await fetch(`${kit.url}/metrics`)).text();
    await vi.waitFor(async () => expect(await metrics()).toMatch(/^pointsman_head_waits_total.* 4$/m), 8000);
    first.resolve();
    expect(headWrites(await written)).toBe(1);
  });

  test('two kinds of them do not wait for each other', async () => {
    const kit = await rig();
    const both = await Promise.all([wave(kit, 4), wave(kit, 4, 'x', `${SYSTEM} Another one.`)]);
    expect(headWrites(kit.calls.map(({ usage }) => usage?.cacheWriteTokens ?? 0))).toBe(2);
    expect(both.flat().length).toBeGreaterThan(0);
  });

  test('nobody waits where waiting costs more than writing again', { timeout: MAX_HEAD_WAIT_MS - 1000 }, async () => {
    // None is answered before all have come.
    const all = Promise.withResolvers<void>();
    let here = 0;
    const policy = aPolicy({ waitingNanoUsdPerSecond: toNanoUsd(1e11) });
    const kit = await rig({ deps: { policy } }, async () => {
      if ((here += 1) === 6) all.resolve();
      await all.promise;
      return FINE;
    });
    await wave(kit, 6);
    expect(here).toBe(6);
  });
});

describe('nobody waits for somebody who writes nothing that he could read', () => {
  const marker = { cache_control: { type: 'ephemeral' } };
  const head = { system: [{ type: 'text', text: SYSTEM, ...marker }] };
  const long = [{ role: 'user', content: [{ type: 'text', text: SYSTEM, ...marker }] }];

  test.each<[string, object, boolean]>([
    [
      'whose head is too short to be cached',
      { system: [{ type: 'text', text: 'Classify.', ...marker }], messages: long },
      true,
    ],
    ['who has marked only what comes after the head', { system: SYSTEM, messages: long }, true],
    ['who brings another key along', head, false],
  ])('%s', { timeout: MAX_HEAD_WAIT_MS - 1000 }, async (_name, body, hasKey) => {
    // None is answered before all have come.
    const all = Promise.withResolvers<void>();
    let here = 0;
    const kit = await rig(
      {},
      async () => {
        if ((here += 1) === 4) all.resolve();
        await all.promise;
        return FINE;
      },
      hasKey,
    );
    const agents = [0, 1, 2, 3].map((agent) =>
      kit.post(
        '/v1/messages',
        { model: 'auto', max_tokens: 100, messages: [{ role: 'user', content: `Part ${agent}` }], ...body },
        { 'x-claude-code-session-id': `s${agent}`, 'x-api-key': `sk-ant-api03-of-caller-${agent}` },
      ),
    );
    const answers = await Promise.all(agents);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(here).toBe(4);
  });
});

describe('a wave', () => {
  const of = { ttlMs: 1000, mayWaitMs: 5000, signal: new AbortController().signal };

  test('goes on with the next of those who wait where the first fails', async () => {
    const waves = createHeadWaves(() => 0);
    const first = await waves.join('head', of);
    const order: string[] = [];
    const second = waves.join('head', of).then((turn) => (order.push('second'), turn));
    const third = waves.join('head', of).then((turn) => (order.push('third'), turn));
    first.end(false);
    const next = await second;
    await Promise.resolve();
    expect(order).toEqual(['second']);
    next.end(true);
    await third;
    expect(order).toEqual(['second', 'third']);
  });

  test('is over with its time to live, and ends at once for a caller who leaves', async () => {
    let now = 0;
    const waves = createHeadWaves(() => now);
    (await waves.join('head', of)).end(true);
    now = 2000;
    await waves.join('head', of);
    const leaving = new AbortController();
    const waiting = waves.join('head', { ...of, signal: leaving.signal });
    leaving.abort();
    await expect(waiting).resolves.toBeDefined();
  });

  test('that hangs holds nobody longer than ten seconds from its start, whenever he comes', async () => {
    vi.useFakeTimers();
    try {
      const waves = createHeadWaves(() => 0);
      const patient = { ...of, mayWaitMs: Infinity };
      await waves.join('head', patient);
      await vi.advanceTimersByTimeAsync(MAX_HEAD_WAIT_MS - 1000);
      let passed = 0;
      const late = Array.from({ length: 200 }, () => waves.join('head', patient).then(() => (passed += 1)));
      await vi.advanceTimersByTimeAsync(900);
      expect(passed).toBe(0);
      await vi.advanceTimersByTimeAsync(200);
      expect(passed).toBe(200);
      await Promise.all(late);
      await waves.join('head', patient);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  test('leaves no timer and no listener behind', async () => {
    vi.useFakeTimers();
    try {
      const waves = createHeadWaves(() => 0);
      const { signal } = new AbortController();
      const first = await waves.join('head', { ...of, signal });
      const others = Array.from({ length: 200 }, () => waves.join('head', { ...of, signal }));
      first.end(true);
      await Promise.all(others);
      expect(vi.getTimerCount()).toBe(0);
      expect(getEventListeners(signal, 'abort')).toEqual([]);
    } finally {
      vi.useRealTimers();
    }
  });
});
