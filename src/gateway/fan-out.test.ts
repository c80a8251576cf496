import { afterEach, describe, expect, test } from 'vitest';
import { toNanoUsd } from '../domain/money.ts';
import type { Script } from '../providers/scripted/script.ts';
import { createScriptedServer } from '../providers/scripted/scripted-server.ts';
import { aPolicy } from '../testing/decision-builders.ts';
import { CLAUDE, startGatewayKit, type GatewayKit, type GatewayKitOptions } from '../testing/internal/gateway-kit.ts';
import { createHeadWaves } from './core/head-waves.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close();
});

const SYSTEM = 'You are a sub-agent. '.repeat(2000);
const HEAD_TOKENS = 5000;
const FINE = { text: 'Fine.' };

async function rig(options: Partial<GatewayKitOptions> = {}, script: Script = () => FINE): Promise<GatewayKit> {
  const vendor = await createScriptedServer({ models: [CLAUDE], script });
  open.push(vendor);
  const kit = await startGatewayKit({ upstreamUrl: vendor.url, models: [CLAUDE], apiKey: 'sk-ant-ours', ...options });
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

  test('two kinds of them do not wait for each other', async () => {
    const kit = await rig();
    const both = await Promise.all([wave(kit, 4), wave(kit, 4, 'x', `${SYSTEM} Another one.`)]);
    expect(headWrites(kit.calls.map(({ usage }) => usage?.cacheWriteTokens ?? 0))).toBe(2);
    expect(both.flat().length).toBeGreaterThan(0);
  });

  test('nobody waits where waiting costs more than writing again', async () => {
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
});
