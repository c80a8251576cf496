import type { Ratio } from '../../domain/time.ts';

/** From how alike on two requests may share an answer, and what that costs in wrong ones. */
export interface SemanticThreshold {
  /** Cosine of the two vectors, inclusive. */
  readonly minSimilarityRatio: Ratio;
  /** Upper end of the 95 % interval of wrong hits among requests for something else. */
  readonly falseHitRatio: Ratio;
  /** Pairs of different requests that were tried. */
  readonly pairCount: number;
}

/**
 * Per encoder. Measured by the eval suite `semantic-cache` (seed 5, 2026-11-22) on requests of four public sets: each
 * against the most alike of all others, and against near misses of itself (a number, a negation, an opposite, a name,
 * the order of words, a word left out). A hit needs the same load-bearing words too; the half of the requests that did not
 * choose the threshold gave the figures.
 */
const MEASURED: Readonly<Record<string, SemanticThreshold>> = {
  'use-lite-en-0.2.0-int8-1': { minSimilarityRatio: 0.85, falseHitRatio: 0.0007, pairCount: 6060 },
};

/** `undefined`: nobody measured this encoder, and the cache by meaning stays shut. */
export function measuredThreshold(encoderVersion: string): SemanticThreshold | undefined {
  return Object.hasOwn(MEASURED, encoderVersion) ? MEASURED[encoderVersion] : undefined;
}
