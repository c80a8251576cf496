import { dot, RidgeSums, solveSymmetric, type LinearModel } from '../../stats/ridge.ts';

/** How many parts the rows are judged in, each by models that did not see it. */
export const FOLDS = 5;

/** Rows for cross-fitting: a vector, what it should give, and the fold that must not see it. */
export interface FoldRow {
  readonly vector: ArrayLike<number>;
  readonly targets: readonly number[];
  readonly fold: number;
  /** How many times the row counts. */
  readonly copies: number;
}

export interface CrossFit {
  /** `models[fold]` never saw the rows of that fold. */
  readonly models: readonly LinearModel[];
  readonly full: LinearModel;
}

/**
 * Ridge models for each fold and for all rows, one penalty for all columns. With fewer rows than columns it solves for the
 * rows instead of the columns, which is the same model at a fraction of the time. The same rows give the same bytes.
 */
export function crossFit(rows: readonly FoldRow[], foldCount: number, penalty: number): CrossFit {
  const columnCount = rows[0]?.vector.length ?? 0;
  const rowCount = rows.reduce((sum, row) => sum + row.copies, 0);
  if (rowCount < columnCount) {
    const fit = (fold: number): LinearModel =>
      fitByRows(
        rows.filter((row) => row.fold !== fold),
        columnCount,
        penalty,
      );
    return { models: Array.from({ length: foldCount }, (_, fold) => fit(fold)), full: fit(-1) };
  }
  const parts = Array.from({ length: foldCount }, () => new RidgeSums(columnCount, rows[0]?.targets.length ?? 0));
  for (const row of rows)
    for (let copy = 0; copy < row.copies; copy += 1) parts[row.fold]?.add(row.vector, row.targets);
  const total = RidgeSums.total(parts);
  const penalties = new Float64Array(columnCount).fill(penalty);
  return { models: parts.map((part) => total.without(part).solve(penalties)), full: total.solve(penalties) };
}

/** Dual form: α = (X·Xᵀ + λI)⁻¹·y on centred rows, weights = Xᵀ·α. */
function fitByRows(rows: readonly FoldRow[], columnCount: number, penalty: number): LinearModel {
  const targetCount = rows[0]?.targets.length ?? 0;
  const weightOf = (row: FoldRow): number => row.copies;
  const total = rows.reduce((sum, row) => sum + weightOf(row), 0) || 1;
  const means = new Float64Array(columnCount);
  const targetMeans = new Float64Array(targetCount);
  for (const row of rows) {
    for (let column = 0; column < columnCount; column += 1) {
      means[column] = (means[column] ?? 0) + (weightOf(row) * (row.vector[column] ?? 0)) / total;
    }
    for (const [target, value] of row.targets.entries()) {
      targetMeans[target] = (targetMeans[target] ?? 0) + (weightOf(row) * value) / total;
    }
  }
  // A row that counts k times is one row scaled by √k.
  const centred = rows.map((row) =>
    Float64Array.from(
      { length: columnCount },
      (_, column) => Math.sqrt(weightOf(row)) * ((row.vector[column] ?? 0) - (means[column] ?? 0)),
    ),
  );
  const size = rows.length;
  const kernel = new Float64Array(size * size);
  for (let row = 0; row < size; row += 1) {
    for (let other = 0; other <= row; other += 1)
      kernel[row * size + other] = dot(centred[row] ?? [], centred[other] ?? []);
    kernel[row * size + row] = (kernel[row * size + row] ?? 0) + penalty;
  }
  const residuals = Array.from({ length: targetCount }, (_, target) =>
    Float64Array.from(
      rows,
      (row) => Math.sqrt(weightOf(row)) * ((row.targets[target] ?? 0) - (targetMeans[target] ?? 0)),
    ),
  );
  const weights = solveSymmetric(kernel, size, residuals).map((alphas) => {
    const weight = new Float64Array(columnCount);
    for (const [row, alpha] of alphas.entries()) {
      const values = centred[row] ?? weight;
      for (let column = 0; column < columnCount; column += 1)
        weight[column] = (weight[column] ?? 0) + alpha * (values[column] ?? 0);
    }
    return weight;
  });
  return { weights, intercepts: weights.map((weight, target) => (targetMeans[target] ?? 0) - dot(weight, means)) };
}
