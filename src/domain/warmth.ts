import type { ModelId } from './ids.ts';
import type { CallTrigger } from './step.ts';
import type { At, Ms, Ratio, Tokens } from './time.ts';

/** What one model's cache is expected to hold of the session's shared transcript at one moment. */
export interface Warmth {
  readonly model: ModelId;
  /** Prefix that a call would read if it hits, in this model's tokens; 0 when cold. */
  readonly warmTokens: Tokens;
  /** P(hit) for a call now, given its trigger and idle time: observed counts over the vendor's prior. */
  readonly hitRatio: Ratio;
  readonly lastUsedAt: At;
  /** Time to live since last use of the class that was written. */
  readonly ttlMs: Ms;
  /**
   * P(hit) for later calls, per trigger and per bucket of `IDLE_BUCKETS_MS`, for the look-ahead. Absent: `hitRatio`
   * holds for every later call.
   */
  readonly hitRatios?: Readonly<Record<CallTrigger, readonly Ratio[]>>;
  /** Heads of prompts that this model's cache holds, whichever transcript they came with. Absent: none. */
  readonly heads?: readonly HeadWarmth[];
}

/** What a model's cache holds of one head (tools and system): any prompt that starts with it reads at least that. */
export interface HeadWarmth {
  readonly key: string;
  /** In this model's tokens; 0 when cold. */
  readonly warmTokens: Tokens;
  readonly hitRatio: Ratio;
  readonly lastUsedAt: At;
  readonly ttlMs: Ms;
}

/** Upper bounds of the idle-time buckets that hit rates are counted in; a last bucket holds everything longer. */
export const IDLE_BUCKETS_MS: readonly Ms[] = [15_000, 60_000, 120_000, 300_000];

/** Index of the bucket that an idle time falls into, 0 to `IDLE_BUCKETS_MS.length`. */
export function idleBucketOf(idleMs: Ms): number {
  let bucket = 0;
  while (bucket < IDLE_BUCKETS_MS.length && idleMs > (IDLE_BUCKETS_MS[bucket] ?? 0)) bucket += 1;
  return bucket;
}
