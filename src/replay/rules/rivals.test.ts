import { describe, expect, test } from 'vitest';
import type { Model } from '../../domain/model.ts';
import type { StepKind } from '../../domain/step.ts';
import { simulate } from '../../testing/internal/replay-at-once.ts';
import { aWorkload, type CallSketch } from '../../testing/internal/workload-builders.ts';
import { aModel, aPriceRow, anExplicitCache, modelId } from '../../testing/model-builders.ts';
import type { ReplayPolicy } from '../simulation/replay-policy.ts';
import { bitrouterTable } from './bitrouter.ts';
import { momentum, nextDemand } from './momentum.ts';
import { bestScaled, factoryP70, routellmThreshold, thresholdFor, winRatio } from './one-shot-rules.ts';
import { planoBudget, planoSwitchUsd } from './plano.ts';
import { assumedWarmth, continuationMass, stayScore, switchScore, vllmSaar } from './saar.ts';
import { weaveCorrectedGainUsd, weaveGainUsd, weaveProduction } from './weave.ts';

function priced(id: string, input: number): Model {
  return aModel({
    id: modelId(id),
    frontier: input >= 4,
    prices: {
      base: aPriceRow({ input, output: input * 5, cacheRead: input / 10, cacheWrite: input * 1.25 }),
      tiers: [],
      peak: undefined,
    },
    cacheRule: anExplicitCache({ priorHitRatio: 1 }),
  });
}
const pool = [priced('low', 1), priced('mid', 3), priced('high', 5)];

/** One call a step; the need of each step is the model named. */
function choices(
  policy: ReplayPolicy,
  needs: readonly ('low' | 'mid' | 'high')[],
  extra: readonly Partial<CallSketch>[] = [],
): string {
  const kinds: Readonly<Record<string, StepKind>> = { low: 'explore', mid: 'test', high: 'code' };
  const rank = ['low', 'mid', 'high'];
  const calls = needs.map((need, index) => ({
    model: 'high',
    prompt: 20_001 + 1000 * index,
    read: index === 0 ? 0 : 19_000 + 1000 * index,
    output: 200,
    kind: kinds[need] ?? 'code',
    byUser: true,
    ...extra[index],
  }));
  const work = aWorkload({
    calls,
    pool,
    success: (model, kind) => (rank.indexOf(model) >= rank.findIndex((need) => kinds[need] === kind) ? 0.95 : 0.4),
  });
  return Array.from(simulate(work, policy).path, (m) => work.models[m]?.id).join(' ');
}

describe('momentum', () => {
  test('rises at once and falls by 0.3 of the way', () => {
    expect(nextDemand(0.2, 0.9)).toBeCloseTo(0.9, 12);
    expect(nextDemand(1, 0)).toBeCloseTo(0.7);
    // 1 → 0.7 → 0.49 → 0.343: above one half the dearest of three stays.
    expect(choices(momentum, ['high', 'low', 'low', 'low'])).toBe('high high mid mid');
  });
});

describe('weave', () => {
  // T = 60,000, Opus 5 (5 in, 0.5 read) to Haiku 4.5 (1 in, 0.1 read): 3 × 0.024 − 0.054 = 0.018 USD.
  const turn = { promptTokens: 60_000, pin: { input: 5, read: 0.5 }, next: { input: 1, read: 0.1 } };
  test('production rule by hand, warm and cold', () => {
    expect(weaveGainUsd({ ...turn, pinIsCold: false })).toBeCloseTo(0.018, 9);
    expect(weaveGainUsd({ ...turn, pinIsCold: true })).toBeCloseTo(3 * 0.24, 9);
  });

  test('corrected rule by hand: writes at their price, only what caches is warm', () => {
    const corrected = {
      promptTokens: 60_000,
      cacheableTokens: 50_000,
      pinIsCold: false,
      actionCount: 3,
      pin: { input: 5, read: 0.5, write: 6.25 },
      next: { input: 1, read: 0.1, write: 1.25 },
    };
    // stay 3 × (0.025 + 0.05) = 0.225; leave 0.0625 + 0.01 + 2 × (0.005 + 0.01) = 0.1025.
    expect(weaveCorrectedGainUsd(corrected)).toBeCloseTo(0.1225, 9);
    const close = { ...corrected, next: { input: 3, read: 0.3, write: 3.75 } };
    // leave 0.1875 + 0.03 + 2 × (0.015 + 0.03) = 0.3075, so staying is cheaper by 0.0825.
    expect(weaveCorrectedGainUsd(close)).toBeCloseTo(-0.0825, 9);
  });

  test('follows a higher tier always, and a lower one only when it pays', () => {
    expect(choices(weaveProduction, ['low', 'high', 'mid', 'low'])).toBe('low high high low');
  });
});

