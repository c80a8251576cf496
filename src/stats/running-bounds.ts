/** Where the mean of what keeps coming lies: both sides hold at every look, however often and whenever one looks. */
export interface RunningBounds {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/**
 * A confidence sequence for the mean of independent numbers with a variance, heavy tails or not: each side is wrong at any time
 * with at most `level`, as the number of rows grows. Narrowest at `tightestAt` rows; wide before, when a few loud rows could speak.
 *
 * A sum of noise passes the line a + b·n at any time with exp(−2ab) at most; a and b are those for which that is `level` and a/n + b
 * is least, in standard errors, at `tightestAt`. Where losses are rare and large few rows look better than they are, so that a side
 * that leans is moved on by the third moment. Tails so heavy that some hundred rows hold none of them are not foreseen.
 *
 * Sources: Doob, "Heuristic approach to the Kolmogorov-Smirnov theorems", Annals of Mathematical Statistics 20 (1949), the line;
 * Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, "Time-uniform central limit theory and asymptotic confidence sequences",
 * Annals of Statistics 52 (2024), that it holds for what is not normal; Johnson, "Modified t tests and confidence intervals for
 * asymmetrical populations", Journal of the American Statistical Association 73 (1978), the third moment.
 */
export function runningBounds(
  values: readonly number[],
  { level, tightestAt }: { readonly level: number; readonly tightestAt: number },
): RunningBounds {
  const count = values.length;
  if (count < 2) return { mean: values[0] ?? 0, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  let [squares, cubes] = [0, 0];
  for (const value of values) {
    squares += (value - mean) ** 2;
    cubes += (value - mean) ** 3;
  }
  const deviation = Math.sqrt(squares / (count - 1));
  const slope = Math.sqrt(-Math.log(level) / (2 * tightestAt));
  const half = deviation * slope * (tightestAt / count + 1);
  const skew = deviation === 0 ? 0 : cubes / count / deviation ** 3;
  const deviations = deviation === 0 ? 0 : (half * Math.sqrt(count)) / deviation;
  const lean = (skew * (1 + 2 * deviations ** 2) * deviation) / (6 * count);
  return { mean, low: mean - half + Math.min(0, lean), high: mean + half + Math.max(0, lean) };
}
