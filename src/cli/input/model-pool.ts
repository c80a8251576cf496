import { isInPool, mayBeChosen } from '../../config/config.ts';
import { PointsmanError } from '../../domain/errors.ts';
import { isNamedIn, type Model } from '../../domain/model.ts';
import { didYouMean } from '../../domain/nearest.ts';
import type { Settings } from './load-settings.ts';

/**
 * The models of a pool, each at all of its hosts: `all`, `ready` (their endpoint can be called now), or one that the
 * configuration names.
 * @throws PointsmanError `not-found` for an unknown pool, `config-invalid` for a pool that names no model
 */
export function poolNamed(name: string, settings: Settings): readonly Model[] {
  const { models } = settings.catalog;
  if (name === 'all') return models;
  if (name === 'ready') return models.filter((model) => isModelReady(model, settings));
  const pool = settings.config.pools.get(name);
  const known = ['all', 'ready', ...settings.config.pools.keys()];
  if (pool === undefined) {
    throw new PointsmanError('not-found', `No pool is called "${name}".${didYouMean(name, known)}`, {
      hint: `Known: ${known.join(', ')}. Name your own under "pools" in the configuration.`,
    });
  }
  const rows = pool.flatMap((id) => {
    const atHosts = models.filter((model) => isNamedIn([id], model));
    if (atHosts.length > 0) return atHosts;
    const near = settings.catalog.suggest(id)[0];
    throw new PointsmanError('config-invalid', `Pool "${name}" names "${id}", which is no model.`, {
      hint: near === undefined ? 'See "pointsman models".' : `Did you mean "${near}"?`,
    });
  });
  return [...new Set(rows)];
}

/**
 * The models of a pool that can be called now; where none is named, of the configuration's own.
 * @throws PointsmanError as `poolNamed`
 */
export function callablePool(name: string | undefined, settings: Settings): readonly Model[] {
  const { config, catalog } = settings;
  const pool =
    name === undefined ? catalog.models.filter((model) => isInPool(config, model)) : poolNamed(name, settings);
  return pool.filter((model) => isModelReady(model, settings));
}

/** Its endpoint has its key, or needs none, and is not only watched. */
export function isModelReady(model: Model, { config }: Settings): boolean {
  const endpoint = config.endpoints.get(model.endpoint);
  return endpoint !== undefined && mayBeChosen(endpoint);
}
