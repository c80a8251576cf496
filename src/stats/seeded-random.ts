import { createHash } from 'node:crypto';

/** Uniform numbers in [0, 1) from a seed: the same seed gives the same numbers on every machine (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Bucket 0…99 of a key; stable, so that a row is always on the same side of a split. */
export function hashBucket(key: string, salt: string): number {
  return (
    Number.parseInt(
      createHash('sha256')
        .update(salt + key)
        .digest('hex')
        .slice(0, 8),
      16,
    ) % 100
  );
}

/** Folds 0…`count`−1 by group, so that rows of one group are never on both sides. */
export function foldOf(group: string, count: number, salt = 'fold'): number {
  return hashBucket(group, salt) % count;
}
