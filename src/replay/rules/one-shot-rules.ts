import { listPrice } from '../simulation/build-workload.ts';
import type { ReplayPolicy } from '../simulation/replay-policy.ts';
import type { WorkloadStep } from '../simulation/workload.ts';
import { byAbility, byListPrice } from './baselines.ts';

/**
 * Avengers-Pro: per cluster, performance and cost each scaled to 0…1 over the candidates, x = α·p + (1 − α)·(1 − q), highest
 * wins. A step's kind stands for its cluster.
 */
export function avengersPro(alpha = 0.53): ReplayPolicy {
  return {
    name: alpha === 0.53 ? 'avengers-pro' : `avengers-pro-${alpha}`,
    summary: `Scaled performance against scaled price, weight ${alpha}, anew at each step and blind to caches.`,
    source: 'ZhangYiqun018/AvengersPro, arXiv 2508.12631',
    start(work) {
      const prices = work.models.map(listPrice);
      const chosen = work.steps.map((step) => bestScaled([...step.successRatio], prices, alpha));
      return { choose: ({ index }) => chosen[work.stepOf[index] ?? 0] ?? 0 };
    },
  };
}

/** Index of the highest scaled score; the first on a tie. */
export function bestScaled(performance: readonly number[], cost: readonly number[], alpha: number): number {
  const p = scaled(performance);
  const q = scaled(cost);
  const scores = p.map((value, m) => alpha * value + (1 - alpha) * (1 - (q[m] ?? 0)));
  return scores.indexOf(Math.max(...scores));
}

function scaled(values: readonly number[]): readonly number[] {
  const low = Math.min(...values);
  const range = Math.max(...values) - low;
  return values.map((value) => (range > 0 ? (value - low) / range : 0));
}

/**
 * RouteLLM: the strong model when its estimated probability of winning reaches a threshold; the threshold is the quantile of
 * the scores seen so far that gives the wanted share of strong calls.
 */
export function routellmThreshold(strongShare = 0.5): ReplayPolicy {
  return {
    name: strongShare === 0.5 ? 'routellm-threshold' : `routellm-threshold-${strongShare}`,
    summary: `Strongest or cheapest, by a threshold set for ${Math.round(strongShare * 100)} % strong steps.`,
    source: 'lm-sys/RouteLLM 0b64fda',
    start(work) {
      const strong = byAbility(work)[0] ?? 0;
      const weak = byListPrice(work)[0] ?? 0;
      const seen: number[] = [];
      let current = strong;
      return {
        choose({ index, isStepStart }) {
          const step = work.steps[work.stepOf[index] ?? 0];
          if (!isStepStart || step === undefined) return current;
          const score = winRatio(step, strong, weak);
          insertSorted(seen, score);
          current = score >= thresholdFor(seen, strongShare) ? strong : weak;
          return current;
        },
      };
    },
  };
}

/** P(strong wins) when exactly one of the two succeeds, each on its own. */
export function winRatio(step: Pick<WorkloadStep, 'successRatio'>, strong: number, weak: number): number {
  const s = step.successRatio[strong] ?? 0;
  const w = step.successRatio[weak] ?? 0;
  const only = s * (1 - w) + w * (1 - s);
  return only === 0 ? 0.5 : (s * (1 - w)) / only;
}

/** The score that `share` of the sorted scores reach. */
export function thresholdFor(sorted: readonly number[], share: number): number {
  const index = Math.floor((1 - share) * sorted.length);
  return sorted[Math.min(index, sorted.length - 1)] ?? Infinity;
}

function insertSorted(sorted: number[], value: number): void {
  let at = sorted.length;
  while (at > 0 && (sorted[at - 1] ?? 0) > value) at -= 1;
  sorted.splice(at, 0, value);
}

/** Factory: the cheapest candidate whose chance of getting it right at once is at least 0.7, kept for the whole session. */
export function factoryP70(floor = 0.7): ReplayPolicy {
  return {
    name: 'factory-p70',
    summary: `The cheapest candidate with a predicted success of at least ${floor}, kept for the session.`,
    source: 'Factory Router as described by third parties, read 2026-11',
    start(work) {
      const success = work.steps[0]?.successRatio;
      const chosen = byListPrice(work).find((m) => (success?.[m] ?? 0) >= floor) ?? byAbility(work)[0] ?? 0;
      return { choose: () => chosen };
    },
  };
}
