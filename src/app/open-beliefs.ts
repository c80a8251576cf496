import { createBeliefSource, type BeliefSource, type BeliefSourceOptions } from '../learn/beliefs/belief-source.ts';
import { driftRatio } from '../router/drift.ts';

/** Beliefs over one recorder; of a hand-over about which nothing was learned, what the router takes as lost. */
export function openBeliefs(options: Omit<BeliefSourceOptions, 'priorDrift'>): BeliefSource {
  return createBeliefSource({ ...options, priorDrift: (from, to, mode) => driftRatio([], from, to, mode) });
}
