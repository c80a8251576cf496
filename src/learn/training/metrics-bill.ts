import { seededRandom } from '../../stats/seeded-random.ts';

/** Prices of a failure, USD: 25 values, evenly spaced in their logarithm from 0.1 to 30. */
export const GAMMAS_USD: readonly number[] = Array.from({ length: 25 }, (_, index) => 0.1 * 300 ** (index / 24));

/** What a policy did on one task: money spent and chance that the result is wrong, per γ. */
export interface PolicyRun {
  /** [γ][task]: expected bill in USD, cost plus γ × P(wrong). */
  readonly bills: readonly Float64Array[];
}

export interface RatioWithInterval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly taskCount: number;
}

/** R: mean over γ of bill(policy)/bill(reference), both summed over the same tasks. Below 1 is a gain. */
export function billRatio(policy: PolicyRun, reference: PolicyRun, weights?: Float64Array): number {
  let sum = 0;
  for (const [gamma, bills] of policy.bills.entries()) {
    const against = reference.bills[gamma];
    if (against === undefined) throw new RangeError('Runs with different γ');
    let ours = 0;
    let theirs = 0;
    for (let task = 0; task < bills.length; task += 1) {
      const weight = weights?.[task] ?? 1;
      ours += weight * (bills[task] ?? 0);
      theirs += weight * (against[task] ?? 0);
    }
    sum += ours / theirs;
  }
  return sum / policy.bills.length;
}

/** R with a 95 % interval: tasks are drawn again with replacement, the same ones for both runs. */
export function billRatioInterval(policy: PolicyRun, reference: PolicyRun, draws = 400, seed = 1): RatioWithInterval {
  const taskCount = policy.bills[0]?.length ?? 0;
  const random = seededRandom(seed);
  const ratios: number[] = [];
  for (let draw = 0; draw < draws; draw += 1) {
    const weights = new Float64Array(taskCount);
    for (let index = 0; index < taskCount; index += 1) {
      const chosen = Math.floor(random() * taskCount);
      weights[chosen] = (weights[chosen] ?? 0) + 1;
    }
    ratios.push(billRatio(policy, reference, weights));
  }
  ratios.sort((a, b) => a - b);
  return {
    value: billRatio(policy, reference),
    low: ratios[Math.floor(draws * 0.025)] ?? Number.NaN,
    high: ratios[Math.ceil(draws * 0.975) - 1] ?? Number.NaN,
    taskCount,
  };
}
