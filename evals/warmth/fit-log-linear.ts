import { dot, solveSymmetric } from '../../src/stats/ridge.ts';

export interface LogLinearRow {
  /** The first one is 1: the weight of the usual level, which nothing draws to 0. */
  readonly features: readonly number[];
  readonly value: number;
}

/** Draws weights to 0: as much as so many rows whose feature is 1 and whose mean is. */
const PENALTY = 3;
const MOST_ROUNDS = 50;
/** What one round may change of a weight, so that none runs away from where the curve is like what was fitted. */
const LONGEST_STEP = 1;
const CLOSE_ENOUGH = 1e-8;

/**
 * Weights whose weighted sum of features is the logarithm of the mean: the likeliest where values spread as counts do (Poisson), which
 * holds the mean right whatever their spread. Newton's method; the same rows in the same order give the same weights. No rows: none.
 */
export function fitLogLinear(rows: readonly LogLinearRow[]): readonly number[] {
  const size = rows[0]?.features.length ?? 0;
  if (size === 0) return [];
  const weights = new Float64Array(size);
  weights[0] = Math.log(Math.max(1e-3, rows.reduce((sum, { value }) => sum + value, 0) / rows.length));
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const change = newtonStep(rows, weights);
    for (const [index, by] of change.entries())
      weights[index] = (weights[index] ?? 0) + Math.max(-LONGEST_STEP, Math.min(LONGEST_STEP, by));
    if (change.every((by) => Math.abs(by) < CLOSE_ENOUGH)) break;
  }
  return [...weights];
}

function newtonStep(rows: readonly LogLinearRow[], weights: Float64Array): Float64Array {
  const size = weights.length;
  const curvature = new Float64Array(size * size);
  const slope = new Float64Array(size);
  for (let index = 0; index < size; index += 1) {
    const penalty = index === 0 ? 1e-9 : PENALTY;
    curvature[index * size + index] = penalty;
    slope[index] = -penalty * (weights[index] ?? 0);
  }
  for (const { features, value } of rows) {
    const mean = Math.exp(Math.max(-20, Math.min(20, dot(weights, features))));
    for (let row = 0; row < size; row += 1) {
      const feature = features[row] ?? 0;
      slope[row] = (slope[row] ?? 0) + (value - mean) * feature;
      for (let column = 0; column <= row; column += 1) {
        const slot = row * size + column;
        curvature[slot] = (curvature[slot] ?? 0) + mean * feature * (features[column] ?? 0);
      }
    }
  }
  return solveSymmetric(curvature, size, [slope])[0] ?? new Float64Array(size);
}
