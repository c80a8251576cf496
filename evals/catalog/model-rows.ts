import type { SourceModel, SourceUpTo } from './source.ts';
import { vendorOf } from './vendors.ts';

type Row = Readonly<Record<string, unknown>>;
type Price = Readonly<Record<string, number>>;

/** OpenAI's regional hosts cost this much more for models released from the date on. Source: vendor's data-residency page, read 2026-11-21. */
const RESIDENCY_FACTOR = 1.1;
const RESIDENCY_FROM = '2026-03-05';

/**
 * Rows that cannot be bought: no price means no row, because a missing price is not a price of zero.
 * Regional rows are added where the vendor publishes how they differ.
 */
export function modelRows(models: readonly SourceModel[], generated: string): readonly Row[] {
  const priced = models.filter((model) => model.usd_per_mtok.input !== null && model.usd_per_mtok.output !== null);
  const rows = priced.map((model) => modelRow(model, generated));
  const regional = priced.filter(
    (model) => model.provider === 'openai' && (model.release_date ?? '') >= RESIDENCY_FROM,
  );
  return [...rows, ...regional.map((model) => regionalRow(modelRow(model, generated)))];
}

function modelRow(model: SourceModel, generated: string): Row {
  const vendor = vendorOf(model.provider);
  const price = model.sources.find((entry) => entry.kind.startsWith('price'))?.src ?? '';
  const place = elsewhere(price) ?? { endpoint: vendor.endpoint, wireModel: undefined, wire: undefined };
  const base = definedPrices({
    input: model.usd_per_mtok.input,
    output: model.usd_per_mtok.output,
    cacheRead: model.usd_per_mtok.cache_read,
    cacheWrite: model.usd_per_mtok.cache_write_5m,
    cacheWrite1h: model.usd_per_mtok.cache_write_1h,
  });
  return {
    id: model.id,
    endpoint: place.endpoint,
    wire: place.wire ?? vendor.wire,
    ...(place.wireModel === undefined ? {} : { wireModel: place.wireModel }),
    vendor: model.provider,
    family: vendor.family(model.id),
    ...(model.open_weights === null ? {} : { openWeights: model.open_weights }),
    usdPerMTok: base,
    ...tiersOf(model, base),
    ...peakOf(model),
    cacheRule: base['cacheRead'] === undefined ? 'none' : vendor.cacheRule(model.id, place.endpoint),
    ...(model.min_cacheable_tokens === null ? {} : { cacheMinTokens: model.min_cacheable_tokens }),
    contextTokens: model.context,
    maxOutputTokens: model.max_output,
    toolCalling: model.tool_calling ?? false,
    structuredOutput: model.structured_output ?? false,
    inputModalities: model.modalities.input,
    efforts: (model.reasoning_options ?? []).find((option) => option.type === 'effort')?.values ?? [],
    tokenRatio: vendor.tokenRatio(model.id),
    ...(model.tps === null ? {} : { outputTokensPerSecond: model.tps }),
    ...(model.aa_intelligence_index === null ? {} : { abilityIndex: model.aa_intelligence_index }),
    ...sourceOf(price, generated),
  };
}

function regionalRow(row: Row): Row {
  const dearer = (price: Price): Price =>
    Object.fromEntries(Object.entries(price).map(([name, usd]) => [name, round(usd * RESIDENCY_FACTOR)]));
  const tiers = row['tiers'] as readonly { readonly aboveTokens: number; readonly usdPerMTok: Price }[] | undefined;
  return {
    ...row,
    id: `openai-eu/${String(row['id'])}`,
    endpoint: 'openai-eu',
    wireModel: row['id'],
    usdPerMTok: dearer(row['usdPerMTok'] as Price),
    ...(tiers === undefined ? {} : { tiers: tiers.map((tier) => ({ ...tier, usdPerMTok: dearer(tier.usdPerMTok) })) }),
    source: `${String(row['source'])} + openai data-residency page (+10 %)`,
  };
}

/** Both shapes of the snapshot into one: from which prompt size on which whole row of prices holds. */
function tiersOf(model: SourceModel, base: Price): Row {
  const tiers = model.usd_per_mtok.tiers;
  if (tiers === undefined) return {};
  if (isUpTo(tiers)) return { tiers: tiers.slice(1).map((tier, index) => upToTier(tier, tiers[index])) };
  const starts = new Set(Object.values(tiers).flatMap((steps) => (steps ?? []).map((step) => step.start)));
  return {
    tiers: [...starts]
      .sort((a, b) => a - b)
      .map((start) => ({ aboveTokens: start, usdPerMTok: { ...base, ...startPrices(tiers, start) } })),
  };
}

