import { deserializeMessage } from '@modelcontextprotocol/sdk/shared/stdio.js';
import { ErrorCode, type JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
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

/** Messages of a server that was started, one a line. The protocol's own client ends a server that says more than it expects. */
export interface BoundedLines {
  readonly append: (chunk: Buffer) => void;
  /** `null`: there is no whole one yet. */
  readonly readMessage: () => JSONRPCMessage | null;
  readonly clear: () => void;
}

/** More than any server means to say at once; what is shown of it is far less. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;
/** Of what is not kept, where the number of the call stands: behind the result, or before it. */
const EDGE_BYTES = 1024;
const NUMBER = /"id":(\d+)/u;

interface Line {
  readonly chunks: Buffer[];
  length: number;
}

/** A message that is larger than any is let go, and whoever waits for it is answered in its place; the server stays. */
export function createBoundedLines(maxBytes: number = MAX_LINE_BYTES): BoundedLines {
  const whole: Line[] = [];
  let open: Line = { chunks: [], length: 0 };
  const add = (bytes: Buffer): void => {
    open.length += bytes.length;
    open.chunks.push(bytes);
    if (open.length <= maxBytes) return;
    const kept = Buffer.concat(open.chunks);
    open.chunks.splice(0, Infinity, kept.subarray(0, EDGE_BYTES), kept.subarray(-EDGE_BYTES));
  };
  return {
    append: (chunk) => {
      let from = 0;
      for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, from)) {
        add(chunk.subarray(from, end));
        whole.push(open);
        open = { chunks: [], length: 0 };
        from = end + 1;
      }
      if (from < chunk.length) add(chunk.subarray(from));
    },
    readMessage: () => {
      const line = whole.shift();
      if (line === undefined) return null;
      return line.length > maxBytes
        ? insteadOf(line, maxBytes)
        : deserializeMessage(Buffer.concat(line.chunks).toString().replace(/\r$/u, ''));
    },
    clear: () => {
      whole.length = 0;
      open = { chunks: [], length: 0 };
    },
  };
}

function insteadOf({ chunks, length }: Line, maxBytes: number): JSONRPCMessage {
  const [head = '', tail = ''] = [chunks[0], chunks.at(-1)].map((bytes) => bytes?.toString('latin1') ?? '');
  const behind = /"id":(\d+)\s*(?:,"jsonrpc":"2\.0"\s*)?\}\s*$/u.exec(tail)?.[1];
  const id = behind ?? NUMBER.exec(head)?.[1];
  const message = `The server sent a message of ${length} bytes; more than ${maxBytes} are not read. Ask for less at once.`;
  if (id === undefined) throw new PointsmanError('tool-unavailable', message);
  return { jsonrpc: '2.0', id: Number(id), error: { code: ErrorCode.InternalError, message } };
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
