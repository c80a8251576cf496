import type { Refusal, RefusalKind } from '../shared/errors/refusal.ts';

const ANTHROPIC_TYPE: Readonly<Record<RefusalKind, string>> = {
  invalid: 'invalid_request_error',
  'context-overflow': 'invalid_request_error',
  unauthenticated: 'authentication_error',
  forbidden: 'permission_error',
  'not-found': 'not_found_error',
  'model-not-found': 'not_found_error',
  method: 'invalid_request_error',
  'too-large': 'request_too_large',
  timeout: 'timeout_error',
  'rate-limited': 'rate_limit_error',
  budget: 'billing_error',
  unavailable: 'api_error',
  overloaded: 'overloaded_error',
  internal: 'api_error',
};

/** The body of an error in Anthropic's form. */
export function anthropicError(refusal: Refusal, requestId: string): string {
  const error = { type: ANTHROPIC_TYPE[refusal.kind], message: refusal.message };
  return JSON.stringify({ type: 'error', error, request_id: requestId });
}
