import { toPointsmanError } from '../../domain/errors.ts';
import type { Log } from '../../domain/log.ts';

/** Does what nobody waits for: what it throws is told, and ends neither a call nor the process. */
export function inBackground(log: Log, what: string, act: () => void | Promise<void>): void {
  const report = (thrown: unknown): void => {
    try {
      log.error(`${what} failed`, { error: toPointsmanError(thrown) });
    } catch {
      process.emitWarning(`${what} failed, and so did logging that`);
    }
  };
  try {
    act()?.catch(report);
  } catch (thrown) {
    report(thrown);
  }
}
