import { describe, expect, test } from 'vitest';
import { promptTokens } from '../domain/usage.ts';
import type { Script } from '../providers/scripted/script.ts';
import { createScriptedServer, type ScriptedServer } from '../providers/scripted/scripted-server.ts';
import { aPolicy } from '../testing/index.ts';
import {
  CHAT,
  CLAUDE,
  CLAUDE_SMALL,
  GPT,
  type GatewayKit,
  type GatewayKitOptions,
} from '../testing/internal/gateway-kit.ts';
import { closeAtEnd, openGatewayKit } from '../testing/internal/gateway-test.ts';
import { createSseParser } from '../wires/shared/sse.ts';

interface Rig {
  readonly vendor: ScriptedServer;
  readonly kit: GatewayKit;
}

async function rig(script: Script = () => ({ text: 'ok' }), options: Partial<GatewayKitOptions> = {}): Promise<Rig> {
  const models = options.models ?? [CLAUDE, CLAUDE_SMALL, GPT, CHAT];
  const vendor = closeAtEnd(await createScriptedServer({ script, models, vendorChecks: false }));
  return { vendor, kit: await openGatewayKit({ upstreamUrl: vendor.url, models, ...options }) };
}

const system = [{ type: 'text', text: 'You are an agent. '.repeat(800), cache_control: { type: 'ephemeral' } }];

async function ask(
  kit: GatewayKit,
  messages: readonly object[],
  more: object = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const marked = messages.map((message, index) => {
    const { content } = message as { readonly content: unknown };
    if (index < messages.length - 1 || typeof content !== 'string') return message;
    return { ...message, content: [{ type: 'text', text: content, cache_control: { type: 'ephemeral' } }] };
  });
  const response = await kit.post(
    '/v1/messages',
    { model: 'auto', max_tokens: 100, system, messages: marked, ...more },
    { 'x-claude-code-session-id': 's1', ...headers },
  );
  expect(response.status).toBe(200);
  await response.clone().arrayBuffer();
  return response;
}

describe('steps', () => {
  test('one decision per step: calls that bring tool results stay on its model', async () => {
    const { kit } = await rig();
    const messages: object[] = [{ role: 'user', content: 'Fix the bug in the parser' }];
    for (let call = 0; call < 5; call++) {
      await ask(kit, messages);
      messages.push({
        role: 'assistant',
        content: [{ type: 'tool_use', id: `t${call}`, name: 'Read', input: { path: `f${call}` } }],
      });
      messages.push({ role: 'user', content: [{ type: 'tool_result', tool_use_id: `t${call}`, content: 'fine' }] });
    }
    expect(kit.steps).toHaveLength(1);
    expect(new Set(kit.calls.map((call) => call.stepId)).size).toBe(1);
    expect(new Set(kit.calls.map((call) => call.requestedModel)).size).toBe(1);
    await ask(kit, [
      ...messages,
      { role: 'assistant', content: 'Done.' },
      { role: 'user', content: 'Now write the tests' },
    ]);
    expect(kit.steps).toHaveLength(2);
    expect(kit.steps[1]?.input.session.incumbent).toBe(kit.calls[0]?.requestedModel);
  });

  test('the same first call again is the same step on the same model', async () => {
    const { kit } = await rig();
    const messages = [{ role: 'user', content: 'Fix it' }];
    await ask(kit, messages);
    await ask(kit, messages);
    expect(kit.steps).toHaveLength(1);
  });

  test('a tool loop that goes in circles is taken to another model once, with the evidence in the record', async () => {
    const { kit } = await rig();
    const messages: object[] = [{ role: 'user', content: 'Fix the bug' }];
    for (let call = 0; call < 8; call++) {
      await ask(kit, messages);
      messages.push({
        role: 'assistant',
        content: [{ type: 'tool_use', id: `t${call}`, name: 'Bash', input: { command: 'make' } }],
      });
      messages.push({
        role: 'user',
        content: [{ type: 'tool_result', tool_use_id: `t${call}`, content: 'error', is_error: true }],
      });
    }
    expect(kit.steps.map((step) => step.decision.kind)).toEqual(['switch', 'escalate']);
    expect(kit.steps[1]?.input.step.tried[0]?.rejectedBy).toMatch(/^evidence: /u);
    expect(kit.steps[1]?.stepId).toBe(kit.steps[0]?.stepId);
    expect(new Set(kit.calls.map((call) => call.requestedModel)).size).toBe(2);
  });

  test('sub-agents are routed and remembered apart from their session', async () => {
    const { kit } = await rig();
    await ask(kit, [{ role: 'user', content: 'Plan the work' }]);
    await ask(kit, [{ role: 'user', content: 'Explore the code' }], {}, { 'x-claude-code-agent-id': 'a1' });
    expect(kit.steps.map((step) => step.sessionId)).toEqual(['s1', 's1/a1']);
    expect(kit.steps[1]?.input.session.incumbent).toBeUndefined();
  });

  test('each tier name bends the dial of the policy, and says so in the record', async () => {
    const { kit } = await rig(undefined, { deps: { policy: aPolicy({ dial: 5 }) } });
    for (const [index, model] of ['auto', 'claude-auto-frontier', 'auto-fast', 'claude-auto[1m]'].entries()) {
      await ask(kit, [{ role: 'user', content: 'x' }], { model }, { 'x-claude-code-session-id': `tier-${index}` });
    }
    expect(kit.steps.map((step) => step.input.policy.dial)).toEqual([5, 1, 9, 5]);
    expect(kit.steps[2]?.decision.policyId).toBe('test-policy@dial-9');
  });
});

