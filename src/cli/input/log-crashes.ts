import { toPointsmanError } from '../../domain/errors.ts';
import type { Log } from '../../domain/log.ts';
import { EXIT } from './exit-code.ts';

/**
 * Puts what nobody caught into the log: Node itself would print it as it is, secrets included. The process then ends, or
 * goes on where others' streams hang on it and would all be cut by one fault. Returns how to stop.
 */
export function logCrashes(log: Log, afterwards: 'end' | 'go on'): () => void {
  const crashed = (thrown: unknown): void => {
    const what = afterwards === 'end' ? 'A fault that nobody caught ends the process' : 'Nobody caught a fault';
    log.error(what, { error: toPointsmanError(thrown) });
    if (afterwards === 'end') process.exit(EXIT.failed);
  };
  process.on('uncaughtException', crashed);
  return () => void process.off('uncaughtException', crashed);
}
