import { PointsmanError } from '../domain/errors.ts';
import type { PriceRow, Prices } from '../domain/model.ts';
import { NANO_PER_TOKEN, roundNanoUsd, toNanoUsd, type NanoUsd } from '../domain/money.ts';
import { HOUR_MS, type At, type Tokens } from '../domain/time.ts';
import { promptTokens, type Usage } from '../domain/usage.ts';

/** The row that prices a whole prompt of this length: the last tier that it is longer than, or the base. */
export function priceRowFor(prices: Prices, prompt: Tokens): PriceRow {
  let row = prices.base;
  for (const tier of prices.tiers) if (prompt > tier.aboveTokens) row = tier.row;
  return row;
}

/** What all prices are multiplied by at this moment: 1 outside peak hours. */
export function peakFactorAt(prices: Prices, at: At): number {
  const peak = prices.peak;
  if (peak === undefined) return 1;
  const hourOfEpoch = Math.floor(at / HOUR_MS);
  // 1970-01-01 was a Thursday: day 4 when Sunday is 0.
  const weekday = (((Math.floor(hourOfEpoch / 24) + 4) % 7) + 7) % 7;
  if (peak.weekdaysOnly && (weekday === 0 || weekday === 6)) return 1;
  const hour = ((hourOfEpoch % 24) + 24) % 24;
  return peak.utcHours.some(([from, to]) => hour >= from && hour < to) ? peak.factor : 1;
}

/**
 * Exact bill of one call from its usage: each bucket at its own price, rounded once. A bucket that the provider did not
 * report bills nothing by itself: its tokens are inside `uncachedTokens`. One-hour writes without a price of their own
 * are billed as default writes, writes without a price as input, reads without a price as input.
 *
 * @param at when the call started; picks peak hours.
 * @throws PointsmanError `catalog-invalid` when a price that is needed is not a number.
 */
export function billNanoUsd(prices: Prices, usage: Usage, at: At): NanoUsd {
  const row = priceRowFor(prices, promptTokens(usage));
  const write = row.cacheWrite ?? row.input;
  const longWritten = usage.cacheWrite1hTokens ?? 0;
  const usdMillionths =
    usage.uncachedTokens * row.input +
    (usage.cacheReadTokens ?? 0) * (row.cacheRead ?? row.input) +
    ((usage.cacheWriteTokens ?? 0) - longWritten) * write +
    longWritten * (row.cacheWrite1h ?? write) +
    usage.outputTokens * row.output;
  if (!Number.isFinite(usdMillionths)) {
    throw new PointsmanError('catalog-invalid', 'A price row holds something that is not a number', {
      hint: 'Give the model all prices as USD per million tokens, 0 for a local server.',
    });
  }
  return roundNanoUsd(usdMillionths * NANO_PER_TOKEN * peakFactorAt(prices, at));
}

/** The same where the prices of so long a prompt are known; `undefined`: unknown, which is not 0. */
export function knownBillNanoUsd(prices: Prices, usage: Usage, at: At): NanoUsd | undefined {
  return isPricedRow(priceRowFor(prices, promptTokens(usage))) ? billNanoUsd(prices, usage, at) : undefined;
}

/** Whether input and output have a price; the other buckets fall back on these. */
export function isPriced({ base, tiers }: Prices): boolean {
  return [base, ...tiers.map((tier) => tier.row)].every(isPricedRow);
}

function isPricedRow({ input, output }: PriceRow): boolean {
  return Number.isFinite(input) && Number.isFinite(output);
}

/**
 * The most that one call may bill: nothing of its prompt is read from a cache, it is new or written in the dearest class, and
 * the answers are as long as they may be. `undefined`: a price is not known. Pure.
 */
export function worstBillNanoUsd(
  prices: Prices,
  { promptTokens, outputTokens }: { readonly promptTokens: Tokens; readonly outputTokens: Tokens },
  at: At,
): NanoUsd | undefined {
  const rest = { cacheReadTokens: 0, outputTokens, reasoningTokens: undefined };
  const ways: readonly Usage[] = [
    { ...rest, uncachedTokens: promptTokens, cacheWriteTokens: 0, cacheWrite1hTokens: undefined },
    { ...rest, uncachedTokens: 0, cacheWriteTokens: promptTokens, cacheWrite1hTokens: undefined },
    { ...rest, uncachedTokens: 0, cacheWriteTokens: promptTokens, cacheWrite1hTokens: promptTokens },
  ];
  const bills = ways.map((usage) => knownBillNanoUsd(prices, usage, at));
  return bills.reduce(
    (most, bill) => (most === undefined || bill === undefined ? undefined : toNanoUsd(Math.max(most, bill))),
    toNanoUsd(0) as NanoUsd | undefined,
  );
}
