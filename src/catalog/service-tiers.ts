import { asId, type ModelId } from '../domain/ids.ts';
import { modelIdentity, type Model, type PriceRow } from '../domain/model.ts';
import { SECOND_MS, type Ms } from '../domain/time.ts';
import { readModelName } from './model-names.ts';

/** A vendor's tier for calls that can wait: about half the price, a queue, and calls turned away where there is no room. */
interface FlexRow {
  /** The vendor's own address; hosts have tiers of their own, or none. */
  readonly endpoint: string;
  readonly wireModel: RegExp;
  /** Of the standard prices. Cached tokens too, where the vendor says so. */
  readonly priceRatio: number;
  readonly cachedRatio: number;
  /** How much later an answer begins. Nobody states it: assumed. */
  readonly queueMs: Ms;
  readonly source: string;
  readonly asOf: string;
}

const ROWS: readonly FlexRow[] = [
  {
    endpoint: 'openai',
    wireModel: /^gpt-(?:5\.[4-6]|6)(?:-|$)(?!.*codex)/u,
    priceRatio: 0.5,
    cachedRatio: 0.5,
    queueMs: 60 * SECOND_MS,
    source:
      'developers.openai.com/api/docs/guides/flex-processing (Batch API rates, 429 where there is no room), pricing?latest-pricing=flex',
    asOf: '2026-11-30',
  },
  {
    endpoint: 'google',
    wireModel: /^gemini-3/u,
    priceRatio: 0.5,
    // Its page says nothing of cached tokens.
    cachedRatio: 1,
    queueMs: 180 * SECOND_MS,
    source: 'ai.google.dev/gemini-api/docs/flex-inference (50 % of standard, best effort, in preview)',
    asOf: '2026-11-30',
  },
];

/** A vendor's dearer tier: calls that are served first, or faster. */
interface FastRow {
  /** The vendor's own address, as of all rows here. */
  readonly endpoint: string;
  /** Of the name's key, see `readModelName`. */
  readonly key: RegExp;
  /** Of the standard price of every token. */
  readonly priceRatio: number;
  /** Whether that holds of prompts past the threshold of a long context, too; else what they cost there is not stated. */
  readonly isForLong: boolean;
  readonly source: string;
  readonly asOf: string;
}

const OPENAI_FAST = {
  endpoint: 'openai',
  source: 'openai.com/api-fast-mode (Fast mode, called Priority processing until 2026-07-30; USD per million tokens)',
  asOf: '2026-11-30',
} as const;

/** The first row that matches holds. What a model without a row costs there is not known. */
const FAST_ROWS: readonly FastRow[] = [
  // Of its writes the page says nothing: they are 1.25 times the input of whichever tier (docs: prompt caching, 2026-11).
  { ...OPENAI_FAST, key: /^gpt-5-6-(?:sol|terra|luna)$/u, priceRatio: 2, isForLong: true },
  { ...OPENAI_FAST, key: /^gpt-5-5$/u, priceRatio: 2.5, isForLong: false },
  { ...OPENAI_FAST, key: /^gpt-5-4(?:-mini)?$/u, priceRatio: 2, isForLong: false },
  {
    endpoint: 'anthropic',
    key: /^claude-opus-4-[67]/u,
    priceRatio: 6,
    isForLong: true,
    source: 'platform.claude.com/docs: Fast mode, February to July 2026 ($30 and $150 per million beside $5 and $25)',
    asOf: '2026-07-24',
  },
  {
    endpoint: 'anthropic',
    key: /^claude-opus-(?:4-8|5)/u,
    priceRatio: 2,
    isForLong: true,
    source: 'platform.claude.com/docs/en/about-claude/pricing: Fast mode ($10 and $50 per million beside $5 and $25)',
    asOf: '2026-11-29',
  },
];

/** Names that vendors give to tiers which cost more than the standard one (OpenAI, Anthropic, Google, Groq; 2026-11). */
const DEARER_TIERS: ReadonlySet<string> = new Set(['priority', 'fast', 'scale', 'performance']);

/** Whether a tier costs more than the standard one, as its vendor names it. */
export function isDearerTier(tier: string | undefined): boolean {
  return tier !== undefined && DEARER_TIERS.has(tier);
}

/** What a vendor's fast tier multiplies each price of a model by; `undefined`: nobody states it. */
export function fastRatioOf(endpoint: string, wireModel: string): number | undefined {
  return fastRowOf(endpoint, wireModel)?.priceRatio;
}

function fastRowOf(endpoint: string, wireModel: string): FastRow | undefined {
  const { key } = readModelName(wireModel);
  return FAST_ROWS.find((row) => row.endpoint === endpoint && row.key.test(key));
}

const PREFIX = 'flex/';

/** Of calls to a tier that waits, how many are turned away: no vendor states it, and it is learned from the calls made. Assumed. */
export const FLEX_REFUSED_RATIO = 0.1;

