import type { Model, PriceRow } from '../domain/model.ts';
import { NANO_PER_TOKEN } from '../domain/money.ts';
import type { Tokens } from '../domain/time.ts';

/** Four prices of one tier in nano-USD per model token, absent ones resolved. */
export interface Rates {
  readonly input: number;
  readonly output: number;
  readonly read: number;
  readonly write: number;
  /** True where writes are billed and reported apart from input. */
  readonly billsWrites: boolean;
}

/** What pricing a model needs, resolved once per model object. */
export interface ModelRates {
  readonly base: Rates;
  /** Ascending `aboveTokens`. */
  readonly tiers: readonly { readonly aboveTokens: Tokens; readonly rates: Rates }[];
  /** Shortest prompt that is cached; infinite where nothing is. */
  readonly minTokens: Tokens;
  /** Tokens of a prefix that rounding to whole units loses on average. */
  readonly roundingLossTokens: Tokens;
  /** False when a price is missing or not a number. */
  readonly isPriced: boolean;
}

const known = new WeakMap<Model, ModelRates>();
const knownLong = new WeakMap<Model, ModelRates | undefined>();

/** The same prices with writes of the one-hour class; `undefined` where it is not offered. */
export function longRatesOf(model: Model): ModelRates | undefined {
  if (!knownLong.has(model)) knownLong.set(model, resolveLongRates(model));
  return knownLong.get(model);
}

function resolveLongRates(model: Model): ModelRates | undefined {
  const { base, tiers } = model.prices;
  const rule = model.cacheRule;
  if (rule.kind === 'none' || rule.longTtlMs === undefined || base.cacheWrite1h === undefined) return undefined;
  const ratio = base.cacheWrite1h / (base.cacheWrite ?? base.input);
  const long = (row: PriceRow): PriceRow => ({
    ...row,
    cacheWrite: row.cacheWrite1h ?? (row.cacheWrite ?? row.input) * ratio,
  });
  return resolveRates({
    ...model,
    prices: { ...model.prices, base: long(base), tiers: tiers.map((tier) => ({ ...tier, row: long(tier.row) })) },
  });
}

/** The same object for the same model object, so that a pool is resolved once. */
export function ratesOf(model: Model): ModelRates {
  let rates = known.get(model);
  if (rates === undefined) {
    rates = resolveRates(model);
    known.set(model, rates);
  }
  return rates;
}

function resolveRates(model: Model): ModelRates {
  const { base, tiers } = model.prices;
  const rule = model.cacheRule;
  const rows = [base, ...tiers.map((tier) => tier.row)];
  return {
    base: resolveRow(base),
    tiers: tiers.map((tier) => ({ aboveTokens: tier.aboveTokens, rates: resolveRow(tier.row) })),
    minTokens: rule.kind === 'none' ? Number.POSITIVE_INFINITY : rule.minTokens,
    roundingLossTokens: rule.kind === 'none' ? 0 : (rule.granularityTokens - 1) / 2,
    isPriced: rows.every((row) => isPrice(row.input) && isPrice(row.output) && isPrice(row.cacheRead ?? 0)),
  };
}

function resolveRow(row: PriceRow): Rates {
  return {
    input: row.input * NANO_PER_TOKEN,
    output: row.output * NANO_PER_TOKEN,
    read: (row.cacheRead ?? row.input) * NANO_PER_TOKEN,
    write: (row.cacheWrite ?? row.input) * NANO_PER_TOKEN,
    billsWrites: row.cacheWrite !== undefined,
  };
}

function isPrice(price: number): boolean {
  return Number.isFinite(price) && price >= 0;
}

/** The rates of a prompt of this length. */
export function ratesFor(rates: ModelRates, prompt: Tokens): Rates {
  let row = rates.base;
  for (const tier of rates.tiers) if (prompt > tier.aboveTokens) row = tier.rates;
  return row;
}
