/** Bounds of the 95 % interval of a share, after Wilson (1927); sound for shares near 0 and small counts. */
export function wilsonInterval(count: number, n: number): readonly [low: number, high: number] {
  if (n === 0) return [0, 1];
  const z = 1.959964;
  const ratio = count / n;
  const middle = ratio + (z * z) / (2 * n);
  const spread = z * Math.sqrt((ratio * (1 - ratio)) / n + (z * z) / (4 * n * n));
  const scale = 1 + (z * z) / n;
  return [Math.max(0, (middle - spread) / scale), Math.min(1, (middle + spread) / scale)];
}
