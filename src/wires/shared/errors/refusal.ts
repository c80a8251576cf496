import type { ErrorCode, PointsmanError } from '../../../domain/errors.ts';
import { numberIn } from '../fields.ts';

/** An answer that is not a model's: what the caller's dialect then words in its own form. */
export interface Refusal {
  readonly status: number;
  readonly kind: RefusalKind;
  readonly message: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The fault of ours behind an `internal` one, for the log alone: the caller is told where to look, not what it was. */
  readonly error?: PointsmanError;
}

export type RefusalKind =
  | 'invalid'
  | 'context-overflow'
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'model-not-found'
  | 'method'
  | 'too-large'
  | 'timeout'
  | 'rate-limited'
  | 'budget'
  | 'unavailable'
  | 'overloaded'
  | 'internal';

export function refuse(
  status: number,
  kind: RefusalKind,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Refusal {
  return { status, kind, message, headers };
}

/** The one table from error codes to statuses. Our own faults never get a client-fault status. */
export function toRefusal(error: PointsmanError): Refusal {
  const message = error.hint === undefined ? error.message : `${error.message} ${error.hint}`;
  const noRetry = { 'x-should-retry': 'false' };
  const code: ErrorCode = error.code;
  switch (code) {
    case 'request-invalid':
      return refuse(400, 'invalid', message);
    case 'context-overflow':
      return refuse(400, 'context-overflow', message);
    case 'not-found':
      return refuse(404, 'model-not-found', message);
    case 'no-eligible-model':
      return refuse(422, 'invalid', message);
    case 'budget-exhausted':
      return refuse(402, 'budget', message, noRetry);
    case 'provider-auth':
      return refuse(502, 'unavailable', message, noRetry);
    case 'provider-rate-limited':
      return refuse(429, 'rate-limited', message, retryAfter(error));
    case 'provider-unavailable':
      return error.details['status'] === 529
        ? refuse(529, 'overloaded', message, retryAfter(error))
        : refuse(502, 'unavailable', message, retryAfter(error));
    case 'provider-timeout':
      return refuse(504, 'timeout', message);
    case 'provider-protocol':
      return refuse(502, 'unavailable', message);
    case 'provider-rejected':
      return error.details['status'] === 404
        ? refuse(404, 'model-not-found', message)
        : refuse(400, 'invalid', message);
    case 'aborted':
      return refuse(499, 'timeout', message);
    case 'config-invalid':
    case 'folder-untrusted':
    case 'policy-invalid':
    case 'catalog-invalid':
    case 'agent-invalid':
    case 'tool-unavailable':
    case 'tool-denied':
    case 'tool-timeout':
    case 'trace-unreadable':
    case 'record-unreadable':
    case 'record-unwritable':
    case 'replay-mismatch':
    case 'artifact-invalid':
    case 'internal':
      return { ...refuse(500, 'internal', 'Internal error in pointsman.'), error };
  }
}

function retryAfter(error: PointsmanError): Readonly<Record<string, string>> {
  const waitMs = numberIn(error.details['retryAfterMs']);
  return waitMs === undefined
    ? {}
    : { 'retry-after': String(Math.ceil(waitMs / 1000)), 'retry-after-ms': String(Math.ceil(waitMs)) };
}