describe('the cache that a session pays for', () => {
  test('side calls, a thinking switch, another tool and a large file do not make it flip', async () => {
    // At the prices that the policy states: a dial measured on these four may think a large file worth the cheaper model.
    const asStated = aPolicy({ dialFactors: Array.from({ length: 11 }, () => 1) });
    const { kit } = await rig(undefined, { deps: { policy: asStated } });
    const messages: object[] = [];
    const turns: readonly (readonly [string, object])[] = [
      ['plain', {}],
      ['plain', {}],
      ['thinking', { thinking: { type: 'enabled', budget_tokens: 2000 } }],
      ['plain', {}],
      ['side', {}],
      ['plain', {}],
      ['tool', { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }],
      ['large', {}],
      ['plain', {}],
    ];
    for (const [name, more] of turns) {
      if (name === 'side') {
        await ask(kit, [{ role: 'user', content: 'Write a title' }], { model: CLAUDE_SMALL.id, system: 'Titles.' });
        continue;
      }
      messages.push({
        role: 'user',
        content: name === 'large' ? 'data '.repeat(20_000) : `do step ${messages.length}`,
      });
      await ask(kit, messages, more);
      messages.push({ role: 'assistant', content: 'ok' });
    }
    const main = kit.steps.filter((step) => step.input.override === undefined);
    const paid = main.filter((step) => step.decision.kind === 'switch' && step.decision.from !== undefined);
    expect(paid.every((step) => step.decision.reasons.length > 0 && step.decision.candidates.length > 1)).toBe(true);
    // That the first turn was one call says that more short ones come: it may change its mind on that, and on nothing else.
    expect(paid.filter((step) => step !== main[1])).toEqual([]);
  });

  test('the overhead guard is told what never switching would have billed, and on which model', async () => {
    const { kit } = await rig(undefined, { models: [CLAUDE, CLAUDE_SMALL] });
    const messages: object[] = [{ role: 'user', content: 'Fix the bug' }];
    for (const model of ['auto', 'auto', CLAUDE_SMALL.id, 'auto']) {
      await ask(kit, messages, { model });
      messages.push({ role: 'assistant', content: 'ok' }, { role: 'user', content: `and after ${model}` });
    }
    const sessions = kit.steps.map((step) => step.input.session);
    // Nobody knows what comes: more of the same is one of the futures that are weighed.
    const [opening] = kit.steps;
    expect(opening?.input.scenarios?.[0]?.forecast.map((later) => later.kind)).toEqual([opening?.kind]);
    const [start, second, , last] = sessions;
    expect(start?.neverSwitchModel).toBeUndefined();
    expect(second?.neverSwitchModel).toBe(kit.calls[0]?.requestedModel);
    expect(second?.neverSwitchNanoUsd).toBe(second?.spentNanoUsd);
    // The caller left it of its own will: that is not ours to answer for.
    expect(last?.neverSwitchModel).toBe(CLAUDE_SMALL.id);
    expect(last?.neverSwitchNanoUsd).toBe(last?.spentNanoUsd);
  });

  test('what was predicted to be read is read, once a model has the prefix', async () => {
    const { kit } = await rig(undefined, { models: [CLAUDE] });
    const messages: object[] = [{ role: 'user', content: 'Fix the bug' }];
    for (let turn = 0; turn < 4; turn++) {
      await ask(kit, messages);
      messages.push({ role: 'assistant', content: 'ok' }, { role: 'user', content: `and step ${turn}` });
    }
    for (const call of kit.calls.slice(1)) {
      const read = call.usage?.cacheReadTokens ?? 0;
      expect(read).toBeGreaterThan(1000);
      expect(Math.abs(read - (call.predictedCacheReadTokens ?? 0)) / read).toBeLessThan(0.05);
      expect((call.predictedBillNanoUsd ?? 0) / (call.billNanoUsd ?? 1)).toBeGreaterThan(0.3);
    }
    expect(kit.calls[0]?.predictedCacheReadTokens).toBe(0);
    expect(
      promptTokens(
        kit.calls[3]?.usage ?? {
          uncachedTokens: 0,
          outputTokens: 0,
          cacheReadTokens: 0,
          cacheWriteTokens: 0,
          cacheWrite1hTokens: 0,
          reasoningTokens: 0,
        },
      ),
    ).toBeGreaterThan(1000);
  });

  test('a changed tool list makes every prediction cold', async () => {
    const { kit } = await rig(undefined, { models: [CLAUDE] });
    const messages = [{ role: 'user', content: 'x' }];
    await ask(kit, messages);
    await ask(kit, [...messages, { role: 'assistant', content: 'y' }, { role: 'user', content: 'z' }], {
      tools: [{ name: 'new', input_schema: { type: 'object' } }],
    });
    expect(kit.calls[1]?.predictedCacheReadTokens).toBe(0);
  });
});

