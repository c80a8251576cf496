import { describe, expect, test, vi } from 'vitest';
import { billNanoUsd } from '../catalog/bill.ts';
import { asServed, atFlex, standardIdOf } from '../catalog/service-tiers.ts';
import type { Model } from '../domain/model.ts';
import { toNanoUsd } from '../domain/money.ts';
import type { Ask } from '../money/ledger.ts';
import { openLedgerHere } from '../money/sqlite/sqlite-ledger.ts';
import type { ScriptedAnswer, ScriptFunction } from '../providers/scripted/script.ts';
import { createScriptedServer, type ScriptedServer } from '../providers/scripted/scripted-server.ts';
import { explainDecision } from '../router/explain/explain.ts';
import { callOfRecord } from '../spend/calls-of-records.ts';
import { aPolicy } from '../testing/decision-builders.ts';
import { CHAT, CLAUDE_SMALL, GEMINI, GPT, type GatewayKit } from '../testing/internal/gateway-kit.ts';
import { closeAtEnd, openGatewayKit } from '../testing/internal/gateway-test.ts';
import { modelId } from '../testing/model-builders.ts';

vi.setConfig({ testTimeout: 120_000 });

const SOL: Model = { ...GPT, id: modelId('gpt-6-sol'), wireModel: 'gpt-6-sol' };
const OVER_CHAT: Model = {
  ...CHAT,
  id: modelId('gpt-5.4'),
  wireModel: 'gpt-5.4',
  endpoint: SOL.endpoint,
  vendor: 'openai',
  family: 'gpt',
};
const HOUR = { 'x-pointsman-deadline-seconds': '3600' };

interface Rig {
  readonly vendor: ScriptedServer;
  readonly kit: GatewayKit;
}

async function rig(answer: (tier: unknown) => ScriptedAnswer = () => ({ text: 'ok' }), models = [SOL]): Promise<Rig> {
  const script: ScriptFunction = ({ serviceTier }) => answer(serviceTier);
  const vendor = closeAtEnd(await createScriptedServer({ models, script }));
  return { vendor, kit: await openGatewayKit({ upstreamUrl: vendor.url, models }) };
}

const FORMS = {
  '/v1/responses': (model: string) => ({ model, input: 'Sort these files by size' }),
  '/v1/chat/completions': (model: string) => ({ model, messages: [{ role: 'user', content: 'Sort these files' }] }),
  '/v1/messages': (model: string) => ({
    model,
    max_tokens: 100,
    messages: [{ role: 'user', content: 'Sort these files' }],
  }),
} as const;
type Path = keyof typeof FORMS;
const PATHS = Object.keys(FORMS) as readonly Path[];

async function ask({ kit }: Rig, path: Path, headers: object = HOUR, more: object = {}): Promise<Response> {
  const response = await kit.post(path, { ...FORMS[path]('auto'), ...more }, headers as Record<string, string>);
  await response.clone().arrayBuffer();
  return response;
}

function tiers({ vendor }: Rig): readonly unknown[] {
  return vendor.calls.map(({ body }) => (body as { readonly service_tier?: unknown }).service_tier);
}

/** What the last call was billed, over what its tokens cost on a row. */
function billedAs({ kit }: Rig, model: Model | undefined): boolean {
  const call = kit.calls.at(-1);
  if (model === undefined || call?.usage === undefined) return false;
  return call.billNanoUsd === billNanoUsd(model.prices, call.usage, call.startedAt);
}

