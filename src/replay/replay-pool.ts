import { isReady } from '../config/config.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Config } from '../config/config.ts';
import type { Model } from '../domain/model.ts';

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

/**
 * The pool of the configuration, else the models whose key is set (of a model that one vendor serves in two regions the
 * plain one), else the stated pool. Pure.
 */
export function defaultReplayPool(config: Config, catalog: Catalog): ReplayPool {
  const named = config.pool?.flatMap((id) => catalog.get(id) ?? []) ?? [];
  if (named.length > 0) return { models: named, why: 'the pool of your configuration' };
  const ready = catalog.models.filter((model) => {
    const endpoint = config.endpoints.get(model.endpoint);
    return endpoint !== undefined && isReady(endpoint) && model.toolCalling;
  });
  const wires = new Set(ready.filter((model) => model.id === model.wireModel).map((model) => model.wireModel));
  const plain = ready.filter((model) => model.id === model.wireModel || !wires.has(model.wireModel));
  if (plain.length > 1) return { models: plain, why: 'the models whose key is set here' };
  return {
    models: STATED_POOL.flatMap((id) => catalog.get(id) ?? []),
    why: 'the stated default, because no key is set here; --pool chooses others',
  };
}
