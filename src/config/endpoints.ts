import { LOCAL_COMPLIANCE, complianceOf } from '../catalog/compliance.ts';
import type { Environment } from '../domain/environment.ts';
import { PointsmanError } from '../domain/errors.ts';
import { asId, type EndpointId } from '../domain/ids.ts';
import type { Compliance, Wire } from '../domain/model.ts';
import { SUBSCRIPTION_HINT, holdsSubscriptionToken } from '../domain/secret/subscription-token.ts';
import { SECOND_MS, type Ms } from '../domain/time.ts';
import { faultAt, type YamlPath } from '../policy/yaml-document.ts';
import { HOST_RULES, resolveHost } from './cloud-hosts.ts';
import { isHttpUrl, type EndpointFile } from './config-file.ts';
import type { ConfiguredEndpoint } from './config.ts';
import { endpointPerKey, type EndpointSources } from './endpoint-keys.ts';
import { variableOf } from './environment.ts';
import { KNOWN_ENDPOINTS, ownVariable, variableName, type KnownEndpoint } from './known-endpoints.ts';
import { Secret } from './secret.ts';

/**
 * Every known endpoint and every one of the file, with address and key. Base URL: `POINTSMAN_<ID>_BASE_URL`, then the
 * file, then the vendor's. Key: `POINTSMAN_<ID>_API_KEY`, then what the file names, then the vendor's usual variables.
 * @throws PointsmanError `config-invalid`
 */
export function resolveEndpoints(sources: EndpointSources): ReadonlyMap<EndpointId, ConfiguredEndpoint> {
  const written = sources.file.values.endpoints ?? {};
  const ids = new Set([...Object.keys(KNOWN_ENDPOINTS), ...Object.keys(written)]);
  const endpoints = [...ids].flatMap((id) => {
    const endpoint = resolveOne(id, written[id], sources);
    return endpointPerKey(endpoint, written[id]?.keys, sources);
  });
  for (const endpoint of endpoints) refuseSubscription(endpoint);
  return new Map(endpoints.map((endpoint) => [endpoint.id, endpoint]));
}

/**
 * No part of an endpoint may carry a subscription token: all of it is sent.
 * @throws PointsmanError `config-invalid` naming where the token came from
 */
export function refuseSubscription(endpoint: Pick<ConfiguredEndpoint, 'id' | 'baseUrl' | 'apiKey' | 'headers'>): void {
  const { id, baseUrl, apiKey, headers } = endpoint;
  const found = [new Secret(baseUrl, 'its base URL'), apiKey, ...Object.values(headers)].find(
    (secret) => secret !== undefined && holdsSubscriptionToken(secret.reveal()),
  );
  if (found === undefined) return;
  throw new PointsmanError('config-invalid', `Endpoint "${id}" has a subscription token (from ${found.source}).`, {
    hint: SUBSCRIPTION_HINT,
    details: { endpoint: id },
  });
}

function resolveOne(id: string, written: EndpointFile | undefined, sources: EndpointSources): ConfiguredEndpoint {
  const known = Object.hasOwn(KNOWN_ENDPOINTS, id) ? KNOWN_ENDPOINTS[id] : undefined;
  const { references } = sources;
  const path = ['endpoints', id];
  const fileUrl = written?.baseUrl === undefined ? undefined : references.expand(written.baseUrl, [...path, 'baseUrl']);
  const envUrl = environmentUrl(id, sources.env);
  const host = resolveHost(written, { ...sources, path });
  const baseUrl = envUrl ?? fileUrl ?? host?.baseUrl ?? known?.baseUrl;
  if (baseUrl === undefined) {
    throw faultAt(sources.file.document, path, 'this endpoint is not one we know, so it needs a "baseUrl".');
  }
  if (!isHttpUrl(baseUrl)) {
    throw faultAt(sources.file.document, [...path, 'baseUrl'], 'must be an http or https address.');
  }
  return {
    id: asId<EndpointId>(id),
    baseUrl,
    wires: written?.wires ?? usualWires(written, known),
    apiKey: keyOf(id, written, sources),
    apiKeyName: usualKeyName(id, written),
    keyless: written?.keyless ?? known?.keyless ?? (hasOwnCredentials(written) || isLoopback(baseUrl)),
    headers: headersOf(written, sources, path),
    ...clocksOf(written),
    compliance: complianceAtEndpoint(knownCompliance(id, baseUrl), written),
    host: host?.settings,
    ...(written === undefined ? {} : placeOf(written, sources, path)),
    wanted: written !== undefined || envUrl !== undefined,
    ...asHost(written),
  };
}

function clocksOf(
  written: EndpointFile | undefined,
): Pick<ConfiguredEndpoint, 'timeoutMs' | 'idleTimeoutMs' | 'firstByteMs'> {
  const firstByteMs = toMs(written?.firstByteSeconds);
  return {
    timeoutMs: toMs(written?.timeoutSeconds),
    idleTimeoutMs: toMs(written?.idleTimeoutSeconds),
    ...(firstByteMs === undefined ? {} : { firstByteMs }),
  };
}

/** What a file says of an endpoint as one host of several. */
function asHost(
  written: EndpointFile | undefined,
): Pick<ConfiguredEndpoint, 'weight' | 'canaryRatio' | 'isWatched' | 'region'> {
  return {
    ...(written?.weight === undefined ? {} : { weight: written.weight }),
    ...(written?.canary === undefined ? {} : { canaryRatio: written.canary }),
    ...(written?.shadow === true ? { isWatched: true } : {}),
    ...(written?.region === undefined ? {} : { region: written.region }),
  };
}

