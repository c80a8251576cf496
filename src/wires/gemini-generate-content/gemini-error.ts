import type { Refusal, RefusalKind } from '../shared/errors/refusal.ts';

/** Codes of `google.rpc.Code`, which Google's clients know. Gemini API troubleshooting guide, read 2026-11. */
const STATUS: Readonly<Record<RefusalKind, string>> = {
  invalid: 'INVALID_ARGUMENT',
  'context-overflow': 'INVALID_ARGUMENT',
  unauthenticated: 'UNAUTHENTICATED',
  forbidden: 'PERMISSION_DENIED',
  'not-found': 'NOT_FOUND',
  'model-not-found': 'NOT_FOUND',
  method: 'INVALID_ARGUMENT',
  'too-large': 'INVALID_ARGUMENT',
  timeout: 'DEADLINE_EXCEEDED',
  'rate-limited': 'RESOURCE_EXHAUSTED',
  budget: 'FAILED_PRECONDITION',
  unavailable: 'UNAVAILABLE',
  overloaded: 'UNAVAILABLE',
  internal: 'INTERNAL',
};

/** The body of an error in Google's form, with the pause that its clients look for in the details. */
export function geminiError({ status, kind, message, headers }: Refusal): { readonly error: object } {
  const waitMs = Number(headers['retry-after-ms'] ?? Number.NaN);
  const retry = Number.isFinite(waitMs)
    ? { details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${waitMs / 1000}s` }] }
    : {};
  return { error: { code: status, message, status: STATUS[kind], ...retry } };
}
