import { afterEach, expect, test } from 'vitest';
import type { Model } from '../domain/model.ts';
import { nanoFromUsd } from '../domain/money.ts';
import type { Ratio } from '../domain/time.ts';
import type { Predictor } from '../predict/predictor.ts';
import { createScriptedServer } from '../providers/scripted/scripted-server.ts';
import type { StepRecord } from '../recorder/record.ts';
import { aPolicy, aStepSize } from '../testing/decision-builders.ts';
import { CLAUDE, startGatewayKit } from '../testing/internal/gateway-kit.ts';
import { aModel, aPriceRow, modelId } from '../testing/model-builders.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close();
});

/** A little cheaper than the other: each time it takes over, it writes the whole transcript for little. */
const CLOSE: Model = aModel({
  id: modelId('claude-close-test'),
  wireModel: 'claude-close-test',
  abilityIndex: 50,
  prices: {
    base: aPriceRow({ input: 1.6, output: 8, cacheRead: 0.16, cacheWrite: 2, cacheWrite1h: 3.2 }),
    tiers: [],
    peak: undefined,
  },
});

/** Every other turn only one model will do, and the turn after that the other is believed to do a little better. */
function flapping(): Predictor {
  let turn = 0;
  return {
    version: 'flapping',
    quality: (_features, models) => {
      turn += 1;
      const success = (model: Model): Ratio => (model.id === CLOSE.id ? (turn % 2 === 0 ? 0.93 : 0.3) : 0.92);
      const estimates = models.map((model) => ({
        model: model.id,
        successRatio: success(model),
        widthRatio: 0.1,
        basis: 'prior' as const,
      }));
      return Promise.resolve({ kind: 'scored', estimates });
    },
    size: () => aStepSize({ callCount: 1, outputTokensPerCall: 30, newTokensPerCall: 0, instructionTokens: 0 }),
  };
}

const TURNS = 14;

async function converse(maxOverheadRatio: number | undefined): Promise<readonly StepRecord[]> {
  const vendor = await createScriptedServer({ script: () => ({ text: 'Yes. '.repeat(20) }), models: [CLAUDE, CLOSE] });
  open.push(vendor);
  const kit = await startGatewayKit({
    upstreamUrl: vendor.url,
    models: [CLAUDE, CLOSE],
    deps: {
      predictor: flapping(),
      forecaster: { sameRatio: 0, remaining: () => [] },
      policy: aPolicy({
        maxOverheadRatio,
        failureNanoUsd: {
          ...aPolicy().failureNanoUsd,
          other: nanoFromUsd(8),
          code: nanoFromUsd(8),
          plan: nanoFromUsd(8),
        },
        ladder: { maxRungs: 1, pessimismQuantile: 0.5 },
      }),
    },
  });
  open.push(kit.gateway);
  const messages: { role: string; content: unknown }[] = [];
  for (let turn = 0; turn < TURNS; turn += 1) {
    const text = `Question ${turn}. ${'word '.repeat(turn === 0 ? 20_000 : 600)}`;
    messages.push({ role: 'user', content: [{ type: 'text', text, cache_control: { type: 'ephemeral' } }] });
    const body = { model: 'auto', max_tokens: 400, messages };
    const response = await kit.post('/v1/messages', body, { 'x-claude-code-session-id': 's1' });
    expect(response.status).toBe(200);
    const { content } = (await response.json()) as { content: unknown };
    messages[turn * 2] = { role: 'user', content: [{ type: 'text', text }] };
    messages.push({ role: 'assistant', content });
  }
  return kit.steps;
}

/** After each turn, what was billed relative to never switching. */
const overheads = (steps: readonly StepRecord[]): readonly number[] =>
  steps.slice(1).map(({ input }) => input.session.spentNanoUsd / input.session.neverSwitchNanoUsd - 1);

test('a session whose needs flap never bills more than the guard allows above never switching', async () => {
  const free = overheads(await converse(undefined));
  expect(Math.max(...free)).toBeGreaterThan(0.5);

  const steps = await converse(0.1);
  expect(Math.max(...overheads(steps))).toBeLessThanOrEqual(0.1);
  expect(steps.some(({ decision }) => decision.rejected.some((one) => one.code === 'overhead-guard'))).toBe(true);
});
