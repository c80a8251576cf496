import { makeDecision } from '../src/decisions/make-decision.ts';
import type { DecideInput, Decision } from '../src/domain/decision.ts';
import { decide } from '../src/router/decide.ts';

/**
 * What the product decides of a step: the one way that every door goes, the dial measured on the pool included. A study whose
 * price of failure must hold as it states it says so in its policy (`dialFactors`).
 */
export function productDecision(input: DecideInput): Decision {
  return makeDecision(input, { decide, shadows: [] }).decision;
}
