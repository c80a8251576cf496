import { calcPrice } from '@pydantic/genai-prices';
import { cacheRuleOf, type CacheRuleName } from '../../catalog/cache-rules.ts';
import type { Catalog } from '../../catalog/catalog.ts';
import { readModelName } from '../../catalog/model-names.ts';
import { FRONTIER_OUTPUT_USD_PER_MTOK } from '../../catalog/parse-catalog.ts';
import { asId } from '../../domain/ids.ts';
import type { Model, PriceRow, Prices } from '../../domain/model.ts';
import { HOUR_MS, type At } from '../../domain/time.ts';
import type { CallTrace } from '../../sessions/session-trace.ts';
import type { Assumptions } from './assumptions.ts';

/** A model that a log names, with where its prices come from. */
interface RecordedModel {
  readonly model: Model;
  /**
   * `catalogue`: a row of ours. `price-list`: an older model, priced by `@pydantic/genai-prices` at the time of the call.
   * `free`: the name itself says that nobody was billed.
   */
  readonly basis: 'catalogue' | 'price-list' | 'free';
}

/**
 * Finds the models that logs name: by their exact names, or by the rules by which hosts and clients write them. A guess is never
 * a price.
 */
export interface RecordedModels {
  /** `undefined`: nobody here knows the model, and its bill is unknown. */
  find(name: string, at: At | undefined): RecordedModel | undefined;
  /** Who answered the call, or, where that name means nothing here, who was asked. */
  ofCall(call: CallTrace): RecordedModel | undefined;
}

/** Looks in the catalogue first, then in the price list for models that have left it. Answers are remembered by month. */
export function createRecordedModels(catalog: Catalog, assumptions: Assumptions): RecordedModels {
  const byWireName = new Map(catalog.models.map((model) => [model.wireModel, model]));
  const listed = new Map<string, RecordedModel | undefined>();
  const dated = new Map<string, Map<number, RecordedModel | undefined>>();

  /** A catalogue row holds at any time; the price list is asked once per model and month. */
  const lookUp = (name: string, at: At | undefined): RecordedModel | undefined => {
    if (isFree(name)) {
      if (!listed.has(name)) listed.set(name, { model: freeModel(name), basis: 'free' });
      return listed.get(name);
    }
    if (!listed.has(name)) listed.set(name, assumed(findListed(name, catalog, byWireName)));
    const row = listed.get(name);
    if (row !== undefined) return row;
    const months = dated.get(name) ?? new Map<number, RecordedModel | undefined>();
    dated.set(name, months);
    const month = at === undefined ? -1 : Math.floor(at / MONTH_MS);
    if (!months.has(month)) months.set(month, assumed(findPriced(name, at, catalog)));
    return months.get(month);
  };
  const assumed = (found: RecordedModel | undefined): RecordedModel | undefined =>
    found && { ...found, model: withAssumedCalls(found.model, assumptions) };
  return {
    find: lookUp,
    ofCall: (call) => lookUp(call.servedModel ?? call.requestedModel, call.at) ?? lookUp(call.requestedModel, call.at),
  };
}

/** The model with the calls it is taken to need: its own factor where it has one, the assumption below the frontier. */
export function withAssumedCalls(model: Model, assumptions: Assumptions): Model {
  if (model.callsRatio !== 1 || model.frontier) return model;
  return { ...model, callsRatio: assumptions.cheapCallsRatio.value };
}

const MONTH_MS = 30 * 24 * HOUR_MS;

function findListed(name: string, catalog: Catalog, byWireName: ReadonlyMap<string, Model>): RecordedModel | undefined {
  for (const candidate of spellings(name)) {
    const model = catalog.get(candidate) ?? byWireName.get(candidate);
    if (model !== undefined) return { model, basis: 'catalogue' };
  }
  return undefined;
}

function findPriced(name: string, at: At | undefined, catalog: Catalog): RecordedModel | undefined {
  for (const candidate of spellings(name)) {
    const model = priceListModel(candidate, at, catalog);
    if (model !== undefined) return { model, basis: 'price-list' };
  }
  return undefined;
}

