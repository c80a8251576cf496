import type { Ms } from '../../domain/time.ts';
import { BREAKER_DEFAULTS, type BreakerSettings } from '../settings/gateway-settings.ts';

export type CircuitState = 'closed' | 'open' | 'half-open';

/** All times are of one clock that never goes back, such as `performance.now()`: people set the other one. */
export interface CircuitBreaker {
  stateAt(nowMs: Ms): CircuitState;
  /** Whether a call may go out. In `half-open` one probe at a time may, until its first good byte. */
  tryAcquire(nowMs: Ms): boolean;
  /** The first good byte of an answer: an open circuit closes on probation, so that the rest keeps nobody waiting. */
  answering(nowMs: Ms): void;
  /** A whole answer. */
  succeeded(nowMs: Ms): void;
  failed(nowMs: Ms): void;
  /** The call ended without a verdict on the endpoint's health (aborted, or the request was at fault). */
  released(): void;
}

/** Health of one endpoint: closed → open after failures → half-open after a pause → closed by one good probe. */
export function createCircuitBreaker(settings: BreakerSettings = BREAKER_DEFAULTS): CircuitBreaker {
  let openedMs: Ms | undefined;
  let openMs = settings.openMs;
  let probing = false;
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
      if (state === 'closed') return true;
      if (state === 'open' || probing) return false;
      probing = true;
      return true;
    },
    answering(nowMs) {
      if (openedMs === undefined) return;
      roll(nowMs);
      probing = false;
      openedMs = undefined;
      // One cut answer opens it again, for as long as before.
      inARow = settings.openAfterCount - 1;
      good = bad = 0;
    },
    succeeded(nowMs) {
      roll(nowMs);
      good++;
      inARow = 0;
      probing = false;
      openMs = settings.openMs;
      if (openedMs === undefined) return;
      openedMs = undefined;
      good = bad = 0;
    },
    failed(nowMs) {
      roll(nowMs);
      bad++;
      inARow++;
      if (openedMs !== undefined) {
        if (probing) openMs = Math.min(openMs * 2, settings.maxOpenMs);
        probing = false;
        openedMs = nowMs;
        return;
      }
      const rate = bad / (good + bad);
      const unhealthy = good + bad >= settings.minimumCount && rate >= settings.openAtRatio;
      if (inARow >= settings.openAfterCount || unhealthy) openedMs = nowMs;
    },
    released() {
      probing = false;
    },
  };
}
