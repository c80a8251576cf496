import { describe, expect, test } from 'vitest';
import { countsAgainstHealth, failureOf, isRetryable, mayGoElsewhere } from './failure.ts';

describe('failure', () => {
  test.each([
    [429, {}, true, true, false],
    [529, {}, true, true, true],
    [500, {}, true, true, true],
    [500, { 'x-should-retry': 'false' }, false, true, true],
    [401, {}, false, true, false],
    [400, {}, false, false, false],
    [400, { 'x-should-retry': 'true' }, true, true, false],
    [404, {}, false, false, false],
  ])('status %i with %j', (status, headers, again, elsewhere, unhealthy) => {
    const failure = failureOf(status, headers, 0);
    expect(isRetryable(failure)).toBe(again);
    expect(mayGoElsewhere(failure)).toBe(elsewhere);
    expect(countsAgainstHealth(failure)).toBe(unhealthy);
  });

  test('reads the vendor hint in milliseconds, seconds and as a date', () => {
    const waitOf = (headers: Record<string, string>, now: number): number | undefined => {
      const failure = failureOf(429, headers, now);
      return failure.kind === 'status' ? failure.retryAfterMs : undefined;
    };
    expect(waitOf({ 'retry-after-ms': '250', 'retry-after': '9' }, 0)).toBe(250);
    expect(waitOf({ 'retry-after': '2' }, 0)).toBe(2000);
    expect(waitOf({ 'retry-after': 'Thu, 01 Jan 1970 00:00:05 GMT' }, 1000)).toBe(4000);
    expect(waitOf({ 'retry-after': 'soon' }, 0)).toBeUndefined();
    expect(waitOf({ 'retry-after': '-1' }, 0)).toBeUndefined();
    expect(waitOf({ 'retry-after': '' }, 0)).toBeUndefined();
    expect(waitOf({}, 0)).toBeUndefined();
  });
});
