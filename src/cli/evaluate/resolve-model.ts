import type { Catalog } from '../../catalog/catalog.ts';
import type { ModelRow } from '../../catalog/model-row.ts';
import { parseCatalog } from '../../catalog/parse-catalog.ts';
import { parseConfigFile } from '../../config/config-file.ts';
import type { Config, ConfiguredEndpoint } from '../../config/config.ts';
import { isLoopback, refuseSubscription } from '../../config/endpoints.ts';
import { Secret } from '../../config/secret.ts';
import type { Environment } from '../../domain/environment.ts';
import { PointsmanError } from '../../domain/errors.ts';
import { asId, type EndpointId } from '../../domain/ids.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { Model } from '../../domain/model.ts';
import { didYouMean } from '../../domain/nearest.ts';
import type { Tokens } from '../../domain/time.ts';
import type { RowBase } from '../../evaluate/to-report.ts';
import { readIfThere } from '../input/gateway-files.ts';
import type { EvaluateAsked } from './evaluate-arguments.ts';

/** A model that can be called now, and what has to stand in the configuration for it. */
export interface ResolvedModel {
  readonly model: Model;
  /** With the endpoint of the model, also where the file does not know it yet. */
  readonly config: Config;
  readonly isPriced: boolean;
  /** The row before anything was found. `undefined`: it is of the shipped catalogue, whose rows nobody writes over. */
  readonly row: RowBase | undefined;
  /** Of the file, where it has to be added. */
  readonly newEndpoint: readonly [id: string, endpoint: JsonObject] | undefined;
  /** What its user says of the window; `undefined`: nothing. */
  readonly statedContextTokens: Tokens | undefined;
}

/** Where nothing is said: what a server most likely has. */
const USUAL_CONTEXT: Tokens = 32_768;

/**
 * The model of the configuration or the catalogue, or a new one at a URL or an endpoint.
 * @throws PointsmanError `not-found` for one that nobody knows, `request-invalid`, `config-invalid`
 */
export function resolveModel(asked: EvaluateAsked, config: Config, catalog: Catalog, env: Environment): ResolvedModel {
  const known = asked.url === undefined && asked.endpoint === undefined ? catalog.get(asked.model) : undefined;
  if (known !== undefined) return knownModel(known, asked, config);
  if (asked.url === undefined && asked.endpoint === undefined) throw unknownModel(asked.model, config, catalog);
  return modelAt(asked, config, { catalog, env });
}

/** At a URL or an endpoint. What its user has written into its row since it was there last holds. */
function modelAt(
  asked: EvaluateAsked,
  config: Config,
  { catalog, env }: { readonly catalog: Catalog; readonly env: Environment },
): ResolvedModel {
  const place = endpointOf(asked, config, env);
  const own = config.models.find(
    ({ endpoint, wireModel, wire }) =>
      endpoint === place.endpoint.id && wireModel === asked.model && (asked.wire ?? wire) === wire,
  );
  if (own !== undefined && place.added === undefined) {
    const known = knownModel(own, asked, config);
    if (known.row?.maxOutputTokens !== undefined) return known;
    // As it was asked the first time, so that what was graded then is found again.
    return { ...known, model: { ...known.model, maxOutputTokens: asked.maxOutputTokens } };
  }
  return newModel(asked, config, { ...place, id: freeId(asked.model, place.endpoint.id, catalog) });
}

/** Its last name, or all of it where another model has a row under that. @throws PointsmanError `request-invalid` */
function freeId(name: string, endpoint: EndpointId, catalog: Catalog): string {
  const short = `${endpoint}/${name.slice(name.lastIndexOf('/') + 1)}`;
  const long = `${endpoint}/${name.replaceAll('/', '-')}`;
  const free = [short, long].find((id) => catalog.get(id) === undefined);
  if (free !== undefined) return free;
  throw new PointsmanError('request-invalid', `Another model has the row "${long}" already.`, {
    hint: 'Give the endpoint of this one another name with --endpoint.',
  });
}

function knownModel(model: Model, asked: EvaluateAsked, config: Config): ResolvedModel {
  const text = config.file === undefined ? undefined : readIfThere(config.file);
  const rows = parseConfigFile(text ?? '', config.file ?? 'defaults').values.models ?? [];
  const row = rows.find(({ id }) => id === model.id);
  const priced = asked.price === undefined ? {} : { usdPerMTok: asked.price };
  const base = row === undefined ? undefined : { ...row, ...priced };
  const prices =
    asked.price === undefined ? model.prices : { ...model.prices, base: { ...model.prices.base, ...asked.price } };
  const { maxOutputTokens } = asked;
  return {
    model: asIfAble({ ...model, prices, maxOutputTokens: Math.min(model.maxOutputTokens, maxOutputTokens) }),
    config,
    isPriced: true,
    row: base,
    newEndpoint: undefined,
    statedContextTokens: asked.contextTokens ?? model.contextTokens,
  };
}

