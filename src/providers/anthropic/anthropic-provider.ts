import Anthropic from '@anthropic-ai/sdk';
import type { CallRequest } from '../../domain/call.ts';
import type { Model } from '../../domain/model.ts';
import { encodeAnthropic } from '../../wires/anthropic-messages/anthropic-request-codec.ts';
import { createAnthropicDecoder } from '../../wires/anthropic-messages/anthropic-stream-codec.ts';
import { betasOf } from '../../wires/anthropic-messages/message-effort.ts';
import type { Fields } from '../../wires/shared/fields.ts';
import { betaHeader } from '../beta-flags.ts';
import type { ReachableEndpoint } from '../create-providers.ts';
import type { WireCall } from '../drive-stream.ts';

/** One Messages call through Anthropic's SDK, which neither retries, nor logs, nor reads the environment. */
export function anthropicCall(endpoint: ReachableEndpoint, model: Model, request: CallRequest): WireCall {
  const { body, losses, toolNames } = encodeAnthropic(model, request);
  return {
    decoder: createAnthropicDecoder(model, toolNames),
    losses,
    open: async ({ signal, onBytes }) => {
      const client = new Anthropic({
        apiKey: endpoint.apiKey ?? 'no-key-needed',
        authToken: null,
        baseURL: endpoint.baseUrl.replace(/\/(v1\/?)?$/u, ''),
        defaultHeaders: endpoint.headers,
        maxRetries: 0,
        timeout: endpoint.timeoutMs,
        logLevel: 'off',
        fetch: endpoint.fetchFor(onBytes),
      });
      const params = body as unknown as Anthropic.MessageCreateParamsStreaming;
      const headers = betaHeader(endpoint.headers, betasOf(body as unknown as Fields));
      const { data, request_id: requestId } = await client.messages.create(params, { signal, headers }).withResponse();
      return { events: data, requestId: requestId ?? undefined };
    },
  };
}
