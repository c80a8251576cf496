import type { Interval } from './interval.ts';
import { seededRandom } from './seeded-random.ts';

/**
 * Poisson bootstrap over sessions: each session enters each of `count` resamples a Poisson(1) number of times, so that
 * intervals need no second look at the data and memory does not grow with it. Same seed and order, same interval.
 */
export interface Bootstrap {
  /** Draws the weights of the next session; call once per session, before any `add`. */
  nextSession(): void;
  createSum(): ResampledSum;
  readonly sessionCount: number;
}

/** A total and its resamples. */
export interface ResampledSum {
  add(value: number): void;
  readonly total: number;
  readonly resamples: Float64Array;
}

export function createBootstrap(seed: number, count: number): Bootstrap {
  const random = seededRandom(seed);
  const weights = new Uint8Array(count);
  let sessionCount = 0;
  return {
    nextSession() {
      sessionCount += 1;
      for (let index = 0; index < count; index += 1) weights[index] = poisson(random());
    },
    createSum() {
      const resamples = new Float64Array(count);
      let total = 0;
      return {
        add(value) {
          total += value;
          for (let index = 0; index < count; index += 1) {
            const weight = weights[index] ?? 0;
            if (weight > 0) resamples[index] = (resamples[index] ?? 0) + weight * value;
          }
        },
        get total() {
          return total;
        },
        resamples,
      };
    },
    get sessionCount() {
      return sessionCount;
    },
  };
}

/** 95 % interval of a total, or `undefined` from fewer than five sessions: resampling two of them says nothing. */
export function intervalOf(sum: ResampledSum, sessionCount: number): Interval | undefined {
  return quantiles([...sum.resamples], sessionCount);
}

/** 95 % interval of the ratio of two totals over the same resamples. */
export function ratioInterval(over: ResampledSum, under: ResampledSum, sessionCount: number): Interval | undefined {
  const ratios = [...over.resamples].map((value, index) => value / (under.resamples[index] ?? 0));
  return quantiles(ratios.filter(Number.isFinite), sessionCount);
}

const MIN_SESSIONS = 5;

function quantiles(values: number[], sessionCount: number): Interval | undefined {
  if (sessionCount < MIN_SESSIONS || values.length === 0) return undefined;
  values.sort((a, b) => a - b);
  const at = (share: number): number => values[Math.min(values.length - 1, Math.floor(share * values.length))] ?? 0;
  return { low: at(0.025), high: at(0.975) };
}

/** Poisson(1) by inversion; beyond nine is one in a million. */
function poisson(uniform: number): number {
  let probability = Math.exp(-1);
  let reached = probability;
  let count = 0;
  while (uniform > reached && count < 9) {
    count += 1;
    probability /= count;
    reached += probability;
  }
  return count;
}
