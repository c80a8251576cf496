import { createServer, type Server, type Socket } from 'node:net';
import type { Ms } from '../../domain/time.ts';
import { sessionOfHead } from './session-of-head.ts';

export interface AcceptOptions {
  readonly maxHeaderBytes: number;
  readonly headersTimeoutMs: Ms;
  readonly maxConnections: number;
  /** Takes a connection over, with what was read of it. `session`: as its headers name it. */
  readonly hand: (socket: Socket, head: Buffer, session: string | undefined) => void;
}

/** What Node's own sending of sockets stands on, too: reading must end in the very turn in which the head is whole, or bytes are lost. */
interface Readable {
  readonly _handle?: { readStop?(): unknown } | null;
}

/**
 * A server that reads the first head of each connection and hands the connection on: to the worker that knows its session. It reads no
 * more of it and answers nothing itself.
 */
export function acceptConnections(options: AcceptOptions): Server {
  const server = createServer({ noDelay: true }, (socket) => {
    let head: Buffer = Buffer.alloc(0);
    const giveUp = (): void => void socket.destroy();
    // For all of the head: whoever sends it byte by byte has no longer.
    const limit = setTimeout(giveUp, options.headersTimeoutMs);
    socket.on('close', () => clearTimeout(limit));
    socket.on('error', giveUp);
    const onData = (chunk: Buffer): void => {
      head = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
      const read = sessionOfHead(head, options.maxHeaderBytes);
      if (read.kind === 'more') return;
      (socket as Readable)._handle?.readStop?.();
      socket.off('data', onData);
      clearTimeout(limit);
      options.hand(socket, head, read.session);
    };
    socket.on('data', onData);
    // A caller that leaves before it has said anything.
    socket.on('end', giveUp);
  });
  server.maxConnections = options.maxConnections;
  return server;
}
