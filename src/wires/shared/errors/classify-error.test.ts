import { describe, expect, test } from 'vitest';
import type { ErrorCode } from '../../../domain/errors.ts';
import { classifyFailure, type VendorFailure } from './classify-error.ts';
import { OVERFLOW_WORDINGS } from './context-overflow.ts';

const rows: readonly (readonly [VendorFailure, ErrorCode, boolean])[] = [
  [{ status: 400, type: 'invalid_request_error' }, 'provider-rejected', false],
  [{ status: 401 }, 'provider-auth', false],
  [{ status: 402 }, 'provider-rejected', false],
  [{ status: 403 }, 'provider-auth', false],
  [{ status: 404 }, 'provider-rejected', false],
  [{ status: 408 }, 'provider-timeout', true],
  [{ status: 409 }, 'provider-unavailable', true],
  [{ status: 413 }, 'context-overflow', false],
  [{ status: 422 }, 'provider-rejected', false],
  [{ status: 429 }, 'provider-rate-limited', true],
  [{ status: 429, code: 'insufficient_quota' }, 'provider-rejected', false],
  [{ status: 500 }, 'provider-unavailable', true],
  [{ status: 503 }, 'provider-unavailable', true],
  [{ status: 504 }, 'provider-timeout', true],
  [{ status: 529, type: 'overloaded_error' }, 'provider-unavailable', true],
  [{ type: 'overloaded_error' }, 'provider-unavailable', true],
  [{ type: 'rate_limit_error' }, 'provider-rate-limited', true],
  [{ type: 'authentication_error' }, 'provider-auth', false],
  [{ type: 'error', code: 'server_error' }, 'provider-unavailable', true],
  [{ code: 'rate_limit_exceeded' }, 'provider-rate-limited', true],
  [{ status: 400, code: 'context_length_exceeded' }, 'context-overflow', false],
  [{}, 'provider-unavailable', true],
];

test.each(rows)('%j is %s, retryable: %s', (failure, code, retryable) => {
  const error = classifyFailure(failure);
  expect([error.code, error.retryable]).toEqual([code, retryable]);
});

describe('context overflow', () => {
  test.each(OVERFLOW_WORDINGS)('is recognised in "$sample"', ({ pattern, sample }) => {
    expect(sample).toMatch(pattern);
    expect(classifyFailure({ status: 400, message: sample }).code).toBe('context-overflow');
    expect(OVERFLOW_WORDINGS.filter((other) => other.pattern.test(sample))).toHaveLength(1);
  });

  test('is not read into a failure of another kind', () => {
    const message = OVERFLOW_WORDINGS[0]?.sample;
    expect(classifyFailure({ status: 500, message }).code).toBe('provider-unavailable');
  });
});

describe('waiting', () => {
  const nowMs = Date.parse('Mon, 02 Nov 2026 12:00:00 GMT');
  const waitFor = (headers: Readonly<Record<string, string>>): unknown =>
    classifyFailure({ status: 429, header: (name) => headers[name] ?? null, nowMs }).details['retryAfterMs'];

  test('is read from milliseconds, seconds or a date, and unknown otherwise', () => {
    expect(waitFor({ 'retry-after-ms': '250', 'retry-after': '9' })).toBe(250);
    expect(waitFor({ 'retry-after': '2' })).toBe(2000);
    expect(waitFor({ 'retry-after': 'Mon, 02 Nov 2026 12:00:30 GMT' })).toBe(30_000);
    expect(waitFor({ 'retry-after': 'Mon, 02 Nov 2026 11:00:00 GMT' })).toBe(0);
    expect(waitFor({ 'retry-after': 'soon' })).toBeUndefined();
    expect(waitFor({ 'retry-after': '-1' })).toBeUndefined();
    expect(waitFor({})).toBeUndefined();
  });

  test('is pointless when the vendor says so', () => {
    const header = (name: string): string | null => (name === 'x-should-retry' ? 'false' : null);
    expect(classifyFailure({ status: 529, header }).retryable).toBe(false);
  });
});

test('a refused key names the variable to set right', () => {
  expect(classifyFailure({ status: 401, keyName: 'EXAMPLE_API_KEY' }).hint).toContain('EXAMPLE_API_KEY');
});
