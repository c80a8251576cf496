import { CACHE_RULE_NAMES, type CacheRuleName } from '../catalog/cache-rules.ts';
import type { RefreshedPrices } from '../catalog/listed-prices.ts';
import { shippedModels } from '../catalog/load-catalog.ts';
import type { OwnModelRow } from '../catalog/model-row.ts';
import { parseCatalog } from '../catalog/parse-catalog.ts';
import { withRefreshedPrices } from '../catalog/refreshed-prices.ts';
import { asId, type EndpointId } from '../domain/ids.ts';
import { canonicalJson } from '../domain/json.ts';
import type { Compliance, Model } from '../domain/model.ts';
import { didYouMean } from '../domain/nearest.ts';
import { faultAt } from '../policy/yaml-document.ts';
import { wireAt } from './cloud-hosts.ts';
import type { ParsedConfigFile } from './config-file.ts';
import type { ConfiguredEndpoint } from './config.ts';
import { isLoopback } from './endpoints.ts';
import { hostedModels } from './hosted-models.ts';
import { complianceAt } from './profile-regions.ts';

type Endpoints = ReadonlyMap<EndpointId, ConfiguredEndpoint>;

const FREE = { input: 0, output: 0 };

/**
 * The file's own models, the shipped ones whose endpoint the user knows more about than the catalogue does, or whose price was
 * refreshed, then the further places of any of them. A model on this machine may leave its price out: it is 0. Anywhere else a
 * missing price is an error, because it is not 0.
 * @throws PointsmanError `config-invalid` for an endpoint that does not exist or a missing price, `catalog-invalid`
 */
export function ownModels(
  file: ParsedConfigFile,
  endpoints: Endpoints,
  refreshed: RefreshedPrices | undefined,
): readonly Model[] {
  const rows = (file.values.models ?? []).map((row, index) => completeRow(row, index, file, endpoints));
  const own = parseCatalog(rows, {
    file: file.document.file,
    source: 'configuration',
    complianceOf: (id) => endpoints.get(asId<EndpointId>(id))?.compliance ?? {},
  }).map((model) => ({ ...model, compliance: servedElsewhere(model) ? {} : complianceOfRow(model, endpoints) }));
  const ownIds = new Set(own.map((model) => model.id));
  const shipped = shippedModels();
  const priced = refreshed === undefined ? shipped : withRefreshedPrices(shipped, refreshed);
  const known = priced.flatMap((model, index) => {
    const compliance = endpoints.get(model.endpoint)?.compliance ?? model.compliance;
    const same = model === shipped[index] && canonicalJson(compliance) === canonicalJson(model.compliance);
    return same || ownIds.has(model.id) ? [] : [{ ...model, compliance }];
  });
  const replaced = new Set([...own, ...known].map((model) => model.id));
  const all = [...own, ...known, ...shipped.filter((model) => !replaced.has(model.id))];
  return [...own, ...known, ...hostedModels(file, endpoints, all)];
}

function complianceOfRow({ endpoint, wireModel, compliance }: Model, endpoints: Endpoints): Compliance {
  const known = endpoints.get(endpoint);
  return known === undefined ? compliance : complianceAt(known, wireModel);
}

/** Ollama passes models with this ending on to its cloud (general knowledge, not read from a page). */
function servedElsewhere(model: Model): boolean {
  return model.endpoint === 'ollama' && /[-:]cloud$/u.test(model.wireModel);
}

function completeRow(row: OwnModelRow, index: number, file: ParsedConfigFile, endpoints: Endpoints): OwnModelRow {
  const endpoint = endpoints.get(asId<EndpointId>(row.endpoint));
  if (endpoint === undefined) {
    const hint = didYouMean(row.endpoint, [...endpoints.keys()]);
    throw faultAt(file.document, ['models', index, 'endpoint'], `there is no endpoint of this name.${hint}`);
  }
  if (row.usdPerMTok === undefined && !isLoopback(endpoint.baseUrl)) {
    throw faultAt(
      file.document,
      ['models', index],
      'has no price, and only a model on this machine is free without saying so.',
      'Add usdPerMTok: { input: …, output: … }; use 0 if you really pay nothing.',
    );
  }
  const wire = row.wire ?? wireAt(endpoint, row);
  if (wire === undefined) {
    throw faultAt(
      file.document,
      ['models', index],
      'does not say whose model it is, and its endpoint serves those of different makers in different ways.',
      'Add vendor: anthropic, or whoever made it: behind an ARN of your own nobody else sees that.',
    );
  }
  return {
    ...row,
    usdPerMTok: row.usdPerMTok ?? FREE,
    wire,
    cacheRule: row.cacheRule ?? CACHE_RULE_NAMES.find((name): name is CacheRuleName => name === row.endpoint),
  };
}
