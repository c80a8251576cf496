import { asConverseServes } from '../catalog/converse-facts.ts';
import { toPriceRow } from '../catalog/parse-catalog.ts';
import { asId, type ModelId } from '../domain/ids.ts';
import { modelIdentity, type Model, type PriceRow, type Prices } from '../domain/model.ts';
import { didYouMean } from '../domain/nearest.ts';
import { faultAt } from '../policy/yaml-document.ts';
import { wireAt } from './cloud-hosts.ts';
import type { EndpointFile, HostedModelFile, ParsedConfigFile } from './config-file.ts';
import { siteOf, type ConfiguredEndpoint } from './config.ts';
import { complianceAt } from './profile-regions.ts';

type Endpoints = ReadonlyMap<string, ConfiguredEndpoint>;

/**
 * One row for each further place of a model: at the endpoints whose `models` name it, then under each further key. Its id is
 * the place's, a slash and the model's: `eu/claude-opus-5-5`, `anthropic#ANTHROPIC_KEY_B/claude-opus-5-5`.
 * @throws PointsmanError `config-invalid` for a model that does not exist, or is served by that endpoint already
 */
export function hostedModels(file: ParsedConfigFile, endpoints: Endpoints, models: readonly Model[]): readonly Model[] {
  const atHosts = Object.entries(file.values.endpoints ?? {}).flatMap(([id, written]) =>
    Object.entries(written.models ?? {}).map(([name, hosted]) => {
      const base = models.find((model) => model.id === name);
      const endpoint = endpoints.get(id);
      const path = ['endpoints', id, 'models', name];
      if (base === undefined || endpoint === undefined) {
        const hint = didYouMean(
          name,
          models.map((model) => model.id),
        );
        throw faultAt(file.document, path, `no model has this id.${hint}`);
      }
      if (base.endpoint === endpoint.id) throw faultAt(file.document, path, 'this endpoint serves it as it is.');
      return atHost(base, endpoint, { written, hosted });
    }),
  );
  const further = [...endpoints.values()].filter((endpoint) => endpoint.site !== undefined);
  const underKeys = further.flatMap((endpoint) =>
    [...models, ...atHosts]
      .filter((model) => model.endpoint === siteOf(endpoint))
      .map((model) => underKey(model, endpoint)),
  );
  return [...atHosts, ...underKeys];
}

function atHost(
  base: Model,
  endpoint: ConfiguredEndpoint,
  { written, hosted }: { readonly written: EndpointFile; readonly hosted: HostedModelFile },
): Model {
  const wireModel = hosted.wireModel ?? base.wireModel;
  const { effortPerMessage, ...plain } = base;
  const wire = endpoint.wires.includes(base.wire)
    ? base.wire
    : (wireAt(endpoint, { vendor: base.vendor, wireModel }) ?? base.wire);
  return asConverseServes({
    ...plain,
    // The clouds take it; another wire has no word for it, and another server may refuse what its caller never wrote.
    ...(wire === base.wire && endpoint.host !== undefined && effortPerMessage !== undefined
      ? { effortPerMessage }
      : {}),
    id: placeId(endpoint, base),
    sameAs: modelIdentity(base),
    endpoint: endpoint.id,
    wire,
    wireModel,
    prices: pricesAt(base.prices, hosted, written.priceRatio ?? 1),
    compliance: complianceAt(endpoint, wireModel),
    source: 'configuration',
  });
}

function underKey(model: Model, endpoint: ConfiguredEndpoint): Model {
  return { ...model, id: placeId(endpoint, model), sameAs: modelIdentity(model), endpoint: endpoint.id };
}

function placeId(endpoint: ConfiguredEndpoint, model: Model): ModelId {
  return asId<ModelId>(`${endpoint.id}/${modelIdentity(model)}`);
}

/** The host's own prices, whole; else the model's, times what the host asks for more or less. */
function pricesAt(prices: Prices, { usdPerMTok }: HostedModelFile, ratio: number): Prices {
  if (usdPerMTok !== undefined) return { base: toPriceRow(usdPerMTok), tiers: [], peak: undefined };
  if (ratio === 1) return prices;
  const times = (price: number | undefined): number | undefined => (price === undefined ? undefined : price * ratio);
  const row = (one: PriceRow): PriceRow => ({
    input: one.input * ratio,
    output: one.output * ratio,
    cacheRead: times(one.cacheRead),
    cacheWrite: times(one.cacheWrite),
    cacheWrite1h: times(one.cacheWrite1h),
  });
  return {
    ...prices,
    base: row(prices.base),
    tiers: prices.tiers.map((tier) => ({ ...tier, row: row(tier.row) })),
  };
}
