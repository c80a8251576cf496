/** Where the mean of what keeps coming lies: both sides hold at every look, however often and whenever one looks. */
export interface RunningBounds {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/**
 * A confidence sequence for the mean of independent numbers with a variance, heavy tails or not: each side is wrong at any time
 * with at most `level`, as the number of rows grows. Narrowest around `tightestAt` rows.
 *
 * Source: Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, "Time-uniform central limit theory and asymptotic confidence sequences",
 * Annals of Statistics 52 (2024), Gaussian mixture, one side each.
 */
export function runningBounds(
  values: readonly number[],
  { level, tightestAt }: { readonly level: number; readonly tightestAt: number },
): RunningBounds {
  const count = values.length;
  if (count < 2) return { mean: values[0] ?? 0, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1);
  const spread = (-2 * Math.log(2 * level) + Math.log(-2 * Math.log(2 * level)) + 1) / tightestAt;
  const grown = count * spread + 1;
  const half = Math.sqrt(
    (variance * 2 * grown * Math.log(1 + Math.sqrt(grown) / (2 * level))) / (count * count * spread),
  );
  return { mean, low: mean - half, high: mean + half };
}
