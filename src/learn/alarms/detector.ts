import type { At } from '../../domain/time.ts';

/** Watches one series; deterministic, and of constant size. */
export interface Detector<Value> {
  note(value: Value, at: At): void;
  /** `undefined`: all is as usual, or too little is known. */
  readonly raised: Raised | undefined;
}

export interface Raised {
  readonly sinceAt: At;
  readonly usual: number;
  readonly now: number;
}

/**
 * A one-sided cumulative sum that raises at a height and lowers at nothing, so that it neither flaps nor tires: what is raised stays until as much
 * has gone well as had gone badly, and after `ACCEPTED_AFTER` more of the same it is the new usual.
 */
interface Sum {
  height: number;
  sinceAt: At | undefined;
  heldCount: number;
}

/** About e^-12 per stretch that goes well. */
const RAISE_AT = 12;
const HIGHEST = 16;
const ACCEPTED_AFTER = 1000;
/** Weight of the newest in what is said to be so now. */
const NEWEST = 0.08;

function step(sum: Sum, by: number, at: At): void {
  sum.height = Math.min(HIGHEST, Math.max(0, sum.height + by));
  if (sum.sinceAt === undefined && sum.height >= RAISE_AT) sum.sinceAt = at;
  else if (sum.height === 0) sum.sinceAt = undefined;
  sum.heldCount = sum.sinceAt === undefined ? 0 : sum.heldCount + 1;
}

export interface RateOptions {
  /** Fewer than these say nothing, however bad. */
  readonly leastCount: number;
  /** What is usual, where it is not learned; otherwise between these. */
  readonly usual: number | { readonly least: number; readonly most: () => number };
  /** How much more is too much. */
  readonly rise: number;
}

/** Raises where something happens in a larger share of cases than is usual. */
export function createRateDetector({ leastCount, usual, rise }: RateOptions): Detector<boolean> {
  const sum: Sum = { height: 0, sinceAt: undefined, heldCount: 0 };
  let [count, yesCount, recent] = [0, 0, 0];
  let learned: number | undefined = typeof usual === 'number' ? usual : undefined;
  const bounded = (): number | undefined =>
    learned === undefined || typeof usual === 'number' ? learned : Math.min(learned, usual.most());
  return {
    note(isYes, at) {
      count += 1;
      yesCount += isYes ? 1 : 0;
      recent += Math.max(NEWEST, 1 / count) * ((isYes ? 1 : 0) - recent);
      if (learned === undefined && count >= leastCount && typeof usual !== 'number')
        learned = Math.max(usual.least, upperOf(yesCount, count));
      const low = bounded();
      if (low === undefined || low > MOST_USUAL) return;
      const high = Math.min(0.97, low + rise);
      step(sum, isYes ? Math.log(high / low) : Math.log((1 - high) / (1 - low)), at);
      // Before enough is known nothing is said, and after long enough it is no news.
      if (count < leastCount) sum.sinceAt = undefined;
      if (sum.heldCount > ACCEPTED_AFTER && typeof usual !== 'number') {
        [learned, count, yesCount] = [undefined, 0, 0];
        Object.assign(sum, { height: 0, sinceAt: undefined, heldCount: 0 });
      }
    },
    get raised() {
      return sum.sinceAt === undefined ? undefined : { sinceAt: sum.sinceAt, usual: bounded() ?? 0, now: recent };
    },
  };
}

/** Where it is usual it cannot be told from more of it. */
const MOST_USUAL = 0.75;

/** Upper end of what a rate may be, given so many: an alarm should not come of a lucky start. */
function upperOf(yes: number, count: number): number {
  const z = 1.64;
  const rate = yes / count;
  const middle = rate + (z * z) / (2 * count);
  const half = z * Math.sqrt((rate * (1 - rate)) / count + (z * z) / (4 * count * count));
  return (middle + half) / (1 + (z * z) / count);
}

const LEARN_LEVEL = 100;
/** What usual values differ by, at least: natural logarithm. */
const LEAST_SPREAD = 0.25;
const MOST_DEVIATIONS = 3;
const FORGET = 1 / 500;

/** Raises where positive values are higher than usual and stay so. `leastRise`, a natural logarithm: less than this, times of day and kinds of work do. */
export function createLevelDetector(leastRise: number): Detector<number> {
  const sum: Sum = { height: 0, sinceAt: undefined, heldCount: 0 };
  let [count, mean, square, recent] = [0, 0, 0, 0];
  const spread = (): number => Math.max(LEAST_SPREAD, Math.sqrt(square));
  return {
    note(value, at) {
      const log = Math.log(Math.max(1e-9, value));
      count += 1;
      recent += Math.max(NEWEST, 1 / count) * (log - recent);
      // While something is wrong it is not learned as usual.
      const share = count <= LEARN_LEVEL ? 1 / count : sum.height > 0 ? 0 : FORGET;
      const off = log - mean;
      mean += share * off;
      square += share * ((log - mean) * off - square);
      if (count <= LEARN_LEVEL) return;
      const deviations = Math.min(MOST_DEVIATIONS, off / spread());
      step(sum, (deviations - Math.max(1, leastRise / spread())) / 2, at);
      if (sum.heldCount > ACCEPTED_AFTER) {
        [count, mean, square] = [0, 0, 0];
        Object.assign(sum, { height: 0, sinceAt: undefined, heldCount: 0 });
      }
    },
    get raised() {
      return sum.sinceAt === undefined
        ? undefined
        : { sinceAt: sum.sinceAt, usual: 1, now: Math.exp(Math.max(0, recent - mean)) };
    },
  };
}
