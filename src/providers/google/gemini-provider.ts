import type { CallRequest } from '../../domain/call.ts';
import type { Model } from '../../domain/model.ts';
import { geminiPath } from '../../wires/gemini-generate-content/gemini-path.ts';
import { encodeGemini, geminiHeaders } from '../../wires/gemini-generate-content/gemini-request-codec.ts';
import { createGeminiDecoder } from '../../wires/gemini-generate-content/gemini-stream-codec.ts';
import type { ReachableEndpoint } from '../create-providers.ts';
import type { WireCall } from '../drive-stream.ts';
import { openEvents } from '../open-events.ts';

/** One `streamGenerateContent` call. */
export function geminiCall(endpoint: ReachableEndpoint, model: Model, request: CallRequest): WireCall {
  const { body, losses, toolNames } = encodeGemini(model, request);
  const { baseUrl, apiKey } = endpoint;
  const path = geminiPath(baseUrl, { model: model.wireModel, isStream: true, search: '' });
  const headers = apiKey === undefined ? {} : geminiHeaders(apiKey);
  return {
    decoder: createGeminiDecoder(model, toolNames),
    losses,
    open: openEvents(endpoint, { path, headers, body }),
  };
}
