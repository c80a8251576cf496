import type { Interval } from './interval.ts';
import { seededRandom } from './seeded-random.ts';

const DRAWS = 100;

/**
 * Interval of a figure over rows, which are drawn again with replacement: whole groups at once, because rows of one task
 * stand and fall together. Draws that give no number are left out. The same input gives the same interval.
 */
export function bootstrapInterval(
  groups: readonly (readonly number[])[],
  figureOf: (rows: readonly number[]) => number,
  seed: number,
): Interval {
  const random = seededRandom(seed);
  const figures: number[] = [];
  for (let draw = 0; draw < DRAWS; draw += 1) {
    const rows = groups.flatMap(() => groups[Math.floor(random() * groups.length)] ?? []);
    const figure = figureOf(rows);
    if (!Number.isNaN(figure)) figures.push(figure);
  }
  figures.sort((a, b) => a - b);
  const at = (ratio: number): number =>
    figures[Math.min(figures.length - 1, Math.floor(figures.length * ratio))] ?? Number.NaN;
  return { low: at(0.025), high: at(0.975) };
}
