import type { Ms } from '../../domain/time.ts';

/** When a circuit opens and closes again. */
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

/** That a call was let out, to be shown again with what comes of it: only the probe itself speaks for the probe. */
export interface CircuitPass {
  readonly isProbe: boolean;
}

/** All times are of one clock that never goes back, such as `performance.now()`: people set the other one. */
export interface CircuitBreaker {
  stateAt(nowMs: Ms): CircuitState;
  /** `undefined`: no call may go out now. In `half-open` one probe at a time may, until its first good byte. */
  tryAcquire(nowMs: Ms): CircuitPass | undefined;
  /**
   * The first good byte of an answer, which is when it counts as good: long answers keep nobody waiting for the verdict. An open
   * circuit closes on probation. `pass`: absent for a call that went out though none might.
   */
  answering(nowMs: Ms, pass?: CircuitPass): void;
  /** A whole answer. */
  succeeded(nowMs: Ms, pass?: CircuitPass): void;
  /** No answer, or one that was cut after it had begun: that one is then no good one any more. */
  failed(nowMs: Ms, pass?: CircuitPass): void;
  /** The call ended without a verdict on health (aborted, or the request was at fault). Frees the probe's place where it is the probe. */
  released(pass?: CircuitPass): void;
}

/** Closed → open after failures → half-open after a pause → closed by one good probe. */
export function createCircuitBreaker(settings: BreakerSettings = BREAKER_DEFAULTS): CircuitBreaker {
  return new Circuit(settings);
}

class Circuit implements CircuitBreaker {
  readonly #settings: BreakerSettings;
  #openedMs: Ms | undefined;
  #openMs: Ms;
  #probe: CircuitPass | undefined;
  /** Passes of calls whose answer has begun. */
  readonly #begun = new WeakSet<CircuitPass>();
  /** Failures since the last first byte, and cuts since the last whole answer. */
  #unansweredRun = 0;
  #cutRun = 0;
  /** Closed by the first byte of a probe: one failure opens it again, for as long as before, until an answer has come whole. */
  #isOnProbation = false;
  #windowStartMs: Ms = 0;
  #good = 0;
  #bad = 0;

  constructor(settings: BreakerSettings) {
    this.#settings = settings;
    this.#openMs = settings.openMs;
  }

  stateAt(nowMs: Ms): CircuitState {
    if (this.#openedMs === undefined) return 'closed';
    return nowMs - this.#openedMs >= this.#openMs ? 'half-open' : 'open';
  }

  tryAcquire(nowMs: Ms): CircuitPass | undefined {
    const state = this.stateAt(nowMs);
    if (state === 'closed') return { isProbe: false };
    if (state === 'open' || this.#probe !== undefined) return undefined;
    this.#probe = { isProbe: true };
    return this.#probe;
  }

  answering(nowMs: Ms, pass?: CircuitPass): void {
    if (pass !== undefined) {
      if (this.#begun.has(pass)) return;
      this.#begun.add(pass);
    }
    this.#roll(nowMs);
    this.released(pass);
    if (this.#openedMs !== undefined) {
      this.#openedMs = undefined;
      this.#isOnProbation = true;
      this.#cutRun = this.#good = this.#bad = 0;
    }
    this.#unansweredRun = 0;
    this.#good++;
  }

  succeeded(nowMs: Ms, pass?: CircuitPass): void {
    this.answering(nowMs, pass);
    this.#cutRun = 0;
    this.#isOnProbation = false;
    this.#openMs = this.#settings.openMs;
  }

  failed(nowMs: Ms, pass?: CircuitPass): void {
    this.#roll(nowMs);
    this.#bad++;
    if (pass !== undefined && this.#begun.has(pass)) {
      this.#cutRun++;
      this.#good = Math.max(0, this.#good - 1);
    } else this.#unansweredRun++;
    if (this.#openedMs !== undefined) {
      // Calls from before it opened, and those that go out in spite of it, say nothing new.
      if (this.#probe === undefined || pass !== this.#probe) return;
      this.#openMs = Math.min(this.#openMs * 2, this.#settings.maxOpenMs);
      this.#probe = undefined;
      this.#openedMs = nowMs;
    } else if (this.#isOnProbation || this.#isUnhealthy()) {
      this.#isOnProbation = false;
      this.#openedMs = nowMs;
    }
  }

  released(pass?: CircuitPass): void {
    if (pass !== undefined && pass === this.#probe) this.#probe = undefined;
  }

  #isUnhealthy(): boolean {
    const { openAfterCount, openAtRatio, minimumCount } = this.#settings;
    const count = this.#good + this.#bad;
    if (Math.max(this.#unansweredRun, this.#cutRun) >= openAfterCount) return true;
    return count >= minimumCount && this.#bad / count >= openAtRatio;
  }

  #roll(nowMs: Ms): void {
    if (nowMs - this.#windowStartMs < this.#settings.windowMs) return;
    this.#windowStartMs = nowMs;
    this.#good = this.#bad = 0;
  }
}
