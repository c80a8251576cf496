import type { Model } from '../domain/model.ts';
import type { Catalog } from './catalog.ts';
import { complianceOf } from './compliance.ts';
import { createCatalog } from './create-catalog.ts';
import data from './data/models.json' with { type: 'json' };
import { parseCatalog } from './parse-catalog.ts';

let shipped: readonly Model[] | undefined;

/** The models that come with pointsman, parsed once. */
export function shippedModels(): readonly Model[] {
  shipped ??= parseCatalog(data.models, {
    file: 'models.json',
    complianceOf,
    asOf: data.generated,
    withFamilyFacts: true,
  });
  return shipped;
}

/**
 * The shipped models, then the user's own; a model of the user's replaces a shipped one of the same id.
 * @throws PointsmanError `catalog-invalid` when the user's own repeat an id
 */
export function loadCatalog(own: readonly Model[] = []): Catalog {
  const replaced = new Set(own.map((model) => model.id));
  return createCatalog([...shippedModels().filter((model) => !replaced.has(model.id)), ...own]);
}
