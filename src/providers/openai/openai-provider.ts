import OpenAI from 'openai';
import type { CallRequest } from '../../domain/call.ts';
import type { Model } from '../../domain/model.ts';
import { encodeChat } from '../../wires/openai-chat/chat-request-codec.ts';
import { createChatDecoder } from '../../wires/openai-chat/chat-stream-codec.ts';
import { encodeResponses } from '../../wires/openai-responses/responses-request-codec.ts';
import { createResponsesDecoder } from '../../wires/openai-responses/responses-stream-codec.ts';
import type { ReachableEndpoint } from '../create-providers.ts';
import type { WireCall } from '../drive-stream.ts';

/** One Chat Completions call to OpenAI or to anything that speaks its wire. */
export function openaiChatCall(endpoint: ReachableEndpoint, model: Model, request: CallRequest): WireCall {
  const { body, losses, toolNames } = encodeChat(model, request, endpoint.dialect);
  return {
    decoder: createChatDecoder(model, toolNames),
    losses,
    open: async ({ signal, onBytes }) => {
      const params = body as unknown as OpenAI.ChatCompletionCreateParamsStreaming;
      const pending = createClient(endpoint, onBytes).chat.completions.create(params, { signal });
      const { data, request_id: requestId } = await pending.withResponse();
      return { events: data, requestId: requestId ?? undefined };
    },
  };
}

/** One Responses call. */
export function openaiResponsesCall(endpoint: ReachableEndpoint, model: Model, request: CallRequest): WireCall {
  const { body, losses, toolNames } = encodeResponses(model, request, endpoint.dialect);
  return {
    decoder: createResponsesDecoder(model, toolNames),
    losses,
    open: async ({ signal, onBytes }) => {
      const params = body as unknown as OpenAI.Responses.ResponseCreateParamsStreaming;
      const pending = createClient(endpoint, onBytes).responses.create(params, { signal });
      const { data, request_id: requestId } = await pending.withResponse();
      return { events: data, requestId: requestId ?? undefined };
    },
  };
}

/** The SDK's client, which neither retries, nor logs, nor reads the environment. */
function createClient(endpoint: ReachableEndpoint, onBytes: () => void): OpenAI {
  return new OpenAI({
    apiKey: endpoint.apiKey ?? 'no-key-needed',
    organization: null,
    project: null,
    baseURL: withVersion(endpoint.baseUrl),
    defaultHeaders: endpoint.headers,
    maxRetries: 0,
    timeout: endpoint.timeoutMs,
    logLevel: 'off',
    fetch: endpoint.fetchFor(onBytes),
  });
}

/** Adds `/v1` where the address has no path of its own. */
function withVersion(baseUrl: string): string {
  const url = new URL(baseUrl);
  if (url.pathname === '/') url.pathname = '/v1';
  return url.href.replace(/\/$/u, '');
}