/** What a user says wins, and is named as what the user says. */
function complianceAtEndpoint(known: Compliance, written: EndpointFile | undefined): Compliance {
  const own = { ...regionOf(written), ...written?.compliance };
  const said = Object.keys(own).filter((key) => key !== 'sources' && key !== 'asOf');
  if (said.length === 0 || own.sources !== undefined) return { ...known, ...own };
  return { ...known, ...own, sources: [...(known.sources ?? []), `your configuration for ${said.join(', ')}`] };
}

/** Whoever says where an endpoint computes says that it computes there: `eu-west-1` is `eu` too. */
function regionOf(written: EndpointFile | undefined): Compliance {
  const region = written?.region;
  if (region === undefined) return {};
  const [continent = region] = region.split('-');
  return { inferenceRegions: [...new Set([region, continent])] };
}

/**
 * What the catalogue knows holds at the vendor's own address only. Ollama and vLLM serve on the machine they run on; any
 * other loopback address may be a proxy that forwards, so its user has to say what holds there.
 */
function knownCompliance(id: string, baseUrl: string): Compliance {
  if (isLoopback(baseUrl)) return LOCAL_SERVERS.has(id) ? LOCAL_COMPLIANCE : {};
  return sameHost(baseUrl, KNOWN_ENDPOINTS[id]?.baseUrl) ? complianceOf(id) : {};
}

const LOCAL_SERVERS: ReadonlySet<string> = new Set(['ollama', 'vllm']);

function environmentUrl(id: string, env: Environment): string | undefined {
  const name = ownVariable(id, 'BASE_URL');
  const value = variableOf(env, name);
  if (value === undefined || isHttpUrl(value)) return value;
  throw new PointsmanError('config-invalid', `The variable ${name} is not an http or https address.`, {
    hint: `Set ${name} to the root of the API, or unset it.`,
    details: { variable: name },
  });
}

function keyOf(id: string, written: EndpointFile | undefined, sources: EndpointSources): Secret | undefined {
  for (const name of keyNames(id, written)) {
    const value = variableOf(sources.env, name);
    if (value !== undefined) return new Secret(value, `env ${name}`);
  }
  return written?.apiKey === undefined
    ? undefined
    : sources.references.expandSecret(written.apiKey, ['endpoints', id, 'apiKey']);
}

/** The variable to set where there is no key: the vendor's own before ours. */
function usualKeyName(id: string, written: EndpointFile | undefined): string {
  const [first, second] = keyNames(id, written);
  return second ?? first ?? ownVariable(id, 'API_KEY');
}

/** Variables in which to look, first to last. A file that names the key itself is taken at its word. */
function keyNames(id: string, written: EndpointFile | undefined): readonly string[] {
  const own = ownVariable(id, 'API_KEY');
  const first = written?.keys?.[0];
  if (first !== undefined) return [typeof first === 'string' ? first : first.name];
  if (written?.apiKeyName !== undefined) return [own, written.apiKeyName];
  if (written?.apiKey !== undefined) return [own];
  if (written?.host !== undefined) return [own, ...HOST_RULES[written.host].apiKeyNames];
  const known = Object.hasOwn(KNOWN_ENDPOINTS, id) ? KNOWN_ENDPOINTS[id] : undefined;
  return [own, ...(known?.apiKeyNames ?? [`${variableName(id)}_API_KEY`])];
}

function headersOf(
  written: EndpointFile | undefined,
  sources: EndpointSources,
  path: readonly string[],
): Readonly<Record<string, Secret>> {
  return Object.fromEntries(
    Object.entries(written?.headers ?? {}).map(([name, value]) => [
      name,
      sources.references.expandSecret(value, [...path, 'headers', name]),
    ]),
  );
}

function usualWires(written: EndpointFile | undefined, known: KnownEndpoint | undefined): readonly Wire[] {
  return written?.host === undefined ? (known?.wires ?? ['openai-chat']) : HOST_RULES[written.host].wires;
}

function toMs(seconds: number | undefined): Ms | undefined {
  return seconds === undefined ? undefined : seconds * SECOND_MS;
}

/** What cannot be told from an endpoint's address. */
function placeOf(
  written: EndpointFile,
  sources: EndpointSources,
  path: YamlPath,
): Pick<ConfiguredEndpoint, 'dialect' | 'query' | 'ca' | 'serves'> {
  const { caFile, dialect, serves } = written;
  return {
    dialect,
    serves,
    query: queryOf(written, sources, path),
    ca: caFile === undefined ? undefined : sources.readFile(caFile, [...path, 'caFile']),
  };
}

function queryOf(
  written: EndpointFile,
  { references }: EndpointSources,
  path: YamlPath,
): Readonly<Record<string, string>> | undefined {
  if (written.query === undefined) return undefined;
  const expanded = Object.entries(written.query).map(([name, value]) => [
    name,
    references.expand(value, [...path, 'query', name]),
  ]);
  return Object.fromEntries(expanded) as Readonly<Record<string, string>>;
}

/** A cloud of which no key is named is opened by whoever is signed in, or by the machine's own identity. */
function hasOwnCredentials(written: EndpointFile | undefined): boolean {
  const { host, apiKey, apiKeyName, keys } = written ?? {};
  return host !== undefined && (apiKey ?? apiKeyName ?? keys) === undefined;
}

function sameHost(a: string, b: string | undefined): boolean {
  return b !== undefined && new URL(a).origin === new URL(b).origin;
}

/** An address of this machine, which nothing leaves. */
export function isLoopback(url: string): boolean {
  const host = new URL(url).hostname;
  return host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/u.test(host);
}
