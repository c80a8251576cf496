import type { Ratio } from '../../src/domain/time.ts';

/** A router at one setting: mean cost per query in any one unit, and mean quality. */
export interface CostQuality {
  readonly cost: number;
  readonly quality: Ratio;
}

/**
 * Average improvement in quality: mean height, over the range of costs, of the best quality that mixing the points can buy.
 * The curve is the upper hull, never falls, is 0 where no point can be afforded and flat past the last. The range is the
 * points' own when none is given; with no width it is the best quality.
 * Source: RouterBench, arXiv 2403.12031; its code divides by the largest cost, the paper by the range, as here.
 */
export function averageImprovement(
  points: readonly CostQuality[],
  range?: { readonly min: number; readonly max: number },
): Ratio {
  const hull = risingHull(points);
  const [first] = hull;
  const last = hull.at(-1);
  if (first === undefined || last === undefined) return 0;
  const costs = points.map((point) => point.cost);
  const { min, max } = range ?? { min: Math.min(...costs), max: Math.max(...costs) };
  if (max <= min) return last.cost <= max ? last.quality : 0;
  let area = 0;
  const reach = [...hull, { cost: Math.max(max, last.cost), quality: last.quality }];
  for (const [index, left] of reach.entries()) {
    const right = reach[index + 1];
    if (right !== undefined) area += areaBetween(left, right, min, max);
  }
  return area / (max - min);
}

/** Area under the line from `left` to `right`, inside the range. */
function areaBetween(left: CostQuality, right: CostQuality, min: number, max: number): number {
  const from = Math.max(left.cost, min);
  const to = Math.min(right.cost, max);
  if (to <= from) return 0;
  const slope = (right.quality - left.quality) / (right.cost - left.cost);
  const at = (cost: number): number => left.quality + slope * (cost - left.cost);
  return ((at(from) + at(to)) / 2) * (to - from);
}

/** Upper hull from the cheapest point to the best one. */
function risingHull(points: readonly CostQuality[]): readonly CostQuality[] {
  const sorted = points.toSorted((a, b) => a.cost - b.cost || b.quality - a.quality);
  const hull: CostQuality[] = [];
  for (const point of sorted) {
    if (point.quality <= (hull.at(-1)?.quality ?? Number.NEGATIVE_INFINITY)) continue;
    while (hull.length >= 2 && isBelow(hull.at(-1), hull.at(-2), point)) hull.pop();
    hull.push(point);
  }
  return hull;
}

/** Whether `middle` lies on or under the line from `left` to `right`. */
function isBelow(middle: CostQuality | undefined, left: CostQuality | undefined, right: CostQuality): boolean {
  if (middle === undefined || left === undefined) return false;
  return (
    (middle.quality - left.quality) * (right.cost - left.cost) <=
    (right.quality - left.quality) * (middle.cost - left.cost)
  );
}

/** Bounds and weight of RouterArena: USD per 1,000 queries; accuracy weighs ten times what cost does. */
const ARENA = { maxUsd: 200, minUsd: 0.0044, beta: 0.1 } as const;

/**
 * RouterArena's score, 0..1: C = (log₂ c_max − log₂ c) / (log₂ c_max − log₂ c_min), S = (1 + β) A C / (β A + C).
 * Costs outside the bounds count as the bound. Source: RouteWorks/RouterArena 4714a9a, read 2026-11-21.
 */
export function routerArenaScore(accuracy: Ratio, usdPerThousand: number): Ratio {
  const cost = Math.min(ARENA.maxUsd, Math.max(ARENA.minUsd, usdPerThousand));
  const saving = Math.log2(ARENA.maxUsd / cost) / Math.log2(ARENA.maxUsd / ARENA.minUsd);
  const under = ARENA.beta * accuracy + saving;
  return under === 0 ? 0 : ((1 + ARENA.beta) * accuracy * saving) / under;
}
