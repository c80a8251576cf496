import { PointsmanError } from '../domain/errors.ts';

/** As the protocol's own client allows a server that it started. */
const MAX_MESSAGE_BYTES = 10 * 1024 * 1024;

/** `fetch` for servers of others: an answer, or one event of a stream, that is larger than any message fails and is let go. */
export function boundedFetch(maxBytes: number = MAX_MESSAGE_BYTES, send: typeof fetch = fetch): typeof fetch {
  return async (input, init) => {
    const response = await send(input, init);
    if (response.body === null) return response;
    const isStream = /^\s*text\/event-stream/iu.test(response.headers.get('content-type') ?? '');
    const { status, statusText, headers } = response;
    const body = response.body.pipeThrough(bounded(maxBytes, isStream));
    return new Response(body, { status, statusText, headers });
  };
}

type Bytes = Uint8Array<ArrayBuffer>;

/** Of a stream of events what came since the last blank line counts, of anything else all of it. */
function bounded(maxBytes: number, isStream: boolean): TransformStream<Bytes, Bytes> {
  let length = 0;
  let isLineEmpty = true;
  const count = (byte: number): void => {
    const endsLine = byte === 10;
    if (byte === 13) return;
    length = isStream && endsLine && isLineEmpty ? 0 : length + 1;
    isLineEmpty = endsLine;
  };
  return new TransformStream({
    transform(chunk, controller) {
      for (const byte of chunk) count(byte);
      if (length > maxBytes) {
        throw new PointsmanError('tool-unavailable', `The server sent a message of more than ${maxBytes} bytes`);
      }
      controller.enqueue(chunk);
    },
  });
}
