import { createSseParser } from '../wires/shared/sse.ts';
import type { ReachableEndpoint } from './create-providers.ts';
import type { WireCall } from './drive-stream.ts';

/** A call as its wire format writes it. */
interface PlainCall {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
}

/**
 * Opens a stream by plain HTTP, for formats whose vendor's SDK takes a form of its own and writes the body from that: what the codec
 * wrote could not be sent as it is.
 */
export function openEvents(endpoint: ReachableEndpoint, { path, headers, body }: PlainCall): WireCall['open'] {
  return async ({ signal, onBytes }) => {
    const response = await endpoint.fetchFor(onBytes)(new URL(path, endpoint.baseUrl).href, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...endpoint.headers, ...headers },
      body: JSON.stringify(body),
      signal,
    });
    if (!response.ok) throw await refusalIn(response);
    return { events: eventsIn(response), requestId: response.headers.get('x-request-id') ?? undefined };
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

/** What the vendor refused with, in the shape that vendors' SDKs throw. */
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
