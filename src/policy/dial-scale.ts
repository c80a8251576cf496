import type { Ratio } from '../domain/time.ts';

/** What the price of failure is multiplied by at each notch, so that each notch moves as much of the stream. */
export interface DialScale {
  /** Notch 0 (most capable) to 10 (cheapest), never rising. */
  readonly factors: readonly number[];
}

/** A scale that leaves the price of failure as a policy states it, at every notch. */
export const AS_STATED: readonly number[] = Array.from({ length: 11 }, () => 1);

const NOTCHES = 10;
const MIDDLE = 5;
/** The ends of the scale: nearly all of what can be moved goes to the ablest at notch 0, and nearly none of it at notch 10. */
const TOP: Ratio = 0.97;
const BOTTOM: Ratio = 0.03;
/**
 * The middle is the price as the policy states it, where that gives the ablest between a quarter of what can be moved and as much of
 * it as there are steps that ask for them: 38 % of 4,916 labelled steps are of difficulty 4 and more, or of 3 and not harmless. A
 * price that sends nearly all to one model would leave a middle that no longer tells easy steps from hard ones.
 */
const LEAST_MIDDLE: Ratio = 0.25;
const MOST_MIDDLE: Ratio = 0.38;
/** Less to move than this, and a dial moves nothing on the pool. */
const LEAST_TRAVEL: Ratio = 0.5;
const MAX_FACTOR = 1000;
const MIN_FACTOR = 0.001;
const ROUNDS = 24;

/**
 * Notches by what they do: equal travel moves equal shares of the stream to or from the ablest models. `shareAt` tells that share
 * at a factor of the price of failure, and rises with it. `undefined`: the pool has too little to move. Pure.
 *
 * Source of the method: dial calibration of cluster routers (a sweep, piecewise on the changes of the mix).
 */
export function dialScale(shareAt: (factor: number) => Ratio): DialScale | undefined {
  const [least, most] = [shareAt(0), shareAt(MAX_FACTOR)];
  const travel = most - least;
  if (travel < LEAST_TRAVEL) return undefined;
  const stated = (shareAt(1) - least) / travel;
  const middle = Math.min(MOST_MIDDLE, Math.max(LEAST_MIDDLE, stated));
  const factors: number[] = [];
  for (let notch = 0; notch <= NOTCHES; notch += 1) {
    const target =
      notch <= MIDDLE
        ? TOP + (middle - TOP) * (notch / MIDDLE)
        : middle + (BOTTOM - middle) * ((notch - MIDDLE) / (NOTCHES - MIDDLE));
    const factor = notch === MIDDLE && middle === stated ? 1 : factorAt(shareAt, least + target * travel);
    factors.push(Math.min(factor, factors.at(-1) ?? Number.POSITIVE_INFINITY));
  }
  return { factors };
}

/** The least factor at which the ablest take so much, by halving on the logarithm. */
function factorAt(shareAt: (factor: number) => Ratio, share: Ratio): number {
  let low = Math.log(MIN_FACTOR);
  let high = Math.log(MAX_FACTOR);
  for (let round = 0; round < ROUNDS; round += 1) {
    const middle = (low + high) / 2;
    if (shareAt(Math.exp(middle)) < share) low = middle;
    else high = middle;
  }
  return Number(Math.exp(high).toPrecision(3));
}
