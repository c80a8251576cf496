import { z } from 'zod';
import { PointsmanError } from '../domain/errors.ts';
import { asId, type EndpointId } from '../domain/ids.ts';
import type { Compliance, Model, PriceRow, Prices } from '../domain/model.ts';
import { didYouMean } from '../domain/nearest.ts';
import { cacheRuleOf } from './cache-rules.ts';
import { asConverseServes } from './converse-facts.ts';
import { effortFactsOf, effortsOf, mediaOfFamily, requestLimitsOf } from './model-facts.ts';
import { MODEL_ROW_FIELDS, modelRowSchema, type ModelRow } from './model-row.ts';

/**
 * A model pays the frontier penalty when a million output tokens list at this or more. Price and not ability, because
 * the penalty keeps the dear ones for steps that need them; a row may say otherwise with `frontier`.
 */
export const FRONTIER_OUTPUT_USD_PER_MTOK = 20;

export interface ParseCatalogOptions {
  /** Names the file in messages. */
  readonly file: string;
  /** Attributes of an endpoint; an endpoint it does not know has none, and unknown is not permitted. */
  readonly complianceOf: (endpoint: string) => Compliance;
  /** Written on rows that name no source of their own. */
  readonly source?: string;
  readonly asOf?: string;
  /** Adds what the vendor states of the row's whole family: for the shipped rows, a user's row says all there is. */
  readonly withFamilyFacts?: boolean;
}

/**
 * Rows of a catalogue file or of a user's `models:` into models. Prices in USD per million tokens.
 * @throws PointsmanError `catalog-invalid` naming the row and the field; unknown fields and ids given twice are errors.
 */
export function parseCatalog(rows: unknown, options: ParseCatalogOptions): readonly Model[] {
  if (!Array.isArray(rows)) throw invalid(options.file, 'models', 'is not a list');
  const seen = new Set<string>();
  return rows.map((row: unknown, index) => {
    const model = toModel(parseRow(row, index, options.file), options);
    if (seen.has(model.id)) throw invalid(options.file, `model ${index + 1} ("${model.id}")`, 'is listed twice');
    seen.add(model.id);
    return model;
  });
}

function parseRow(row: unknown, index: number, file: string): ModelRow {
  const parsed = modelRowSchema.safeParse(row);
  if (parsed.success) return checkRow(parsed.data, index, file);
  const issue = parsed.error.issues[0];
  const where = `model ${index + 1}${nameOf(row)}`;
  if (issue?.code === 'unrecognized_keys') {
    const key = issue.keys[0] ?? '';
    const known = issue.path.length === 0 ? MODEL_ROW_FIELDS : PRICE_KEYS;
    throw invalid(file, where, `has an unknown field "${[...issue.path, key].join('.')}".${didYouMean(key, known)}`);
  }
  throw invalid(
    file,
    where,
    `field "${issue?.path.join('.') ?? ''}": ${issue?.message ?? z.prettifyError(parsed.error)}`,
  );
}

const PRICE_KEYS = ['input', 'output', 'cacheRead', 'cacheWrite', 'cacheWrite1h'];

/** What a field alone cannot show. */
function checkRow(row: ModelRow, index: number, file: string): ModelRow {
  const where = `model ${index + 1} ("${row.id}")`;
  const tiers = row.tiers ?? [];
  const ascending = tiers.every((tier, at) => at === 0 || tier.aboveTokens > (tiers[at - 1]?.aboveTokens ?? 0));
  if (!ascending) throw invalid(file, where, 'field "tiers": sizes must ascend');
  if ((row.peak?.utcHours ?? []).some(([from, to]) => from >= to)) {
    throw invalid(
      file,
      where,
      'field "peak.utcHours": each span must end after it starts; split one that passes midnight',
    );
  }
  return row;
}

function toModel(row: ModelRow, options: ParseCatalogOptions): Model {
  const endpoint = asId<EndpointId>(row.endpoint);
  const wire = row.wire ?? 'openai-chat';
  const wireModel = row.wireModel ?? row.id;
  const requestLimits = requestLimitsOf(wireModel);
  const efforts = row.efforts === undefined || row.efforts.length === 0 ? effortsOf(wireModel) : row.efforts;
  return asConverseServes({
    id: asId(row.id),
    endpoint,
    wire,
    wireModel,
    vendor: row.vendor ?? row.endpoint,
    family: row.family ?? row.id,
    frontier: row.frontier ?? row.usdPerMTok.output >= FRONTIER_OUTPUT_USD_PER_MTOK,
    openWeights: row.openWeights,
    prices: toPrices(row),
    cacheRule: cacheRuleOf(row.cacheRule ?? 'none', row.cacheMinTokens),
    contextTokens: row.contextTokens,
    maxOutputTokens: row.maxOutputTokens ?? row.contextTokens,
    toolCalling: row.toolCalling ?? false,
    structuredOutput: row.structuredOutput ?? false,
    inputModalities: [
      ...new Set([
        ...(row.inputModalities ?? ['text']),
        ...(options.withFamilyFacts === true ? mediaOfFamily(row.family ?? '') : []),
      ]),
    ],
    efforts,
    ...effortFactsOf({ endpoint, wire, wireModel, efforts }),
    tokenRatio: row.tokenRatio ?? 1,
    outputRatio: row.outputRatio ?? 1,
    callsRatio: row.callsRatio ?? 1,
    ttftMs: row.ttftMs,
    outputTokensPerSecond: row.outputTokensPerSecond,
    compliance: options.complianceOf(row.endpoint),
    ...(requestLimits === undefined ? {} : { requestLimits }),
    abilityIndex: row.abilityIndex,
    ...(row.abilities === undefined ? {} : { abilities: row.abilities }),
    source: row.source ?? options.source ?? options.file,
    asOf: row.asOf ?? options.asOf ?? 'unknown',
  });
}

function toPrices(row: ModelRow): Prices {
  return {
    base: toPriceRow(row.usdPerMTok),
    tiers: (row.tiers ?? []).map((tier) => ({ aboveTokens: tier.aboveTokens, row: toPriceRow(tier.usdPerMTok) })),
    peak: row.peak,
  };
}

/** Prices as a file writes them. */
export function toPriceRow(row: ModelRow['usdPerMTok']): PriceRow {
  return {
    input: row.input,
    output: row.output,
    cacheRead: row.cacheRead,
    cacheWrite: row.cacheWrite,
    cacheWrite1h: row.cacheWrite1h,
  };
}

function nameOf(row: unknown): string {
  const id = row !== null && typeof row === 'object' && 'id' in row ? row.id : undefined;
  return typeof id === 'string' ? ` ("${id.slice(0, 80)}")` : '';
}

function invalid(file: string, where: string, what: string): PointsmanError {
  return new PointsmanError('catalog-invalid', `Catalogue ${file}: ${where} ${what}`, {
    hint: 'Correct the row and try again.',
    details: { file, where },
  });
}
