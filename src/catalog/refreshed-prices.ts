import { z } from 'zod';
import { PointsmanError } from '../domain/errors.ts';
import type { EndpointId } from '../domain/ids.ts';
import type { Model, PriceRow, Prices } from '../domain/model.ts';
import type { Tokens } from '../domain/time.ts';
import type { ListedPrices, ListedRow, RefreshedPrices } from './listed-prices.ts';
import { priceRowSchema } from './model-row.ts';
import { matchesName, nameMatchSchema } from './price-package.ts';

/** Dearer than anything that was ever sold: such a number is a mistake. */
const MAX_USD_PER_MTOK = 10_000;
const usd = z.number().min(0).max(MAX_USD_PER_MTOK);
const row = priceRowSchema(usd);
export const listedPricesSchema: z.ZodType<ListedPrices> = z.strictObject({
  base: row,
  tiers: z.array(z.strictObject({ aboveTokens: z.number().int().positive(), row })).max(20),
});
const text = z.string().min(1).max(500);
const fileSchema = z.strictObject({
  v: z.literal(1),
  source: text,
  publishedOn: z.string().regex(/^\d{4}-\d{2}-\d{2}$/u),
  changed: z.array(z.strictObject({ model: text, prices: listedPricesSchema })).max(5000),
  names: z
    .array(
      z.strictObject({
        endpoint: text,
        id: text,
        match: nameMatchSchema,
        prices: listedPricesSchema,
        contextTokens: z.number().int().positive().optional(),
      }),
    )
    .max(20_000),
}) as unknown as z.ZodType<RefreshedPrices>;

/**
 * Reads what an earlier refresh stored.
 * @throws PointsmanError `catalog-invalid`
 */
export function parseRefreshedPrices(content: string, file: string): RefreshedPrices {
  let json: unknown;
  try {
    json = JSON.parse(content);
  } catch (cause) {
    throw invalid(file, 'it is not JSON', cause);
  }
  const parsed = fileSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw invalid(file, z.prettifyError(parsed.error).slice(0, 300), parsed.error);
}

function invalid(file: string, why: string, cause: unknown): PointsmanError {
  return new PointsmanError('catalog-invalid', `Refreshed prices ${file}: ${why}`, {
    cause,
    hint: 'Run "pointsman models refresh" again, or "pointsman models refresh --undo".',
  });
}

/**
 * The models with the prices that the list has by now; those that it has not changed are the same objects, and so are rows newer
 * than it, which a later version of pointsman came with. Pure.
 */
export function withRefreshedPrices(models: readonly Model[], refreshed: RefreshedPrices): readonly Model[] {
  const changed = new Map<string, ListedPrices>(refreshed.changed.map(({ model, prices }) => [model, prices]));
  return models.map((model) => {
    const prices = changed.get(model.id);
    const { source, publishedOn } = refreshed;
    if (prices === undefined || publishedOn <= model.asOf) return model;
    return { ...model, prices: { ...toPrices(prices), peak: model.prices.peak }, source, asOf: publishedOn };
  });
}

/** What the list has of a name that the catalogue lacks. `undefined`: nothing. Pure. */
export function refreshedName(
  { names }: RefreshedPrices,
  endpoint: EndpointId,
  wireModel: string,
): { readonly prices: Prices; readonly contextTokens: Tokens | undefined } | undefined {
  const own = names.filter((one) => one.endpoint === endpoint);
  const found = own.find(({ id }) => id === wireModel) ?? own.find(({ match }) => matchesName(match, wireModel));
  return found && { prices: toPrices(found.prices), contextTokens: found.contextTokens };
}

function toPrices({ base, tiers }: ListedPrices): Prices {
  return { base: wholeRow(base), tiers: tiers.map((tier) => ({ ...tier, row: wholeRow(tier.row) })), peak: undefined };
}

function wholeRow({ input, output, cacheRead, cacheWrite, cacheWrite1h }: ListedRow): PriceRow {
  return { input, output, cacheRead, cacheWrite, cacheWrite1h };
}
