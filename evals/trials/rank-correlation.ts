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

function spearman(one: readonly number[], other: readonly number[]): number {
  const [a, b] = [ranks(one), ranks(other)];
  const mean = (a.length + 1) / 2;
  let [both, first, second] = [0, 0, 0];
  for (const [index, rank] of a.entries()) {
    const [x, y] = [rank - mean, (b[index] ?? 0) - mean];
    both += x * y;
    first += x * x;
    second += y * y;
  }
  return both / Math.sqrt(first * second);
}

function ranks(values: readonly number[]): readonly number[] {
  return values.map(
    (value) =>
      values.filter((other) => other < value).length + (values.filter((other) => other === value).length + 1) / 2,
  );
}

function round(value: number): number {
  return Number(value.toFixed(4));
}
