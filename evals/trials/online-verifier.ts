import {
  countObservation,
  pessimisticRates,
  verifierRates,
  type VerifierCounts,
} from '../../src/learn/beliefs/verifier-posteriors.ts';
import { chooseOption, toGroupTable, type GroupTable } from '../../src/learn/training/choose-by-group.ts';
import { seededRandom } from '../../src/stats/seeded-random.ts';
import { allLadders, ladderOutcome, type CheckRates } from '../learn/ladder-maths.ts';
import type { Policy, Trial } from './trial.ts';

const NOTHING: Float64Array = new Float64Array();

/** Plans are made again after this many tasks: what a check's rates are changes slowly. */
const TASKS_PER_PLAN = 10;

/** Believed rates are rounded to this grid, so that the same plan is not computed twice. */
const RATE_STEP = 0.025;

/**
 * Ladders when nobody knows how good the check is. Starts from the pessimistic prior; each task that ran shows what the
 * check said of each rung's result, and later what was true; plans use a low quantile of the posterior. Tasks come in a
 * seeded order, and verdicts are drawn with the true rates; the bill is the expected one of the plan that was in force.
 */
export function onlineLadder(
  actual: CheckRates,
  {
    believed,
    quantile,
    seed,
    group,
  }: {
    /** Whose prior the check starts from. */
    readonly believed: 'tests' | 'named-tests';
    readonly quantile: number;
    readonly seed: number;
    readonly group: 'kind' | 'domain';
  },
): Policy {
  return (trial) => {
    const ladders = allLadders(trial.matrix.models.length, 3);
    const groupOf = group === 'kind' ? trial.kindOf : trial.domainOf;
    const outcome = (task: number, index: number, check: CheckRates): ReturnType<typeof ladderOutcome> =>
      ladderOutcome(
        ladders[index] ?? [],
        trial.matrix.score[task] ?? NOTHING,
        trial.matrix.costUsd[task] ?? NOTHING,
        check,
      );
    const tables = new Map<string, GroupTable>();
    const tableFor = (counts: VerifierCounts): GroupTable => {
      const rates = pessimisticRates(verifierRates(counts, 'code', believed, 'any'), quantile);
      const check = {
        sensitivityRatio: Math.floor(rates.sensitivityRatio / RATE_STEP) * RATE_STEP,
        falseAlarmRatio: Math.ceil(rates.falseAlarmRatio / RATE_STEP) * RATE_STEP,
        costUsd: actual.costUsd,
      };
      const key = JSON.stringify(check);
      const table =
        tables.get(key) ??
        toGroupTable(trial.train, groupOf, ladders.length, (task, index) => outcome(task, index, check));
      tables.set(key, table);
      return table;
    };
    const plans = new Map<number, ReadonlyMap<number, number>>();
    return (task, gammaUsd) => {
      const plan =
        plans.get(gammaUsd) ?? playThrough(trial, gammaUsd, { seed, actual, believed, groupOf, tableFor, ladders });
      plans.set(gammaUsd, plan);
      return outcome(task, plan.get(task) ?? 0, actual);
    };
  };
}

/** Meets the test tasks one after another at one γ; returns which ladder each of them got. */
function playThrough(
  trial: Trial,
  gammaUsd: number,
  play: {
    readonly seed: number;
    readonly actual: CheckRates;
    readonly believed: 'tests' | 'named-tests';
    readonly groupOf: (task: number) => string;
    readonly tableFor: (counts: VerifierCounts) => GroupTable;
    readonly ladders: readonly (readonly number[])[];
  },
): ReadonlyMap<number, number> {
  const random = seededRandom(play.seed + Math.round(gammaUsd * 1000));
  const order = trial.test.map((task) => [random(), task] as const).sort(([a], [b]) => a - b);
  const chosen = new Map<number, number>();
  let counts: VerifierCounts = {};
  let table = play.tableFor(counts);
  for (const [position, [, task]] of order.entries()) {
    if (position > 0 && position % TASKS_PER_PLAN === 0) table = play.tableFor(counts);
    const index = chooseOption(table, play.groupOf(task), gammaUsd);
    chosen.set(task, index);
    counts = observeLadder(
      counts,
      (play.ladders[index] ?? []).map((model) => trial.matrix.score[task]?.[model] ?? 0),
      play,
      random,
    );
  }
  return chosen;
}

/** Draws what happened: which rungs ran, whether each was right, what the check said of it. */
function observeLadder(
  before: VerifierCounts,
  rightRatios: readonly number[],
  { actual, believed }: { readonly actual: CheckRates; readonly believed: 'tests' | 'named-tests' },
  random: () => number,
): VerifierCounts {
  let counts = before;
  for (const rightRatio of rightRatios.slice(0, -1)) {
    const right = random() < rightRatio;
    const rejected = random() < (right ? actual.falseAlarmRatio : actual.sensitivityRatio);
    counts = countObservation(counts, {
      kind: 'code',
      verifier: believed,
      family: 'any',
      rejected,
      truth: right ? 'right' : 'wrong',
    });
    if (!rejected) break;
  }
  return counts;
}