function newModel(
  asked: EvaluateAsked,
  config: Config,
  { endpoint, added, id }: ModelPlace & { readonly id: string },
): ResolvedModel {
  const price = asked.price ?? (isLoopback(endpoint.baseUrl) ? FREE : undefined);
  const row: RowBase = {
    id,
    endpoint: endpoint.id,
    wireModel: asked.model,
    ...wireOf(asked, endpoint),
    ...(price === undefined ? {} : { usdPerMTok: price }),
    ...(asked.contextTokens === undefined ? {} : { contextTokens: asked.contextTokens }),
  };
  const complete = {
    ...row,
    usdPerMTok: price ?? FREE,
    contextTokens: asked.contextTokens ?? USUAL_CONTEXT,
    maxOutputTokens: asked.maxOutputTokens,
  };
  return {
    model: asIfAble(modelOf(complete)),
    config: { ...config, endpoints: new Map([...config.endpoints, [endpoint.id, endpoint]]) },
    isPriced: price !== undefined,
    row,
    newEndpoint: added === undefined ? undefined : [endpoint.id, added],
    statedContextTokens: asked.contextTokens,
  };
}

const FREE = { input: 0, output: 0 };

/** @throws PointsmanError `catalog-invalid` */
function modelOf(row: ModelRow): Model {
  const [model] = parseCatalog([row], { file: 'the command line', complianceOf: () => ({}) });
  if (model === undefined) throw new TypeError('A row makes a model');
  return model;
}

interface ModelPlace {
  readonly endpoint: ConfiguredEndpoint;
  /** What has to be added to the file for it. */
  readonly added: JsonObject | undefined;
}

/** The endpoint that is meant. @throws PointsmanError */
function endpointOf(asked: EvaluateAsked, config: Config, env: Environment): ModelPlace {
  const { url } = asked;
  const id = asked.endpoint ?? endpointName(url ?? '');
  const known = config.endpoints.get(asId<EndpointId>(id));
  if (url === undefined) {
    if (known !== undefined) return { endpoint: known, added: undefined };
    const meant = didYouMean(id, [...config.endpoints.keys()]);
    throw new PointsmanError('not-found', `There is no endpoint "${id}".${meant}`, {
      hint: 'Give its address with --url.',
    });
  }
  if (known?.wanted === true && known.baseUrl === url) return { endpoint: known, added: undefined };
  if (known !== undefined) {
    throw new PointsmanError('request-invalid', `There is an endpoint "${id}" with another address already.`, {
      hint: 'Give the new one another name with --endpoint.',
    });
  }
  return { endpoint: newEndpoint(id, asked, url, env), added: fileEndpoint(asked, url) };
}

/** So that it is asked for what nobody has stated yet. */
function asIfAble(model: Model): Model {
  return { ...model, toolCalling: true, structuredOutput: true };
}

function wireOf({ wire }: EvaluateAsked, { wires: [first] }: ConfiguredEndpoint): Pick<RowBase, 'wire'> {
  const which = wire ?? first;
  return which === undefined ? {} : { wire: which };
}

function fileEndpoint({ wire, keyName }: EvaluateAsked, baseUrl: string): JsonObject {
  return {
    baseUrl,
    ...(wire === undefined ? {} : { wires: [wire] }),
    ...(keyName === undefined ? {} : { apiKeyName: keyName }),
  };
}

/** As the configuration would make it. */
function newEndpoint(id: string, asked: EvaluateAsked, baseUrl: string, env: Environment): ConfiguredEndpoint {
  const { keyName } = asked;
  const key = keyName === undefined ? undefined : env[keyName];
  if (keyName !== undefined && (key === undefined || key === '')) {
    throw new PointsmanError('config-invalid', `The variable ${keyName} is not set.`, { hint: 'Put the key into it.' });
  }
  const { values } = parseConfigFile(JSON.stringify({ endpoints: { [id]: fileEndpoint(asked, baseUrl) } }), '--url');
  const endpoint: ConfiguredEndpoint = {
    id: asId<EndpointId>(id),
    baseUrl,
    // The format that a row has where none is said.
    wires: values.endpoints?.[id]?.wires ?? [modelOf({ id, endpoint: id, contextTokens: 1, usdPerMTok: FREE }).wire],
    apiKey: key === undefined ? undefined : new Secret(key, `env ${keyName}`),
    apiKeyName: keyName ?? 'POINTSMAN_API_KEY',
    keyless: keyName === undefined,
    headers: {},
    timeoutMs: undefined,
    idleTimeoutMs: undefined,
    compliance: {},
    wanted: true,
  };
  refuseSubscription(endpoint);
  return endpoint;
}

/** `http://127.0.0.1:8080/v1` → `local-8080`, `https://models.example.com` → `models-example-com`. */
function endpointName(url: string): string {
  const { hostname, port } = new URL(url);
  const host = isLoopback(url) ? 'local' : hostname.toLowerCase();
  const words = `${host}${port === '' ? '' : `-${port}`}`
    .replaceAll(/[^a-z0-9]+/gu, '-')
    .replaceAll(/^[^a-z]+|-$/gu, '');
  return words === '' ? 'own' : words.slice(0, 60);
}

function unknownModel(name: string, config: Config, catalog: Catalog): PointsmanError {
  const names = [...config.models, ...catalog.models].map(({ id }) => id);
  return new PointsmanError('not-found', `There is no model "${name}".${didYouMean(name, names)}`, {
    hint: 'Say where it is: --url http://127.0.0.1:8080/v1, or --endpoint NAME of one in your configuration.',
  });
}
