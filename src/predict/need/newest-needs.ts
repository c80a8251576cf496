import type { StepNeed } from '../../domain/need.ts';

/** A job's plan, twice over: its steps are asked about at each of its decisions. */
const KEPT_NEEDS = 64;

/**
 * What follows from a need, made once while it is among the newest: a need is asked about for every model of a pool, and one of a
 * plan again at each decision of its job. No more are kept, as sessions hold needs for hours and ask about them no more.
 */
export function ofNeed<Value>(
  kept: Map<StepNeed, Value>,
  need: StepNeed,
  { isGood, make }: { readonly isGood?: (known: Value) => boolean; readonly make: () => Value },
): Value {
  const known = kept.get(need);
  if (known !== undefined && isGood?.(known) !== false) return known;
  const value = make();
  keepNewest(kept, need, value, KEPT_NEEDS);
  return value;
}

/** Keeps a value as the newest one, and forgets the oldest beyond so many. */
export function keepNewest<Key, Value>(kept: Map<Key, Value>, key: Key, value: Value, most: number): void {
  kept.delete(key);
  kept.set(key, value);
  const oldest = kept.keys().next();
  if (kept.size > most && oldest.done !== true) kept.delete(oldest.value);
}
