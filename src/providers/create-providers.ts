import type { CallRequest } from '../domain/call.ts';
import type { Environment } from '../domain/environment.ts';
import { PointsmanError } from '../domain/errors.ts';
import type { EndpointId } from '../domain/ids.ts';
import type { Model, Wire } from '../domain/model.ts';
import { SUBSCRIPTION_HINT, holdsSubscriptionToken } from '../domain/secret/subscription-token.ts';
import type { At } from '../domain/time.ts';
import { resolveEndpoint, type Endpoint, type EndpointConfig } from '../wires/shared/endpoint-config.ts';
import { driveStream, type WireCall } from './drive-stream.ts';
import { guardedFetch } from './guarded-fetch.ts';
import { credentialsIn, openHost, type Host, type HostOpeners, targetOf } from './host.ts';
import type { ModelProvider } from './provider.ts';
import type { ProxySettings } from './proxy-settings.ts';

/** An endpoint, and how one call reaches it: through its host, a proxy, and certificates of its own. */
export interface ReachableEndpoint extends Endpoint {
  fetchFor(onBytes: () => void): typeof fetch;
}

/** Makes one call in one wire format. Adapters are handed in, so that only the composition root imports them. */
export type WireAdapter = (
  endpoint: ReachableEndpoint,
  model: Model,
  request: CallRequest,
) => WireCall | Promise<WireCall>;

export interface CreateProvidersOptions {
  readonly adapters: Readonly<Record<Wire, WireAdapter>>;
  /** Absent: endpoints at clouds cannot be called. */
  readonly hosts?: HostOpeners;
  /** Asked before each call; absent: connections are direct. @throws PointsmanError for one that is no address */
  readonly proxy?: () => ProxySettings | undefined;
  /** Values by name of environment variable. */
  readonly secrets?: Environment;
  /** Hears the head of every answer. */
  readonly onHead?: (model: Model, headers: Headers) => void;
  /** Epoch milliseconds. Default: the system's clock. */
  readonly clock?: () => At;
}

/**
 * One provider per endpoint. A missing key is no defect here: the first call to that endpoint ends in `provider-auth`,
 * with the name of the variable to set.
 * @throws PointsmanError `config-invalid` for a base URL that is none, two endpoints with one id, or a subscription token.
 */
export function createProviders(
  configs: readonly EndpointConfig[],
  options: CreateProvidersOptions,
): ReadonlyMap<EndpointId, ModelProvider> {
  const providers = new Map<EndpointId, ModelProvider>();
  for (const config of configs) {
    if (!URL.canParse(config.baseUrl)) {
      throw new PointsmanError('config-invalid', `Endpoint "${config.id}": the base URL is not a URL`, {
        hint: 'Write it whole, such as https://api.example.com/v1.',
      });
    }
    if (providers.has(config.id)) {
      throw new PointsmanError('config-invalid', `Two endpoints are called "${config.id}"`, { hint: 'Rename one.' });
    }
    const endpoint = resolveEndpoint(config, options.secrets ?? {});
    refuseSubscription(endpoint);
    providers.set(config.id, createProvider(endpoint, config.wires, options));
  }
  return providers;
}

function refuseSubscription({ id, apiKey = '', baseUrl, headers }: Endpoint): void {
  if (![apiKey, baseUrl, ...Object.values(headers)].some(holdsSubscriptionToken)) return;
  throw new PointsmanError('config-invalid', `Endpoint "${id}" has a subscription token.`, { hint: SUBSCRIPTION_HINT });
}

function createProvider(
  endpoint: Endpoint,
  wires: readonly Wire[],
  { adapters, hosts, proxy: proxyNow, onHead, clock = Date.now }: CreateProvidersOptions,
): ModelProvider {
  const { id, apiKey, host: settings, query, ca } = endpoint;
  const fetched = new Set<string>();
  const host = overheard(openHost(hosts, { id, settings, apiKey }), (secrets) => {
    for (const secret of secrets) fetched.add(secret);
    for (const oldest of [...fetched].slice(0, -MOST_FETCHED)) fetched.delete(oldest);
  });
  return {
    endpoint: endpoint.id,
    stream: (model, request, { signal }) => {
      const makeCall = (): WireCall | Promise<WireCall> => {
        if (!wires.includes(model.wire)) throw wrongWire(endpoint, model, wires);
        if (endpoint.apiKey === undefined && !endpoint.keyless) throw missingKey(endpoint);
        const target = targetOf(model, true);
        const proxy = proxyNow?.();
        const fetchFor = (onBytes: () => void): typeof fetch =>
          guardedFetch({
            onBytes,
            onHead: (headers) => onHead?.(model, headers),
            query,
            ca,
            proxy,
            host,
            target,
          });
        return adapters[model.wire]({ ...endpoint, fetchFor }, model, request);
      };
      return driveStream(makeCall, { endpoint, fetched, signal, clock });
    },
  };
}

/** Tokens are renewed by the hour: an answer may repeat the one before. */
const MOST_FETCHED = 8;

/** A host of which it is heard what it opens calls with. */
function overheard(host: Host | undefined, hear: (secrets: readonly string[]) => void): Host | undefined {
  if (host === undefined) return undefined;
  return {
    prepare: async (call, target) => {
      const ready = await host.prepare(call, target);
      hear(credentialsIn(ready.headers));
      return ready;
    },
  };
}

function missingKey(endpoint: Endpoint): PointsmanError {
  return new PointsmanError('provider-auth', `Endpoint "${endpoint.id}" has no key`, {
    details: { keyName: endpoint.apiKeyName },
    hint: `Set ${endpoint.apiKeyName} to the key of this endpoint.`,
  });
}

function wrongWire(endpoint: Endpoint, model: Model, wires: readonly Wire[]): PointsmanError {
  return new PointsmanError(
    'config-invalid',
    `Endpoint "${endpoint.id}" does not speak ${model.wire}, which model "${model.id}" needs`,
    {
      hint: `Add ${model.wire} to its wires (now ${wires.join(', ') || 'none'}), or correct the model.`,
    },
  );
}