/** The name, then without what clients and hosts add: `[1m]`, a release date, where it is hosted. */
function spellings(name: string): readonly string[] {
  const plain = name.trim().replace(/\[\w+\]$/u, '');
  const undated = plain.replace(/[-@]20\d{2}-?\d{2}-?\d{2}$/u, '');
  const local = undated.replace(/^(?:[\w.-]+\/)+/u, '');
  const read = readModelName(name);
  return [...new Set([name, plain, undated, local, read.plain, read.key])].filter((spelling) => spelling !== '');
}

/** Names that say themselves that nobody was billed: a free tier, a server on the user's own machine, Ollama's size tags. */
const FREE_NAME =
  /:free$|^(?:ollama|ollama_chat|lmstudio|lm_studio|llamacpp|llama\.cpp|localai|local|mlx)\/|^[\w.-]+:\d+(?:\.\d+)?b$/iu;

function isFree(name: string): boolean {
  return FREE_NAME.test(name.trim());
}

const ZERO_ROW: PriceRow = {
  input: 0,
  output: 0,
  cacheRead: undefined,
  cacheWrite: undefined,
  cacheWrite1h: undefined,
};

function freeModel(name: string): Model {
  const line = LINES.find((candidate) => candidate.starts.test(name.replace(/^(?:[\w.-]+\/)+/u, '')));
  return {
    ...modelOfLine(name, line, 'local'),
    frontier: false,
    prices: { base: ZERO_ROW, tiers: [], peak: undefined },
    cacheRule: { kind: 'none' },
    source: 'the name says that it is free',
  };
}

interface Line {
  readonly starts: RegExp;
  readonly vendor: string;
  readonly family: string;
  readonly cacheRule: CacheRuleName;
  readonly tokenRatio: number;
}

/** Vendor lines of models that may stand in older logs. Token ratios as in the catalogue's oldest row of the line. */
const LINES: readonly Line[] = [
  { starts: /^claude/u, vendor: 'anthropic', family: 'claude', cacheRule: 'anthropic', tokenRatio: 1.07 },
  { starts: /^(?:gpt|o\d|codex|chatgpt)/u, vendor: 'openai', family: 'gpt', cacheRule: 'openai-prefix', tokenRatio: 1 },
  { starts: /^gemini/u, vendor: 'google', family: 'gemini', cacheRule: 'gemini', tokenRatio: 1.05 },
  { starts: /^deepseek/u, vendor: 'deepseek', family: 'deepseek', cacheRule: 'deepseek', tokenRatio: 1.05 },
  { starts: /^glm/u, vendor: 'zai', family: 'glm', cacheRule: 'glm', tokenRatio: 1.05 },
  { starts: /^kimi/u, vendor: 'moonshotai', family: 'kimi', cacheRule: 'kimi', tokenRatio: 1.05 },
  { starts: /^qwen/u, vendor: 'alibaba', family: 'qwen', cacheRule: 'qwen', tokenRatio: 1.03 },
  { starts: /^grok/u, vendor: 'xai', family: 'grok', cacheRule: 'grok', tokenRatio: 1.05 },
];

/** Least cached prompt per older Claude model: LiteLLM's prompt-caching page of 2026-10-07. */
const OLD_CLAUDE_MIN_TOKENS: readonly (readonly [RegExp, number])[] = [
  [/opus-4-[56]|haiku-4/u, 4096],
  [/opus-4-7/u, 2048],
  [/haiku/u, 2048],
];

