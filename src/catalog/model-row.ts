import { z } from 'zod';
import { WIRES, type Modality, type RowAbilities, type Wire } from '../domain/model.ts';
import type { UsdPerMTok } from '../domain/money.ts';
import { EFFORTS, STEP_KINDS, type Effort } from '../domain/step.ts';
import type { Ms, Tokens } from '../domain/time.ts';
import { CACHE_RULE_NAMES, type CacheRuleName } from './cache-rules.ts';

/** Prices of one row, in USD per million tokens. */
export interface ModelRowPrices {
  readonly input: UsdPerMTok;
  readonly output: UsdPerMTok;
  readonly cacheRead?: UsdPerMTok | undefined;
  readonly cacheWrite?: UsdPerMTok | undefined;
  readonly cacheWrite1h?: UsdPerMTok | undefined;
}

/**
 * One row of the catalogue file, and of `models:` in a user's configuration. What a row leaves out takes the cautious
 * value: no tools, no structured output, text only, no cache.
 */
export interface ModelRow {
  readonly id: string;
  readonly endpoint: string;
  readonly wire?: Wire | undefined;
  /** The name on the wire, where it is not the id. */
  readonly wireModel?: string | undefined;
  readonly vendor?: string | undefined;
  readonly family?: string | undefined;
  /** Overrides the rule by list price. */
  readonly frontier?: boolean | undefined;
  readonly openWeights?: boolean | undefined;
  readonly usdPerMTok: ModelRowPrices;
  readonly tiers?: readonly { readonly aboveTokens: Tokens; readonly usdPerMTok: ModelRowPrices }[] | undefined;
  readonly peak?:
    | {
        readonly factor: number;
        readonly utcHours: readonly (readonly [number, number])[];
        readonly weekdaysOnly: boolean;
      }
    | undefined;
  readonly cacheRule?: CacheRuleName | undefined;
  readonly cacheMinTokens?: Tokens | undefined;
  readonly contextTokens: Tokens;
  readonly maxOutputTokens?: Tokens | undefined;
  readonly toolCalling?: boolean | undefined;
  readonly structuredOutput?: boolean | undefined;
  readonly inputModalities?: readonly Modality[] | undefined;
  readonly efforts?: readonly Effort[] | undefined;
  readonly tokenRatio?: number | undefined;
  readonly outputRatio?: number | undefined;
  readonly callsRatio?: number | undefined;
  readonly ttftMs?: Ms | undefined;
  readonly outputTokensPerSecond?: number | undefined;
  readonly abilityIndex?: number | undefined;
  readonly abilities?: RowAbilities | undefined;
  readonly source?: string | undefined;
  readonly asOf?: string | undefined;
}

const usd = z.number().min(0).max(100_000);
const tokens = z.number().int().min(1).max(1_000_000_000);
const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/u, 'a date like 2026-11-21');
const name = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\s\p{Cc}]+$/u, 'a name without spaces');

/** The five prices, each as `price` allows it. */
export function priceRowSchema(price: z.ZodNumber): z.ZodType<ModelRowPrices> {
  return z.strictObject({
    input: price,
    output: price,
    cacheRead: price.optional(),
    cacheWrite: price.optional(),
    cacheWrite1h: price.optional(),
  });
}

/** Prices as a file states them. */
export const statedPrices: z.ZodType<ModelRowPrices> = priceRowSchema(usd);

const hours = z.number().min(0).max(24);

const ability = z.strictObject({
  mean: z.number().min(-6).max(6),
  width: z.number().min(0.05).max(5),
  taskCount: z.number().int().min(1).optional(),
});

const schema = z.strictObject({
  id: name,
  endpoint: name,
  wire: z.enum(WIRES).optional(),
  wireModel: z.string().min(1).max(300).optional(),
  vendor: name.optional(),
  family: name.optional(),
  frontier: z.boolean().optional(),
  openWeights: z.boolean().optional(),
  usdPerMTok: statedPrices,
  tiers: z.array(z.strictObject({ aboveTokens: tokens, usdPerMTok: statedPrices })).optional(),
  peak: z
    .strictObject({
      factor: z.number().min(1).max(100),
      utcHours: z.array(z.tuple([hours, hours])).min(1),
      weekdaysOnly: z.boolean(),
    })
    .optional(),
  cacheRule: z.enum(CACHE_RULE_NAMES).optional(),
  cacheMinTokens: z.number().int().min(0).max(1_000_000).optional(),
  contextTokens: tokens,
  maxOutputTokens: tokens.optional(),
  toolCalling: z.boolean().optional(),
  structuredOutput: z.boolean().optional(),
  inputModalities: z.array(z.enum(['text', 'image', 'audio', 'video', 'pdf'])).optional(),
  efforts: z.array(z.enum(EFFORTS)).optional(),
  tokenRatio: z.number().min(0.2).max(5).optional(),
  outputRatio: z.number().min(0.05).max(20).optional(),
  callsRatio: z.number().min(0.05).max(20).optional(),
  ttftMs: z.number().min(0).max(3_600_000).optional(),
  outputTokensPerSecond: z.number().gt(0).max(100_000).optional(),
  abilityIndex: z.number().min(0).max(100).optional(),
  abilities: z.partialRecord(z.enum(STEP_KINDS), ability).optional(),
  source: z.string().min(1).max(300).optional(),
  asOf: day.optional(),
});

export const modelRowSchema: z.ZodType<ModelRow> = schema;

/** A row of the user's own, where a price may be left out: it is then free if the endpoint is the user's own machine. */
export type OwnModelRow = Omit<ModelRow, 'usdPerMTok'> & { readonly usdPerMTok?: ModelRowPrices | undefined };

export const ownModelRowSchema: z.ZodType<OwnModelRow> = schema.partial({ usdPerMTok: true });

/** Every field that a row may have. */
export const MODEL_ROW_FIELDS: readonly string[] = Object.keys(schema.shape);
