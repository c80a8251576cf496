import type { Config } from '../config/config.ts';
import type { Environment } from '../domain/environment.ts';
import type { EndpointId } from '../domain/ids.ts';
import type { Model } from '../domain/model.ts';
import type { At } from '../domain/time.ts';
import { createProviders } from '../providers/create-providers.ts';
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

export async function openProviders(
  config: Config,
  { clock, env, watch }: ProvidersOptions,
): Promise<ReadonlyMap<EndpointId, ModelProvider>> {
  const [{ anthropicCall }, { openaiChatCall, openaiResponsesCall }, { geminiCall }, { converseCall }] =
    await Promise.all([
      import('../providers/anthropic/anthropic-provider.ts'),
      import('../providers/openai/openai-provider.ts'),
      import('../providers/google/gemini-provider.ts'),
      import('../providers/bedrock/converse-provider.ts'),
    ]);
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
    adapters: {
      'anthropic-messages': anthropicCall,
      'openai-chat': openaiChatCall,
      'openai-responses': openaiResponsesCall,
      'gemini-generate-content': geminiCall,
      'bedrock-converse': converseCall,
    },
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