function priceListModel(name: string, at: At | undefined, catalog: Catalog): Model | undefined {
  const priced = calcPrice({ input_tokens: 1 }, name, at === undefined ? {} : { timestamp: new Date(at) });
  if (priced === null) return undefined;
  const prices = toPrices(priced.model_price);
  if (prices === undefined) return undefined;
  const line = LINES.find((candidate) => candidate.starts.test(name));
  const vendor = line?.vendor ?? priced.provider.id;
  const minTokens = OLD_CLAUDE_MIN_TOKENS.find(([shape]) => shape.test(name))?.[1];
  return {
    ...modelOfLine(name, line, vendor),
    frontier: prices.base.output >= FRONTIER_OUTPUT_USD_PER_MTOK,
    prices,
    cacheRule:
      prices.base.cacheRead === undefined ? { kind: 'none' } : cacheRuleOf(line?.cacheRule ?? 'unstated', minTokens),
    contextTokens: priced.model.context_window ?? DEFAULT_CONTEXT_TOKENS,
    abilityIndex: olderAbility(name, catalog),
    source: '@pydantic/genai-prices',
    asOf: at === undefined ? '' : new Date(at).toISOString().slice(0, 10),
  };
}

const DEFAULT_CONTEXT_TOKENS = 200_000;

/** What is taken of a model of which only its name is known. */
function modelOfLine(
  name: string,
  line: Line | undefined,
  vendor: string,
): Omit<Model, 'frontier' | 'prices' | 'cacheRule' | 'source'> {
  return {
    id: asId(name),
    endpoint: asId(vendor),
    wire: vendor === 'anthropic' ? 'anthropic-messages' : 'openai-chat',
    wireModel: name,
    vendor,
    family: line?.family ?? vendor,
    openWeights: undefined,
    contextTokens: DEFAULT_CONTEXT_TOKENS,
    maxOutputTokens: 32_000,
    toolCalling: true,
    structuredOutput: true,
    inputModalities: ['text', 'image'],
    efforts: [],
    tokenRatio: line?.tokenRatio ?? 1.05,
    outputRatio: 1,
    callsRatio: 1,
    ttftMs: undefined,
    outputTokensPerSecond: undefined,
    compliance: {},
    abilityIndex: undefined,
    asOf: '',
  };
}

/** An older model is taken to be as able as the least able catalogue row of its line (`claude-opus-*`). Assumed. */
function olderAbility(name: string, catalog: Catalog): number | undefined {
  const line = name.split(/-\d/u)[0] ?? name;
  const indexes = catalog.models
    .filter((model) => model.id.startsWith(line) && model.abilityIndex !== undefined)
    .map((model) => model.abilityIndex ?? 0);
  return indexes.length === 0 ? undefined : Math.min(...indexes);
}

type PriceListRow = Readonly<Record<string, unknown>>;

/** The price list's shape (a number, or a base with tiers that start at a token count) as ours. */
function toPrices(row: PriceListRow): Prices | undefined {
  const base = rowAt(row, undefined);
  if (base === undefined) return undefined;
  const starts = new Set(Object.values(row).flatMap((price) => tiersOf(price).map((tier) => tier.start)));
  const tiers = [...starts]
    .sort((a, b) => a - b)
    .map((start) => ({ aboveTokens: start, row: rowAt(row, start) ?? base }));
  return { base, tiers, peak: undefined };
}

function rowAt(row: PriceListRow, start: number | undefined): PriceRow | undefined {
  const input = priceAt(row['input_mtok'], start);
  const output = priceAt(row['output_mtok'], start);
  if (input === undefined || output === undefined) return undefined;
  return {
    input,
    output,
    cacheRead: priceAt(row['cache_read_mtok'], start),
    cacheWrite: priceAt(row['cache_write_mtok'], start),
    cacheWrite1h: priceAt(row['cache_write_1h_mtok'], start),
  };
}

function priceAt(price: unknown, start: number | undefined): number | undefined {
  if (typeof price === 'number') return price;
  if (typeof price !== 'object' || price === null || !('base' in price) || typeof price.base !== 'number')
    return undefined;
  if (start === undefined) return price.base;
  return tiersOf(price).findLast((tier) => tier.start <= start)?.price ?? price.base;
}

function tiersOf(price: unknown): readonly { readonly start: number; readonly price: number }[] {
  if (typeof price !== 'object' || price === null || !('tiers' in price) || !Array.isArray(price.tiers)) return [];
  return price.tiers as readonly { readonly start: number; readonly price: number }[];
}
