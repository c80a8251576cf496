import { chooseOption, toGroupTable } from '../../src/learn/training/choose-by-group.ts';
import { seededRandom } from '../../src/stats/seeded-random.ts';
import { allLadders, ladderOutcome, type CheckRates } from '../learn/ladder-maths.ts';
import type { Policy, Trial } from './trial.ts';

type Outcome = { readonly costUsd: number; readonly wrongRatio: number };

const NOTHING: Float64Array = new Float64Array();

/** What one model did on one task. */
export function modelOutcome(trial: Trial, task: number, model: number): Outcome {
  return {
    costUsd: trial.matrix.costUsd[task]?.[model] ?? 0,
    wrongRatio: 1 - (trial.matrix.score[task]?.[model] ?? 0),
  };
}

/** For each γ the best single model of the training rows: what a careful user without a router would pick. */
export const envelope: Policy = grouped(() => '');
/** The best single model per kind of task, shrunk towards the best over all: kind routing. */
export const byKind: Policy = grouped((trial) => trial.kindOf);
/** The same with every row known beforehand: no rule that knows the kind alone can do better on these rows. */
export const byKindInHindsight: Policy = (trial) => {
  const tasks = [...trial.train, ...trial.test];
  const kinds = Map.groupBy(tasks, trial.kindOf);
  const best = remember((kind: string, gammaUsd: number) =>
    indexOfLowest(meanOutcomes(trial, kinds.get(kind) ?? tasks), gammaUsd),
  );
  return (task, gammaUsd) => modelOutcome(trial, task, best(trial.kindOf(task), gammaUsd));
};
/** The same per repository or service. */
export const byDomain: Policy = grouped((trial) => (task) => `${trial.kindOf(task)} ${trial.domainOf(task)}`);

export const cheapest: Policy = fixed((mean) => mean.costUsd);
export const strongest: Policy = fixed((mean) => mean.wrongRatio);

/** Expected bill of choosing any model with equal chance. */
export const random: Policy = (trial) => (task) => {
  const count = trial.matrix.models.length;
  let costUsd = 0;
  let wrongRatio = 0;
  for (let model = 0; model < count; model += 1) {
    const outcome = modelOutcome(trial, task, model);
    costUsd += outcome.costUsd / count;
    wrongRatio += outcome.wrongRatio / count;
  }
  return { costUsd, wrongRatio };
};

/** Hindsight per task. Over more than two noisy models it holds luck, and no policy can reach it. */
export const oracle: Policy = (trial) => (task, gammaUsd) =>
  lowest(
    trial.matrix.models.map((_, model) => modelOutcome(trial, task, model)),
    gammaUsd,
  );

/** Hindsight that knows the other runs of a task but not the one that counts. Needs repeated runs. */
export const noiseAwareOracle: Policy = (trial) => (task, gammaUsd) => {
  const runCount = Math.max(
    ...trial.matrix.models.map((model) => trial.matrix.tasks[task]?.outcomes[model]?.runs?.length ?? 0),
  );
  let costUsd = 0;
  let wrongRatio = 0;
  for (let held = 0; held < runCount; held += 1) {
    const seen = trial.matrix.models.map((name, model) => {
      const runs = trial.matrix.tasks[task]?.outcomes[name]?.runs ?? [];
      const others = runs.filter((_, run) => run !== held);
      const right =
        others.length === 0 ? (trial.matrix.score[task]?.[model] ?? 0) : others.filter(Boolean).length / others.length;
      const heldRight = runs[held] ?? (trial.matrix.score[task]?.[model] ?? 0) >= 0.5;
      return { costUsd: trial.matrix.costUsd[task]?.[model] ?? 0, wrongRatio: 1 - right, heldWrong: heldRight ? 0 : 1 };
    });
    const chosen = seen.reduce((best, next) => (bill(next, gammaUsd) < bill(best, gammaUsd) ? next : best));
    costUsd += chosen.costUsd / runCount;
    wrongRatio += chosen.heldWrong / runCount;
  }
  return { costUsd, wrongRatio };
};

/** The k nearest training tasks by text decide. */
export const nearest: Policy = (trial) => {
  const cache = new Map<number, readonly Outcome[]>();
  return (task, gammaUsd) => {
    let means = cache.get(task);
    if (means === undefined) {
      means = meanOutcomes(trial, nearestTasks(trial, task, 25));
      cache.set(task, means);
    }
    return modelOutcome(trial, task, indexOfLowest(means, gammaUsd));
  };
};

/** Sixteen clusters of texts; the best single model of the nearest one. */
export const clusters: Policy = (trial) => {
  const centres = kMeans(trial, 16);
  const clusterOf = (task: number): number => nearestCentre(trial.vectorOf(task), centres);
  const means = centres.map((_, cluster) => {
    const members = trial.train.filter((task) => clusterOf(task) === cluster);
    return meanOutcomes(trial, members.length < 5 ? trial.train : members);
  });
  return (task, gammaUsd) => modelOutcome(trial, task, indexOfLowest(means[clusterOf(task)] ?? [], gammaUsd));
};

