/** What the price of failure is multiplied by at each notch, so that each notch changes who takes which step. */
export interface DialScale {
  /** Notch 0 (most capable) to 10 (cheapest), never rising. */
  readonly factors: readonly number[];
  /** Different mixes found on the way. Below eleven, some notches are alike. */
  readonly mixCount: number;
}

const POINT_COUNT = 401;
const NOTCHES = 10;
/** From "a failure costs a hundred times what the policy says" to a thousandth of it; then to nothing. */
const MAX_FACTOR = 100;
const MIN_FACTOR = 0.001;

/**
 * Sweeps the price of failure from high to nothing, notes where the mix changes, and puts the notches so that equal
 * travel passes equally many changes. `mixAt` tells who takes what at a factor; equal mixes are equal texts. Pure.
 *
 * Source of the method: dial calibration of cluster routers (a sweep of 401 points, piecewise on the changes).
 */
export function dialScale(mixAt: (factor: number) => string): DialScale {
  const spans = sameMixSpans(mixAt);
  const factors = Array.from({ length: NOTCHES + 1 }, (_, notch) => {
    const span = spans[Math.round((notch * (spans.length - 1)) / NOTCHES)] ?? [MAX_FACTOR, MAX_FACTOR];
    if (notch === NOTCHES) return 0;
    return round(Math.sqrt(span[0] * Math.max(span[1], MIN_FACTOR)));
  });
  return { factors, mixCount: spans.length };
}

/** Highest and lowest factor of each stretch without a change, from the highest down. */
function sameMixSpans(mixAt: (factor: number) => string): readonly (readonly [number, number])[] {
  const spans: [number, number][] = [];
  let last: string | undefined;
  for (let point = 0; point < POINT_COUNT; point++) {
    const share = point / (POINT_COUNT - 2);
    const factor = point === POINT_COUNT - 1 ? 0 : MAX_FACTOR * (MIN_FACTOR / MAX_FACTOR) ** share;
    const mix = mixAt(factor);
    const span = spans.at(-1);
    if (span !== undefined && mix === last) span[1] = factor;
    else spans.push([factor, factor]);
    last = mix;
  }
  return spans;
}

const round = (factor: number): number => Number(factor.toPrecision(3));
