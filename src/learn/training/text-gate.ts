import { abilityKey } from '../../predict/artifact.ts';
import { mean } from '../../stats/mean.ts';
import { predictLinear } from '../../stats/ridge.ts';
import { foldOf } from '../../stats/seeded-random.ts';
import { crossFit, FOLDS } from './cross-fit.ts';
import { doNoHarmGate, type GateVerdict } from './do-no-harm.ts';
import { GAMMAS_USD } from './metrics-bill.ts';
import type { Outcome, OutcomeRow } from './outcome-row.ts';

/** Of the ridge from a text's vector to scores. */
export const TEXT_PENALTY = 30;
/** Models that fewer rows have are left out: a gate over gaps would measure the gaps. */
export const LEAST_COVERAGE = 0.9;

/**
 * Does the text help to choose among models within one set of tasks? Ridge from the text's vector to score and log cost of
 * each model, out of fold, against the best single model of the same folds. `undefined` when fewer than two models ran on
 * most rows, with known costs where any are.
 */
export function textGate(
  rows: readonly OutcomeRow[],
  vectors: readonly Float32Array[],
  seed: number,
): GateVerdict | undefined {
  const models = comparableModels(rows).map(({ name }) => name);
  if (models.length < 2) return undefined;
  const costly = hasCosts(rows);
  const tasks = rows
    .map((row, index) => ({ row, vector: vectors[index] ?? new Float32Array(), index }))
    .filter(({ row }) => models.every((model) => isComparable(row.outcomes[model], costly)));
  const targetsOf = (row: OutcomeRow): readonly number[] => [
    ...models.map((model) => row.outcomes[model]?.score ?? 0),
    ...models.map((model) => Math.log(row.outcomes[model]?.costUsd ?? 1)),
  ];
  const rowsOfFolds = tasks.map(({ row, vector }) => ({
    vector,
    targets: targetsOf(row),
    fold: foldOf(row.id, FOLDS),
    copies: 1,
  }));
  const fitted = crossFit(rowsOfFolds, FOLDS, TEXT_PENALTY);
  const corrected = GAMMAS_USD.map(() => new Float64Array(tasks.length));
  const reference = GAMMAS_USD.map(() => new Float64Array(tasks.length));
  for (let fold = 0; fold < FOLDS; fold += 1) {
    const model = fitted.models[fold] ?? fitted.full;
    const rest = tasks.filter(({ row }) => foldOf(row.id, FOLDS) !== fold);
    const single = models.map((name) => ({
      cost: mean(rest.map(({ row }) => row.outcomes[name]?.costUsd ?? 0)),
      wrong: 1 - mean(rest.map(({ row }) => row.outcomes[name]?.score ?? 0)),
    }));
    for (const [position, { row, vector }] of tasks.entries()) {
      if (foldOf(row.id, FOLDS) !== fold) continue;
      const said = models.map((_, index) => ({
        cost: Math.exp(predictLinear(model, models.length + index, vector)),
        wrong: 1 - Math.min(1, Math.max(0, predictLinear(model, index, vector))),
      }));
      for (const [gamma, gammaUsd] of GAMMAS_USD.entries()) {
        const bill = (chosen: number): number => {
          const outcome = row.outcomes[models[chosen] ?? ''];
          return (outcome?.costUsd ?? 0) + gammaUsd * (1 - (outcome?.score ?? 0));
        };
        set(corrected[gamma], position, bill(lowest(said, gammaUsd)));
        set(reference[gamma], position, bill(lowest(single, gammaUsd)));
      }
    }
  }
  return doNoHarmGate({ bills: corrected }, { bills: reference }, seed);
}

/** Models that most rows have with a known cost, by the rows' name and by the key that the catalogue knows them under. */
export function comparableModels(
  rows: readonly OutcomeRow[],
): readonly { readonly name: string; readonly key: string }[] {
  const costly = hasCosts(rows);
  const counts = new Map<string, number>();
  for (const row of rows) {
    for (const [model, outcome] of Object.entries(row.outcomes)) {
      if (isComparable(outcome, costly)) counts.set(model, (counts.get(model) ?? 0) + 1);
    }
  }
  const names = [...counts].filter(([, count]) => count >= LEAST_COVERAGE * rows.length).map(([model]) => model);
  return names.sort().map((name) => ({ name, key: abilityKey(name) }));
}

/** Rows that name no cost at all are judged by who is right; where some do, an outcome without one says too little. */
function isComparable(outcome: Outcome | undefined, costly: boolean): boolean {
  return outcome !== undefined && (!costly || outcome.costUsd !== undefined);
}

function hasCosts(rows: readonly OutcomeRow[]): boolean {
  return rows.some(({ outcomes }) => Object.values(outcomes).some(({ costUsd }) => costUsd !== undefined));
}

function lowest(options: readonly { readonly cost: number; readonly wrong: number }[], gammaUsd: number): number {
  const bills = options.map((option) => option.cost + gammaUsd * option.wrong);
  return bills.indexOf(Math.min(...bills));
}

function set(values: Float64Array | undefined, index: number, value: number): void {
  if (values !== undefined) values[index] = value;
}
