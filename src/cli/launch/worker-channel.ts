import type { Socket } from 'node:net';
import type { Environment } from '../../domain/environment.ts';
import type { AcceptorLetter } from '../../gateway/workers/letters.ts';
import type { WorkerChannel } from '../../gateway/workers/siblings.ts';

/** Set by the process that starts workers: which one of them this is, from 0. */
export const WORKER_VARIABLE = 'POINTSMAN_SERVE_WORKER';

/** The token of its page's operator, for this one process: whoever reads it takes it out of the environment. */
export const OPERATOR_VARIABLE = 'POINTSMAN_SERVE_OPERATOR';

/** This process as one of several workers. */
export interface WorkerPlace extends WorkerChannel {
  readonly index: number;
  readonly operatorToken: string | undefined;
  /** Aborts when the process that accepts connections is gone: nobody would call here any more. */
  readonly gone: AbortSignal;
  leave(): void;
}

/** `undefined`: this process is nobody's worker, whatever its environment says. */
export function workerPlace(env: Environment): WorkerPlace | undefined {
  const index = Number(env[WORKER_VARIABLE] ?? Number.NaN);
  if (!Number.isInteger(index) || process.send === undefined) return undefined;
  const operatorToken = env[OPERATOR_VARIABLE];
  Reflect.deleteProperty(process.env, OPERATOR_VARIABLE);
  const gone = new AbortController();
  process.once('disconnect', () => gone.abort());
  return {
    index,
    operatorToken,
    gone: gone.signal,
    send(letter) {
      // The channel closes when the other side goes, at any moment.
      if (process.connected) process.send?.(letter, undefined, undefined, () => undefined);
    },
    receive(onLetter) {
      process.on('message', (letter, handle) => onLetter(letter as AcceptorLetter, handle as Socket | undefined));
    },
    leave() {
      if (process.connected) process.disconnect();
    },
  };
}
