import type { Model } from '../../domain/model.ts';
import type { Ms, Ratio } from '../../domain/time.ts';
import type { StatedLimit } from './limit-headers.ts';

type Place = Pick<Model, 'id' | 'endpoint'>;

/** What is known of the limits of each key (an endpoint is one key) and model. Times are of a clock that never goes back. */
export interface RateLimits {
  /** What an answer stated. */
  note(place: Place, limits: readonly StatedLimit[], nowMs: Ms): void;
  /** A call was turned away for its key's limits, to come again after `retryAfterMs`; `undefined`: nothing was said. */
  turnedAway(place: Place, retryAfterMs: Ms | undefined, nowMs: Ms): void;
  /** How long until a call may go out; 0 where nothing speaks against it now. */
  waitMs(place: Place, nowMs: Ms): Ms;
  /** The same for one call that will wait for it: those that wait together are let out as the limit fills up, not all at once. */
  takeTurn(place: Place, nowMs: Ms): Ms;
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

export function createRateLimits(): RateLimits {
  const states = new Map<string, State>();
  const keyOf = ({ id, endpoint }: Place): string => `${endpoint} ${id}`;
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
      state.blockedUntilMs = Math.max(state.blockedUntilMs, nowMs + (retryAfterMs ?? UNSAID_WAIT_MS));
    },
    waitMs: (place, nowMs) => waitMs(states.get(keyOf(place)), nowMs),
    takeTurn(place, nowMs) {
      const state = states.get(keyOf(place));
      const wait = waitMs(state, nowMs);
      if (state === undefined || wait === 0) return 0;
      const spacing = Math.max(0, ...state.limits.map((limit) => refillMs(limit) ?? 0));
      const turnMs = Math.max(nowMs + wait, state.lastTurnMs + spacing);
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
function leftOf({ limit, remaining, resetMs }: StatedLimit, sinceMs: Ms): Ratio {
  if (limit === undefined || limit === 0 || remaining >= limit) return 1;
  const refilled = resetMs === undefined || resetMs === 0 ? 0 : ((limit - remaining) * sinceMs) / resetMs;
  return Math.min(1, (remaining + refilled) / limit);
}

/** How long one unit takes to come back. A bucket of tokens is spent by the thousand: a unit of it comes at once. */
function refillMs({ limit, remaining, resetMs }: StatedLimit): Ms | undefined {
  if (resetMs === undefined) return undefined;
  const missing = limit === undefined ? 1 : limit - remaining;
  return missing <= 0 ? 0 : resetMs / missing;
}
