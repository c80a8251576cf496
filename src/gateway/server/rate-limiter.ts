import { MINUTE_MS, type Ms } from '../../domain/time.ts';

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
