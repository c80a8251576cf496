import { afterEach, describe, expect, test } from 'vitest';
import { createScriptedServer } from '../providers/scripted/scripted-server.ts';
import { CLAUDE, CLAUDE_SMALL, startGatewayKit, type GatewayKit } from '../testing/internal/gateway-kit.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close();
});

const MINUTE_MS = 60_000;
const system = [{ type: 'text', text: 'You are an agent. '.repeat(2000), cache_control: { type: 'ephemeral' } }];
const clock = { nowMs: 0 };

async function rig(): Promise<GatewayKit> {
  clock.nowMs = Date.UTC(2026, 10, 2, 12);
  const vendor = await createScriptedServer({
    script: () => ({ text: 'ok' }),
    models: [CLAUDE, CLAUDE_SMALL],
    vendorChecks: false,
    clock: () => clock.nowMs,
  });
  open.push(vendor);
  const kit = await startGatewayKit({
    upstreamUrl: vendor.url,
    models: [CLAUDE, CLAUDE_SMALL],
    deps: { clock: { now: () => clock.nowMs } },
  });
  open.push(kit.gateway);
  return kit;
}

/** One call of a tool loop, so long after the one before. */
async function ask(kit: GatewayKit, toolCount: number, pauseMs: number): Promise<void> {
  clock.nowMs += pauseMs;
  const messages: object[] = [{ role: 'user', content: 'Fix the bug in the parser' }];
  for (let tool = 0; tool < toolCount; tool++) {
    messages.push({
      role: 'assistant',
      content: [{ type: 'tool_use', id: `t${tool}`, name: 'Read', input: { path: `f${tool}` } }],
    });
    const cache_control = tool === toolCount - 1 ? { cache_control: { type: 'ephemeral' } } : {};
    messages.push({
      role: 'user',
      content: [{ type: 'tool_result', tool_use_id: `t${tool}`, content: 'fine', ...cache_control }],
    });
  }
  const response = await kit.post(
    '/v1/messages',
    { model: 'auto', max_tokens: 100, system, messages },
    { 'x-claude-code-session-id': 's1' },
  );
  expect(response.status).toBe(200);
  await response.arrayBuffer();
}

describe('where the prefix of a step is gone anyway', () => {
  test('a tool that ran longer than the cache lives has its step decided anew, as the same step', async () => {
    const kit = await rig();
    await ask(kit, 0, 0);
    await ask(kit, 1, MINUTE_MS);
    expect(kit.steps).toHaveLength(1);
    await ask(kit, 2, 6 * MINUTE_MS);
    expect(kit.steps).toHaveLength(2);
    expect(kit.steps[1]?.stepId).toBe(kit.steps[0]?.stepId);
    expect(kit.steps[1]?.input.step.tried).toEqual([]);
    expect(kit.steps[1]?.input.warmth.map(({ warmTokens }) => warmTokens)).toEqual([0, 0]);
  });

  test('its next call finds the prefix that was written again, and stays', async () => {
    const kit = await rig();
    await ask(kit, 0, 0);
    await ask(kit, 1, 6 * MINUTE_MS);
    await ask(kit, 2, MINUTE_MS);
    await ask(kit, 3, 4 * MINUTE_MS);
    expect(kit.steps).toHaveLength(2);
  });
});
