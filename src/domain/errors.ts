/** Every way pointsman fails, as a closed set. Surfaces map codes to statuses in one table each. */
export const ERROR_CODES = [
  'config-invalid',
  'folder-untrusted',
  'policy-invalid',
  'catalog-invalid',
  'agent-invalid',
  'request-invalid',
  'not-found',
  'no-eligible-model',
  'budget-exhausted',
  'context-overflow',
  'provider-auth',
  'provider-rate-limited',
  'provider-unavailable',
  'provider-timeout',
  'provider-protocol',
  'provider-rejected',
  'tool-unavailable',
  'tool-denied',
  'tool-timeout',
  'trace-unreadable',
  'record-unreadable',
  'record-unwritable',
  'replay-mismatch',
  'artifact-invalid',
  'aborted',
  'internal',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

export interface PointsmanErrorOptions {
  readonly cause?: unknown;
  /** Facts a program may read, such as `{ retryAfterMs }`. Never secrets, never live objects. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** What the user can do about it, as a sentence. */
  readonly hint?: string;
  /** Only where the facts say that the same request may pass later. */
  readonly retryable?: boolean;
}

/** The one error class. Match on `code`, never on the message. */
export class PointsmanError extends Error {
  override readonly name = 'PointsmanError';
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, unknown>>;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: PointsmanErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.details = options.details ?? {};
    this.hint = options.hint;
  }
}

export function isPointsmanError(value: unknown): value is PointsmanError {
  return value instanceof PointsmanError;
}

/** What was kept cannot be read: its server is away, it may not be read, or it is damaged. */
export function isUnreadable(thrown: unknown): thrown is PointsmanError {
  return isPointsmanError(thrown) && (thrown.code === 'record-unreadable' || thrown.code === 'artifact-invalid');
}

/** Wraps whatever was thrown; an abort stays an abort, a PointsmanError stays itself. */
export function toPointsmanError(thrown: unknown, code: ErrorCode = 'internal'): PointsmanError {
  if (isPointsmanError(thrown)) return thrown;
  if (thrown instanceof Error) {
    if (thrown.name === 'AbortError') return new PointsmanError('aborted', 'Aborted', { cause: thrown });
    return new PointsmanError(code, thrown.message, { cause: thrown });
  }
  return new PointsmanError(code, String(thrown));
}
