import type { Config } from '../config/config.ts';
import type { Environment } from '../domain/environment.ts';
import type { EndpointId } from '../domain/ids.ts';
import type { Model, Wire } from '../domain/model.ts';
import type { At } from '../domain/time.ts';
import { createProviders, type WireAdapter } from '../providers/create-providers.ts';
import type { HostWatch } from '../providers/hosts/host-watch.ts';
import { statedLimits } from '../providers/hosts/limit-headers.ts';
import type { ModelProvider } from '../providers/provider.ts';
import { proxyIn } from '../providers/proxy-settings.ts';
import type { EndpointConfig } from '../wires/shared/endpoint-config.ts';
import { HOSTS } from './open-hosts.ts';

export interface ProvidersOptions {
  readonly clock: () => At;
  /** Names the proxies. */
  readonly env: Environment;
  /** Hears what answers state of the limits of their keys. */
  readonly watch?: HostWatch;
}

/** Each is loaded with what it stands on by the first call in its format: who only looks waits for no SDK. */
const ADAPTERS: Readonly<Record<Wire, WireAdapter>> = {
  'anthropic-messages': async (...call) =>
    (await import('../providers/anthropic/anthropic-provider.ts')).anthropicCall(...call),
  'openai-chat': async (...call) => (await import('../providers/openai/openai-provider.ts')).openaiChatCall(...call),
  'openai-responses': async (...call) =>
    (await import('../providers/openai/openai-provider.ts')).openaiResponsesCall(...call),
  'gemini-generate-content': async (...call) =>
    (await import('../providers/google/gemini-provider.ts')).geminiCall(...call),
  'bedrock-converse': async (...call) =>
    (await import('../providers/bedrock/converse-provider.ts')).converseCall(...call),
};

export function openProviders(
  config: Config,
  { clock, env, watch }: ProvidersOptions,
): ReadonlyMap<EndpointId, ModelProvider> {
  const endpoints = [...config.endpoints.values()].map((endpoint): EndpointConfig => ({
    id: endpoint.id,
    wires: endpoint.wires,
    baseUrl: endpoint.baseUrl,
    apiKeyName: endpoint.apiKeyName,
    keyless: endpoint.keyless,
    headers: Object.fromEntries(Object.entries(endpoint.headers).map(([name, secret]) => [name, secret.reveal()])),
    ...(endpoint.apiKey === undefined ? {} : { apiKey: endpoint.apiKey.reveal() }),
    ...(endpoint.timeoutMs === undefined ? {} : { timeoutMs: endpoint.timeoutMs }),
    ...(endpoint.idleTimeoutMs === undefined ? {} : { idleTimeoutMs: endpoint.idleTimeoutMs }),
    ...(endpoint.firstByteMs === undefined ? {} : { firstByteMs: endpoint.firstByteMs }),
    ...(endpoint.host === undefined ? {} : { host: endpoint.host }),
    ...(endpoint.dialect === undefined ? {} : { dialect: endpoint.dialect }),
    ...(endpoint.query === undefined ? {} : { query: endpoint.query }),
    ...(endpoint.ca === undefined ? {} : { ca: endpoint.ca }),
  }));
  return createProviders(endpoints, {
    adapters: ADAPTERS,
    hosts: HOSTS,
    proxy: () => proxyIn(env),
    clock,
    ...(watch === undefined
      ? {}
      : {
          onHead: (model: Model, headers: Headers) =>
            watch.limits.note(model, statedLimits(Object.fromEntries(headers), clock()), performance.now()),
        }),
  });
}
