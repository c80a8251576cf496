import { createBeliefBook, type BeliefBook, type BeliefBookOptions } from '../learn/beliefs/belief-book.ts';
import { driftRatio } from '../router/drift.ts';

/** Beliefs over one recorder; of a hand-over about which nothing was learned, what the router takes as lost. */
export function openBeliefs(options: Omit<BeliefBookOptions, 'priorDrift'>): BeliefBook {
  return createBeliefBook({ ...options, priorDrift: (from, to, mode) => driftRatio([], from, to, mode) });
}
