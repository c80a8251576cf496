import type { At, Ms } from '../../domain/time.ts';

export interface BreakerSettings {
  /** Failures in a row that open the circuit, whatever the rate. */
  readonly openAfterCount: number;
  /** Failed share of the window that opens it, once the window has `minimumCount` calls. */
  readonly openAtRatio: number;
  readonly minimumCount: number;
  readonly windowMs: Ms;
  /** How long it stays open before one probe may pass; doubles with each failed probe up to `maxOpenMs`. */
  readonly openMs: Ms;
  readonly maxOpenMs: Ms;
}

export const BREAKER_DEFAULTS: BreakerSettings = {
  openAfterCount: 5,
  openAtRatio: 0.5,
  minimumCount: 20,
  windowMs: 30_000,
  openMs: 5_000,
  maxOpenMs: 60_000,
};

export type CircuitState = 'closed' | 'open' | 'half-open';

export interface CircuitBreaker {
  stateAt(now: At): CircuitState;
  /** Whether a call may go out. In `half-open` one probe at a time may. */
  tryAcquire(now: At): boolean;
  succeeded(now: At): void;
  failed(now: At): void;
  /** The call ended without a verdict on the endpoint's health (aborted, or the request was at fault). */
  released(): void;
}

/** Health of one endpoint: closed → open after failures → half-open after a pause → closed by one good probe. */
export function createCircuitBreaker(settings: BreakerSettings = BREAKER_DEFAULTS): CircuitBreaker {
  let openedAt: At | undefined;
  let openMs = settings.openMs;
  let probing = false;
  let inARow = 0;
  let windowStart: At = 0;
  let good = 0;
  let bad = 0;

  const stateAt = (now: At): CircuitState => {
    if (openedAt === undefined) return 'closed';
    return now - openedAt >= openMs ? 'half-open' : 'open';
  };
  const roll = (now: At): void => {
    if (now - windowStart < settings.windowMs) return;
    windowStart = now;
    good = bad = 0;
  };

  return {
    stateAt,
    tryAcquire(now) {
      const state = stateAt(now);
      if (state === 'closed') return true;
      if (state === 'open' || probing) return false;
      probing = true;
      return true;
    },
    succeeded(now) {
      roll(now);
      good++;
      inARow = 0;
      probing = false;
      if (openedAt === undefined) return;
      openedAt = undefined;
      openMs = settings.openMs;
      good = bad = 0;
    },
    failed(now) {
      roll(now);
      bad++;
      inARow++;
      if (openedAt !== undefined) {
        if (probing) openMs = Math.min(openMs * 2, settings.maxOpenMs);
        probing = false;
        openedAt = now;
        return;
      }
      const rate = bad / (good + bad);
      const ill = good + bad >= settings.minimumCount && rate >= settings.openAtRatio;
      if (inARow >= settings.openAfterCount || ill) openedAt = now;
    },
    released() {
      probing = false;
    },
  };
}
