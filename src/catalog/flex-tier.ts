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
 * answer, and bills the tier that served. Tiers without a price of ours are taken for the standard one.
 * @param tier as the answer says it (OpenAI's `service_tier`; API reference, 2026-11); `undefined`: it says nothing.
 */
export function asServed(model: Model, tier: string | undefined): Model {
  // `auto` is what was asked for, not what served.
  if (tier === undefined || tier === 'auto') return model;
  const standard = dearestServed(model);
  return tier === 'flex' ? (atFlex(standard) ?? standard) : standard;
}

/** The row at whose prices a call to a model may be billed at worst: its vendor may serve it on the standard tier. */
export function dearestServed(model: Model): Model {
  return standards.get(model) ?? model;
}

function priceAt(row: PriceRow, { priceRatio, cachedRatio }: FlexRow): PriceRow {
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
