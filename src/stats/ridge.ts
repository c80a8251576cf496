import { PointsmanError } from '../domain/errors.ts';

/** Linear models of one feature space: `weights[target]` has one weight per feature; `intercepts` one per target. */
export interface LinearModel {
  readonly weights: readonly Float64Array[];
  readonly intercepts: readonly number[];
}

/**
 * Sums that ridge regression needs: rows are added once, and the sums of a fold can be taken off those of all rows, so
 * that cross-validation costs one pass. The same rows in the same order give the same bytes.
 */
export class RidgeSums {
  readonly columnCount: number;
  readonly targetCount: number;
  readonly #gram: Float64Array;
  readonly #columnSums: Float64Array;
  readonly #products: readonly Float64Array[];
  readonly #targetSums: Float64Array;
  #rowCount = 0;

  constructor(columnCount: number, targetCount: number) {
    this.columnCount = columnCount;
    this.targetCount = targetCount;
    this.#gram = new Float64Array(columnCount * columnCount);
    this.#columnSums = new Float64Array(columnCount);
    this.#products = Array.from({ length: targetCount }, () => new Float64Array(columnCount));
    this.#targetSums = new Float64Array(targetCount);
  }

  add(row: ArrayLike<number>, targets: ArrayLike<number>): void {
    const filled: number[] = [];
    const values: number[] = [];
    for (let column = 0; column < this.columnCount; column += 1) {
      const value = row[column] ?? 0;
      if (value === 0) continue;
      filled.push(column);
      values.push(value);
    }
    for (let index = 0; index < filled.length; index += 1) {
      const value = values[index] ?? 0;
      const column = filled[index] ?? 0;
      const base = column * this.columnCount;
      for (let inner = 0; inner <= index; inner += 1) {
        // `filled` ascends, so that only the lower triangle is written.
        const slot = base + (filled[inner] ?? 0);
        this.#gram[slot] = (this.#gram[slot] ?? 0) + value * (values[inner] ?? 0);
      }
      this.#columnSums[column] = (this.#columnSums[column] ?? 0) + value;
      for (const [target, products] of this.#products.entries()) {
        products[column] = (products[column] ?? 0) + value * (targets[target] ?? 0);
      }
    }
    for (let target = 0; target < this.targetCount; target += 1) {
      this.#targetSums[target] = (this.#targetSums[target] ?? 0) + (targets[target] ?? 0);
    }
    this.#rowCount += 1;
  }

  /** Sums over all parts together. */
  static total(parts: readonly RidgeSums[]): RidgeSums {
    const total = new RidgeSums(parts[0]?.columnCount ?? 0, parts[0]?.targetCount ?? 0);
    for (const part of parts) total.#combine(part, 1);
    return total;
  }

  without(part: RidgeSums): RidgeSums {
    const rest = RidgeSums.total([this]);
    rest.#combine(part, -1);
    return rest;
  }

  #combine(other: RidgeSums, sign: 1 | -1): void {
    const merge = (into: Float64Array, from: Float64Array): void => {
      for (let index = 0; index < from.length; index += 1) into[index] = (into[index] ?? 0) + sign * (from[index] ?? 0);
    };
    merge(this.#gram, other.#gram);
    merge(this.#columnSums, other.#columnSums);
    merge(this.#targetSums, other.#targetSums);
    for (const [target, products] of this.#products.entries()) merge(products, other.#products[target] ?? products);
    this.#rowCount += sign * other.#rowCount;
  }

  /**
   * Solves for all targets, intercept not penalised. `penalties` holds λ per column.
   * @throws PointsmanError `internal` when the penalties are too small for the rows.
   */
  solve(penalties: ArrayLike<number>): LinearModel {
    const { columnCount } = this;
    const count = Math.max(1, this.#rowCount);
    const means = this.#columnSums.map((sum) => sum / count);
    const matrix = new Float64Array(this.#gram);
    for (let row = 0; row < columnCount; row += 1) {
      const shift = count * (means[row] ?? 0);
      for (let column = 0; column <= row; column += 1) {
        const slot = row * columnCount + column;
        matrix[slot] = (matrix[slot] ?? 0) - shift * (means[column] ?? 0);
      }
      matrix[row * columnCount + row] = (matrix[row * columnCount + row] ?? 0) + (penalties[row] ?? 0);
    }
    choleskyInPlace(matrix, columnCount);
    const weights = this.#products.map((products, target) => {
      const mean = (this.#targetSums[target] ?? 0) / count;
      return solveCholesky(
        matrix,
        products.map((product, column) => product - count * mean * (means[column] ?? 0)),
        columnCount,
      );
    });
    const intercepts = weights.map((weight, target) => (this.#targetSums[target] ?? 0) / count - dot(weight, means));
    return { weights, intercepts };
  }
}

/** Prediction of one target for one row. */
export function predictLinear(model: LinearModel, target: number, row: ArrayLike<number>): number {
  return (model.intercepts[target] ?? 0) + dot(model.weights[target] ?? [], row);
}

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < a.length; index += 1) sum += (a[index] ?? 0) * (b[index] ?? 0);
  return sum;
}

/** Solves A·x = b for each b; A is symmetric and positive, given by its lower triangle, and is overwritten. */
export function solveSymmetric(
  matrix: Float64Array,
  size: number,
  rights: readonly Float64Array[],
): readonly Float64Array[] {
  choleskyInPlace(matrix, size);
  return rights.map((right) => solveCholesky(matrix, right, size));
}

/** Replaces the lower triangle by L of L·Lᵀ. */
function choleskyInPlace(matrix: Float64Array, size: number): void {
  for (let row = 0; row < size; row += 1) {
    const rowBase = row * size;
    for (let column = 0; column <= row; column += 1) {
      const columnBase = column * size;
      let sum = matrix[rowBase + column] ?? 0;
      for (let inner = 0; inner < column; inner += 1) {
        sum -= (matrix[rowBase + inner] ?? 0) * (matrix[columnBase + inner] ?? 0);
      }
      if (row !== column) matrix[rowBase + column] = sum / (matrix[columnBase + column] ?? 1);
      else if (sum > 0) matrix[rowBase + row] = Math.sqrt(sum);
      else throw new PointsmanError('internal', 'Ridge regression without enough penalty: the matrix is singular');
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