/** The best ladder per group for what is believed of the check, run under what is true of it. */
export function ladder(
  planned: CheckRates,
  actual: CheckRates,
  options: { readonly maxRungs?: number; readonly group?: 'kind' | 'domain' | 'none' } = {},
): Policy {
  return (trial) => {
    const ladders = allLadders(trial.matrix.models.length, options.maxRungs ?? 3);
    const outcome = (task: number, index: number, check: CheckRates): Outcome =>
      ladderOutcome(
        ladders[index] ?? [],
        trial.matrix.score[task] ?? NOTHING,
        trial.matrix.costUsd[task] ?? NOTHING,
        check,
      );
    const groupOf = options.group === 'domain' ? trial.domainOf : options.group === 'none' ? () => '' : trial.kindOf;
    const table = toGroupTable(trial.train, groupOf, ladders.length, (task, index) => outcome(task, index, planned));
    const chosen = remember((group: string, gammaUsd: number) => chooseOption(table, group, gammaUsd));
    return (task, gammaUsd) => outcome(task, chosen(groupOf(task), gammaUsd), actual);
  };
}

function grouped(grouping: (trial: Trial) => ((task: number) => string) | string): Policy {
  return (trial) => {
    const made = grouping(trial);
    const groupOf = typeof made === 'string' ? () => made : made;
    const table = toGroupTable(trial.train, groupOf, trial.matrix.models.length, (task, model) =>
      modelOutcome(trial, task, model),
    );
    const chosen = remember((group: string, gammaUsd: number) => chooseOption(table, group, gammaUsd));
    return (task, gammaUsd) => modelOutcome(trial, task, chosen(groupOf(task), gammaUsd));
  };
}

function fixed(rank: (mean: Outcome) => number): Policy {
  return (trial) => {
    const means = meanOutcomes(trial, trial.train);
    const ranks = means.map(rank);
    const model = ranks.indexOf(Math.min(...ranks));
    return (task) => modelOutcome(trial, task, model);
  };
}

function meanOutcomes(trial: Trial, tasks: readonly number[]): readonly Outcome[] {
  return trial.matrix.models.map((_, model) => {
    let costUsd = 0;
    let wrongRatio = 0;
    for (const task of tasks) {
      const outcome = modelOutcome(trial, task, model);
      costUsd += outcome.costUsd / tasks.length;
      wrongRatio += outcome.wrongRatio / tasks.length;
    }
    return { costUsd, wrongRatio };
  });
}

function nearestTasks(trial: Trial, task: number, count: number): readonly number[] {
  const vector = trial.vectorOf(task);
  if (vector === undefined) return trial.train;
  return trial.train
    .map((other) => [other, dot(vector, trial.vectorOf(other))] as const)
    .sort(([, a], [, b]) => b - a)
    .slice(0, count)
    .map(([other]) => other);
}

function kMeans(trial: Trial, count: number): readonly Float32Array[] {
  const random = seededRandom(7);
  const known = trial.train.filter((task) => trial.vectorOf(task) !== undefined);
  let centres = Array.from(
    { length: count },
    () => trial.vectorOf(known[Math.floor(random() * known.length)] ?? 0) ?? new Float32Array(),
  );
  for (let round = 0; round < 8; round += 1) {
    const sums = centres.map((centre) => new Float32Array(centre.length));
    for (const task of known) {
      const vector = trial.vectorOf(task) ?? new Float32Array();
      const sum = sums[nearestCentre(vector, centres)];
      for (const [index, value] of vector.entries()) if (sum !== undefined) sum[index] = (sum[index] ?? 0) + value;
    }
    centres = sums.map((sum) => {
      const length = Math.sqrt(dot(sum, sum)) || 1;
      return sum.map((value) => value / length);
    });
  }
  return centres;
}

function nearestCentre(vector: Float32Array | undefined, centres: readonly Float32Array[]): number {
  if (vector === undefined) return 0;
  const similarities = centres.map((centre) => dot(vector, centre));
  return similarities.indexOf(Math.max(...similarities));
}

function dot(a: Float32Array, b: Float32Array | undefined): number {
  let sum = 0;
  if (b !== undefined) for (const [index, value] of a.entries()) sum += value * (b[index] ?? 0);
  return sum;
}

function lowest(outcomes: readonly Outcome[], gammaUsd: number): Outcome {
  return outcomes.reduce((best, next) => (bill(next, gammaUsd) < bill(best, gammaUsd) ? next : best));
}

function indexOfLowest(outcomes: readonly Outcome[], gammaUsd: number): number {
  const bills = outcomes.map((outcome) => bill(outcome, gammaUsd));
  return Math.max(0, bills.indexOf(Math.min(...bills)));
}

function bill(outcome: Outcome, gammaUsd: number): number {
  return outcome.costUsd + gammaUsd * outcome.wrongRatio;
}

function remember(compute: (group: string, gammaUsd: number) => number): (group: string, gammaUsd: number) => number {
  const known = new Map<string, number>();
  return (group, gammaUsd) => {
    const key = `${group} ${gammaUsd}`;
    const value = known.get(key) ?? compute(group, gammaUsd);
    known.set(key, value);
    return value;
  };
}
