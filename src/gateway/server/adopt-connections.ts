import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Serves connections that another process has accepted, and of which it has read the beginning. The server itself listens nowhere; what
 * it would begin with listening (its watch over slow heads) begins with the first connection. Past the most that the server may have
 * one is closed: Node counts only those that a server has accepted itself.
 */
export function createAdopter(server: Server): (socket: Socket, head: Buffer) => void {
  let isBegun = false;
  let openCount = 0;
  return (socket, head) => {
    if (openCount >= server.maxConnections) {
      socket.destroy();
      return;
    }
    openCount += 1;
    socket.once('close', () => {
      openCount -= 1;
    });
    if (!isBegun && !server.listening) server.emit('listening');
    isBegun = true;
    socket.setNoDelay(true);
    socket.unshift(head);
    server.emit('connection', socket);
  };
}
