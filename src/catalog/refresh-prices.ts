import { PointsmanError } from '../domain/errors.ts';
import { asId, type EndpointId, type ModelId } from '../domain/ids.ts';
import type { Model, PriceRow } from '../domain/model.ts';
import type { At } from '../domain/time.ts';
import { priceRowFor } from './bill.ts';
import type { ListedPrices, RefreshedPrices } from './listed-prices.ts';
import { modelsNamed } from './model-names.ts';
import { PRICE_LIST_BUCKETS, PRICE_LIST_IDS, bundledPrices } from './price-list.ts';
import { matchesName, type PackageModel, type PackagePrices, type PackageProvider } from './price-package.ts';
import { listedPricesSchema } from './refreshed-prices.ts';

/** One price that a refresh changes, in USD per million tokens. `undefined`: no price of its own. */
export interface PriceChange {
  readonly model: ModelId;
  readonly bucket: keyof PriceRow;
  readonly before: number | undefined;
  readonly after: number | undefined;
}

export interface Refresh {
  readonly refreshed: RefreshedPrices;
  readonly changes: readonly PriceChange[];
  /** Changes that were not taken, each with why. */
  readonly refused: readonly (PriceChange & { readonly why: string })[];
  /** Names that the list has at an endpoint of ours and the catalogue lacks. */
  readonly newNames: readonly string[];
}

/** A price that becomes this many times another is a mistake until somebody has looked. */
const ABSURD_FACTOR = 10;
/** A list with fewer of our vendors than this is none. */
const LEAST_SHARE = 0.8;

/**
 * What a newer price list changes: prices that differ from those of the list which this version came with, for where the catalogue
 * differs from that one it does so on purpose; and the prices of every other name at our endpoints. Pure but for the bundled list.
 * @throws PointsmanError `catalog-invalid` where most of our vendors are missing
 */
export function refreshPrices(
  models: readonly Model[],
  providers: readonly PackageProvider[],
  from: { readonly source: string; readonly publishedOn: string; readonly at: At },
): Refresh {
  const byEndpoint = ourVendors(providers, from.source);
  const changes: PriceChange[] = [];
  const refused: (PriceChange & { readonly why: string })[] = [];
  const changed: { model: ModelId; prices: ListedPrices }[] = [];
  for (const model of models) {
    const theirs = entryOf(byEndpoint.get(model.endpoint) ?? [], model.wireModel);
    const now = theirs === undefined ? undefined : pricesOn(theirs, from.at);
    const then = bundledPrices(model.endpoint, model.wireModel, from.at);
    if (now === undefined || then === undefined || samePrices(now, then)) continue;
    const prices = toListed(now);
    const own = changesOf(model, prices?.base);
    const absurd = prices && absurdIn(model, prices);
    if (prices === undefined) refused.push(...own.map((one) => ({ ...one, why: 'it is no price' })));
    else if (absurd !== undefined)
      refused.push(...(own.length === 0 ? [absurd] : own.map((one) => ({ ...one, why: absurd.why }))));
    else {
      changes.push(...own);
      changed.push({ model: model.id, prices });
    }
  }
  const names = namesOf(byEndpoint, from.at);
  const newNames = names
    .filter(({ id }) => modelsNamed(models, id).length === 0)
    .map(({ endpoint, id }) => `${endpoint}/${id}`);
  const { source, publishedOn } = from;
  return { refreshed: { v: 1, source, publishedOn, changed, names }, changes, refused, newNames };
}

/** @throws PointsmanError `catalog-invalid` where most are missing */
function ourVendors(
  providers: readonly PackageProvider[],
  source: string,
): ReadonlyMap<string, readonly PackageModel[]> {
  const byEndpoint = new Map(
    Object.entries(PRICE_LIST_IDS).flatMap(([endpoint, id]) => {
      const found = providers.find((provider) => provider.id === id);
      return found === undefined ? [] : [[endpoint, found.models] as const];
    }),
  );
  if (byEndpoint.size < Object.keys(PRICE_LIST_IDS).length * LEAST_SHARE) {
    throw new PointsmanError('catalog-invalid', `${source} lacks most vendors; nothing was changed.`);
  }
  return byEndpoint;
}

