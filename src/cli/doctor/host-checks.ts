import type { Catalog } from '../../catalog/catalog.ts';
import { isReady, type Config, type ConfiguredEndpoint } from '../../config/config.ts';
import { modelIdentity, type Model } from '../../domain/model.ts';
import { ok, warn, type Check } from './check.ts';

/**
 * Where each model that has several places is served: hosts, keys and what is said of them. How they fare only the process that calls
 * them knows, and the check says so.
 */
export function hostChecks(config: Config, catalog: Catalog): readonly Check[] {
  const places = Map.groupBy(catalog.models, modelIdentity);
  return [...places].filter(([, rows]) => rows.length > 1).map(([id, rows]) => checkHosts(id, rows, config));
}

function checkHosts(id: string, rows: readonly Model[], { endpoints }: Config): Check {
  const hosts = rows.flatMap((row) => endpoints.get(row.endpoint) ?? []);
  const list = hosts.map((host) => `${host.id} (${traitsOf(host).join(', ')})`).join('; ');
  const detail = `${hosts.length} places: ${list}. Health, speed and limits: not known here, ${WHERE_IT_IS}`;
  const closed = hosts.filter((host) => !isReady(host));
  if (closed.length === 0) return ok(`hosts of ${id}`, detail);
  const variables = closed.map(({ apiKeyName }) => apiKeyName).join(', ');
  return warn(`hosts of ${id}`, detail, `Set ${variables}, or take those places out of the configuration.`);
}

const WHERE_IT_IS = 'see pointsman_circuit_state in the /metrics of a gateway that runs.';

function traitsOf(host: ConfiguredEndpoint): readonly string[] {
  const { apiKey, host: cloud, region, weight, canaryRatio, isWatched, onlyFor } = host;
  const opened = cloud === undefined ? 'no key needed' : `opened by what ${cloud.kind} finds`;
  const key = apiKey === undefined ? (isReady(host) ? opened : 'key missing') : `key from ${apiKey.source}`;
  return [
    key,
    ...(region === undefined ? [] : [`region ${region}`]),
    ...(weight === undefined ? [] : [`weight ${weight}`]),
    ...(canaryRatio === undefined ? [] : [`canary of ${Math.round(100 * canaryRatio)} % of the sessions`]),
    ...(isWatched === undefined ? [] : ['only watched: never chosen']),
    ...(onlyFor === undefined ? [] : [`only for ${onlyFor.join(', ')}`]),
  ];
}
