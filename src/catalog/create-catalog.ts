import { PointsmanError } from '../domain/errors.ts';
import { asId, type ModelId } from '../domain/ids.ts';
import type { Model } from '../domain/model.ts';
import { nearest } from '../domain/nearest.ts';
import type { Catalog } from './catalog.ts';
import { atFlex, standardIdOf } from './service-tiers.ts';

/**
 * A catalogue of these models. Look-ups are exact.
 * @throws PointsmanError `catalog-invalid` when an id occurs twice
 */
export function createCatalog(models: readonly Model[]): Catalog {
  const byId = new Map<string, Model>(models.map((model) => [model.id, model]));
  if (byId.size !== models.length) {
    const twice = models.find((model, index) => models.findIndex((other) => other.id === model.id) !== index);
    throw new PointsmanError('catalog-invalid', `Model "${twice?.id ?? ''}" is in the catalogue twice`);
  }
  const flexOf = (id: string): Model | undefined => {
    const standard = byId.get(standardIdOf(id) ?? '');
    return standard && atFlex(standard);
  };
  const ids: readonly string[] = [...byId.keys()];
  return {
    models,
    get: (id) => byId.get(id) ?? flexOf(id),
    suggest: (id): readonly ModelId[] => nearest(id, ids).map((name) => asId<ModelId>(name)),
  };
}

/**
 * The model of exactly this id.
 * @throws PointsmanError `not-found` with the nearest ids
 */
export function requireModel(catalog: Catalog, id: string): Model {
  const model = catalog.get(id);
  if (model !== undefined) return model;
  const near = catalog.suggest(id);
  const hint = near.length === 0 ? '' : ` Near: ${near.join(', ')}.`;
  throw new PointsmanError('not-found', `No model is called "${id}".${hint}`, {
    hint: 'Run "pointsman models" for the list; names are never matched loosely.',
  });
}
