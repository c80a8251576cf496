import { PointsmanError, type ErrorCode } from '../../../domain/errors.ts';
import type { Ms } from '../../../domain/time.ts';
import { fieldsIn, listIn, textIn, type Fields } from '../fields.ts';
import { isContextOverflow } from './context-overflow.ts';
import { retryAfterInError, retryAfterMs } from './retry-after.ts';

/** What a vendor said about a failed call, before it means anything. */
export interface VendorFailure {
  readonly status?: number | undefined;
  /** `error.type` of the body, such as `overloaded_error`. */
  readonly type?: string | undefined;
  /** `error.code` of the body, such as `context_length_exceeded`. */
  readonly code?: string | undefined;
  readonly message?: string | undefined;
  /** The error of the body as it is, where it may say how long to wait. */
  readonly error?: Fields | undefined;
  readonly header?: ((name: string) => string | null) | undefined;
  readonly requestId?: string | undefined;
  /** Present time, for `retry-after` given as a date. */
  readonly nowMs?: Ms;
  /** Name of the environment variable that holds the key, for the hint. */
  readonly keyName?: string | undefined;
}

interface ErrorClass {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly hint: string;
}

/**
 * Turns a vendor's failure into one of our codes. Facts decide (status, type, code, headers); text is read only to
 * recognise an overflow of the context window. The vendor's own wording stays the message.
 */
export function classifyFailure(failure: VendorFailure): PointsmanError {
  const verdict = judge(failure);
  const forbidsRetry = failure.header?.('x-should-retry') === 'false';
  const wait = waitOf(failure, verdict);
  const message = failure.message ?? failure.type ?? failure.code ?? `HTTP ${failure.status ?? 'error'}`;
  return new PointsmanError(verdict.code, message, {
    retryable: verdict.retryable && !forbidsRetry,
    hint: verdict.hint,
    details: withoutUndefined({
      status: failure.status,
      type: failure.type,
      upstreamCode: failure.code,
      requestId: failure.requestId,
      retryAfterMs: wait,
    }),
  });
}

function waitOf({ header, nowMs = 0, error, message }: VendorFailure, { retryable }: ErrorClass): Ms | undefined {
  const said = header === undefined ? undefined : retryAfterMs(header, nowMs);
  return said ?? (retryable ? retryAfterInError({ ...error, message }) : undefined);
}

function judge(failure: VendorFailure): ErrorClass {
  const { status, type, code } = failure;
  if (isContextOverflow(failure)) return VERDICTS.overflow;
  if (isOutOfCredit(failure)) return VERDICTS.credit;
  if (code === KEY_INVALID) return auth(failure);
  const byName =
    (type === undefined ? undefined : NAMES.get(type)) ?? (code === undefined ? undefined : NAMES.get(code));
  if (status === undefined) return byName ?? VERDICTS.unavailable;
  if (status === 401 || status === 403) return auth(failure);
  if (status === 404) return VERDICTS.missing;
  if (status === 408 || status === 504) return VERDICTS.timeout;
  if (status === 413) return VERDICTS.overflow;
  if (status === 429) return VERDICTS.rateLimited;
  if (status === 409 || status === MODEL_FAILED || status >= 500) return VERDICTS.unavailable;
  return byName ?? VERDICTS.rejected;
}

/** Google calls a wrong key a wrong request, and says so in the details. google.rpc.ErrorInfo, read 2026-11. */
export const KEY_INVALID = 'API_KEY_INVALID';

/** Bedrock's answer where its model has failed, which is retryable. InvokeModel, `ModelErrorException`, read 2026-11. */
export const MODEL_FAILED = 424;

/** What Google's details name beyond the status; `undefined`: nothing. google.rpc.ErrorInfo, read 2026-11. */
export function reasonIn(error: Fields): string | undefined {
  return listIn(error['details']).flatMap((detail) => textIn(fieldsIn(detail)['reason']) ?? [])[0];
}

/**
 * Waiting does not help. `insufficient_quota` arrives as a 429 (OpenAI error codes guide), `BILLING_DISABLED` as a 403
 * (google.rpc.ErrorInfo), read 2026-11.
 */
function isOutOfCredit({ status, type, code }: VendorFailure): boolean {
  const names = ['insufficient_quota', 'billing_error', 'BILLING_DISABLED'];
  return status === 402 || [type, code].some((name) => name !== undefined && names.includes(name));
}

function auth({ keyName }: VendorFailure): ErrorClass {
  const hint =
    keyName === undefined ? 'Check the key of this endpoint.' : `Check the key in ${keyName}: the endpoint refused it.`;
  return { code: 'provider-auth', retryable: false, hint };
}

const VERDICTS = {
  overflow: {
    code: 'context-overflow',
    retryable: false,
    hint: 'Route this call to a model with a larger context window, or shorten the transcript.',
  },
  credit: { code: 'provider-rejected', retryable: false, hint: 'Add credit or raise the quota at the provider.' },
  missing: {
    code: 'provider-rejected',
    retryable: false,
    hint: 'Check the model name and the base URL of this endpoint.',
  },
  timeout: { code: 'provider-timeout', retryable: true, hint: 'Try again later, or route to another model.' },
  rateLimited: { code: 'provider-rate-limited', retryable: true, hint: 'Wait, or route to another model.' },
  unavailable: { code: 'provider-unavailable', retryable: true, hint: 'Try again later, or route to another model.' },
  rejected: {
    code: 'provider-rejected',
    retryable: false,
    hint: 'The endpoint does not accept this request as it is; its own words say why.',
  },
} as const satisfies Record<string, ErrorClass>;

/** Names that mean something without a status: errors inside a stream that began with 200. */
const NAMES: ReadonlyMap<string, ErrorClass> = new Map<string, ErrorClass>([
  ['overloaded_error', VERDICTS.unavailable],
  ['api_error', VERDICTS.unavailable],
  ['server_error', VERDICTS.unavailable],
  ['timeout_error', VERDICTS.timeout],
  ['rate_limit_error', VERDICTS.rateLimited],
  ['rate_limit_exceeded', VERDICTS.rateLimited],
  ['authentication_error', auth({})],
  ['permission_error', auth({})],
  ['not_found_error', VERDICTS.missing],
  ['request_too_large', VERDICTS.overflow],
  ['invalid_request_error', VERDICTS.rejected],
  ['invalid_prompt', VERDICTS.rejected],
  // google.rpc.Code
  ['UNAVAILABLE', VERDICTS.unavailable],
  ['INTERNAL', VERDICTS.unavailable],
  ['DEADLINE_EXCEEDED', VERDICTS.timeout],
  ['RESOURCE_EXHAUSTED', VERDICTS.rateLimited],
  ['UNAUTHENTICATED', auth({})],
  ['PERMISSION_DENIED', auth({})],
  ['NOT_FOUND', VERDICTS.missing],
  ['INVALID_ARGUMENT', VERDICTS.rejected],
  ['FAILED_PRECONDITION', VERDICTS.rejected],
]);

function withoutUndefined(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