describe('a call that says how long it may take', () => {
  test.each(PATHS)('goes to the tier that makes calls wait, at its price, over %s', async (path) => {
    for (const model of [SOL, OVER_CHAT]) {
      const opened = await rig(undefined, [model]);
      const response = await ask(opened, path);
      expect(response.status).toBe(200);
      expect(opened.vendor.objections).toEqual([]);
      expect(tiers(opened)).toEqual(['flex']);
      expect(response.headers.get('x-pointsman-model')).toBe(`flex/${model.id}`);
      expect(billedAs(opened, atFlex(model))).toBe(true);
      const [step] = opened.kit.steps;
      if (step === undefined) throw new Error('Nothing was decided');
      expect(explainDecision(step.decision, step.input)).toContain('flex tier');
    }
  });

  test.each<readonly [string, object, object]>([
    ['nothing of it', {}, {}],
    ['a deadline that leaves no room for both tiers', { 'x-pointsman-deadline-seconds': '20' }, {}],
    ['a tier of its own', HOUR, { service_tier: 'default' }],
    ['a model by name', HOUR, { model: SOL.id }],
  ])('does not where its caller says %s', async (_what, headers, more) => {
    const opened = await rig();
    const response = await ask(opened, '/v1/responses', headers, more);
    expect(response.status).toBe(200);
    expect(tiers(opened)).toEqual([(more as { readonly service_tier?: string }).service_tier]);
    expect(billedAs(opened, SOL)).toBe(true);
  });

  test('is asked for in metadata as well', async () => {
    const opened = await rig();
    await ask(opened, '/v1/responses', {}, { metadata: { pointsman_deadline_seconds: '3600' } });
    expect(tiers(opened)).toEqual(['flex']);
  });

  test.each(PATHS)('keeps that word to itself, over %s', async (path) => {
    for (const model of [SOL, OVER_CHAT, CLAUDE_SMALL]) {
      const opened = await rig(undefined, [model]);
      for (const rest of [{}, { user_id: 'u' }]) {
        const response = await ask(opened, path, {}, { metadata: { ...rest, pointsman_deadline_seconds: 3600 } });
        expect(response.status).toBe(200);
      }
      expect(opened.vendor.objections).toEqual([]);
      expect(JSON.stringify(opened.vendor.calls.map(({ body }) => body))).not.toContain('deadline');
    }
  });

  test.each([true, {}, [], '', 'soon', -1])('is refused with %j in metadata', async (said) => {
    const opened = await rig();
    const response = await ask(opened, '/v1/responses', {}, { metadata: { pointsman_deadline_seconds: said } });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('deadline');
    expect(opened.vendor.calls).toEqual([]);
  });

  test.each(['soon', '0', '-5', ''])('is refused with a deadline of "%s"', async (said) => {
    const opened = await rig();
    const response = await ask(opened, '/v1/responses', { 'x-pointsman-deadline-seconds': said });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('deadline');
    expect(opened.vendor.calls).toEqual([]);
  });

  test.each(
    PATHS.flatMap((path) =>
      [SOL, OVER_CHAT].flatMap((model) => [true, false].map((stream) => [path, model, stream] as const)),
    ),
  )('is billed by the tier that served it, over %s to %o, stream %s', async (path, model, stream) => {
    const opened = await rig(() => ({ text: 'ok', servedTier: 'default' }), [model]);
    await ask(opened, path, HOUR, { stream });
    expect(tiers(opened)).toEqual(['flex']);
    expect(billedAs(opened, model)).toBe(true);
    expect(opened.kit.calls.at(-1)).toMatchObject({ servedTier: 'default' });
  });

  test.each(PATHS)('is billed at the standard price where its vendor names no tier, over %s', async (path) => {
    for (const model of [SOL, OVER_CHAT]) {
      const opened = await rig(() => ({ text: 'ok', servedTier: 'x'.repeat(1_000_000) }), [model]);
      await ask(opened, path);
      expect(billedAs(opened, model)).toBe(true);
      expect(JSON.stringify(opened.kit.calls.at(-1)).length).toBeLessThan(5000);
    }
  });

  test('has as much set aside as the standard tier bills, which may serve it', async () => {
    const asked: Ask[] = [];
    const ledger = openLedgerHere({ file: ':memory:', onFault: () => undefined });
    const spied = { ...ledger, reserve: (ask: Ask) => (asked.push(ask), ledger.reserve(ask)) };
    const vendor = closeAtEnd(await createScriptedServer({ models: [SOL], script: () => ({ text: 'ok' }) }));
    const deps = { ledger: spied, policy: aPolicy({ budget: { jobNanoUsd: toNanoUsd(1e9), stepNanoUsd: undefined } }) };
    const kit = await openGatewayKit({ upstreamUrl: vendor.url, models: [SOL], deps });
    const opened = { vendor, kit };
    for (const headers of [HOUR, {}]) await ask(opened, '/v1/responses', headers);
    expect(tiers(opened)).toEqual(['flex', undefined]);
    expect(asked[0]?.worstNanoUsd).toBeGreaterThan(0);
    expect(asked[0]?.worstNanoUsd).toBe(asked[1]?.worstNanoUsd);
  });

  test.each(PATHS.slice(0, 2))('that its caller asked for is billed at its price, over %s', async (path) => {
    const opened = await rig(undefined, [path === '/v1/responses' ? SOL : OVER_CHAT]);
    await ask(opened, path, {}, { service_tier: 'flex' });
    expect(tiers(opened)).toEqual(['flex']);
    expect(billedAs(opened, atFlex(path === '/v1/responses' ? SOL : OVER_CHAT))).toBe(true);
  });

  test.each(PATHS)('goes to the standard tier where the other has no room, at its price, over %s', async (path) => {
    const opened = await rig((tier) => (tier === 'flex' ? { failure: { kind: 'rate-limited' } } : { text: 'ok' }));
    const response = await ask(opened, path);
    expect(response.status).toBe(200);
    expect(tiers(opened)).toEqual(['flex', undefined]);
    expect(response.headers.get('x-pointsman-model')).toBe(SOL.id);
    expect(billedAs(opened, SOL)).toBe(true);
  });

  test('goes there before its deadline where the queue is too long', async () => {
    const opened = await rig(
      (tier) => (tier === 'flex' ? { text: 'late', delayMs: 600_000 } : { text: 'ok' }),
      [{ ...SOL, ttftMs: -59_999, outputTokensPerSecond: 100_000 }],
    );
    const response = await ask(opened, '/v1/responses', { 'x-pointsman-deadline-seconds': '4' });
    expect(response.status).toBe(200);
    expect(tiers(opened)).toEqual(['flex', undefined]);
    expect(billedAs(opened, SOL)).toBe(true);
  });

  test('of a step whose next call says nothing goes on on the standard tier', async () => {
    const opened = await rig();
    const session = { 'x-pointsman-session': 's1' };
    const first = { role: 'user', content: 'Sort these files' };
    await ask(opened, '/v1/chat/completions', { ...HOUR, ...session }, { messages: [first] });
    const call = { id: 't1', type: 'function', function: { name: 'ls', arguments: '{}' } };
    const then = [
      first,
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', tool_call_id: 't1', content: 'a b c' },
    ];
    const response = await ask(opened, '/v1/chat/completions', session, { messages: then });
    expect(response.status).toBe(200);
    expect(tiers(opened)).toEqual(['flex', undefined]);
  });

  test('whose answer the vendor keeps is gone on with at once where the next call says nothing', async () => {
    const opened = await rig();
    const first = await ask(opened, '/v1/responses', HOUR, { store: true });
    const { id } = (await first.json()) as { readonly id: string };
    const then = await ask(opened, '/v1/responses', {}, { store: true, previous_response_id: id, input: 'And now?' });
    expect(then.status).toBe(200);
    expect(tiers(opened)).toEqual(['flex', undefined]);
    expect(billedAs(opened, SOL)).toBe(true);
  });

  test('is nobody’s model afterwards: the session stays on the same model without it', async () => {
    const opened = await rig(undefined, [SOL, { ...OVER_CHAT, abilityIndex: SOL.abilityIndex }]);
    const session = { 'x-pointsman-session': 's3' };
    const first = { role: 'user', content: 'Sort these files' };
    await ask(opened, '/v1/chat/completions', { ...HOUR, ...session }, { messages: [first] });
    const chosen = opened.kit.steps[0]?.decision;
    const again = [first, { role: 'assistant', content: 'ok' }, { role: 'user', content: 'Sort the others' }];
    await ask(opened, '/v1/chat/completions', session, { messages: again });
    expect(tiers(opened)).toEqual(['flex', undefined]);
    const kept = chosen?.kind === 'switch' ? standardIdOf(chosen.to) : undefined;
    expect(opened.kit.steps[1]?.input.session.incumbent).toBe(kept);
  });
});

