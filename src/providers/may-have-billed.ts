import type { ErrorCode, PointsmanError } from '../domain/errors.ts';

/** Nobody was reached. Node.js and undici error codes, read 2026-11. */
const NEVER_SENT =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH|UND_ERR_CONNECT_TIMEOUT|CERT_.*|ERR_TLS_.*)$/u;
/** Its vendor had the call, and nobody saw how it went on. */
const ENDED_UNSEEN: ReadonlySet<ErrorCode> = new Set(['aborted', 'provider-timeout', 'provider-protocol', 'internal']);

/**
 * Whether a call that failed before it said anything may be on its vendor's bill: it had gone out, and its vendor did not
 * refuse it. Vendors bill nothing that they answer with an error.
 */
export function mayHaveBilled({ code, details }: Pick<PointsmanError, 'code' | 'details'>): boolean {
  if (neverSent({ details }) || typeof details['status'] === 'number') return false;
  if (code === 'provider-unavailable') return details['cut'] === true || networkCodeOf(details) !== undefined;
  return ENDED_UNSEEN.has(code);
}

/** Whether a call that failed never reached its endpoint. */
export function neverSent({ details }: Pick<PointsmanError, 'details'>): boolean {
  const network = networkCodeOf(details);
  return details['wasSent'] === false || (typeof network === 'string' && NEVER_SENT.test(network));
}

function networkCodeOf(details: PointsmanError['details']): unknown {
  return details['networkCode'] ?? details['socket'];
}
