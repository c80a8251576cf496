import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Serves connections that another process has accepted, and of which it has read the beginning. The server itself listens nowhere; what
 * it would begin with listening (its watch over slow heads) begins with the first connection.
 */
export function createAdopter(server: Server): (socket: Socket, head: Buffer) => void {
  let isBegun = false;
  return (socket, head) => {
    if (!isBegun && !server.listening) server.emit('listening');
    isBegun = true;
    socket.setNoDelay(true);
    socket.unshift(head);
    server.emit('connection', socket);
  };
}
