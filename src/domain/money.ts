import { PointsmanError } from './errors.ts';

/** Money as a whole number of billionths of a US dollar. Exact up to about nine million dollars. */
export type NanoUsd = number & { readonly __unit: 'NanoUsd' };

/** A list price in US dollars per million tokens. */
export type UsdPerMTok = number;

export const NANO_PER_USD = 1_000_000_000;
/** USD per million tokens is this many nano-USD per token. */
export const NANO_PER_TOKEN = 1000;
export const ZERO_USD: NanoUsd = 0 as NanoUsd;

/**
 * Checks that a number is an exact amount of nano-dollars.
 * @throws PointsmanError `internal` for fractions, NaN and amounts past 2^53.
 */
export function toNanoUsd(amount: number): NanoUsd {
  if (!Number.isSafeInteger(amount)) {
    throw new PointsmanError('internal', `Not an exact amount of nano-USD: ${amount}`);
  }
  return (amount === 0 ? 0 : amount) as NanoUsd;
}

/** Rounds an estimate (a float, in nano-dollars) to an exact amount. */
export function roundNanoUsd(estimate: number): NanoUsd {
  return toNanoUsd(Math.round(estimate));
}

export function nanoFromUsd(usd: number): NanoUsd {
  return roundNanoUsd(usd * NANO_PER_USD);
}

export function usdFromNano(amount: NanoUsd): number {
  return amount / NANO_PER_USD;
}

export function sumNanoUsd(amounts: Iterable<NanoUsd>): NanoUsd {
  let sum = 0;
  for (const amount of amounts) sum += amount;
  return toNanoUsd(sum);
}

/** `$0.0123` for people: two decimals from ten cents on, otherwise enough digits to tell amounts apart. */
export function formatUsd(amount: NanoUsd): string {
  const usd = amount / NANO_PER_USD;
  const size = Math.abs(usd);
  const digits = size === 0 || size >= 0.1 ? 2 : size >= 0.001 ? 4 : 6;
  return `${usd < 0 ? '-' : ''}$${size.toFixed(digits)}`;
}
