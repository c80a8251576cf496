import type { Refusal, RefusalKind } from '../shared/errors/refusal.ts';

/** Type and code that OpenAI's clients know for each kind of refusal. */
export const OPENAI_TYPE: Readonly<Record<RefusalKind, readonly [type: string, code: string | null]>> = {
  invalid: ['invalid_request_error', null],
  'context-overflow': ['invalid_request_error', 'context_length_exceeded'],
  unauthenticated: ['invalid_request_error', 'invalid_api_key'],
  forbidden: ['invalid_request_error', 'forbidden'],
  'not-found': ['invalid_request_error', 'unknown_url'],
  'model-not-found': ['invalid_request_error', 'model_not_found'],
  method: ['invalid_request_error', 'method_not_allowed'],
  'too-large': ['invalid_request_error', 'request_too_large'],
  timeout: ['server_error', 'timeout'],
  'rate-limited': ['rate_limit_error', 'rate_limit_exceeded'],
  budget: ['insufficient_quota', 'budget_exhausted'],
  unavailable: ['server_error', 'upstream_unavailable'],
  overloaded: ['server_error', 'overloaded'],
  internal: ['server_error', null],
};

/** The body of an error in OpenAI's form. */
export function openaiError(refusal: Refusal): { readonly error: Readonly<Record<string, unknown>> } {
  const [type, code] = OPENAI_TYPE[refusal.kind];
  return { error: { message: refusal.message, type, param: null, code } };
}
