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

/** Whether it is a day as `YYYY-MM-DD`, and one that there is: the 30th of February is the 2nd of March to whoever does not look. */
export function isDay(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/u.test(text)) return false;
  const at = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text);
}
