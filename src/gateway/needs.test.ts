import { afterEach, describe, expect, test } from 'vitest';
import type { ForecastStep } from '../domain/forecast.ts';
import { likeliestOf } from '../domain/need.ts';
import { expectStretch, NO_TURNS, withTurnCall, type TurnsSoFar } from '../predict/forecast/stretches.ts';
import { createLocalNeedReader } from '../predict/need/local-reader.ts';
import { shippedNeed } from '../predict/need/shipped-need.ts';
import { shippedStretches } from '../predict/shipped-stretches.ts';
import { createScriptedServer } from '../providers/scripted/scripted-server.ts';
import { CLAUDE, CLAUDE_SMALL, startGatewayKit, type GatewayKit } from '../testing/internal/gateway-kit.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close();
});

async function rig(): Promise<GatewayKit> {
  const models = [CLAUDE, CLAUDE_SMALL];
  const vendor = await createScriptedServer({ script: () => ({ text: 'Done.' }), models, vendorChecks: false });
  open.push(vendor);
  const needs = createLocalNeedReader(shippedNeed());
  const kit = await startGatewayKit({ upstreamUrl: vendor.url, models, deps: { needs } });
  open.push(kit.gateway);
  return kit;
}

/** Calls that a forecast expects. */
const callsIn = (forecast: readonly ForecastStep[]): number =>
  forecast.reduce((sum, { probabilityRatio, size }) => sum + probabilityRatio * size.callCount, 0);

const user = (content: string): object => ({ role: 'user', content });
const said = { role: 'assistant', content: [{ type: 'text', text: 'Done.' }] };

async function ask(kit: GatewayKit, session: string, messages: readonly object[]): Promise<void> {
  const body = { model: 'auto', max_tokens: 100, messages };
  const response = await kit.post('/v1/messages', body, { 'x-claude-code-session-id': session });
  expect(response.status).toBe(200);
  await response.arrayBuffer();
}

describe('a foreign call', () => {
  test('is decided by what its words need, and the record says it', async () => {
    const kit = await rig();
    await ask(kit, 's1', [user('rename tmp to total in sum.ts')]);
    await ask(kit, 's2', [
      user('make the Redis lock safe with fencing tokens, also when a client pauses for a minute'),
    ]);
    const [easy, hard] = kit.steps.map(({ input }) => input.step.need);
    if (easy === undefined || hard === undefined) throw new Error('no need was read');
    expect([easy.origin, easy.difficulty.source, easy.grounds]).toEqual(['person', 'local-head', ['words']]);
    expect(likeliestOf(easy, 'difficulty').value).toBeLessThan(likeliestOf(hard, 'difficulty').value);
    const success = kit.steps.map(({ decision }) => Math.min(...decision.candidates.map((row) => row.successRatio)));
    expect(success[0]).toBeGreaterThan(success[1] ?? 1);
  });

  test('that only follows up is as hard as the step before', async () => {
    const kit = await rig();
    const first = user('make the Redis lock safe with fencing tokens, also when a client pauses for a minute');
    await ask(kit, 's1', [first]);
    await ask(kit, 's1', [first, said, user('yes, go on')]);
    const [before, after] = kit.steps.map(({ input }) => input.step.need);
    expect(after?.difficulty).toEqual({ ...before?.difficulty, source: 'followed' });
    expect(after?.grounds).toContain('follow-up');
  });

  test('is read for itself, and what follows it goes by how its session has gone on', async () => {
    const kit = await rig();
    const messages: object[] = [];
    const counted: TurnsSoFar[] = [];
    for (const text of [
      'rename tmp to total in sum.ts',
      'fix the parser of dates',
      'write a test for it',
      'and for leap years',
    ]) {
      messages.push(user(text));
      await ask(kit, 's1', messages);
      messages.push(said);
      counted.push(withTurnCall(counted.at(-1) ?? NO_TURNS, true, 0));
    }
    const left = kit.steps.map(({ input }) => callsIn(input.forecast));
    const expected = kit.steps.map(({ input }, turn) => {
      const turns = counted[turn] ?? expect.fail();
      return expectStretch(shippedStretches(), turns, input.session.transcriptTokens).laterCallCount;
    });
    expect(left).toHaveLength(4);
    for (const [turn, calls] of left.entries()) expect(calls).toBeCloseTo(expected[turn] ?? NaN, 6);
    // Short turns say that short ones come; the first was expected to be long.
    expect(left[3]).not.toBeCloseTo(left[0] ?? NaN, 0);
    for (const { input } of kit.steps) {
      expect(input.step.need?.kind.source).toBe('local-head');
      expect(callsIn(input.scenarios?.[0]?.forecast ?? [])).toBeCloseTo(callsIn(input.forecast), 6);
    }
  });
});
