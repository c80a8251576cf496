import { z } from 'zod';
import { PointsmanError } from '../domain/errors.ts';
import { parseLiteral } from './js-literal.ts';
import type { NameMatch } from './listed-prices.ts';

const text = z.string().min(1).max(500);
export const nameMatchSchema: z.ZodType<NameMatch> = z.lazy(() =>
  z.union([
    z.strictObject({ equals: text }),
    z.strictObject({ starts_with: text }),
    z.strictObject({ ends_with: text }),
    z.strictObject({ contains: text }),
    z.strictObject({ regex: text }),
    z.strictObject({ or: z.array(nameMatchSchema).min(1).max(200) }),
    z.strictObject({ and: z.array(nameMatchSchema).min(1).max(200) }),
  ]),
);

/** In USD, by unit: `input_mtok` is a million tokens of input. Prompts of more than `start` tokens pay a tier's price. */
export type PackagePrices = Readonly<
  Record<
    string,
    number | { readonly base: number; readonly tiers: readonly { readonly start: number; readonly price: number }[] }
  >
>;

export interface PackageModel {
  readonly id: string;
  readonly match: NameMatch;
  readonly context_window?: number | undefined;
  /** One row, or several of which the last whose constraint holds counts. */
  readonly prices:
    | PackagePrices
    | readonly {
        readonly constraint?: { readonly type: string; readonly start_date?: string | undefined } | undefined;
        readonly prices: PackagePrices;
      }[];
}

export interface PackageProvider {
  readonly id: string;
  readonly models: readonly PackageModel[];
}

const tiered = z.looseObject({
  base: z.number(),
  tiers: z.array(z.looseObject({ start: z.number(), price: z.number() })).max(20),
});
const prices = z.record(z.string(), z.union([z.number(), tiered]));
const constraint = z.looseObject({ type: z.string(), start_date: z.string().optional() });
const model = z.looseObject({
  id: text,
  match: nameMatchSchema,
  context_window: z.number().optional(),
  prices: z.union([z.array(z.looseObject({ constraint: constraint.optional(), prices })).max(100), prices]),
});
const packageSchema: z.ZodType<readonly PackageProvider[]> = z
  .array(z.looseObject({ id: text, models: z.array(model).max(5000) }))
  .min(1);

const DATA = /\b(?:const|let|var)\s+[\w$]+\s*=\s*(?=\[)/gu;

/**
 * The data of the price package, read from the text of its module: nothing of it is run.
 * @throws PointsmanError `catalog-invalid` where the text holds no such data
 */
export function readPricePackage(source: string): readonly PackageProvider[] {
  for (const match of source.matchAll(DATA)) {
    const parsed = packageSchema.safeParse(parseLiteral(source, match.index + match[0].length));
    if (parsed.success) return parsed.data;
  }
  throw new PointsmanError('catalog-invalid', 'The price package holds no data that this version can read.', {
    hint: 'A newer pointsman may read it. Prices stay as they are.',
  });
}

/** Whether a name is one of a model's. A pattern that is none matches nothing. */
export function matchesName(match: NameMatch, name: string): boolean {
  const folded = name.toLowerCase();
  if ('equals' in match) return folded === match.equals.toLowerCase();
  if ('starts_with' in match) return folded.startsWith(match.starts_with.toLowerCase());
  if ('ends_with' in match) return folded.endsWith(match.ends_with.toLowerCase());
  if ('contains' in match) return folded.includes(match.contains.toLowerCase());
  if ('or' in match) return match.or.some((one) => matchesName(one, name));
  if ('and' in match) return match.and.every((one) => matchesName(one, name));
  return matchesPattern(match.regex, name);
}

/** Only patterns that cannot take long: without groups that repeat, and with two parts at most that do. */
function matchesPattern(pattern: string, name: string): boolean {
  if (/\)[*+{]|\\\d/u.test(pattern) || (pattern.match(/[*+]|\{\d+,/gu)?.length ?? 0) > 2) return false;
  try {
    return new RegExp(pattern, 'u').test(name.slice(0, 200));
  } catch {
    return false;
  }
}
