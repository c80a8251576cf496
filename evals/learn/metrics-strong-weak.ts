import type { Ratio } from '../../src/domain/time.ts';

/** A curve of two models: performance gap recovered at each share of strong calls. */
export interface StrongWeakCurve {
  /** Average performance gap recovered over all shares. */
  readonly apgr: Ratio;
  /** Smallest share of strong calls that recovers half, and four fifths, of the gap. */
  readonly cpt50: Ratio;
  readonly cpt80: Ratio;
}

/**
 * RouteLLM's figures: the rows with the highest `advantage` go to the strong model first. PGR at a share is the gain over
 * always-weak, relative to always-strong's gain; APGR its mean over shares (trapezoid).
 */
export function strongWeakCurve(
  advantage: readonly number[],
  strong: readonly number[],
  weak: readonly number[],
): StrongWeakCurve {
  const order = advantage.map((_, index) => index).sort((a, b) => (advantage[b] ?? 0) - (advantage[a] ?? 0) || a - b);
  const total = order.reduce((sum, index) => sum + (strong[index] ?? 0) - (weak[index] ?? 0), 0);
  const count = order.length;
  let gained = 0;
  let area = 0;
  let cpt50 = 1;
  let cpt80 = 1;
  let previous = 0;
  for (const [rank, index] of order.entries()) {
    gained += (strong[index] ?? 0) - (weak[index] ?? 0);
    const recovered = gained / total;
    area += (previous + recovered) / 2 / count;
    const share = (rank + 1) / count;
    if (recovered >= 0.5) cpt50 = Math.min(cpt50, share);
    if (recovered >= 0.8) cpt80 = Math.min(cpt80, share);
    previous = recovered;
  }
  return { apgr: area, cpt50, cpt80 };
}
