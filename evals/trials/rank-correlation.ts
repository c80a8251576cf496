import { seededRandom } from '../../src/stats/seeded-random.ts';

const RESAMPLES = 1000;

/** Spearman's rank correlation (ties share their mean rank), with a 95 % interval over resampled pairs, seed 1. */
export function rankCorrelation(
  one: readonly number[],
  other: readonly number[],
): { readonly value: number; readonly low: number; readonly high: number } {
  const random = seededRandom(1);
  const draws: number[] = [];
  for (let draw = 0; draw < RESAMPLES; draw += 1) {
    const picked = one.map(() => Math.floor(random() * one.length));
    const value = spearman(
      picked.map((at) => one[at] ?? 0),
      picked.map((at) => other[at] ?? 0),
    );
    if (Number.isFinite(value)) draws.push(value);
  }
  draws.sort((a, b) => a - b);
  const at = (ratio: number): number => round(draws[Math.floor(ratio * (draws.length - 1))] ?? Number.NaN);
  return { value: round(spearman(one, other)), low: at(0.025), high: at(0.975) };
}

/** Spearman's rank correlation; equal values share their mean rank. NaN where one side has no order. */
export function spearman(one: readonly number[], other: readonly number[]): number {
  const [a, b] = [ranksOf(one), ranksOf(other)];
  const middle = (a.length - 1) / 2;
  let [both, first, second] = [0, 0, 0];
  for (const [index, rank] of a.entries()) {
    const [x, y] = [rank - middle, (b[index] ?? 0) - middle];
    both += x * y;
    first += x * x;
    second += y * y;
  }
  return both / Math.sqrt(first * second);
}

function ranksOf(values: readonly number[]): readonly number[] {
  const order = [...values.keys()].sort((x, y) => (values[x] ?? 0) - (values[y] ?? 0));
  const ranks: number[] = [];
  for (let start = 0; start < order.length;) {
    let end = start;
    while (end < order.length && values[order[end] ?? 0] === values[order[start] ?? 0]) end += 1;
    for (let at = start; at < end; at += 1) ranks[order[at] ?? 0] = (start + end - 1) / 2;
    start = end;
  }
  return ranks;
}

function round(value: number): number {
  return Number(value.toFixed(4));
}
