import { randomUUID } from 'node:crypto';
import { toPointsmanError } from '../domain/errors.ts';
import type { Log } from '../domain/log.ts';

/** Logs a fault of our own and returns what a client is told: where the log has it, and nothing else. */
export function reportFault(log: Log, thrown: unknown): string {
  const requestId = `req_${randomUUID().replaceAll('-', '').slice(0, 24)}`;
  log.error('A request failed inside', { requestId, error: toPointsmanError(thrown) });
  return `pointsman failed inside. The log of "pointsman mcp" has the details under ${requestId}.`;
}
