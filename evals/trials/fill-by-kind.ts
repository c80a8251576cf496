import type { OutcomeMatrix } from '../../src/learn/training/outcome-matrix.ts';
import { logit, sigmoid } from '../../src/predict/success/item-response.ts';

/**
 * Fills unknown pairs from training tasks: with the model's mean at that kind of task; where the model never ran at a kind,
 * with the kind's mean shifted by how the model does at other kinds (logit for scores, logarithm for costs). So a model
 * whose runs of a kind were broken is neither a failure there nor as good as at its best kind.
 */
export function fillByKind(
  matrix: OutcomeMatrix,
  train: readonly number[],
  kindOf: (task: number) => string,
): OutcomeMatrix {
  const kinds = [...new Set(matrix.tasks.map((_, task) => kindOf(task)))];
  const fill = (
    values: readonly Float64Array[],
    link: (x: number) => number,
    inverse: (x: number) => number,
  ): readonly Float64Array[] => {
    const cells = kinds.map((kind) => {
      const tasks = train.filter((task) => kindOf(task) === kind);
      return matrix.models.map((_, model) => finiteMean(tasks.map((task) => values[task]?.[model] ?? Number.NaN)));
    });
    const kindMeans = cells.map((cell) => finiteMean(cell.map((mean) => (Number.isNaN(mean) ? mean : link(mean)))));
    const modelShifts = matrix.models.map((_, model) =>
      finiteMean(cells.map((cell, kind) => shift(cell[model] ?? Number.NaN, kindMeans[kind] ?? Number.NaN, link))),
    );
    return values.map((row, task) => {
      const kind = kinds.indexOf(kindOf(task));
      return row.map((value, model) => {
        if (!Number.isNaN(value)) return value;
        const own = cells[kind]?.[model] ?? Number.NaN;
        return Number.isNaN(own) ? inverse((kindMeans[kind] ?? 0) + (modelShifts[model] ?? 0)) : own;
      });
    });
  };
  return { ...matrix, score: fill(matrix.score, logit, sigmoid), costUsd: fill(matrix.costUsd, Math.log, Math.exp) };
}

function shift(mean: number, kindMean: number, link: (x: number) => number): number {
  return Number.isNaN(mean) ? mean : link(mean) - kindMean;
}

function finiteMean(values: readonly number[]): number {
  const finite = values.filter((value) => !Number.isNaN(value));
  return finite.length === 0 ? Number.NaN : finite.reduce((sum, value) => sum + value, 0) / finite.length;
}
