import type { NanoUsd } from '../domain/money.ts';
import type { Ratio } from '../domain/time.ts';
import type { PolicyEffect } from './policy-effect.ts';

/** What a user wants of the dial on traffic like theirs; one of the two at least. */
export interface DialTarget {
  /** For all of the steps together. */
  readonly mostNanoUsd?: NanoUsd | undefined;
  /** Of what the likeliest model of each step would have reached. */
  readonly leastSuccessRatio?: Ratio | undefined;
}

/** The notch that meets a target, or what stands in the way. */
export type DialAnswer =
  | { readonly kind: 'meets'; readonly effect: PolicyEffect }
  /** Nothing is cheap enough, or nothing good enough, or what is one is not the other; the nearest notch is named. */
  | { readonly kind: 'cannot'; readonly lacks: 'bill' | 'success' | 'both'; readonly nearest: PolicyEffect };

/**
 * The dial and the length of ladders for a target: what bills least of what is good enough where success is asked for, else the best of what is cheap enough.
 * What is refused bills nothing, so that a notch which refuses more than another is not held to be cheaper.
 * Source of the question: RouteLLM's threshold calibration (share of strong calls), asked in USD and success over any number of models.
 * @param effects what each notch does with the same steps; at least one
 */
export function dialFor(effects: readonly PolicyEffect[], target: DialTarget): DialAnswer {
  const { mostNanoUsd = Number.POSITIVE_INFINITY, leastSuccessRatio = 0 } = target;
  const leastRefused = Math.min(...effects.map(({ refusedCount }) => refusedCount));
  const possible = effects.filter(({ refusedCount }) => refusedCount === leastRefused);
  const cheapest = possible.toSorted((a, b) => a.billNanoUsd - b.billNanoUsd || ofBest(b) - ofBest(a));
  const best = possible.toSorted((a, b) => ofBest(b) - ofBest(a) || a.billNanoUsd - b.billNanoUsd);
  const isCheap = ({ billNanoUsd }: PolicyEffect): boolean => billNanoUsd <= mostNanoUsd;
  const isGood = (effect: PolicyEffect): boolean => ofBest(effect) >= leastSuccessRatio;
  const wanted = target.leastSuccessRatio === undefined ? best : cheapest;
  const effect = wanted.find((one) => isCheap(one) && isGood(one));
  if (effect !== undefined) return { kind: 'meets', effect };
  const lacks = !possible.some(isCheap) ? 'bill' : !possible.some(isGood) ? 'success' : 'both';
  const nearest = lacks === 'bill' ? cheapest[0] : lacks === 'success' ? best[0] : best.find(isCheap);
  if (nearest === undefined) throw new RangeError('A dial has notches.');
  return { kind: 'cannot', lacks, nearest };
}

/** Success as a share of what the likeliest model of each step would have reached. */
export function ofBest({ successRatio, bestSuccessRatio }: PolicyEffect): Ratio {
  if (successRatio === undefined || bestSuccessRatio === undefined || bestSuccessRatio === 0) return 0;
  return successRatio / bestSuccessRatio;
}
