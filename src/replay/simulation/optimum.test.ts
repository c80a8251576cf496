import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Model } from '../../domain/model.ts';
import { aPolicy } from '../../testing/decision-builders.ts';
import { findOptimum, simulate } from '../../testing/internal/replay-at-once.ts';
import { aWorkload, type CallSketch } from '../../testing/internal/workload-builders.ts';
import { aModel, aPriceRow, anAutomaticCache, anExplicitCache, modelId } from '../../testing/model-builders.ts';
import { freshPolicy } from '../rules/ours.ts';
import { rivalPolicies } from '../rules/rivals.ts';
import { statesFor } from './optimum.ts';
import { accountFor } from './simulate.ts';
import type { Workload } from './workload.ts';

const dear = aModel({
  id: modelId('dear'),
  frontier: true,
  prices: { base: aPriceRow({ input: 5, output: 25, cacheRead: 0.5, cacheWrite: 6.25 }), tiers: [], peak: undefined },
  cacheRule: anExplicitCache({ minTokens: 1000, priorHitRatio: 1 }),
});
const middle = aModel({
  id: modelId('middle'),
  tokenRatio: 1.1,
  prices: { base: aPriceRow({ input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75 }), tiers: [], peak: undefined },
  cacheRule: anExplicitCache({ minTokens: 4000, priorHitRatio: 1 }),
});
const cheap = aModel({
  id: modelId('cheap'),
  family: 'gpt',
  prices: { base: aPriceRow({ input: 1, output: 4, cacheRead: 0.25, cacheWrite: 1 }), tiers: [], peak: undefined },
  cacheRule: anAutomaticCache({ priorHitRatio: 0.9, ttlMs: 600_000 }),
});
const pool: readonly Model[] = [dear, middle, cheap];

/** Grows as agent transcripts do, with pauses, misses, changes of model, and cuts. */
const sketchArbitrary = fc
  .array(
    fc.record({
      model: fc.constantFrom('dear', 'dear', 'dear', 'middle', 'cheap'),
      grow: fc.integer({ min: 200, max: 9000 }),
      output: fc.integer({ min: 10, max: 900 }),
      gapMs: fc.constantFrom(5000, 20_000, 200_000, 400_000, 900_000),
      outcome: fc.constantFrom('hit', 'hit', 'hit', 'miss', 'cut'),
      byUser: fc.boolean(),
      kind: fc.constantFrom('code', 'explore', 'test', undefined),
    }),
    { minLength: 1, maxLength: 7 },
  )
  .map((rows): readonly CallSketch[] => {
    let prompt = 3000;
    let before = 0;
    return rows.map((row) => {
      prompt = row.outcome === 'cut' ? Math.max(2500, Math.round(prompt / 3)) : prompt + row.grow;
      const read = row.outcome === 'hit' ? Math.max(0, Math.min(before, prompt - 1)) : 0;
      before = prompt - 1;
      return {
        model: row.model,
        prompt,
        read,
        output: row.output,
        gapMs: row.gapMs,
        byUser: row.byUser,
        ...(row.kind === undefined ? {} : { kind: row.kind }),
        ...(row.outcome === 'cut' ? { change: 'compacted' as const } : {}),
      };
    });
  });

const success = (model: string, kind: string): number =>
  model === 'dear' ? 0.97 : model === 'middle' ? (kind === 'code' ? 0.85 : 0.95) : kind === 'code' ? 0.6 : 0.9;

function cheapestOfAll(work: Workload): number {
  const width = work.models.length;
  let best = Infinity;
  const path = new Int32Array(work.callCount);
  for (let code = 0; code < width ** work.callCount; code += 1) {
    let rest = code;
    for (let i = 0; i < work.callCount; i += 1) {
      path[i] = rest % width;
      rest = Math.floor(rest / width);
    }
    const run = accountFor(work, path);
    best = Math.min(best, run.costNano + run.failureNano);
  }
  return best;
}

