import type { Ms } from '../../domain/time.ts';
import { MODEL_FAILED } from '../../wires/shared/errors/classify-error.ts';
import { retryAfterMs } from '../../wires/shared/errors/retry-after.ts';

/** What an upstream did wrong, from its status, its headers and the socket; never from its wording. */
export type UpstreamFailure =
  | { readonly kind: 'network'; readonly code: string; readonly wasReached: boolean }
  | { readonly kind: 'timeout'; readonly wasReached: boolean }
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly retryAfterMs: Ms | undefined;
      readonly verdict: RetryVerdict;
    };

/** `again`: the same endpoint may answer later. `elsewhere`: only another one can. `final`: the request is at fault. */
export type RetryVerdict = 'again' | 'elsewhere' | 'final';

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Classifies an answer whose status is not 2xx. The vendor's `x-should-retry` outranks the status. */
export function failureOf(status: number, headers: Headers, now: number): Extract<UpstreamFailure, { kind: 'status' }> {
  return {
    kind: 'status',
    status,
    retryAfterMs: retryAfterMs((name) => headerIn(headers, name), now),
    verdict: verdictOf(status, headers),
  };
}

function headerIn(headers: Headers, name: string): string | null {
  const value = headers[name];
  return typeof value === 'string' ? value : null;
}

function verdictOf(status: number, headers: Headers): RetryVerdict {
  const hint = headers['x-should-retry'];
  if (hint === 'true') return 'again';
  if (status === 401 || status === 402 || status === 403) return 'elsewhere';
  if ([408, 409, MODEL_FAILED, 429].includes(status) || status >= 500) return hint === 'false' ? 'elsewhere' : 'again';
  return 'final';
}

/** Whether the breaker of the endpoint should count it: the endpoint is ill, not the request. */
export function countsAgainstHealth(failure: UpstreamFailure): boolean {
  return failure.kind !== 'status' || failure.status >= 500 || [408, MODEL_FAILED].includes(failure.status);
}

/** A host that does not have the model: another one of the same model may. */
export function isUnknownThere(failure: UpstreamFailure): boolean {
  return failure.kind === 'status' && failure.status === 404;
}

/** Whether there was anybody at the other end: a connection was made. */
export function wasReached(failure: UpstreamFailure): boolean {
  return failure.kind === 'status' || failure.wasReached;
}

export function isRetryable(failure: UpstreamFailure): boolean {
  return failure.kind !== 'status' || failure.verdict === 'again';
}

export function mayGoElsewhere(failure: UpstreamFailure): boolean {
  return failure.kind !== 'status' || failure.verdict !== 'final';
}
