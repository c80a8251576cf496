import { toPointsmanError } from '../../domain/errors.ts';
import type { Log } from '../../domain/log.ts';
import { EXIT } from './exit-code.ts';

/**
 * Puts what nobody caught into the log and ends the process: Node itself would print it as it is, secrets included. Returns
 * how to stop.
 */
export function logCrashes(log: Log): () => void {
  const crashed = (thrown: unknown): void => {
    log.error('A fault that nobody caught ends the process', { error: toPointsmanError(thrown) });
    process.exit(EXIT.failed);
  };
  process.on('uncaughtException', crashed);
  return () => void process.off('uncaughtException', crashed);
}