describe('state that is bound to its vendor', () => {
  test('a response id holds the session to the vendor that gave it', async () => {
    const { kit, vendor } = await rig(undefined, { models: [CLAUDE, GPT] });
    const first = await kit.post('/v1/responses', { model: GPT.id, input: 'x', store: true });
    const { id } = (await first.json()) as { readonly id: string };
    const next = await kit.post('/v1/responses', { model: 'auto', input: 'y', previous_response_id: id });
    expect(next.status).toBe(200);
    expect(next.headers.get('x-pointsman-model')).toBe(GPT.id);
    expect(vendor.calls.at(-1)?.request.model).toBe(GPT.wireModel);
  });

  test('nobody is asked to go on from a response that no vendor keeps', async () => {
    const { kit, vendor } = await rig(undefined, { models: [CLAUDE, GPT] });
    const first = await kit.post('/v1/responses', { model: CLAUDE.id, input: 'x' });
    const { id } = (await first.json()) as { readonly id: string };
    for (const model of ['auto', GPT.id, CLAUDE.id]) {
      const next = await kit.post('/v1/responses', { model, input: 'y', previous_response_id: id });
      expect([next.status, await next.text()]).toEqual([404, expect.stringContaining('Previous response with id')]);
    }
    expect(vendor.calls).toHaveLength(1);
  });

  test('a block that only one vendor reads keeps the call there', async () => {
    const { kit } = await rig(undefined, { models: [CLAUDE, GPT] });
    const content = [{ type: 'server_tool_use', id: 's', name: 'web_search', input: {} }];
    await ask(kit, [
      { role: 'user', content: 'x' },
      { role: 'assistant', content },
      { role: 'user', content: 'y' },
    ]);
    const [step] = kit.steps;
    expect(step?.input.session.boundTo).toBe(CLAUDE.endpoint);
    expect(step?.decision.rejected).toContainEqual(expect.objectContaining({ model: GPT.id, code: 'cannot-carry' }));
  });
});

test('tail tells each finished call without a word of the prompt', async () => {
  const { kit } = await rig();
  const leave = new AbortController();
  const feed = await fetch(`${kit.url}/pointsman/tail`, { signal: leave.signal });
  await ask(kit, [{ role: 'user', content: 'a secret plan' }]);
  let seen = '';
  const parser = createSseParser(({ data }) => {
    seen = data;
    leave.abort();
  });
  try {
    for await (const chunk of feed.body ?? []) parser.push(Buffer.from(chunk));
  } catch {
    // The feed was left on purpose.
  }
  expect(JSON.parse(seen)).toMatchObject({ sessionId: 's1', outcome: 'answered', requestedModel: 'auto' });
  expect(seen).not.toContain('secret');
});
