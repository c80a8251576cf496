import { asId, type EndpointId } from '../domain/ids.ts';
import { anthropicCall } from '../providers/anthropic/anthropic-provider.ts';
import { converseCall } from '../providers/bedrock/converse-provider.ts';
import { createProviders, type CreateProvidersOptions } from '../providers/create-providers.ts';
import { geminiCall } from '../providers/google/gemini-provider.ts';
import { openaiChatCall, openaiResponsesCall } from '../providers/openai/openai-provider.ts';
import type { ModelProvider } from '../providers/provider.ts';
import type { ScriptedServer } from '../providers/scripted/scripted-server.ts';
import type { EndpointConfig } from '../wires/shared/endpoint-config.ts';

/** The real adapters of every wire. */
export const REAL_ADAPTERS: CreateProvidersOptions['adapters'] = {
  'anthropic-messages': anthropicCall,
  'openai-chat': openaiChatCall,
  'openai-responses': openaiResponsesCall,
  'gemini-generate-content': geminiCall,
  'bedrock-converse': converseCall,
};

/** The real adapters over one scripted server, as the endpoints `anthropic`, `openai` and `google`. */
export function scriptedProviders(
  server: ScriptedServer,
  overrides: Partial<EndpointConfig> = {},
): ReadonlyMap<EndpointId, ModelProvider> {
  return createProviders(
    [
      { id: asId('anthropic'), wires: ['anthropic-messages'], baseUrl: server.url, ...overrides },
      { id: asId('openai'), wires: ['openai-chat', 'openai-responses'], baseUrl: server.url, ...overrides },
      { id: asId('google'), wires: ['gemini-generate-content'], baseUrl: server.url, ...overrides },
    ],
    { adapters: REAL_ADAPTERS },
  );
}
