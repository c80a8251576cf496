import type { Figure } from '../../src/domain/figure.ts';

/** Two-sided 95 % quantiles of Student's t by degrees of freedom 1…9; the normal one beyond. */
const T95: readonly number[] = [12.71, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26];

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Percent by which a mean bill lies above (or, negative, below) the baseline's. */
export function percentAgainst(bills: readonly number[], baseline: readonly number[]): number {
  return 100 * (mean(bills) / mean(baseline) - 1);
}

/** Values of one figure, one per seed, as their mean with a 95 % interval over seeds. */
export function overSeeds(
  values: readonly number[],
  about: { readonly unit: string; readonly caseCount: number; readonly against?: number },
): Figure {
  const value = mean(values);
  const deviation = Math.sqrt(
    values.reduce((sum, one) => sum + (one - value) ** 2, 0) / Math.max(1, values.length - 1),
  );
  const half = (T95[values.length - 2] ?? 1.96) * (deviation / Math.sqrt(values.length));
  return {
    value,
    unit: about.unit,
    ...(values.length > 1 ? { low: value - half, high: value + half } : {}),
    seed: `1-${values.length}`,
    n: about.caseCount,
    ...(about.against === undefined ? {} : { against: about.against }),
    label: 'modelled',
  };
}

/** Collects values per name, in the order in which names first came. */
export class Tally {
  private readonly values = new Map<string, number[]>();

  add(name: string, value: number): void {
    const known = this.values.get(name);
    if (known === undefined) this.values.set(name, [value]);
    else known.push(value);
  }

  of(name: string): readonly number[] {
    return this.values.get(name) ?? [];
  }

  names(): readonly string[] {
    return [...this.values.keys()];
  }
}

export function signed(value: number): string {
  return `${value > 0 ? '+' : ''}${value.toFixed(1)}`;
}