type StartTiers = Exclude<NonNullable<SourceModel['usd_per_mtok']['tiers']>, readonly SourceUpTo[]>;

const isUpTo = (tiers: StartTiers | readonly SourceUpTo[]): tiers is readonly SourceUpTo[] => Array.isArray(tiers);

function startPrices(tiers: StartTiers, start: number): Price {
  const at = (name: keyof StartTiers): number | null =>
    tiers[name]?.findLast((step) => step.start <= start)?.price ?? null;
  return definedPrices({
    input: at('input'),
    output: at('output'),
    cacheRead: at('cache_read'),
    cacheWrite: at('cache_write'),
  });
}

function upToTier(tier: SourceUpTo, below: SourceUpTo | undefined): Row {
  const perMTok = (text: string | undefined): number | null => (text === undefined ? null : round(Number(text) * 1e6));
  return {
    aboveTokens: below?.upToTokens ?? 0,
    usdPerMTok: definedPrices({
      input: perMTok(tier.inputPrice),
      output: perMTok(tier.outputPrice),
      cacheRead: perMTok(tier.cachedInputPrice),
      cacheWrite: perMTok(tier.cacheWriteInputPrice),
    }),
  };
}

function peakOf(model: SourceModel): Row {
  const timed = model.time_based_price;
  if (timed === undefined) return {};
  return {
    peak: {
      factor: 1 / timed.offPeakMultiplier,
      utcHours: timed.peakWindows.map((window) => [window.startMinute / 60, window.endMinute / 60]),
      weekdaysOnly: timed.peakWindows.every((window) => window.weekdays.every((day) => day >= 1 && day <= 5)),
    },
  };
}

interface Place {
  readonly endpoint: string;
  readonly wireModel: string | undefined;
  /** Absent: the vendor's own. */
  readonly wire: string | undefined;
}

/** As Bedrock itself names them, by a profile of a geography. AWS, "Supported foundation models", read 2026-11. */
const BEDROCK_NAMES: Readonly<Record<string, string>> = {
  'llama-4-maverick-17b-instruct': 'us.meta.llama4-maverick-17b-instruct-v1:0',
};

/** A price read at another seller belongs to that seller's row. */
function elsewhere(price: string): Place | undefined {
  const openrouter = /openrouter\/(\S+)/u.exec(price)?.[1];
  if (openrouter !== undefined) return { endpoint: 'openrouter', wireModel: openrouter, wire: undefined };
  const [, name, endpoint] = /@[\d.]+ (\S+) @ (aws-bedrock|nebius)/u.exec(price) ?? [];
  if (name === undefined || endpoint === undefined) return undefined;
  if (endpoint !== 'aws-bedrock') return { endpoint, wireModel: name, wire: undefined };
  return { endpoint, wireModel: BEDROCK_NAMES[name] ?? name, wire: 'bedrock-converse' };
}

const SOURCE_DATES: readonly (readonly [RegExp, string, string])[] = [
  [/genai-prices@([\d.]+)/u, 'genai-prices', '2026-09-23'],
  [/llmgateway\/models@([\d.]+)/u, 'llmgateway-models', '2026-09-23'],
  [/pi-catalog@([\d.]+)/u, 'pi-catalog', '2026-09-23'],
  [/models\.dev@([0-9a-f]{7})/u, 'models.dev', '2026-07-01'],
];

function sourceOf(price: string, generated: string): { readonly source: string; readonly asOf: string } {
  for (const [pattern, name, asOf] of SOURCE_DATES) {
    const version = pattern.exec(price)?.[1];
    if (version !== undefined) return { source: `${name}@${version}`, asOf };
  }
  return { source: 'catalogue snapshot', asOf: generated };
}

function definedPrices(prices: Readonly<Record<string, number | null>>): Price {
  return Object.fromEntries(
    Object.entries(prices).flatMap(([name, usd]) => (usd === null ? [] : [[name, round(usd)] as const])),
  );
}

const round = (usd: number): number => Number(usd.toFixed(6));