function namesOf(byEndpoint: ReadonlyMap<string, readonly PackageModel[]>, at: At): RefreshedPrices['names'] {
  return [...byEndpoint].flatMap(([endpoint, models]) =>
    models.flatMap(({ id, match, context_window: contextTokens, ...model }) => {
      const now = pricesOn({ id, match, ...model }, at);
      const prices = now === undefined ? undefined : toListed(now);
      if (prices === undefined) return [];
      const isWindow = contextTokens !== undefined && Number.isInteger(contextTokens) && contextTokens > 0;
      return [{ endpoint: asId<EndpointId>(endpoint), id, match, prices, ...(isWindow ? { contextTokens } : {}) }];
    }),
  );
}

function entryOf(models: readonly PackageModel[], wireModel: string): PackageModel | undefined {
  return models.find(({ id }) => id === wireModel) ?? models.find(({ match }) => matchesName(match, wireModel));
}

/** The prices that hold on a day. `undefined`: they depend on the hour, which the catalogue states itself. */
function pricesOn({ prices }: PackageModel, at: At): PackagePrices | undefined {
  if (!Array.isArray(prices)) return prices as PackagePrices;
  const rows = prices as Extract<PackageModel['prices'], readonly unknown[]>;
  const day = new Date(at).toISOString().slice(0, 10);
  if (rows.some(({ constraint }) => constraint !== undefined && constraint.type !== 'start_date')) return undefined;
  return rows.findLast(({ constraint }) => constraint === undefined || (constraint.start_date ?? '') <= day)?.prices;
}

/** Sound prices of text; `undefined`: there are none, or what stands there is no price. */
function toListed(prices: PackagePrices): ListedPrices | undefined {
  const starts = new Set<number>();
  for (const name of Object.values(PRICE_LIST_BUCKETS)) {
    const price = prices[name];
    if (typeof price === 'object') for (const { start } of price.tiers) starts.add(start);
  }
  const tiers = [...starts]
    .toSorted((a, b) => a - b)
    .map((aboveTokens) => ({ aboveTokens, row: rowAbove(prices, aboveTokens) }));
  const parsed = listedPricesSchema.safeParse({ base: rowAbove(prices, undefined), tiers });
  return parsed.success ? parsed.data : undefined;
}

function rowAbove(prices: PackagePrices, aboveTokens: number | undefined): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(PRICE_LIST_BUCKETS).flatMap(([bucket, name]) => {
      const price = prices[name];
      const isTiered = typeof price === 'object';
      const value = isTiered
        ? (price.tiers.findLast(({ start }) => aboveTokens !== undefined && start <= aboveTokens)?.price ?? price.base)
        : price;
      // Embeddings write nothing.
      return value === undefined ? (bucket === 'output' ? [[bucket, 0]] : []) : [[bucket, value]];
    }),
  );
}

function samePrices(a: PackagePrices, b: PackagePrices): boolean {
  return JSON.stringify(toListed(a)) === JSON.stringify(toListed(b));
}

function changesOf({ id, prices }: Model, after: ListedPrices['base'] | undefined): readonly PriceChange[] {
  return (Object.keys(PRICE_LIST_BUCKETS) as (keyof PriceRow)[]).flatMap((bucket) =>
    prices.base[bucket] === after?.[bucket]
      ? []
      : [{ model: id, bucket, before: prices.base[bucket], after: after?.[bucket] }],
  );
}

/** Of any price, of short prompts and of long ones: against what the catalogue says of prompts as long. */
function absurdIn(model: Model, { base, tiers }: ListedPrices): Refresh['refused'][number] | undefined {
  const rows = [{ aboveTokens: 0, row: base }, ...tiers];
  return rows
    .flatMap(({ aboveTokens, row }) => {
      const before = priceRowFor(model.prices, aboveTokens + 1);
      return changesOf({ ...model, prices: { ...model.prices, base: before } }, row);
    })
    .flatMap((change) => {
      const why = absurdity(change);
      return why === undefined ? [] : [{ ...change, why }];
    })[0];
}

function absurdity({ before, after }: PriceChange): string | undefined {
  if (before === undefined || before === 0) return undefined;
  if (after === undefined) return undefined;
  const factor = after / before;
  return factor > ABSURD_FACTOR || factor < 1 / ABSURD_FACTOR
    ? `it would be ${after === 0 ? 'nothing' : `${factor.toPrecision(2)} times what it is`}`
    : undefined;
}
