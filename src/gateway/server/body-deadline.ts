import type { IncomingMessage } from 'node:http';
import type { Ms } from '../../domain/time.ts';

/** How long a request's body may take to arrive. */
export interface BodyDeadline {
  /** The body is passed on as it comes, however long that takes: from now on late is who stalls. */
  allowSlow(): void;
}

/** A stall is seen after its limit at the earliest, and a fraction of it later at the latest. */
const LOOKS_PER_LIMIT = 4;

/**
 * Calls `onLate`, once, where a body has not arrived whole within `limitMs`; after `allowSlow`, where no byte of it came for as
 * long, while it was read. Node's own limit (`requestTimeout`) is one for all requests of a server.
 */
export function watchBody(request: IncomingMessage, limitMs: Ms, onLate: () => void): BodyDeadline {
  const { socket } = request;
  const stop = (): void => clearInterval(timer);
  const late = (): void => {
    stop();
    if (!request.complete) onLate();
  };
  let timer = setTimeout(late, limitMs).unref();
  request.once('end', stop).once('close', stop);
  return {
    allowSlow() {
      stop();
      let seenBytes = socket.bytesRead;
      let quietCount = 0;
      timer = setInterval(() => {
        // Who waits for a slow vendor sends nothing either.
        const isMoving = socket.bytesRead !== seenBytes || request.isPaused();
        seenBytes = socket.bytesRead;
        quietCount = isMoving ? 0 : quietCount + 1;
        if (quietCount >= LOOKS_PER_LIMIT) late();
      }, limitMs / LOOKS_PER_LIMIT).unref();
    },
  };
}
