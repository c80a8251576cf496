import { Agent, fetch as undiciFetch } from 'undici';
import type { RequestInit } from 'undici';
import { protocolError } from './stream-decoder.ts';
import { SECOND_MS } from '../domain/time.ts';

/** One event or body larger than this is not an answer of a model. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;
const NEWLINE = 0x0a;

/**
 * The connections of all endpoints. Node's own fetch gives up after five silent minutes; here the call's own clocks
 * decide, so the agent's are off.
 */
const agent = new Agent({ headersTimeout: 0, bodyTimeout: 0, connect: { timeout: 10 * SECOND_MS } });

export interface FetchGuard {
  /** Called for every chunk of bytes: the endpoint is alive. */
  readonly onBytes: () => void;
}

/**
 * A `fetch` for the vendors' SDKs: long calls allowed, each chunk noticed, a successful answer that is no event stream
 * refused, and an endless line cut.
 */
export function guardedFetch(guard: FetchGuard): typeof fetch {
  const guarded = async (input: unknown, init: unknown): Promise<Response> => {
    const request = { ...(init as RequestInit), dispatcher: agent };
    const response = (await undiciFetch(input as string, request)) as unknown as Response;
    guard.onBytes();
    if (!response.ok) return response;
    const contentType = response.headers.get('content-type') ?? 'no content type';
    if (!contentType.startsWith('text/event-stream')) {
      await response.body?.cancel();
      throw protocolError(`Expected a stream of events, got ${contentType.slice(0, 80)}`);
    }
    const body = response.body?.pipeThrough(watchLines(guard)) ?? null;
    return new Response(body, { status: response.status, headers: response.headers });
  };
  return guarded;
}

function watchLines(guard: FetchGuard): TransformStream<Uint8Array, Uint8Array> {
  let lineBytes = 0;
  return new TransformStream({
    transform(chunk, controller): void {
      guard.onBytes();
      const last = chunk.lastIndexOf(NEWLINE);
      lineBytes = last === -1 ? lineBytes + chunk.length : chunk.length - last - 1;
      if (lineBytes > MAX_LINE_BYTES) controller.error(protocolError(`A line of more than ${MAX_LINE_BYTES} bytes`));
      else controller.enqueue(chunk);
    },
  });
}
