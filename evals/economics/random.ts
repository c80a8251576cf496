/** A stream of numbers in [0, 1) from a seed. */
export type Random = () => number;

/** Mulberry32, in the spelling of the reference simulators, so that their sessions come out the same from one seed. */
export function createRandom(seed: number): Random {
  let state = seed;
  return () => {
    state = Math.trunc(state) | 0;
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
