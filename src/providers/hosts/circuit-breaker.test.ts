import { describe, expect, test } from 'vitest';
import { BREAKER_DEFAULTS, createCircuitBreaker } from './circuit-breaker.ts';

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
      expect(breaker.tryAcquire(count)).toBeDefined();
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
    expect(breaker.tryAcquire(openMs - 1)).toBeUndefined();
    expect(breaker.tryAcquire(openMs)).toBeDefined();
    expect(breaker.tryAcquire(openMs)).toBeUndefined();
    breaker.succeeded(openMs);
    expect(breaker.stateAt(openMs)).toBe('closed');
    expect(breaker.tryAcquire(openMs)).toBeDefined();
  });

  test('waits twice as long after each failed probe, up to a limit', () => {
    const breaker = opened();
    let now = 0;
    let pause = openMs;
    for (let probe = 0; probe < 10; probe++) {
      now += pause;
      const pass = breaker.tryAcquire(now);
      expect(pass).toEqual({ isProbe: true });
      breaker.failed(now, pass);
      pause = Math.min(pause * 2, maxOpenMs);
      expect(breaker.tryAcquire(now + pause - 1)).toBeUndefined();
    }
  });

  test('a probe closes it at its first byte, and opens it again if it is cut', () => {
    const breaker = opened();
    expect(breaker.tryAcquire(openMs)).toBeDefined();
    breaker.answering(openMs);
    for (let count = 0; count < 10; count++) expect(breaker.tryAcquire(openMs + count)).toBeDefined();
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
      const pass = breaker.tryAcquire(count);
      breaker.answering(count, pass);
      breaker.failed(count, pass);
    }
    expect(breaker.stateAt(openAfterCount)).toBe('open');
  });

  test('an answer counts as good from its first byte on, however long it streams', () => {
    const breaker = createCircuitBreaker();
    for (let count = 0; count < 20 * openAfterCount; count++) {
      breaker.failed(count, breaker.tryAcquire(count));
      for (const pass of [breaker.tryAcquire(count), breaker.tryAcquire(count)]) breaker.answering(count, pass);
      expect(breaker.stateAt(count)).toBe('closed');
    }
  });

  test('half of the answers being cut opens it, and a cut one is not counted as good too', () => {
    const breaker = createCircuitBreaker();
    for (let count = 0; count < BREAKER_DEFAULTS.minimumCount; count++) {
      const pass = breaker.tryAcquire(count);
      breaker.answering(count, pass);
      if (count % 2 === 0) breaker.succeeded(count, pass);
      else breaker.failed(count, pass);
    }
    expect(breaker.stateAt(BREAKER_DEFAULTS.minimumCount)).toBe('open');
  });

  test('an aborted probe leaves room for the next', () => {
    const breaker = opened();
    breaker.released(breaker.tryAcquire(openMs));
    expect(breaker.tryAcquire(openMs)).toBeDefined();
  });

  test('a call that is no probe neither frees its place nor speaks for it', () => {
    const breaker = createCircuitBreaker();
    const early = breaker.tryAcquire(0);
    for (let count = 0; count < openAfterCount; count++) breaker.failed(0, breaker.tryAcquire(0));
    const probe = breaker.tryAcquire(openMs);
    for (const other of [early, undefined]) {
      breaker.released(other);
      breaker.failed(openMs, other);
      expect(breaker.tryAcquire(openMs)).toBeUndefined();
    }
    breaker.failed(openMs, probe);
    // Twice as long from its own failure, and not once more for those of others.
    expect(breaker.tryAcquire(openMs * 3 - 1)).toBeUndefined();
    expect(breaker.tryAcquire(openMs * 3)).toEqual({ isProbe: true });
  });
});
