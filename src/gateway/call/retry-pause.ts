import type { Ms } from '../../domain/time.ts';
import type { GatewaySettings } from '../settings/gateway-settings.ts';
import { countsAgainstHealth, isRetryable, type UpstreamFailure } from '../upstream/failure.ts';

/** The longest pause before the one more try of an ill endpoint that others could stand in for. */
const QUICK_RETRY_MS: Ms = 40;

interface RetryPlace {
  /** Tries of this endpoint that were made again already. */
  readonly retryCount: number;
  /** Another endpoint that is well could take the call. */
  readonly hasOther: boolean;
  /** It could at another host of the same model, at once. */
  readonly hasOtherHost: boolean;
  readonly settings: Pick<GatewaySettings, 'maxRetries' | 'maxRetryWaitMs' | 'retryBaseMs'>;
}

/**
 * How long to wait before the same endpoint is tried again; `undefined`: not at all. Where another endpoint waits, an ill one gets
 * one more try at once, which keeps a warm prefix through a hiccup, and none where it asks for time: who calls waits no longer.
 */
export function pauseBeforeRetry(
  failure: UpstreamFailure,
  { retryCount, hasOther, hasOtherHost, settings }: RetryPlace,
): Ms | undefined {
  if (!maySucceedHere(failure) || (hasOtherHost && isLimit(failure))) return undefined;
  const isQuick = hasOther && countsAgainstHealth(failure);
  const hint = failure.kind === 'status' ? failure.retryAfterMs : undefined;
  if (retryCount >= (isQuick ? Math.min(1, settings.maxRetries) : settings.maxRetries)) return undefined;
  if (isQuick) return hint === undefined ? spread(Math.min(settings.retryBaseMs, QUICK_RETRY_MS)) : undefined;
  const waitMs = hint ?? spread(settings.retryBaseMs * 2 ** retryCount);
  return waitMs <= settings.maxRetryWaitMs ? waitMs : undefined;
}

function maySucceedHere(failure: UpstreamFailure): boolean {
  return isRetryable(failure) && failure.kind !== 'timeout';
}

/** The key is at its limit: no second try of it comes sooner than the first of another. */
function isLimit(failure: UpstreamFailure): boolean {
  return failure.kind === 'status' && failure.status === 429;
}

/** So that callers do not return all at once. */
function spread(ms: Ms): Ms {
  return ms * (0.75 + Math.random() / 2);
}

/** Resolves after a while; false when the caller left meanwhile. */
export async function pause(waitMs: Ms, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return false;
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve(!signal.aborted);
    };
    const timer = setTimeout(done, waitMs);
    signal.addEventListener('abort', done, { once: true });
  });
}
