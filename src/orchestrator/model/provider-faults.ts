import type { ErrorCode } from '../../domain/errors.ts';

/** Failures after which another endpoint may be tried; others would only fail again or need the user. */
export const PROVIDER_FAULTS: ReadonlySet<ErrorCode> = new Set([
  'provider-rate-limited',
  'provider-unavailable',
  'provider-timeout',
  'provider-protocol',
  'context-overflow',
]);