describe('an answer of a dearer tier', () => {
  const SOLD = {
    ...OVER_CHAT,
    prices: { ...OVER_CHAT.prices, base: { ...OVER_CHAT.prices.base, input: 2.5, output: 15 } },
  };
  const OPUS: Model = { ...CLAUDE_SMALL, id: modelId('claude-opus-5-5'), wireModel: 'claude-opus-5-5' };
  const GOOGLES: Model = { ...GEMINI, id: modelId('gemini-3.8-flash'), wireModel: 'gemini-3.8-flash' };

  test.each<[string, Path, Model, string, object, number]>([
    ['priority', '/v1/chat/completions', SOLD, 'priority', { service_tier: 'priority' }, 2],
    ['priority of a project', '/v1/chat/completions', SOLD, 'priority', {}, 2],
    ['fast mode', '/v1/messages', OPUS, 'fast', {}, 2],
  ])('%s is billed at what its vendor states', async (_name, path, model, servedTier, more, ratio) => {
    const opened = await rig(() => ({ text: 'ok', servedTier }), [model]);
    const response = await ask(opened, path, {}, more);
    expect(response.status, await response.clone().text()).toBe(200);
    expect(opened.kit.calls.at(-1)?.servedTier).toBe(servedTier);
    expect(billedAs(opened, asServed(model, servedTier))).toBe(true);
    const call = opened.kit.calls.at(-1);
    const listed = call?.usage === undefined ? NaN : billNanoUsd(model.prices, call.usage, call.startedAt);
    expect(call?.billNanoUsd).toBe(ratio * listed);
  });

  test.each<[string, Path, Model, string]>([
    ['OpenAI names no price of the model', '/v1/responses', SOL, 'priority'],
    ['Anthropic sells it by contract', '/v1/messages', OPUS, 'priority'],
    ['Google states a range', '/v1/messages', GOOGLES, 'priority'],
  ])('has no bill that is known where %s, and spending says why', async (_why, path, model, servedTier) => {
    const opened = await rig(() => ({ text: 'ok', servedTier }), [model]);
    const response = await ask(opened, path, {});
    expect(response.status, await response.clone().text()).toBe(200);
    const call = opened.kit.calls.at(-1);
    expect(call?.usage).toBeDefined();
    expect(call?.billNanoUsd).toBeUndefined();
    expect(call?.mayHaveBilledNanoUsd ?? 0).toBeGreaterThan(0);
    const spent = call && callOfRecord({ call, workspace: undefined });
    expect(spent?.unpriced).toEqual([`price of ${model.id}, service tier ${servedTier}`]);
  });

  test('has as much set aside as its caller asks for', async () => {
    const asked: Ask[] = [];
    const ledger = openLedgerHere({ file: ':memory:', onFault: () => undefined });
    const spied = { ...ledger, reserve: (ask: Ask) => (asked.push(ask), ledger.reserve(ask)) };
    const vendor = closeAtEnd(await createScriptedServer({ models: [SOLD], script: () => ({ text: 'ok' }) }));
    const deps = { ledger: spied, policy: aPolicy({ budget: { jobNanoUsd: toNanoUsd(1e9), stepNanoUsd: undefined } }) };
    const kit = await openGatewayKit({ upstreamUrl: vendor.url, models: [SOLD], deps });
    for (const more of [{}, { service_tier: 'priority' }]) await ask({ vendor, kit }, '/v1/chat/completions', {}, more);
    expect(asked[0]?.worstNanoUsd).toBeGreaterThan(0);
    expect(asked[1]?.worstNanoUsd).toBeGreaterThan(1.99 * (asked[0]?.worstNanoUsd ?? NaN));
  });
});
