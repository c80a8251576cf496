import { afterEach, describe, expect, test } from 'vitest';
import type { Model } from '../domain/model.ts';
import type { RouterPolicy } from '../domain/router-policy.ts';
import { createScriptedServer, type ScriptedServer } from '../providers/scripted/scripted-server.ts';
import { decide } from '../router/decide.ts';
import { explainDecision } from '../router/explain/explain.ts';
import { aPolicy } from '../testing/decision-builders.ts';
import { CLAUDE, startGatewayKit, type GatewayKit } from '../testing/internal/gateway-kit.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close();
});

const MINUTE_MS = 60_000;
const SYSTEM = 'You are an agent. '.repeat(4000);
const CACHED = CLAUDE.cacheRule.kind === 'none' ? expect.fail() : CLAUDE.cacheRule;

interface Rig {
  readonly kit: GatewayKit;
  readonly vendor: ScriptedServer;
  readonly pass: (ms: number) => void;
}

/** Looks at what is due so seldom that no ping is sent. @param sold the model as its vendor runs it; @param apiKey of ours, or '' */
async function rig(
  policy: Partial<RouterPolicy> = {},
  sold = CLAUDE,
  routed = CLAUDE,
  apiKey = 'sk-ant-ours',
): Promise<Rig> {
  let now = Date.UTC(2026, 10, 2, 12);
  const vendor = await createScriptedServer({ models: [sold], clock: () => now, script: () => ({ text: 'Fine.' }) });
  open.push(vendor);
  const kit = await startGatewayKit({
    upstreamUrl: vendor.url,
    models: [routed],
    ...(apiKey === '' ? {} : { apiKey }),
    settings: { keepAlive: { maxCount: 10, maxBytes: 10_000_000, tickMs: 3_600_000 } },
    deps: { clock: { now: () => now }, policy: aPolicy({ keepAlive: true, pingOverheadRatio: 10, ...policy }) },
  });
  open.push(kit.gateway);
  return { kit, vendor, pass: (ms) => void (now += ms) };
}

/** So many turns of one call each, the person taking so long over each. */
async function talk(
  { kit, pass }: Rig,
  turns: number,
  pauseMs: number,
  control: object = {},
  messages: object[] = [],
  more: object = {},
): Promise<void> {
  const marker = { cache_control: { type: 'ephemeral', ...control } };
  for (let turn = 0; turn < turns; turn++) {
    pass(pauseMs);
    const asked = [...messages, { role: 'user', content: [{ type: 'text', text: `turn ${turn}`, ...marker }] }];
    const response = await kit.post(
      '/v1/messages',
      {
        model: 'auto',
        max_tokens: 100,
        system: [{ type: 'text', text: SYSTEM, ...marker }],
        messages: asked,
        ...more,
      },
      { 'x-claude-code-session-id': 's1', 'x-api-key': 'sk-ant-api03-theirs' },
    );
    expect(response.status, await response.text()).toBe(200);
    messages.push({ role: 'user', content: [{ type: 'text', text: `turn ${turn}` }] });
    messages.push({ role: 'assistant', content: 'Fine.' });
  }
}

const hoursIn = ({ kit }: Rig): readonly number[] => kit.calls.map(({ usage }) => usage?.cacheWrite1hTokens ?? 0);
const readsIn = ({ kit }: Rig): readonly number[] => kit.calls.map(({ usage }) => usage?.cacheReadTokens ?? 0);

