import type { ModelId } from '../domain/ids.ts';
import type { Model, PriceRow } from '../domain/model.ts';
import type { UsdPerMTok } from '../domain/money.ts';
import type { At, Tokens } from '../domain/time.ts';
import { priceRowFor } from './bill.ts';
import { PRICE_LIST_BUCKETS, bundledPrices } from './price-list.ts';
import type { PackagePrices } from './price-package.ts';

/** A price that the two catalogues state differently. `undefined`: that side states none. */
interface PriceDisagreement {
  readonly model: ModelId;
  readonly bucket: keyof PriceRow;
  /** Size of the prompt at which the two were compared. */
  readonly promptTokens: Tokens;
  readonly ours: UsdPerMTok | undefined;
  readonly theirs: UsdPerMTok | undefined;
}

export interface CrossCheck {
  /** Models that both sides price. */
  readonly compared: readonly ModelId[];
  /** Models that `@pydantic/genai-prices` does not know at that endpoint. */
  readonly unknown: readonly ModelId[];
  readonly disagreements: readonly PriceDisagreement[];
}

/**
 * Compares every price of every model with `@pydantic/genai-prices`, at a small prompt and just above each long-context
 * threshold of either side. Prices in USD per million tokens, of the moment `at`; ours are compared off-peak, so `at`
 * should be an off-peak hour.
 */
export function crossCheckPrices(models: readonly Model[], at: At): CrossCheck {
  const compared: ModelId[] = [];
  const unknown: ModelId[] = [];
  const disagreements: PriceDisagreement[] = [];
  for (const model of models) {
    const theirs = bundledPrices(model.endpoint, model.wireModel, at);
    if (theirs === undefined) {
      unknown.push(model.id);
      continue;
    }
    compared.push(model.id);
    for (const size of sizesOf(model, theirs)) disagreements.push(...compareAt(model, theirs, size));
  }
  return { compared, unknown, disagreements };
}

/** A short prompt, and one token more than each threshold. */
function sizesOf(model: Model, theirs: PackagePrices): readonly Tokens[] {
  const starts = Object.values(theirs).flatMap((price) =>
    typeof price === 'object' ? price.tiers.map((tier) => tier.start) : [],
  );
  const ours = model.prices.tiers.map((tier) => tier.aboveTokens);
  return [...new Set([1, ...[...ours, ...starts].map((tokens) => tokens + 1)])].sort((a, b) => a - b);
}

function compareAt(model: Model, theirs: PackagePrices, promptTokens: Tokens): readonly PriceDisagreement[] {
  const row = priceRowFor(model.prices, promptTokens);
  return (Object.keys(PRICE_LIST_BUCKETS) as (keyof PriceRow)[]).flatMap((bucket) => {
    const their = theirPriceAt(theirs[PRICE_LIST_BUCKETS[bucket]], promptTokens);
    return same(row[bucket], their)
      ? []
      : [{ model: model.id, bucket, promptTokens, ours: row[bucket], theirs: their }];
  });
}

function theirPriceAt(price: PackagePrices[string] | undefined, promptTokens: Tokens): UsdPerMTok | undefined {
  if (typeof price !== 'object') return price;
  return price.tiers.findLast((tier) => promptTokens > tier.start)?.price ?? price.base;
}

function same(a: number | undefined, b: number | undefined): boolean {
  return a === undefined || b === undefined ? a === b : Math.abs(a - b) <= 1e-9 * Math.max(1, a, b);
}
