import type { Catalog } from '../catalog/catalog.ts';
import { isInPool, isReady, type Config } from '../config/config.ts';
import type { EndpointId } from '../domain/ids.ts';
import type { Model } from '../domain/model.ts';
import type { ModelProvider } from '../providers/provider.ts';

export function configuredPool(
  config: Config,
  catalog: Catalog,
  providers: ReadonlyMap<EndpointId, ModelProvider>,
): readonly Model[] {
  return catalog.models.filter(
    (model) => isInPool(config, model) && whyNotReady(config, model, providers) === undefined,
  );
}

/** What jobs would choose from beside it, were its hosts not only watched. */
export function watchedModels(config: Config, catalog: Catalog): readonly Model[] {
  return catalog.models.filter((model) => {
    const endpoint = config.endpoints.get(model.endpoint);
    return (
      endpoint?.isWatched === true && endpoint.onlyFor === undefined && isReady(endpoint) && isInPool(config, model)
    );
  });
}

export function whyNotReady(
  config: Config,
  model: Model,
  providers: ReadonlyMap<EndpointId, ModelProvider>,
): { readonly why: string; readonly hint: string } | undefined {
  const endpoint = config.endpoints.get(model.endpoint);
  if (!providers.has(model.endpoint)) {
    return {
      why: `Model "${model.id}" is at endpoint "${model.endpoint}", which is not configured.`,
      hint: `Name the endpoint "${model.endpoint}" in pointsman.config.yaml.`,
    };
  }
  // A job has no access key.
  if (endpoint?.onlyFor !== undefined) {
    return {
      why: `Model "${model.id}" goes with a key that is kept for access keys (${endpoint.onlyFor.join(', ')}).`,
      hint: 'Name the model without its key, or take "onlyFor" from the key in pointsman.config.yaml.',
    };
  }
  if (endpoint?.isWatched === true) {
    return {
      why: `Model "${model.id}" is at a host that is only watched.`,
      hint: `Take "shadow" from the endpoint "${endpoint.id}" in pointsman.config.yaml.`,
    };
  }
  if (endpoint === undefined || isReady(endpoint)) return undefined;
  return { why: `Model "${model.id}" needs a key that is not set.`, hint: `Set ${endpoint.apiKeyName}.` };
}
