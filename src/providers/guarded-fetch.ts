import { EnvHttpProxyAgent, fetch as undiciFetch, type RequestInit } from 'undici';
import { SECOND_MS } from '../domain/time.ts';
import { protocolError } from '../wires/shared/stream-decoder.ts';

/** One line of a stream, or one error body, that is larger than this is not a model's. */
const MAX_BYTES = 16 * 1024 * 1024;
const NEWLINE = 0x0a;

/**
 * The connections of all endpoints, through HTTP_PROXY and HTTPS_PROXY where they are set and NO_PROXY allows it. Node's own fetch gives up after five silent minutes; here the call's own clocks
 * decide, so the agent's are off.
 */
const agent = new EnvHttpProxyAgent({ headersTimeout: 0, bodyTimeout: 0, connect: { timeout: 10 * SECOND_MS } });

export interface FetchGuard {
  /** Called for every chunk of bytes: the endpoint is alive. */
  readonly onBytes: () => void;
}

/**
 * A `fetch` for the vendors' SDKs: long calls allowed, each chunk noticed, a successful answer that is no event stream
 * refused, and an endless line or error body cut.
 */
export function guardedFetch(guard: FetchGuard): typeof fetch {
  const guarded = async (input: unknown, init: unknown): Promise<Response> => {
    const request = { ...(init as RequestInit), dispatcher: agent };
    const response = (await undiciFetch(input as string, request)) as unknown as Response;
    guard.onBytes();
    if (!response.ok) return passOn(response, limitBytes(guard));
    const contentType = response.headers.get('content-type') ?? 'no content type';
    if (!contentType.startsWith('text/event-stream')) {
      await response.body?.cancel();
      throw protocolError(`Expected a stream of events, got ${contentType.slice(0, 80)}`);
    }
    return passOn(response, limitBytes(guard, NEWLINE));
  };
  return guarded;
}

function passOn(response: Response, through: TransformStream<Uint8Array, Uint8Array>): Response {
  const body = response.body?.pipeThrough(through) ?? null;
  return new Response(body, { status: response.status, statusText: response.statusText, headers: response.headers });
}

/** Notices each chunk, and ends with an error after too many bytes in all, or since the last `separator`. */
function limitBytes(guard: FetchGuard, separator?: number): TransformStream<Uint8Array, Uint8Array> {
  let byteCount = 0;
  return new TransformStream({
    transform(chunk, controller): void {
      guard.onBytes();
      const last = separator === undefined ? -1 : chunk.lastIndexOf(separator);
      byteCount = last === -1 ? byteCount + chunk.length : chunk.length - last - 1;
      if (byteCount <= MAX_BYTES) controller.enqueue(chunk);
      else controller.error(protocolError(`More than ${MAX_BYTES} bytes in one piece`));
    },
  });
}