describe('writes for an hour', () => {
  test('begin where a person has shown to come back within it, and are read when that happens again', async () => {
    const testBed = await rig();
    await talk(testBed, 12, 40 * MINUTE_MS);
    const hours = hoursIn(testBed);
    const first = hours.findIndex((tokens) => tokens > 0);
    expect(first).toBeGreaterThan(0);
    // From then on every prompt finds the one before, and only what is new is written, for an hour as well.
    for (let call = first + 1; call < hours.length; call++) {
      expect(readsIn(testBed)[call]).toBeGreaterThan(10_000);
      expect(hours[call]).toBeGreaterThan(0);
      expect(hours[call]).toBeLessThan(1000);
    }
    expect(
      readsIn(testBed)
        .slice(0, first)
        .every((tokens) => tokens === 0),
    ).toBe(true);
  });

  test('are chosen in the decision about the step, in USD beside pings and letting go, and said so', async () => {
    const testBed = await rig();
    await talk(testBed, 12, 40 * MINUTE_MS);
    const first = hoursIn(testBed).findIndex((tokens) => tokens > 0);
    const step = testBed.kit.steps[first] ?? expect.fail();
    const { pause } = step.decision;
    expect(pause?.kind).toBe('hour');
    expect(pause?.savedNanoUsd.hour).toBeGreaterThan(Math.max(0, pause?.savedNanoUsd.ping ?? NaN));
    expect(decide(step.input)).toEqual(step.decision);
    expect(explainDecision(step.decision, step.input)).toContain('its prompt is written for an hour');
    expect(testBed.kit.steps[0]?.decision.pause?.kind).not.toBe('hour');
  });

  test('are foretold in the price of the call that asks for them', async () => {
    const testBed = await rig();
    await talk(testBed, 12, 40 * MINUTE_MS);
    const call = testBed.kit.calls.find(({ usage }) => (usage?.cacheWrite1hTokens ?? 0) > 0);
    expect(call?.predictedBillNanoUsd ?? 0).toBeGreaterThan(0.9 * (call?.billNanoUsd ?? NaN));
    expect(call?.predictedBillNanoUsd ?? NaN).toBeLessThan(1.2 * (call?.billNanoUsd ?? 0));
  });

  test('are not gone on with where the vendor has kept nothing for an hour, whatever was asked', async () => {
    const testBed = await rig({}, { ...CLAUDE, cacheRule: { ...CACHED, longTtlMs: undefined } });
    const messages: object[] = [];
    await talk(testBed, 12, 40 * MINUTE_MS, {}, messages);
    const asked = (): readonly boolean[] =>
      testBed.vendor.calls.map(({ body }) => JSON.stringify(body).includes('"1h"'));
    expect(asked().some(Boolean)).toBe(true);
    expect(hoursIn(testBed).every((tokens) => tokens === 0)).toBe(true);
    await talk(testBed, 1, MINUTE_MS, {}, messages);
    expect(readsIn(testBed).at(-1)).toBeGreaterThan(10_000);
    expect(asked().at(-1)).toBe(false);
  });

  test('are asked for on a dearer tier, but not where nobody states what they cost there', async () => {
    const sold = { ...CLAUDE, wireModel: 'claude-opus-5' };
    const hoursOn = async (model: Model, more: object, pingOverheadRatio: number): Promise<number> => {
      const testBed = await rig({ pingOverheadRatio }, model, model);
      await talk(testBed, 12, 40 * MINUTE_MS, {}, [], more);
      return hoursIn(testBed).filter((tokens) => tokens > 0).length;
    };
    expect(await hoursOn(sold, { speed: 'fast' }, 10)).toBeGreaterThan(0);
    expect(await hoursOn(CLAUDE, { speed: 'fast' }, 10)).toBe(0);
  });

  test.each<[string, Partial<RouterPolicy>, number, object]>([
    ['where the policy keeps nothing warm', { keepAlive: false }, 40, {}],
    ['where they would pass what keeping warm may cost', { pingOverheadRatio: 0.01 }, 40, {}],
    ['where the caller has said how long', {}, 40, { ttl: '5m' }],
    ['where the next turn comes in time', {}, 1, {}],
  ])('are never asked for %s', async (_name, policy, minutes, control) => {
    const testBed = await rig(policy);
    await talk(testBed, 12, minutes * MINUTE_MS, control);
    expect(hoursIn(testBed).every((tokens) => tokens === 0)).toBe(true);
    for (const { decision, input } of testBed.kit.steps)
      expect(explainDecision(decision, input)).not.toContain('written for an hour');
  });

  test('that the caller asks for, or says no to, are what explain tells', async () => {
    const [short, long] = [await rig(), await rig()];
    await talk(short, 12, 40 * MINUTE_MS, { ttl: '5m' });
    const explained = short.kit.steps.map(({ decision, input }) => explainDecision(decision, input));
    expect(explained.join('\n')).toContain('as the call says itself how long its prompt is kept');
    await talk(long, 12, 40 * MINUTE_MS, { ttl: '1h' });
    expect(hoursIn(long).some((tokens) => tokens > 0)).toBe(true);
    expect(long.kit.steps.map(({ decision }) => decision.pause).filter((pause) => pause !== undefined)).toEqual([]);
  });

  test('are not told of where the call goes out on a key of its caller’s', async () => {
    const testBed = await rig({}, CLAUDE, CLAUDE, '');
    await talk(testBed, 12, 40 * MINUTE_MS);
    expect(hoursIn(testBed).every((tokens) => tokens === 0)).toBe(true);
    expect(testBed.kit.steps.map(({ decision }) => decision.pause).filter((pause) => pause !== undefined)).toEqual([]);
  });
});
