import type { Wire } from '../../domain/model.ts';
import type { ScriptedFailure } from './script.ts';

/** An error response as its vendor would send it. */
export interface FailureResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

interface Facts {
  readonly status: number;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly anthropicType: string;
  readonly openaiType: string;
  readonly googleStatus: string;
  /** Google's name for it, where the status says too little. */
  readonly googleReason?: string;
  readonly openaiCode?: string;
}

type WholeFailure = Exclude<
  ScriptedFailure,
  { kind: 'cut-stream' | 'stall' | 'overloaded-midway' | 'broken-json' | 'raw' }
>;

/** Status, headers and body of a failure that comes instead of an answer. */
export function failureResponse(wire: Wire, failure: WholeFailure, promptTokens: number): FailureResponse {
  const facts = factsOf(wire, failure, promptTokens);
  return { status: facts.status, headers: facts.headers ?? {}, body: errorBody(wire, facts) };
}

function errorBody(wire: Wire, facts: Facts): unknown {
  if (wire === 'anthropic-messages') {
    return { type: 'error', error: { type: facts.anthropicType, message: facts.message }, request_id: null };
  }
  if (wire === 'bedrock-converse') return { message: facts.message };
  if (wire === 'gemini-generate-content') {
    const { status: code, message, googleStatus: status, googleReason: reason } = facts;
    const details = [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason, domain: 'googleapis.com' }];
    return { error: { code, message, status, ...(reason === undefined ? {} : { details }) } };
  }
  return {
    error: { message: facts.message, type: facts.openaiType, param: null, code: facts.openaiCode ?? null },
  };
}

const OUT_OF_CREDIT: Readonly<Record<Wire, number>> = {
  'anthropic-messages': 402,
  'openai-chat': 429,
  'openai-responses': 429,
  'gemini-generate-content': 403,
  // Its bill is that of the account, which is never out of credit.
  'bedrock-converse': 403,
};

function factsOf(wire: Wire, failure: WholeFailure, promptTokens: number): Facts {
  switch (failure.kind) {
    case 'rate-limited': {
      const waitMs = failure.retryAfterMs ?? 1000;
      return {
        status: 429,
        message: 'Too many requests. Please slow down.',
        headers: { 'retry-after': String(Math.ceil(waitMs / 1000)), 'retry-after-ms': String(waitMs) },
        anthropicType: 'rate_limit_error',
        openaiType: 'requests',
        googleStatus: 'RESOURCE_EXHAUSTED',
        openaiCode: 'rate_limit_exceeded',
      };
    }
    case 'overloaded':
      return {
        status: wire === 'anthropic-messages' ? 529 : 503,
        message: 'Overloaded',
        anthropicType: 'overloaded_error',
        openaiType: 'server_error',
        googleStatus: 'UNAVAILABLE',
      };
    case 'server-error':
      return {
        status: 500,
        message: 'Internal server error',
        anthropicType: 'api_error',
        openaiType: 'server_error',
        googleStatus: 'INTERNAL',
      };
    case 'refused-key':
      return {
        // Google calls a wrong key a wrong request.
        status: wire === 'gemini-generate-content' ? 400 : 401,
        message:
          wire === 'gemini-generate-content' ? 'API key not valid. Please pass a valid API key.' : 'invalid x-api-key',
        anthropicType: 'authentication_error',
        openaiType: 'invalid_request_error',
        googleStatus: 'INVALID_ARGUMENT',
        googleReason: 'API_KEY_INVALID',
        openaiCode: 'invalid_api_key',
      };
    case 'forbidden':
      return {
        status: 403,
        message: 'Your key does not have permission to use this resource',
        anthropicType: 'permission_error',
        openaiType: 'invalid_request_error',
        googleStatus: 'PERMISSION_DENIED',
      };
    case 'out-of-credit':
      return {
        status: OUT_OF_CREDIT[wire],
        message: 'You exceeded your current quota.',
        anthropicType: 'billing_error',
        openaiType: 'insufficient_quota',
        googleStatus: 'PERMISSION_DENIED',
        googleReason: 'BILLING_DISABLED',
        openaiCode: 'insufficient_quota',
      };
    case 'context-overflow':
      return overflow(wire, promptTokens, failure.limitTokens ?? 200_000);
    case 'rejected':
      return {
        status: 400,
        message: failure.message,
        anthropicType: 'invalid_request_error',
        openaiType: 'invalid_request_error',
        googleStatus: 'INVALID_ARGUMENT',
      };
  }
}

function overflow(wire: Wire, promptTokens: number, limitTokens: number): Facts {
  const asked = Math.max(promptTokens, limitTokens + 1);
  const message = {
    'anthropic-messages': `prompt is too long: ${asked} tokens > ${limitTokens} maximum`,
    'openai-chat': `This model's maximum context length is ${limitTokens} tokens. However, your messages resulted in ${asked} tokens.`,
    'openai-responses': 'Your input exceeds the context window of this model. Please adjust your input and try again.',
    'gemini-generate-content': `The input token count (${asked}) exceeds the maximum number of tokens allowed (${limitTokens}).`,
    'bedrock-converse': 'Input is too long for requested model.',
  }[wire];
  return {
    status: 400,
    message,
    anthropicType: 'invalid_request_error',
    openaiType: 'invalid_request_error',
    googleStatus: 'INVALID_ARGUMENT',
    openaiCode: 'context_length_exceeded',
  };
}
