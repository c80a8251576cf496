import { describe, expect, test } from 'vitest';
import { BREAKER_DEFAULTS } from '../settings/gateway-settings.ts';
import { createCircuitBreaker } from './circuit-breaker.ts';

describe('circuit breaker', () => {
  const { openAfterCount, openMs, maxOpenMs } = BREAKER_DEFAULTS;
  const opened = (): ReturnType<typeof createCircuitBreaker> => {
    const breaker = createCircuitBreaker();
    for (let count = 0; count < openAfterCount; count++) breaker.failed(0);
    return breaker;
  };

  test('stays closed below the run of failures that opens it', () => {
    const breaker = createCircuitBreaker();
    for (let count = 0; count < 100; count++) {
      breaker.failed(count);
      breaker.succeeded(count);
      breaker.succeeded(count);
      expect(breaker.tryAcquire(count)).toBe(true);
    }
  });

  test('opens at half the calls failing, without a run', () => {
    const breaker = createCircuitBreaker();
    for (let count = 0; count < 10; count++) {
      breaker.succeeded(count);
      breaker.failed(count);
    }
    expect(breaker.stateAt(10)).toBe('open');
  });

  test('refuses while open, then lets one probe pass, and closes when it succeeds', () => {
    const breaker = opened();
    expect(breaker.tryAcquire(openMs - 1)).toBe(false);
    expect(breaker.tryAcquire(openMs)).toBe(true);
    expect(breaker.tryAcquire(openMs)).toBe(false);
    breaker.succeeded(openMs);
    expect(breaker.stateAt(openMs)).toBe('closed');
    expect(breaker.tryAcquire(openMs)).toBe(true);
  });

  test('waits twice as long after each failed probe, up to a limit', () => {
    const breaker = opened();
    let now = 0;
    let pause = openMs;
    for (let probe = 0; probe < 10; probe++) {
      now += pause;
      expect(breaker.tryAcquire(now)).toBe(true);
      breaker.failed(now);
      pause = Math.min(pause * 2, maxOpenMs);
      expect(breaker.tryAcquire(now + pause - 1)).toBe(false);
    }
  });

  test('a probe closes it at its first byte, and opens it again if it is cut', () => {
    const breaker = opened();
    expect(breaker.tryAcquire(openMs)).toBe(true);
    breaker.answering(openMs);
    for (let count = 0; count < 10; count++) expect(breaker.tryAcquire(openMs + count)).toBe(true);
    breaker.failed(openMs + 10);
    expect(breaker.stateAt(openMs + 10)).toBe('open');
    const well = opened();
    well.answering(openMs);
    well.succeeded(openMs);
    well.failed(openMs + 1);
    expect(well.stateAt(openMs + 1)).toBe('closed');
  });

  test('answers that begin and are all cut open it like any other failures', () => {
    const breaker = createCircuitBreaker();
    for (let count = 0; count < openAfterCount; count++) {
      breaker.answering(count);
      breaker.failed(count);
    }
    expect(breaker.stateAt(openAfterCount)).toBe('open');
  });

  test('an aborted probe leaves room for the next', () => {
    const breaker = opened();
    expect(breaker.tryAcquire(openMs)).toBe(true);
    breaker.released();
    expect(breaker.tryAcquire(openMs)).toBe(true);
  });
});
