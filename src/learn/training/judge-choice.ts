import { mean } from '../../stats/mean.ts';
import { foldOf } from '../../stats/seeded-random.ts';
import { chooseOption, toGroupTable, type OptionOutcome } from './choose-by-group.ts';
import { FOLDS } from './cross-fit.ts';
import { billRatioInterval, GAMMAS_USD, type PolicyRun, type RatioWithInterval } from './metrics-bill.ts';
import { modelsOf } from './outcome-matrix.ts';
import type { OutcomeRow } from './outcome-row.ts';
import { LEAST_COVERAGE } from './text-gate.ts';

/** What choosing the model by kind of task is worth on rows not learned from, against the best single model. */
export interface ChoiceCurve {
  readonly modelCount: number;
  readonly groupCount: number;
  /** R over all prices of a failure. */
  readonly overall: RatioWithInterval;
  /** R at single prices: which mistakes must be dear for the choice to matter. */
  readonly byGamma: readonly { readonly gammaUsd: number; readonly ratio: RatioWithInterval }[];
}

/** Of the 25 prices, those that the curve shows. */
const SHOWN = [0, 6, 12, 18, 24];

/**
 * Routes each task by its group (the source of its row) with what the other folds taught, at every price of a failure. `undefined`
 * with fewer than two models that ran on most rows at a known cost, or with one group only, where there is nothing to choose by.
 */
export function judgeChoice(rows: readonly OutcomeRow[], seed: number): ChoiceCurve | undefined {
  const models = modelsOf(rows).filter((model) => {
    const known = rows.filter((row) => row.outcomes[model]?.costUsd !== undefined).length;
    return known >= LEAST_COVERAGE * rows.length;
  });
  const groupCount = new Set(rows.map((row) => row.source)).size;
  if (models.length < 2 || groupCount < 2) return undefined;
  const empty = (): Float64Array[] => GAMMAS_USD.map(() => new Float64Array(rows.length));
  const [byGroup, single] = [{ bills: empty() }, { bills: empty() }];
  const folds = rows.map((row) => foldOf(row.id.slice(row.id.indexOf('/') + 1), FOLDS));
  const groupOf = (task: number): string => rows[task]?.source ?? '';
  for (let fold = 0; fold < FOLDS; fold += 1) {
    const train = [...rows.keys()].filter((task) => folds[task] !== fold);
    const outcomeOf = fillGaps(rows, train, models);
    const table = toGroupTable(train, groupOf, models.length, outcomeOf);
    for (const task of rows.keys()) {
      if (folds[task] !== fold) continue;
      for (const [gamma, gammaUsd] of GAMMAS_USD.entries()) {
        const bill = (option: number): number => {
          const { costUsd, wrongRatio } = outcomeOf(task, option);
          return costUsd + gammaUsd * wrongRatio;
        };
        put(byGroup.bills[gamma], task, bill(chooseOption(table, groupOf(task), gammaUsd)));
        put(single.bills[gamma], task, bill(chooseOption(table, undefined, gammaUsd)));
      }
    }
  }
  const ratioAt = (indices: readonly number[]): RatioWithInterval =>
    billRatioInterval(only(byGroup, indices), only(single, indices), 400, seed);
  return {
    modelCount: models.length,
    groupCount,
    overall: ratioAt([...GAMMAS_USD.keys()]),
    byGamma: SHOWN.map((index) => ({ gammaUsd: GAMMAS_USD[index] ?? Number.NaN, ratio: ratioAt([index]) })),
  };
}

/** Outcomes with gaps filled by the model's mean at training tasks of the group, or at all where it never ran in the group. */
function fillGaps(
  rows: readonly OutcomeRow[],
  train: readonly number[],
  models: readonly string[],
): (task: number, option: number) => OptionOutcome {
  const means = new Map<string, OptionOutcome>();
  for (const [group, tasks] of [...Map.groupBy(train, (task) => rows[task]?.source ?? ''), ['', train] as const]) {
    for (const model of models) {
      const seen = tasks.flatMap((task) => rows[task]?.outcomes[model] ?? []);
      const costs = seen.flatMap(({ costUsd }) => costUsd ?? []);
      if (seen.length === 0 || costs.length === 0) continue;
      const wrongRatio = 1 - mean(seen.map(({ score }) => score));
      means.set(JSON.stringify([group, model]), { costUsd: mean(costs), wrongRatio });
    }
  }
  return (task, option) => {
    const model = models[option] ?? '';
    const fill = means.get(JSON.stringify([rows[task]?.source, model])) ?? means.get(JSON.stringify(['', model]));
    const own = rows[task]?.outcomes[model];
    return {
      costUsd: own?.costUsd ?? fill?.costUsd ?? 0,
      wrongRatio: own === undefined ? (fill?.wrongRatio ?? 1) : 1 - own.score,
    };
  };
}

function only(run: PolicyRun, indices: readonly number[]): PolicyRun {
  return { bills: indices.map((index) => run.bills[index] ?? new Float64Array()) };
}

function put(bills: Float64Array | undefined, task: number, bill: number): void {
  if (bills !== undefined) bills[task] = bill;
}
