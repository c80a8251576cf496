import type { ModelId } from './ids.ts';
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
}
