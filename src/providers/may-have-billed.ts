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
  if (details['wasSent'] === false || typeof details['status'] === 'number') return false;
  const network = details['networkCode'] ?? details['socket'];
  if (typeof network === 'string' && NEVER_SENT.test(network)) return false;
  if (code === 'provider-unavailable') return details['cut'] === true || network !== undefined;
  return ENDED_UNSEEN.has(code);
}
