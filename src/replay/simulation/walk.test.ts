import { describe, expect, test } from 'vitest';
import { simulate } from '../../testing/internal/replay-at-once.ts';
import { aWorkload, type CallSketch } from '../../testing/internal/workload-builders.ts';
import { aModel, aPriceRow, anExplicitCache, modelId } from '../../testing/model-builders.ts';
import { asRecorded } from '../rules/baselines.ts';
import type { ReplayPolicy } from './replay-policy.ts';
import { accountFor, pathNano } from './simulate.ts';
import type { FreshStart } from './walk.ts';

const dear = aModel({
  id: modelId('dear'),
  frontier: true,
  prices: { base: aPriceRow({ input: 4, output: 20, cacheRead: 0.4, cacheWrite: 5 }), tiers: [], peak: undefined },
  cacheRule: anExplicitCache({ priorHitRatio: 1, minTokens: 1000 }),
});

/** Three steps of two calls: 10k, 12k · 14k, 16k · 18k, 20k, all hits. What was said first leaves so much head. */
const callsOf = (headTokens: number): readonly CallSketch[] =>
  Array.from({ length: 6 }, (_, index) => ({
    model: 'dear',
    ...(index === 0 ? { saidChars: 4 * (10_001 - headTokens) } : {}),
    prompt: 10_001 + 2000 * index,
    read: index === 0 ? 0 : 8000 + 2000 * index,
    output: 100,
    ...(index % 2 === 0 ? { kind: 'code' as const } : {}),
  }));

function workOf(freshWorkRatio: number, headTokens = 0): ReturnType<typeof aWorkload> {
  const ratio = { value: freshWorkRatio, low: 1, high: 2, label: 'assumed' as const, source: '' };
  return aWorkload({
    calls: callsOf(headTokens),
    pool: [dear],
    success: () => 0.9,
    failureUsd: 1,
    assumptions: { freshWorkRatio: ratio },
  });
}

/** Stays on the model; the steps named start afresh. */
function freshAt(steps: readonly number[], start: FreshStart): ReplayPolicy {
  return {
    name: 'fresh',
    summary: '',
    source: '',
    start(work) {
      let step = 0;
      return {
        choose(view) {
          step = work.stepOf[view.index] ?? 0;
          return 0;
        },
        freshStart: () => (steps.includes(step) ? start : undefined),
      };
    },
  };
}

const start: FreshStart = { startTokens: 4000, resultTokens: 500 };

describe('a step from a fresh context', () => {
  const run = simulate(workOf(1), freshAt([1], start));
  const perMillion = (amount: number): number => amount * 1000;

  test('reads its brief cold, then its own prefix', () => {
    expect(run.callCostNano[1]).toBe(simulate(workOf(1), asRecorded).callCostNano[1]);
    expect(run.callCostNano[2]).toBeCloseTo(perMillion(4000 * 5 + 2000), -4);
    expect(run.callCostNano[3]).toBeCloseTo(perMillion(6000 * 5 - 3999 * 4.6 + 2000), -4);
  });

  test('leaves only its result in the shared transcript, whose prefix is still warm', () => {
    // Inside: 2,000 appended and 100 answered; 500 stay. 18,001 − 1,600, of which 12,000 were cached by the second call.
    expect(run.callCostNano[4]).toBeCloseTo(perMillion(16_401 * 5 - 12_000 * 4.6 + 2000), -4);
    expect(run.callCostNano[5]).toBeCloseTo(perMillion(18_401 * 5 - 16_400 * 4.6 + 2000), -4);
  });

  test('costs what its brief leaves out, and the work that is repeated', () => {
    const plain = simulate(workOf(1), asRecorded);
    expect(run.failureNano - plain.failureNano).toBeCloseTo((2 / 14) * 0.01e9, -1);
    const twice = simulate(workOf(2), freshAt([1], start));
    expect(twice.callCostNano[2]).toBeCloseTo(2 * (run.callCostNano[2] ?? 0), 3);
    expect(twice.callCostNano[4]).toBe(run.callCostNano[4]);
  });

  test('is never larger than the shared transcript would be', () => {
    const huge = simulate(workOf(1), freshAt([1], { startTokens: 900_000, resultTokens: 500 }));
    expect(huge.callCostNano[2]).toBeCloseTo(perMillion(14_000 * 5 + 4 + 2000), -3);
  });

  test('the same path gives the same bill again', () => {
    expect(pathNano(workOf(1), run.path, run.fresh)).toBeCloseTo(run.costNano, 3);
    expect(run.modelledCallCount).toBe(4);
    expect(run.fresh.size).toBe(1);
  });
});

describe('the head that contexts share', () => {
  const perMillion = (amount: number): number => amount * 1000;

  test('is read by the first call of a fresh context', () => {
    const run = simulate(workOf(1, 3000), freshAt([1], start));
    expect(run.callCostNano[2]).toBeCloseTo(perMillion(4000 * 5 - 3000 * 4.6 + 2000), -3);
    // From then on the context's own prefix, which holds the head, is what is read.
    expect(run.callCostNano[3]).toBeCloseTo(perMillion(6000 * 5 - 3999 * 4.6 + 2000), -4);
    expect(run.callCostNano[2]).toBeLessThan(simulate(workOf(1), freshAt([1], start)).callCostNano[2] ?? 0);
  });

  test('is not cached where it is shorter than the vendor caches', () => {
    const run = simulate(workOf(1, 999), freshAt([1], start));
    expect(run.callCostNano[2]).toBeCloseTo(perMillion(4000 * 5 + 2000), -4);
  });

  test('is gone once its time to live is over, and on a model that has not read it', () => {
    const late = callsOf(3000).map((call, index) => (index === 2 ? { ...call, gapMs: 301_000 } : call));
    const success = (): number => 0.9;
    const work = aWorkload({ calls: late, pool: [dear], success });
    const path = new Int32Array(6);
    const run = accountFor(work, path, { fresh: new Map([[1, start]]) });
    expect(run.callCostNano[2]).toBeCloseTo(1.5 * perMillion(4000 * 5 + 2000), -4);
    const two = aWorkload({ calls: callsOf(3000), pool: [dear, { ...dear, id: modelId('other') }], success });
    const other = accountFor(two, Int32Array.of(0, 0, 1, 1, 1, 1), { fresh: new Map([[1, start]]) });
    expect(other.callCostNano[2]).toBeCloseTo(1.5 * perMillion(4000 * 5 + 2000), -4);
    // Back on the shared transcript, which that model never saw, the fresh context's head is there to be read.
    expect(other.callCostNano[4]).toBeCloseTo(perMillion(16_401 * 5 - 3000 * 4.6 + 2000), -4);
  });

  test('is gone where system or tools changed', () => {
    const changed = callsOf(3000).map((call, index) =>
      index === 2 ? { ...call, change: 'tools-changed' as const } : call,
    );
    const work = aWorkload({ calls: changed, pool: [dear], success: () => 0.9 });
    const run = accountFor(work, new Int32Array(6), { fresh: new Map([[1, start]]) });
    expect(run.callCostNano[2]).toBeCloseTo(1.5 * perMillion(4000 * 5 + 2000), -4);
  });
});

test('without fresh steps a walk is what was recorded', () => {
  const run = simulate(workOf(1.5), freshAt([], start));
  expect(run.costNano).toBe(workOf(1).billedNano.reduce((sum, nano) => sum + nano, 0));
  expect(run.modelledCallCount).toBe(0);
});
