import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

interface ConnectionState {
  /** Under way. */
  response: ServerResponse | undefined;
  /** Bytes that had arrived when the last answer left: more of them are a request that has begun. */
  readBytes: number;
}

/**
 * Makes a server close only those connections as idle on which nothing is under way. Node's own way, which `close` takes as
 * well, destroys a connection as soon as its answer has been given to it, with whatever of that has not left yet (24.21,
 * 2026-11): a caller that reads slower than we write lost the end of its answer.
 */
export function closeOnlyIdle(server: Server): void {
  const states = new Map<Socket, ConnectionState>();
  server.on('connection', (socket: Socket) => {
    states.set(socket, { response: undefined, readBytes: 0 });
    socket.once('close', () => states.delete(socket));
  });
  server.on('request', ({ socket }, response: ServerResponse) => {
    const state = states.get(socket);
    if (state === undefined) return;
    state.response = response;
    response.once('close', () => {
      if (state.response === response) state.response = undefined;
      state.readBytes = socket.bytesRead;
    });
  });
  server.closeIdleConnections = () => {
    for (const [socket, { response, readBytes }] of states) {
      if (response === undefined && socket.bytesRead <= readBytes && socket.writableLength === 0) socket.destroy();
    }
  };
}
