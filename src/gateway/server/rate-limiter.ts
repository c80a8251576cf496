import { MINUTE_MS, type At, type Ms } from '../../domain/time.ts';

export interface RateLimiter {
  /** 0 when the request may pass (and counts), otherwise how long to wait. */
  take(keyId: string, perMinute: number, now: At): Ms;
}

/** A token bucket per key: bursts up to a minute's worth, refilled evenly. */
export function createRateLimiter(): RateLimiter {
  const buckets = new Map<string, { tokens: number; at: At }>();
  return {
    take(keyId, perMinute, now) {
      const bucket = buckets.get(keyId) ?? { tokens: perMinute, at: now };
      buckets.set(keyId, bucket);
      const gained = (Math.max(0, now - bucket.at) / MINUTE_MS) * perMinute;
      bucket.tokens = Math.min(perMinute, bucket.tokens + gained);
      bucket.at = now;
      if (bucket.tokens < 1) return Math.ceil(((1 - bucket.tokens) / perMinute) * MINUTE_MS);
      bucket.tokens -= 1;
      return 0;
    },
  };
}
