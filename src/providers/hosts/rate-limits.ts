import { HOUR_MS, MINUTE_MS, type Ms, type Ratio } from '../../domain/time.ts';
import type { StatedLimit } from './limit-headers.ts';
import { asItIs, placeKey, type Place, type PlaceOf } from './place.ts';

/** What is known of the limits of each key (an endpoint is one key) and model. Times are of a clock that never goes back. */
export interface RateLimits {
  /** What an answer stated. */
  note(place: Place, limits: readonly StatedLimit[], nowMs: Ms): void;
  /** A call was turned away for its key's limits, to come again after `retryAfterMs`; `undefined`: nothing was said. */
  turnedAway(place: Place, retryAfterMs: Ms | undefined, nowMs: Ms): void;
  /** How long until a call may go out; 0 where nothing speaks against it now. */
  waitMs(place: Place, nowMs: Ms): Ms;
  /**
   * The same for one call that will wait for it: those that wait together are let out as the limit fills up, not all at once.
   * `undefined`: that is longer than it would wait, and the turn is left to another.
   */
  takeTurn(place: Place, nowMs: Ms, longestMs: Ms): Ms | undefined;
  /** What is left of the tightest limit, 1 where nothing is known. */
  leftRatio(place: Place, nowMs: Ms): Ratio;
}

interface State {
  limits: readonly (StatedLimit & { readonly atMs: Ms })[];
  blockedUntilMs: Ms;
  lastTurnMs: Ms;
}

/** Where a vendor that turns a call away says nothing of when to come again. */
const UNSAID_WAIT_MS: Ms = 1000;
/** Where a limit has no reset. Most are of a minute. */
const UNSAID_RESET_MS: Ms = MINUTE_MS;
/** However long a header says that one unit takes, then a call may find out; and so after the longest wait that a refusal asks for. */
const LONGEST_REFILL_MS: Ms = MINUTE_MS;
const LONGEST_WAIT_MS: Ms = HOUR_MS;

export function createRateLimits(placeOf: PlaceOf = asItIs): RateLimits {
  const states = new Map<string, State>();
  const keyOf = (place: Place): string => placeKey(placeOf(place));
  const stateOf = (place: Place): State => {
    const key = keyOf(place);
    let state = states.get(key);
    if (state === undefined) states.set(key, (state = { limits: [], blockedUntilMs: 0, lastTurnMs: 0 }));
    return state;
  };
  const waitMs = (state: State | undefined, nowMs: Ms): Ms =>
    state === undefined ? 0 : Math.max(0, state.blockedUntilMs - nowMs);
  return {
    note(place, limits, nowMs) {
      if (limits.length === 0) return;
      const state = stateOf(place);
      state.limits = limits.map((limit) => ({ ...limit, atMs: nowMs }));
      for (const limit of limits) {
        const perUnitMs = refillMs(limit);
        if (limit.remaining > 0 || perUnitMs === undefined) continue;
        state.blockedUntilMs = Math.max(state.blockedUntilMs, nowMs + perUnitMs);
      }
    },
    turnedAway(place, retryAfterMs, nowMs) {
      const state = stateOf(place);
      state.blockedUntilMs = Math.max(
        state.blockedUntilMs,
        nowMs + Math.min(retryAfterMs ?? UNSAID_WAIT_MS, LONGEST_WAIT_MS),
      );
    },
    waitMs: (place, nowMs) => waitMs(states.get(keyOf(place)), nowMs),
    takeTurn(place, nowMs, longestMs) {
      const state = states.get(keyOf(place));
      const wait = waitMs(state, nowMs);
      if (state === undefined || wait === 0) return 0;
      const spacing = Math.max(0, ...state.limits.map((limit) => refillMs(limit) ?? 0));
      const turnMs = Math.max(nowMs + wait, state.lastTurnMs + spacing);
      if (turnMs - nowMs > longestMs) return undefined;
      state.lastTurnMs = turnMs;
      return turnMs - nowMs;
    },
    leftRatio(place, nowMs) {
      const state = states.get(keyOf(place));
      if (waitMs(state, nowMs) > 0) return 0;
      return Math.min(1, ...(state?.limits ?? []).map((limit) => leftOf(limit, nowMs - limit.atMs)));
    },
  };
}

/** What is left of a limit that fills up evenly until its reset. */
function leftOf({ limit, remaining, resetMs = UNSAID_RESET_MS }: StatedLimit, sinceMs: Ms): Ratio {
  if (limit === undefined || remaining >= limit || sinceMs >= resetMs) return 1;
  return (remaining + ((limit - remaining) * sinceMs) / resetMs) / limit;
}

/** How long one unit takes to come back. A bucket of tokens is spent by the thousand: a unit of it comes at once. */
function refillMs({ limit, remaining, resetMs }: StatedLimit): Ms | undefined {
  if (resetMs === undefined) return undefined;
  const missing = limit === undefined ? 1 : limit - remaining;
  return missing <= 0 ? 0 : Math.min(resetMs / missing, LONGEST_REFILL_MS);
}