const known = new WeakMap<Model, Model | null>();

/** A model on its vendor's tier for calls that can wait: a row of its own, at the same endpoint; `undefined`: there is none. */
export function atFlex(model: Model): Model | undefined {
  let row = known.get(model);
  if (row === undefined) known.set(model, (row = flexRow(model) ?? null));
  return row ?? undefined;
}

function flexRow(model: Model): Model | undefined {
  const { plain } = readModelName(model.wireModel);
  const found = ROWS.find(({ endpoint, wireModel }) => endpoint === model.endpoint && wireModel.test(plain));
  if (found === undefined || model.sameAs !== undefined || model.serviceTier !== undefined) return undefined;
  const { prices } = model;
  const row: Model = {
    ...model,
    id: asId<ModelId>(`${PREFIX}${model.id}`),
    sameAs: modelIdentity(model),
    serviceTier: 'flex',
    prices: {
      ...prices,
      base: priceAt(prices.base, found),
      tiers: prices.tiers.map((tier) => ({ ...tier, row: priceAt(tier.row, found) })),
    },
    ttftMs: (model.ttftMs ?? 0) + found.queueMs,
    source: found.source,
    asOf: found.asOf,
  };
  standards.set(row, model);
  return row;
}

/** Of each row on such a tier, the model that it is of. */
const standards = new WeakMap<Model, Model>();

/**
 * The row whose prices an answer is billed at: a vendor may serve a call on another tier than it was sent to, says so in its
 * answer, and bills the tier that served. A dearer tier without a price of ours is nobody's price; any other is taken for the standard one.
 * @param tier as the answer says it (OpenAI's `service_tier`; API reference, 2026-11); `undefined`: it says nothing.
 */
export function asServed(model: Model, tier: string | undefined): Model {
  // `auto` is what was asked for, not what served.
  if (tier === undefined || tier === 'auto') return model;
  const standard = dearestServed(model);
  if (isDearerTier(tier)) return atDearer(standard, tier);
  return tier === 'flex' ? (atFlex(standard) ?? standard) : standard;
}

/** Anthropic's Priority Tier and OpenAI's Scale Tier are sold by contract: no list price says what they cost. */
function atDearer(model: Model, tier: string): Model {
  const isSold = tier === 'fast' || (tier === 'priority' && model.endpoint !== 'anthropic');
  const found = isSold ? fastRowOf(model.endpoint, model.wireModel) : undefined;
  if (found === undefined) return { ...model, prices: { ...model.prices, base: NO_PRICE, tiers: [] } };
  const { base, tiers } = model.prices;
  const ratios = { priceRatio: found.priceRatio, cachedRatio: found.priceRatio };
  const long = tiers.map((one) => ({ ...one, row: found.isForLong ? priceAt(one.row, ratios) : NO_PRICE }));
  return {
    ...model,
    prices: { ...model.prices, base: priceAt(base, ratios), tiers: long },
    source: found.source,
    asOf: found.asOf,
  };
}

/** Of a row that nobody states. */
const NO_PRICE: PriceRow = {
  input: NaN,
  output: NaN,
  cacheRead: undefined,
  cacheWrite: undefined,
  cacheWrite1h: undefined,
};

/** The row at whose prices a call to a model may be billed at worst: its vendor may serve it on the standard tier. */
export function dearestServed(model: Model): Model {
  return standards.get(model) ?? model;
}

function priceAt(row: PriceRow, { priceRatio, cachedRatio }: Pick<FlexRow, 'priceRatio' | 'cachedRatio'>): PriceRow {
  const times = (price: number | undefined, ratio: number): number | undefined =>
    price === undefined ? undefined : price * ratio;
  return {
    input: row.input * priceRatio,
    output: row.output * priceRatio,
    cacheRead: times(row.cacheRead, cachedRatio),
    cacheWrite: times(row.cacheWrite, priceRatio),
    cacheWrite1h: times(row.cacheWrite1h, priceRatio),
  };
}

const pools = new WeakMap<readonly Model[], { readonly whole: readonly Model[] }>();

/** A pool with the rows of its models on such tiers; the same list for the same pool. */
export function withFlex(pool: readonly Model[]): readonly Model[] {
  let joined = pools.get(pool);
  if (joined === undefined) {
    const rows = pool.flatMap((model) => atFlex(model) ?? []);
    joined = { whole: rows.length === 0 ? pool : [...pool, ...rows] };
    pools.set(pool, joined);
  }
  return joined.whole;
}

/** The id of a model on the standard tier, whichever it has been asked on. */
export function onStandardTier(id: ModelId): ModelId {
  return asId<ModelId>(standardIdOf(id) ?? id);
}

/** The name of the model whose row on such a tier has this id; `undefined`: it is no such id. */
export function standardIdOf(id: string): string | undefined {
  return id.startsWith(PREFIX) ? id.slice(PREFIX.length) : undefined;
}
