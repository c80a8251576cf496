/** A moment, in milliseconds since 1970-01-01 UTC. */
export type At = number;
/** A length of time in milliseconds. */
export type Ms = number;
/** A share from 0 to 1. */
export type Ratio = number;
/** Tokens as the serving model counts them. */
export type Tokens = number;

export const SECOND_MS: Ms = 1000;
export const MINUTE_MS: Ms = 60_000;
export const HOUR_MS: Ms = 3_600_000;
export const DAY_MS: Ms = 86_400_000;

const RATIO_DIGITS = 1e6;

/** A ratio, or an expected count, to six decimals: no estimate is surer, and what is decided on is stored with each decision. */
export function toSixDecimals(value: number): number {
  return Math.round(value * RATIO_DIGITS) / RATIO_DIGITS;
}