describe('plano', () => {
  test('switch cost by hand, with credit for what is still warm there', () => {
    const turn = { promptTokens: 50_000, next: { input: 3, read: 0.3 }, anchorRead: 0.5 };
    expect(planoSwitchUsd({ ...turn, warmAtNextTokens: 0 })).toBeCloseTo(0.125, 9);
    expect(planoSwitchUsd({ ...turn, warmAtNextTokens: 40_000 })).toBeCloseTo(0.03 + 0.012 - 0.025, 9);
  });

  test('spends at most its share of never switching', () => {
    const needs = ['high', 'mid', 'high', 'mid', 'high', 'mid'] as const;
    expect(choices(planoBudget(0), needs)).toBe('high high high high high high');
    expect(choices(planoBudget(1000), needs)).toBe('high mid high mid high mid');
  });

  test('a cold session starts a new episode and follows the router', () => {
    expect(choices(planoBudget(0), ['high', 'mid'], [{}, { gapMs: 400_000 }])).toBe('high mid');
  });
});

describe('vllm-saar', () => {
  const state = { historyTokens: 8192, contextTokens: 81_920, turn: 4, switchCount: 4, isToolLoop: false };
  test('scores by hand', () => {
    expect(continuationMass(state)).toBeCloseTo(0.045 + 0.35 + 0.1, 9);
    expect(assumedWarmth(state)).toBe(0.5);
    expect(stayScore(0.8, 1, state)).toBeCloseTo(0.8 + 0.1 + 0.2 * 0.495 * 0.5 * 2.5, 9);
    expect(stayScore(0.8, 1, { ...state, isToolLoop: true })).toBeCloseTo(
      0.8 + 0.1 + 0.35 + 0.2 * 0.495 * 0.62 * 2.5,
      9,
    );
    expect(switchScore(0.9, 0.1, 1, state)).toBeCloseTo(0.9 + 0.1 - 0.05 - 0.2 * 0.495 * 0.5 * 2.5 - 0.02 - 0.05, 9);
  });

  test('never leaves inside a tool loop, and starts anew after five idle minutes', () => {
    expect(choices(vllmSaar, ['high', 'low', 'low'], [{}, { byUser: false }, { byUser: false }])).toBe(
      'high high high',
    );
    expect(choices(vllmSaar, ['high', 'low'], [{}, { gapMs: 301_000 }])).toBe('high low');
  });
});

describe('bitrouter-table', () => {
  test('looks the tier up by kind, and steps with tools are never on the lowest', () => {
    expect(choices(bitrouterTable, ['high', 'mid', 'low'])).toBe('high mid mid');
  });
});

describe('one-shot rules', () => {
  test('Avengers-Pro by hand: α = 0.53 takes the middle model', () => {
    // p scaled 0, 0.8, 1; q scaled 0, 0.2, 1 → 0.47, 0.80, 0.53.
    expect(bestScaled([0.5, 0.9, 1], [1, 3, 11], 0.53)).toBe(1);
    expect(bestScaled([0.5, 0.9, 1], [1, 3, 11], 1)).toBe(2);
    expect(bestScaled([0.5, 0.9, 1], [1, 3, 11], 0)).toBe(0);
  });

  test('RouteLLM by hand: win chance and the quantile that gives the wanted share', () => {
    const step = { successRatio: Float64Array.from([0.8, 0.9]) };
    // 0.9 · 0.2 / (0.9 · 0.2 + 0.8 · 0.1)
    expect(winRatio(step, 1, 0)).toBeCloseTo(0.18 / 0.26, 9);
    expect(thresholdFor([0.1, 0.2, 0.3, 0.4], 0.25)).toBe(0.4);
    expect(thresholdFor([0.1, 0.2, 0.3, 0.4], 0.5)).toBe(0.3);
    expect(choices(routellmThreshold(0.5), ['high', 'low', 'high'])).toBe('high low high');
  });

  test('Factory takes the cheapest at 0.7 or more, and the best where none is', () => {
    expect(choices(factoryP70(), ['mid', 'high'])).toBe('mid mid');
    expect(choices(factoryP70(0.99), ['low', 'low'])).toMatch(/^(\w+) \1$/u);
  });
});
