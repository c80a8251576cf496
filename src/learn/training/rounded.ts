/** Four decimals: what an artifact keeps of a weight. */
export function rounded(value: number): number {
  return Number(value.toFixed(4));
}
