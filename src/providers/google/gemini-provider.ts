import type { CallRequest } from '../../domain/call.ts';
import type { Model } from '../../domain/model.ts';
import { geminiPath } from '../../wires/gemini-generate-content/gemini-path.ts';
import { encodeGemini, geminiHeaders } from '../../wires/gemini-generate-content/gemini-request-codec.ts';
import { createGeminiDecoder } from '../../wires/gemini-generate-content/gemini-stream-codec.ts';
import { createSseParser } from '../../wires/shared/sse.ts';
import type { ReachableEndpoint } from '../create-providers.ts';
import type { WireCall } from '../drive-stream.ts';

/**
 * One `streamGenerateContent` call. Plain HTTP: Google's SDK takes a form of its own and writes the body from that, so that what
 * the codec wrote could not be sent as it is.
 */
export function geminiCall(endpoint: ReachableEndpoint, model: Model, request: CallRequest): WireCall {
  const { body, losses, toolNames } = encodeGemini(model, request);
  return {
    decoder: createGeminiDecoder(model, toolNames),
    losses,
    open: async ({ signal, onBytes }) => {
      const path = geminiPath(endpoint.baseUrl, { model: model.wireModel, isStream: true, search: '' });
      const response = await endpoint.fetchFor(onBytes)(new URL(path, endpoint.baseUrl).href, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...endpoint.headers,
          ...(endpoint.apiKey === undefined ? {} : geminiHeaders(endpoint.apiKey)),
        },
        body: JSON.stringify(body),
        redirect: 'error',
        signal,
      });
      if (!response.ok) throw await refusalIn(response);
      return { events: eventsIn(response), requestId: response.headers.get('x-request-id') ?? undefined };
    },
  };
}

async function* eventsIn(response: Response): AsyncGenerator<unknown, void, undefined> {
  let found: unknown[] = [];
  const parser = createSseParser(({ data }) => found.push(JSON.parse(data)));
  for await (const chunk of response.body ?? []) {
    parser.push(Buffer.from(chunk));
    yield* found;
    found = [];
  }
}

/** What Google refused with, in the shape that vendors' SDKs throw. */
async function refusalIn(response: Response): Promise<Error> {
  const text = await response.text();
  const { status, headers } = response;
  return Object.assign(new Error(`HTTP ${status}`), { status, headers, error: bodyIn(text) });
}

function bodyIn(text: string): unknown {
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? parsed[0] : parsed;
  } catch {
    return text.slice(0, 500);
  }
}
