import { MINUTE_MS, type Ms } from '../../domain/time.ts';
import type { Siblings } from '../workers/siblings.ts';

export interface RateLimiter {
  /** `nowMs`: of a clock that never goes back. 0 when the request may pass (and counts), otherwise how long to wait. */
  take(keyId: string, perMinute: number, nowMs: Ms): Ms;
}

/** A token bucket per key: bursts up to a minute's worth, refilled evenly. */
export function createRateLimiter(): RateLimiter {
  const buckets = new Map<string, { tokens: number; atMs: Ms }>();
  return {
    take(keyId, perMinute, nowMs) {
      const bucket = buckets.get(keyId) ?? { tokens: perMinute, atMs: nowMs };
      buckets.set(keyId, bucket);
      const gained = (Math.max(0, nowMs - bucket.atMs) / MINUTE_MS) * perMinute;
      bucket.tokens = Math.min(perMinute, bucket.tokens + gained);
      bucket.atMs = nowMs;
      if (bucket.tokens < 1) return Math.ceil(((1 - bucket.tokens) / perMinute) * MINUTE_MS);
      bucket.tokens -= 1;
      return 0;
    },
  };
}

/** One whose bucket is the same at every worker, as near as a message's way lets it be. */
export function shareLimiter(limiter: RateLimiter, siblings: Pick<Siblings, 'announce'>): RateLimiter {
  return {
    take(keyId, perMinute, nowMs) {
      const waitMs = limiter.take(keyId, perMinute, nowMs);
      if (waitMs === 0) siblings.announce({ kind: 'taken', keyId, perMinute });
      return waitMs;
    },
  };
}
