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
