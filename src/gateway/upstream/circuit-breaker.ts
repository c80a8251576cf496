import type { Ms } from '../../domain/time.ts';
import { BREAKER_DEFAULTS, type BreakerSettings } from '../settings/gateway-settings.ts';

export type CircuitState = 'closed' | 'open' | 'half-open';

/** That a call was let out, to be shown again when it has ended: only the probe itself speaks for the probe. */
export interface CircuitPass {
  readonly isProbe: boolean;
}

/** All times are of one clock that never goes back, such as `performance.now()`: people set the other one. */
export interface CircuitBreaker {
  stateAt(nowMs: Ms): CircuitState;
  /** `undefined`: no call may go out now. In `half-open` one probe at a time may, until its first good byte. */
  tryAcquire(nowMs: Ms): CircuitPass | undefined;
  /** The first good byte of an answer: an open circuit closes on probation, so that the rest keeps nobody waiting. */
  answering(nowMs: Ms): void;
  /** A whole answer. */
  succeeded(nowMs: Ms): void;
  /** `pass`: absent for a call that went out though none might. */
  failed(nowMs: Ms, pass?: CircuitPass): void;
  /** The call ended without a verdict on the endpoint's health (aborted, or the request was at fault). */
  released(pass?: CircuitPass): void;
}

const ORDINARY: CircuitPass = { isProbe: false };

/** Health of one endpoint: closed → open after failures → half-open after a pause → closed by one good probe. */
export function createCircuitBreaker(settings: BreakerSettings = BREAKER_DEFAULTS): CircuitBreaker {
  let openedMs: Ms | undefined;
  let openMs = settings.openMs;
  let probe: CircuitPass | undefined;
  let inARow = 0;
  let windowStartMs: Ms = 0;
  let good = 0;
  let bad = 0;

  const stateAt = (nowMs: Ms): CircuitState => {
    if (openedMs === undefined) return 'closed';
    return nowMs - openedMs >= openMs ? 'half-open' : 'open';
  };
  const roll = (nowMs: Ms): void => {
    if (nowMs - windowStartMs < settings.windowMs) return;
    windowStartMs = nowMs;
    good = bad = 0;
  };

  return {
    stateAt,
    tryAcquire(nowMs) {
      const state = stateAt(nowMs);
      if (state === 'closed') return ORDINARY;
      if (state === 'open' || probe !== undefined) return undefined;
      probe = { isProbe: true };
      return probe;
    },
    answering(nowMs) {
      if (openedMs === undefined) return;
      roll(nowMs);
      probe = undefined;
      openedMs = undefined;
      // One cut answer opens it again, for as long as before.
      inARow = settings.openAfterCount - 1;
      good = bad = 0;
    },
    succeeded(nowMs) {
      roll(nowMs);
      good++;
      inARow = 0;
      probe = undefined;
      openMs = settings.openMs;
      if (openedMs === undefined) return;
      openedMs = undefined;
      good = bad = 0;
    },
    failed(nowMs, pass) {
      roll(nowMs);
      bad++;
      inARow++;
      if (openedMs !== undefined) {
        // Calls from before it opened, and those that go out in spite of it, say nothing new.
        if (probe === undefined || pass !== probe) return;
        openMs = Math.min(openMs * 2, settings.maxOpenMs);
        probe = undefined;
        openedMs = nowMs;
        return;
      }
      const rate = bad / (good + bad);
      const unhealthy = good + bad >= settings.minimumCount && rate >= settings.openAtRatio;
      if (inARow >= settings.openAfterCount || unhealthy) openedMs = nowMs;
    },
    released(pass) {
      if (pass === probe) probe = undefined;
    },
  };
}
