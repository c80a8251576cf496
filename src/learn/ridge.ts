import { PointsmanError } from '../domain/errors.ts';

/** Linear models of one feature space: `weights[target]` has one weight per feature; `intercepts` one per target. */
export interface LinearModel {
  readonly weights: readonly Float64Array[];
  readonly intercepts: readonly number[];
}

/** Dense rows, one after another. */
export interface DenseRows {
  readonly values: Float32Array;
  readonly columnCount: number;
}

/**
 * Ridge regression of several targets on the chosen rows, intercept not penalised. Solves the normal equations by
 * Cholesky, so the same rows give the same bytes. `penalty` is λ added to the diagonal; `penalties` scales it per column.
 */
export function fitRidge(
  rows: DenseRows,
  chosen: readonly number[],
  targets: readonly ArrayLike<number>[],
  penalty: number | Float64Array,
): LinearModel {
  const { columnCount } = rows;
  const means = columnMeans(rows, chosen);
  const gram = new Float64Array(columnCount * columnCount);
  const right = targets.map(() => new Float64Array(columnCount));
  const targetMeans = targets.map((target) => chosen.reduce((sum, row) => sum + (target[row] ?? 0), 0) / chosen.length);
  const centred = new Float64Array(columnCount);
  for (const row of chosen) {
    for (let column = 0; column < columnCount; column += 1) {
      centred[column] = (rows.values[row * columnCount + column] ?? 0) - (means[column] ?? 0);
    }
    addOuter(gram, centred);
    for (const [index, target] of targets.entries()) {
      const residual = (target[row] ?? 0) - (targetMeans[index] ?? 0);
      if (residual === 0) continue;
      const vector = right[index] ?? new Float64Array(0);
      for (let column = 0; column < columnCount; column += 1)
        vector[column] = (vector[column] ?? 0) + residual * (centred[column] ?? 0);
    }
  }
  for (let column = 0; column < columnCount; column += 1) {
    const lambda = typeof penalty === 'number' ? penalty : (penalty[column] ?? 0);
    gram[column * columnCount + column] = (gram[column * columnCount + column] ?? 0) + lambda;
  }
  choleskyInPlace(gram, columnCount);
  const weights = right.map((vector) => solveCholesky(gram, vector, columnCount));
  const intercepts = weights.map((weight, index) => {
    let shift = 0;
    for (let column = 0; column < columnCount; column += 1) shift += (weight[column] ?? 0) * (means[column] ?? 0);
    return (targetMeans[index] ?? 0) - shift;
  });
  return { weights, intercepts };
}

/** Prediction of one target for one row. */
export function predictLinear(model: LinearModel, target: number, rows: DenseRows, row: number): number {
  const weights = model.weights[target];
  let sum = model.intercepts[target] ?? 0;
  if (weights === undefined) return sum;
  const base = row * rows.columnCount;
  for (let column = 0; column < rows.columnCount; column += 1)
    sum += (weights[column] ?? 0) * (rows.values[base + column] ?? 0);
  return sum;
}

function columnMeans(rows: DenseRows, chosen: readonly number[]): Float64Array {
  const means = new Float64Array(rows.columnCount);
  for (const row of chosen) {
    for (let column = 0; column < rows.columnCount; column += 1) {
      means[column] = (means[column] ?? 0) + (rows.values[row * rows.columnCount + column] ?? 0);
    }
  }
  return means.map((sum) => sum / Math.max(1, chosen.length));
}

/** Adds the lower triangle of v·vᵀ, leaving out columns that are 0. */
function addOuter(gram: Float64Array, vector: Float64Array): void {
  const size = vector.length;
  for (let row = 0; row < size; row += 1) {
    const value = vector[row] ?? 0;
    if (value === 0) continue;
    const base = row * size;
    for (let column = 0; column <= row; column += 1)
      gram[base + column] = (gram[base + column] ?? 0) + value * (vector[column] ?? 0);
  }
}

/** Replaces the lower triangle by L of L·Lᵀ. */
function choleskyInPlace(matrix: Float64Array, size: number): void {
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column <= row; column += 1) {
      let sum = matrix[row * size + column] ?? 0;
      for (let inner = 0; inner < column; inner += 1) {
        sum -= (matrix[row * size + inner] ?? 0) * (matrix[column * size + inner] ?? 0);
      }
      if (row !== column) {
        matrix[row * size + column] = sum / (matrix[column * size + column] ?? 1);
      } else if (sum > 0) {
        matrix[row * size + row] = Math.sqrt(sum);
      } else {
        throw new PointsmanError('internal', 'Ridge regression without enough penalty: the matrix is singular');
      }
    }
  }
}

function solveCholesky(lower: Float64Array, right: Float64Array, size: number): Float64Array {
  const solution = Float64Array.from(right);
  for (let row = 0; row < size; row += 1) {
    let sum = solution[row] ?? 0;
    for (let column = 0; column < row; column += 1) sum -= (lower[row * size + column] ?? 0) * (solution[column] ?? 0);
    solution[row] = sum / (lower[row * size + row] ?? 1);
  }
  for (let row = size - 1; row >= 0; row -= 1) {
    let sum = solution[row] ?? 0;
    for (let below = row + 1; below < size; below += 1)
      sum -= (lower[below * size + row] ?? 0) * (solution[below] ?? 0);
    solution[row] = sum / (lower[row * size + row] ?? 1);
  }
  return solution;
}
