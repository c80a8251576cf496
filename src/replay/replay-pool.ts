import type { Catalog } from '../catalog/catalog.ts';
import { mayBeChosen, type Config } from '../config/config.ts';
import type { Model } from '../domain/model.ts';
import { listPrice } from './simulation/build-workload.ts';

/** What policies may choose from, and where the list comes from, as half a sentence. */
export interface ReplayPool {
  readonly models: readonly Model[];
  readonly why: string;
}

/** Two vendors, four price levels: what many people could call tomorrow. Used where no key is set. */
const STATED_POOL: readonly string[] = [
  'claude-opus-5-5',
  'claude-sonnet-5',
  'claude-haiku-4-5',
  'gpt-6-sol',
  'gpt-5.4-mini',
  'gpt-6-luna',
];

/** More candidates make a replay slow and its report no wiser. */
const MAX_MODELS = 8;

/**
 * The pool of the configuration, else the models whose key is set (of a model that one vendor serves in two regions the
 * plain one; of many those that none beats on both price and ability), else the stated pool. Pure.
 */
export function defaultReplayPool(config: Config, catalog: Catalog): ReplayPool {
  const named = config.pool?.flatMap((id) => catalog.get(id) ?? []) ?? [];
  if (named.length > 0) return { models: named, why: 'the pool of your configuration' };
  const ready = catalog.models.filter((model) => {
    const endpoint = config.endpoints.get(model.endpoint);
    return endpoint !== undefined && mayBeChosen(endpoint) && model.toolCalling;
  });
  const plain = withoutTwins(ready);
  if (plain.length > MAX_MODELS) {
    return {
      models: spread(unbeaten(plain)),
      why: `of ${plain.length} models whose key is set here, those that none beats on price and ability; --pool ready takes all`,
    };
  }
  if (plain.length > 1) return { models: plain, why: 'the models whose key is set here' };
  return {
    models: STATED_POOL.flatMap((id) => catalog.get(id) ?? []),
    why: 'the stated default, because no key is set here; --pool chooses others',
  };
}

function withoutTwins(models: readonly Model[]): readonly Model[] {
  const plain = new Set(models.filter((model) => model.id === model.wireModel).map((model) => model.wireModel));
  return models.filter((model) => model.id === model.wireModel || !plain.has(model.wireModel));
}

/** Models for which no other is as able and as cheap, and better in one of the two; unknown ability is never beaten. */
function unbeaten(models: readonly Model[]): readonly Model[] {
  const beats = (one: Model, other: Model): boolean => {
    const [mine, theirs] = [one.abilityIndex, other.abilityIndex];
    if (mine === undefined || theirs === undefined || mine < theirs || listPrice(one) > listPrice(other)) return false;
    return mine > theirs || listPrice(one) < listPrice(other);
  };
  return models.filter((model) => !models.some((other) => beats(other, model)));
}

/** At most eight, evenly over the prices, the cheapest and the dearest among them. */
function spread(models: readonly Model[]): readonly Model[] {
  const sorted = models.toSorted((a, b) => listPrice(b) - listPrice(a));
  if (sorted.length <= MAX_MODELS) return sorted;
  const step = (sorted.length - 1) / (MAX_MODELS - 1);
  return Array.from({ length: MAX_MODELS }, (_, index) => sorted[Math.round(index * step)]).filter(
    (model) => model !== undefined,
  );
}
