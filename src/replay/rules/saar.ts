import type { Model } from '../../domain/model.ts';
import type { ReplayPolicy } from '../simulation/replay-policy.ts';
import { needAt } from './baselines.ts';

/** A session longer idle than this is decided anew. */
const IDLE_RESET_MS = 300_000;
/** Weight of list price in the base score of candidates. */
const PRICE_WEIGHT = 0.04;

export interface SaarState {
  readonly historyTokens: number;
  readonly contextTokens: number;
  readonly turn: number;
  readonly switchCount: number;
  readonly isToolLoop: boolean;
}

/** How much of the session is bound to go on: history in the window, history itself, turns so far. */
export function continuationMass(state: SaarState): number {
  const share = state.contextTokens > 0 ? state.historyTokens / state.contextTokens : 0;
  const mass = 0.45 * share + 0.35 * Math.min(state.historyTokens / 8192, 1) + 0.2 * Math.min(state.turn / 8, 1);
  return Math.min(1, Math.max(0, mass));
}

/** The conservative warmth that the rule takes where the provider's cache is not observed. */
export function assumedWarmth(state: Pick<SaarState, 'historyTokens' | 'isToolLoop'>): number {
  const base = Math.max(0.5, Math.min(0.72, state.historyTokens / 48_000));
  return Math.min(0.85, base + (state.isToolLoop ? 0.12 : 0));
}

export function stayScore(base: number, pressure: number, state: SaarState): number {
  const bound = 0.2 * continuationMass(state) * assumedWarmth(state) * (1 + 1.5 * pressure);
  return base + 0.1 + bound + (state.isToolLoop ? 0.35 : 0);
}

/** `gap` is the candidate's quality less the present model's. */
export function switchScore(base: number, gap: number, pressure: number, state: SaarState): number {
  const bound = 0.2 * continuationMass(state) * assumedWarmth(state) * (1 + 1.5 * pressure);
  const margin = 0.05 + (gap > 0 ? 0 : 0.1);
  return base + gap - 0.05 - bound - 0.04 * Math.min(state.switchCount / 8, 1) - margin;
}

/**
 * Session-aware selection: stays locked inside tool loops, starts anew after five idle minutes, otherwise compares unitless
 * scores in which only the present model's warmth counts.
 */
export const vllmSaar: ReplayPolicy = {
  name: 'vllm-saar',
  summary: 'Scores staying and leaving by hand-set weights; never leaves inside a tool loop.',
  source: 'vllm-project/semantic-router 3d48f8c, session-aware selection',
  start(work) {
    const pressures = cachePressures(work.models);
    const dearest = Math.max(...work.models.map((model) => model.prices.base.input), 1e-9);
    return {
      choose({ index, incumbent, switchCount }) {
        if (incumbent < 0) return needAt(work, index);
        const isToolLoop = work.byUser[index] === 0;
        if (isToolLoop) return incumbent;
        if ((work.atMs[index] ?? 0) - (work.atMs[index - 1] ?? 0) >= IDLE_RESET_MS) return needAt(work, index);
        const success = work.steps[work.stepOf[index] ?? 0]?.successRatio;
        const quality = (m: number): number => success?.[m] ?? 0;
        const base = (m: number): number =>
          quality(m) - (PRICE_WEIGHT * (work.models[m]?.prices.base.input ?? 0)) / dearest;
        const state = {
          historyTokens: work.promptTokens[index] ?? 0,
          contextTokens: work.models[incumbent]?.contextTokens ?? 0,
          turn: index,
          switchCount,
          isToolLoop,
        };
        const own = pressures[incumbent] ?? 0;
        let best = incumbent;
        let bestScore = stayScore(base(incumbent), own, state);
        for (let m = 0; m < work.models.length; m += 1) {
          if (m === incumbent) continue;
          const gap = quality(m) - quality(incumbent);
          const score = switchScore(base(m), gap, Math.max(own, pressures[m] ?? 0), state);
          if (score > bestScore) {
            best = m;
            bestScore = score;
          }
        }
        return best;
      },
    };
  },
};

/** What a lost cache costs per token at each model, over the dearest of them. */
function cachePressures(models: readonly Model[]): readonly number[] {
  const costs = models.map(({ prices: { base } }) => (base.cacheWrite ?? base.input) - (base.cacheRead ?? base.input));
  const most = Math.max(...costs);
  return costs.map((cost) => (most > 0 ? cost / most : 0));
}
