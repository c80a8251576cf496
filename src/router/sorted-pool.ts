import type { Model } from '../domain/model.ts';

interface Sorted {
  /** The list as it was when it was sorted: whoever has changed it since gets a new one. */
  readonly given: readonly Model[];
  readonly sorted: readonly Model[];
}

const known = new WeakMap<readonly Model[], Sorted>();

/**
 * The pool by model id, so that the order of the candidates never matters. The same list for the same pool as long as it
 * holds the same models, so that what follows from a pool can be remembered with it.
 */
export function sortedPool(models: readonly Model[]): readonly Model[] {
  const remembered = known.get(models);
  if (remembered !== undefined && areSame(models, remembered.given)) return remembered.sorted;
  const sorted = [...models].sort(byId);
  known.set(models, { given: [...models], sorted });
  return sorted;
}

function areSame(models: readonly Model[], given: readonly Model[]): boolean {
  if (models.length !== given.length) return false;
  for (let at = 0; at < models.length; at += 1) if (models[at] !== given[at]) return false;
  return true;
}

function byId(one: Model, other: Model): number {
  return one.id < other.id ? -1 : one.id > other.id ? 1 : 0;
}
