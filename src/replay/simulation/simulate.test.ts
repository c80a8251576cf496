import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Model } from '../../domain/model.ts';
import { simulate } from '../../testing/internal/replay-at-once.ts';
import { aWorkload, type CallSketch } from '../../testing/internal/workload-builders.ts';
import { aModel, aPriceRow, anExplicitCache, modelId } from '../../testing/model-builders.ts';
import { alwaysCheap, asRecorded, fixedModel, neverSwitch, randomChoice } from '../rules/baselines.ts';
import { rivalPolicies } from '../rules/rivals.ts';

function priced(id: string, input: number, family = 'claude'): Model {
  return aModel({
    id: modelId(id),
    family,
    frontier: input >= 4,
    prices: {
      base: aPriceRow({ input, output: input * 5, cacheRead: input / 10, cacheWrite: input * 1.25 }),
      tiers: [],
      peak: undefined,
    },
    cacheRule: anExplicitCache({ priorHitRatio: 1 }),
  });
}
const dear = priced('dear', 4);
const cheap = priced('cheap', 1, 'gpt');

/** 10k, then 2k more with each call, all hits. */
function growing(count: number, extra: Partial<CallSketch> = {}): readonly CallSketch[] {
  return Array.from({ length: count }, (_, index) => ({
    model: 'dear',
    prompt: 10_001 + 2000 * index,
    read: index === 0 ? 0 : 10_000 + 2000 * (index - 1),
    output: 100,
    ...extra,
  }));
}

describe('simulate', () => {
  test('bills what was recorded to a policy that never switches, call by call', () => {
    const work = aWorkload({ calls: growing(5), pool: [dear, cheap] });
    const run = simulate(work, neverSwitch);
    expect(run.costNano).toBe(work.billedNano.reduce((sum, nano) => sum + nano, 0));
    expect(run.modelledCallCount).toBe(0);
    // First call: 1 input at 4, 10,000 written at 5, 100 output at 20 USD per million tokens.
    expect(run.callCostNano[0]).toBe((4 + 10_000 * 5 + 100 * 20) * 1000);
    expect(run.callCostNano[1]).toBe((4 + 10_000 * 0.4 + 2000 * 5 + 100 * 20) * 1000);
  });

  test('prices another model by hand: cold first, then warm by what it left itself', () => {
    const work = aWorkload({
      calls: growing(2),
      pool: [dear, cheap],
      assumptions: { cheapCallsRatio: { value: 1, low: 1, high: 1, label: 'assumed', source: '' } },
    });
    const run = simulate(work, fixedModel(cheap.id));
    expect(run.callCostNano[0]).toBeCloseTo((1 + 10_000 * 1.25 + 100 * 5) * 1000, 3);
    expect(run.callCostNano[1]).toBeCloseTo((1 + 10_000 * 0.1 + 2000 * 1.25 + 100 * 5) * 1000, 3);
    expect(run.modelledCallCount).toBe(2);
  });

  test('leaves the model that was left behind warm until its time to live', () => {
    const calls = growing(3, { gapMs: 100_000 });
    const work = aWorkload({ calls, pool: [dear, cheap] });
    const away = {
      name: 'away-and-back',
      summary: '',
      source: '',
      start: () => ({ choose: ({ index }: { index: number }) => (index === 1 ? 1 : 0) }),
    };
    const back = simulate(work, away);
    // Warm is what call 0 wrote; 4,000 tokens have come since.
    expect(back.callCostNano[2]).toBeCloseTo((4 + 10_000 * 0.4 + 4000 * 5 + 100 * 20) * 1000, 0);
    const late = simulate(aWorkload({ calls: growing(3, { gapMs: 200_000 }), pool: [dear, cheap] }), away);
    expect(late.callCostNano[2]).toBeCloseTo((4 + 14_000 * 5 + 100 * 20) * 1000, 0);
  });

  test('a miss that the log shows meets whichever model was called', () => {
    const [first, second] = growing(2);
    const work = aWorkload({
      calls: [
        first ?? { model: 'dear', prompt: 1 },
        { ...(second ?? { model: 'dear', prompt: 1 }), read: 0, byUser: true },
      ],
      pool: [dear, cheap],
    });
    expect(simulate(work, fixedModel(cheap.id)).warmTokens).toBe(0);
  });

  test('prices failure by the share of a piece of work that a step is, and crossing families once', () => {
    const share = 2 / 14;
    const work = aWorkload({
      calls: growing(2),
      pool: [dear, cheap],
      success: (model) => (model === 'dear' ? 0.9 : 0.8),
      failureUsd: 1,
    });
    expect(simulate(work, neverSwitch).failureNano).toBeCloseTo(share * 0.1e9, -1);
    const cross = {
      name: 'cross',
      summary: '',
      source: '',
      start: () => ({ choose: ({ index }: { index: number }) => index }),
    };
    expect(simulate(work, cross).failureNano).toBeCloseTo(share * (0.05 + 0.1 + 0.02) * 1e9, -1);
  });

  test('adding a model that no one uses changes nothing', () => {
    const calls = growing(6);
    const small = aWorkload({ calls, pool: [dear, cheap] });
    const large = aWorkload({ calls, pool: [dear, cheap, priced('unused', 900)] });
    for (const policy of [asRecorded, neverSwitch, alwaysCheap, fixedModel(cheap.id)]) {
      const one = simulate(small, policy);
      const other = simulate(large, policy);
      expect([other.costNano, other.failureNano, other.switchCount]).toEqual([
        one.costNano,
        one.failureNano,
        one.switchCount,
      ]);
    }
  });

  test('the order of the pool changes no policy', () => {
    const calls = growing(9).map((call, index) => ({
      ...call,
      kind: (['code', 'explore', 'test'] as const)[index % 3] ?? 'code',
    }));
    const models = [dear, cheap, priced('middle', 2)];
    const success = (model: string, kind: string): number =>
      model === 'dear' ? 0.95 : kind === 'explore' ? 0.94 : model === 'middle' ? 0.9 : 0.6;
    const one = aWorkload({ calls, pool: models, success });
    const other = aWorkload({ calls, pool: models.toReversed(), success });
    for (const policy of rivalPolicies().filter((rival) => rival.name !== 'random')) {
      expect([policy.name, simulate(other, policy).costNano]).toEqual([policy.name, simulate(one, policy).costNano]);
    }
  });

  test('gives every policy a candidate on any thread, and the same path twice', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.integer(), (count, seed) => {
        const work = aWorkload({ calls: growing(count), pool: [dear, cheap] });
        for (const policy of [...rivalPolicies(seed), randomChoice(seed)]) {
          expect(simulate(work, policy).path).toEqual(simulate(work, policy).path);
        }
      }),
      { numRuns: 20 },
    );
  });
});
