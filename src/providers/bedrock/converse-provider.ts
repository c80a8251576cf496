import type { CallRequest } from '../../domain/call.ts';
import type { Model } from '../../domain/model.ts';
import { converseHeaders, conversePath } from '../../wires/bedrock-converse/bedrock-converse-format.ts';
import { encodeConverse } from '../../wires/bedrock-converse/converse-request-codec.ts';
import { createConverseDecoder } from '../../wires/bedrock-converse/converse-stream-codec.ts';
import type { ReachableEndpoint } from '../create-providers.ts';
import type { WireCall } from '../drive-stream.ts';
import { openEvents } from '../open-events.ts';

/** One ConverseStream call; the endpoint's host signs it and opens its framing. */
export function converseCall(endpoint: ReachableEndpoint, model: Model, request: CallRequest): WireCall {
  const { body, losses, toolNames } = encodeConverse(model, request);
  const { baseUrl, apiKey } = endpoint;
  const path = conversePath(baseUrl, { model: model.wireModel, isStream: true, search: '' });
  const headers = apiKey === undefined ? {} : converseHeaders(apiKey);
  return {
    decoder: createConverseDecoder(model, toolNames),
    losses,
    open: openEvents(endpoint, { path, headers, body }),
  };
}
