import type { Wire } from '../domain/model.ts';
import type { Refusal, RefusalKind } from './shared/refusal.ts';
import { formatSse } from './shared/sse.ts';

/** How callers of one wire format are spoken to when it is the gateway itself that speaks. */
export interface Dialect {
  readonly wire: Wire;
  /** The body of an error answer. */
  errorBody(refusal: Refusal, requestId: string): string;
  /** The same error as the last event of a stream that has begun. */
  errorEvent(refusal: Refusal, requestId: string): string;
  /** Keeps a silent stream alive; clients skip it. */
  readonly ping: string;
}

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

const OPENAI_TYPE: Readonly<Record<RefusalKind, readonly [type: string, code: string | null]>> = {
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

function anthropicError(refusal: Refusal, requestId: string): string {
  const error = { type: ANTHROPIC_TYPE[refusal.kind], message: refusal.message };
  return JSON.stringify({ type: 'error', error, request_id: requestId });
}

function openaiError(refusal: Refusal): { readonly error: Readonly<Record<string, unknown>> } {
  const [type, code] = OPENAI_TYPE[refusal.kind];
  return { error: { message: refusal.message, type, param: null, code } };
}

const anthropic: Dialect = {
  wire: 'anthropic-messages',
  errorBody: anthropicError,
  errorEvent: (refusal, requestId) => formatSse('error', anthropicError(refusal, requestId)),
  ping: formatSse('ping', '{"type":"ping"}'),
};

const chat: Dialect = {
  wire: 'openai-chat',
  errorBody: (refusal) => JSON.stringify(openaiError(refusal)),
  errorEvent: (refusal) => formatSse(undefined, JSON.stringify(openaiError(refusal))),
  ping: ': ping\n\n',
};

const responses: Dialect = {
  wire: 'openai-responses',
  errorBody: (refusal) => JSON.stringify(openaiError(refusal)),
  errorEvent: (refusal, requestId) => {
    const [, code] = OPENAI_TYPE[refusal.kind];
    const error = { code: code ?? 'server_error', message: refusal.message };
    const response = { id: `resp_${requestId}`, object: 'response', status: 'failed', error, output: [], usage: null };
    return formatSse('response.failed', JSON.stringify({ type: 'response.failed', response }));
  },
  ping: ': ping\n\n',
};

export const DIALECTS: Readonly<Record<Wire, Dialect>> = {
  'anthropic-messages': anthropic,
  'openai-chat': chat,
  'openai-responses': responses,
};

/**
 * The overflow message in the words that the caller's compaction looks for.
 * Wording: Anthropic and OpenAI API error messages, observed in clients 2026-11-21.
 */
export function overflowMessage(wire: Wire, promptTokens: number, limitTokens: number): string {
  if (wire === 'anthropic-messages') return `prompt is too long: ${promptTokens} tokens > ${limitTokens} maximum`;
  if (wire === 'openai-chat') {
    return `This model's maximum context length is ${limitTokens} tokens. However, your messages resulted in ${promptTokens} tokens. Please reduce the length of the messages.`;
  }
  return 'Your input exceeds the context window of this model. Please adjust your input and try again.';
}
