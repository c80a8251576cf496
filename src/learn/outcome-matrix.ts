import type { OutcomeRow } from './outcome-row.ts';

/**
 * Tasks × models, dense where the rows have outcomes. `score` and `costUsd` hold NaN where a model was not run or its
 * cost is unknown. Rows of `score` follow `tasks`, columns follow `models`.
 */
export interface OutcomeMatrix {
  readonly tasks: readonly OutcomeRow[];
  readonly models: readonly string[];
  readonly score: readonly Float64Array[];
  readonly costUsd: readonly Float64Array[];
}

export function toMatrix(rows: readonly OutcomeRow[], models: readonly string[]): OutcomeMatrix {
  return {
    tasks: rows,
    models,
    score: rows.map((row) => Float64Array.from(models, (model) => row.outcomes[model]?.score ?? Number.NaN)),
    costUsd: rows.map((row) => Float64Array.from(models, (model) => row.outcomes[model]?.costUsd ?? Number.NaN)),
  };
}

/** Models that some row has, in order of name. */
export function modelsOf(rows: readonly OutcomeRow[]): readonly string[] {
  return [...new Set(rows.flatMap((row) => Object.keys(row.outcomes)))].sort();
}

/** Mean of the finite values that `pick` gives for the chosen tasks; NaN when there are none. */
export function meanOver(indices: readonly number[], pick: (task: number) => number): number {
  let sum = 0;
  let count = 0;
  for (const index of indices) {
    const value = pick(index);
    if (Number.isNaN(value)) continue;
    sum += value;
    count += 1;
  }
  return count === 0 ? Number.NaN : sum / count;
}

/**
 * The same matrix with every unknown filled from the training tasks: scores and costs by the model's mean there. Needed
 * where every candidate must have a bill; how much was filled is for the caller to say.
 */
export function fillUnknown(matrix: OutcomeMatrix, trainTasks: readonly number[]): OutcomeMatrix {
  const scoreMeans = matrix.models.map((_, model) =>
    meanOver(trainTasks, (task) => matrix.score[task]?.[model] ?? Number.NaN),
  );
  const costMeans = matrix.models.map((_, model) =>
    meanOver(trainTasks, (task) => matrix.costUsd[task]?.[model] ?? Number.NaN),
  );
  const fill = (row: Float64Array, means: readonly number[]): Float64Array =>
    row.map((value, model) => (Number.isNaN(value) ? (means[model] ?? Number.NaN) : value));
  return {
    ...matrix,
    score: matrix.score.map((row) => fill(row, scoreMeans)),
    costUsd: matrix.costUsd.map((row) => fill(row, costMeans)),
  };
}
