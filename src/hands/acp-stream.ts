import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import type { AnyMessage, Stream } from '@agentclientprotocol/sdk';
import type { AcpLimits } from './acp-limits.ts';
import { rowIn } from './harness-dialect.ts';

interface AcpListener {
  readonly onMessage: () => void;
  /** One after the other, before what was said later; of whatever kind, as kinds are added. */
  readonly onUpdate: (update: unknown) => Promise<void>;
}

/** What a harness says and is told, a line a message. What is none of the protocol is passed over, and not for ever. */
export function acpStream(
  { stdout, stdin }: { readonly stdout: Readable; readonly stdin: Writable },
  limits: AcpLimits,
  { onMessage, onUpdate }: AcpListener,
): Stream {
  const asked = new Set<unknown>();
  const read = async function* read(): AsyncGenerator<AnyMessage> {
    let oddCount = 0;
    for await (const line of lines(stdout, limits)) {
      onMessage();
      const row = parsed(line);
      if (row === undefined) continue;
      if (!isMessage(row, asked)) oddCount += 1;
      else if ('method' in row && row.method === 'session/update') await onUpdate(rowIn(row.params)?.['update']);
      else yield row;
      if (oddCount > limits.oddMessages) throw new Error('what it says is none of the Agent Client Protocol');
    }
  };
  return {
    readable: ReadableStream.from(read()),
    writable: new WritableStream({
      write: async (message) => {
        if ('method' in message && 'id' in message) asked.add(message.id);
        if (!stdin.write(`${JSON.stringify(message)}\n`))
          await Promise.race([once(stdin, 'drain'), once(stdin, 'close')]);
      },
    }),
  };
}

const NEWLINE = 10;

/** @throws Error for a line, or for a whole, that is longer than it may be */
async function* lines(stdout: Readable, { messageBytes, totalBytes }: AcpLimits): AsyncGenerator<string> {
  let parts: Buffer[] = [];
  let byteCount = 0;
  let allBytes = 0;
  for await (const chunk of stdout as AsyncIterable<Buffer>) {
    allBytes += chunk.length;
    if (allBytes > totalBytes) throw new Error(`it said more than ${totalBytes} bytes`);
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      yield Buffer.concat([...parts, chunk.subarray(from, end)]).toString('utf8');
      parts = [];
      byteCount = 0;
      from = end + 1;
    }
    parts.push(chunk.subarray(from));
    byteCount += chunk.length - from;
    if (byteCount > messageBytes) throw new Error(`one message has more than ${messageBytes} bytes`);
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}

/** A request, a notification, or the answer to what it was asked. */
function isMessage(row: unknown, asked: Set<unknown>): row is AnyMessage {
  const message = rowIn(row);
  if (message === undefined) return false;
  const { id, method } = message;
  if (method !== undefined) return typeof method === 'string' && (id === undefined || isId(id));
  return ('result' in message || rowIn(message['error']) !== undefined) && asked.delete(id);
}

function isId(id: unknown): boolean {
  return id === null || typeof id === 'string' || typeof id === 'number';
}
