import type { Figure } from '../../src/domain/figure.ts';
import { mean } from '../../src/stats/mean.ts';

/** The mean of a figure over streams, with its 95 % interval. */
export function meanFigure(values: readonly number[], seed: number): Figure {
  const value = mean(values);
  const variance = values.reduce((sum, one) => sum + (one - value) ** 2, 0) / Math.max(1, values.length - 1);
  const half = 1.96 * Math.sqrt(variance / values.length);
  return { value, unit: '%', low: value - half, high: value + half, n: values.length, seed, label: 'modelled' };
}