describe('findOptimum', () => {
  test('is the cheapest of all paths, as trying every one of them shows', () => {
    fc.assert(
      fc.property(sketchArbitrary, (calls) => {
        const work = aWorkload({ calls, pool, success });
        const best = findOptimum(work);
        expect(best.method).toBe('exact');
        expect(best.run.costNano + best.run.failureNano).toBeCloseTo(cheapestOfAll(work), 1);
        expect(best.boundNano).toBeLessThanOrEqual(best.run.costNano + best.run.failureNano + 1);
      }),
      { numRuns: 150, seed: 7 },
    );
  });

  test('is never dearer than any policy on the same thread, even when the search is cut to one state', () => {
    fc.assert(
      fc.property(sketchArbitrary, fc.constantFrom(1, 3, 400), (calls, maxStates) => {
        const work = aWorkload({ calls, pool, success });
        const runs = rivalPolicies().map((policy) => simulate(work, policy));
        const best = findOptimum(work, { known: runs, maxStates });
        const total = best.run.costNano + best.run.failureNano;
        // Whatever was cut, the bound holds: no path at all is below it.
        expect(best.boundNano).toBeLessThanOrEqual(cheapestOfAll(work) + 1);
        for (const run of runs) expect(total).toBeLessThanOrEqual(run.costNano + run.failureNano + 1);
        expect(best.boundNano).toBeLessThanOrEqual(total + 1);
      }),
      { numRuns: 100, seed: 8 },
    );
  });

  test('is never dearer than runs that start steps afresh, which share heads', () => {
    let wonCount = 0;
    fc.assert(
      fc.property(sketchArbitrary, fc.array(fc.boolean(), { minLength: 7, maxLength: 7 }), (calls, isFresh) => {
        const work = aWorkload({ calls, pool, success });
        const start = { startTokens: work.head.tokens + 800, resultTokens: 300 };
        const fresh = new Map(
          work.steps.flatMap((_, step) => (isFresh[step] === true ? [[step, start] as const] : [])),
        );
        const path = Int32Array.from(work.recorded, (m, i) => (i % 3 === 0 ? m : 2));
        const run = accountFor(work, path, { fresh });
        const ours = simulate(work, freshPolicy(aPolicy()));
        const best = findOptimum(work, { known: [run, ours] });
        const total = best.run.costNano + best.run.failureNano;
        for (const { costNano, failureNano } of [run, ours]) {
          expect(total).toBeLessThanOrEqual(costNano + failureNano + 1);
        }
        expect(total).toBeLessThanOrEqual(cheapestOfAll(work) + 1);
        expect(best.boundNano).toBeLessThanOrEqual(total + 1);
        if (best.run.fresh.size > 0) wonCount += 1;
      }),
      { numRuns: 60, seed: 9 },
    );
    expect(wonCount).toBeGreaterThan(0);
  });

  test('never switching and never starting afresh is billed what was recorded, whatever the head', () => {
    fc.assert(
      fc.property(sketchArbitrary, fc.integer({ min: 0, max: 40_000 }), (calls, saidChars) => {
        const work = aWorkload({ calls: calls.map((call) => ({ ...call, saidChars })), pool, success });
        const run = accountFor(work, work.recorded);
        expect(run.costNano).toBeCloseTo(
          work.billedNano.reduce((sum, nano) => sum + nano, 0),
          3,
        );
        expect(run.modelledCallCount).toBe(0);
      }),
      { numRuns: 100, seed: 10 },
    );
  });

  test('without failures finds the cheapest bill', () => {
    const calls = [4000, 9000, 14_000].map((prompt, index) => ({
      model: 'dear',
      prompt,
      read: index === 0 ? 0 : prompt - 5001,
    }));
    const work = aWorkload({ calls, pool, success });
    const best = findOptimum(work, { ignoreFailures: true });
    expect([...best.run.path].map((m) => work.models[m]?.id)).toEqual(['cheap', 'cheap', 'cheap']);
  });
});

test('many models leave few states, and past that nothing is searched', () => {
  expect(statesFor(3)).toBe(1000);
  for (let models = 1; models < 200; models += 1) {
    expect(statesFor(models) * models * models).toBeLessThanOrEqual(36_000);
    expect(statesFor(models + 1)).toBeLessThanOrEqual(statesFor(models));
  }
  expect(statesFor(72)).toBe(0);
});

test('without a search the answer is the best path that is known, and its bound still holds', () => {
  fc.assert(
    fc.property(sketchArbitrary, (calls) => {
      const work = aWorkload({ calls, pool, success });
      const runs = rivalPolicies().map((policy) => simulate(work, policy));
      const full = findOptimum(work, { known: runs });
      const bare = findOptimum(work, { known: runs, maxStates: 0 });
      const total = ({ run }: typeof bare): number => run.costNano + run.failureNano;
      expect(bare.stateCount).toBe(0);
      expect(total(bare)).toBeCloseTo(Math.min(...runs.map((run) => run.costNano + run.failureNano)), 3);
      expect(bare.boundNano).toBeLessThanOrEqual(total(full) * (1 + 1e-9));
    }),
    { numRuns: 60 },
  );
});
