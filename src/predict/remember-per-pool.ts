import type { Model } from '../domain/model.ts';

/** Answers by pool and key; `make` is asked once for each. */
export type PerPool<Value> = (models: readonly Model[], key: string, make: () => Value) => Value;

/** More keys than this for one pool, and its answers are forgotten together. */
const MAX_KEYS = 256;

/**
 * Remembers answers that follow from a pool and a short key alone, for as long as the very list of models lives. The same
 * question gets the same object, so that whoever stores or compares answers sees that they are one.
 */
export function rememberPerPool<Value>(): PerPool<Value> {
  const known = new WeakMap<readonly Model[], Map<string, Value>>();
  return (models, key, make) => {
    let answers = known.get(models);
    if (answers === undefined) known.set(models, (answers = new Map()));
    const hit = answers.get(key);
    if (hit !== undefined) return hit;
    const made = make();
    if (answers.size >= MAX_KEYS) answers.clear();
    answers.set(key, made);
    return made;
  };
}
