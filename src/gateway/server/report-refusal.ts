import type { Log } from '../../domain/log.ts';
import type { Refusal } from '../../wires/shared/errors/refusal.ts';

/**
 * Logs a refusal under the id that its caller is given, and returns it as the caller may see it. A fault of our own tells the
 * caller where to look and nothing else, so no refusal is sent but through here.
 */
export function reportRefusal(log: Log, refusal: Refusal, requestId: string): Refusal {
  const { kind, status, message, error } = refusal;
  if (kind !== 'internal') {
    log.debug('A request was refused', { requestId, status, kind, message });
    return refusal;
  }
  log.error('A request failed inside', { requestId, status, error });
  return { ...refusal, message: `${message} The log of "pointsman serve" has the details under ${requestId}.` };
}
