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

  test.each<[string, Readonly<Record<string, unknown>>, number | undefined]>([
    [
      'Google, RetryInfo',
      {
        code: 429,
        message: 'You exceeded your current quota.',
        status: 'RESOURCE_EXHAUSTED',
        details: [
          { '@type': 'type.googleapis.com/google.rpc.QuotaFailure', violations: [] },
          { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34.074824224s' },
        ],
      },
      34_075,
    ],
    ['Google, in words', { code: 429, message: 'Quota exceeded.\nPlease retry in 12.5s.' }, 12_500],
    ['OpenAI', { message: 'Rate limit reached for gpt-x: Limit 3 / min. Please try again in 20s. Contact us' }, 20_000],
    ['OpenAI, shortly', { message: 'Rate limit reached. Please try again in 187ms.' }, 187],
    ['Groq', { message: 'Rate limit reached. Please try again in 1m2.5s. Need more tokens?' }, 62_500],
    ['Azure OpenAI', { message: 'Requests have exceeded the limit. Please retry after 26 seconds.' }, 26_000],
    ['an AWS service', { __type: 'ThrottlingException', message: 'Rate exceeded', retryAfterSeconds: 7 }, 7000],
    ['Bedrock, of a day', { message: 'Too many tokens per day, please wait before trying again.' }, 3_600_000],
    ['Bedrock, of a minute', { message: 'Too many tokens, please wait before trying again.' }, undefined],
    ['nothing', { message: 'Try again later.', details: [{ retryDelay: 'soon' }, 3, null] }, undefined],
    ['a negative time', { retryAfterSeconds: -3, details: [{ retryDelay: '-5s' }] }, undefined],
    ['a huge time', { details: [{ retryDelay: `${'9'.repeat(400)}s` }] }, undefined],
  ])('is read from the error itself where no header says it: %s', (_vendor, error, expected) => {
    const message = error['message'];
    const failure = { status: 429, error, ...(typeof message === 'string' ? { message } : {}), nowMs };
    expect(classifyFailure(failure).details['retryAfterMs']).toBe(expected);
    const header = (name: string): string | null => (name === 'retry-after' ? '3' : null);
    expect(classifyFailure({ ...failure, header }).details['retryAfterMs']).toBe(3000);
  });

  test('means nothing in an error that no wait mends', () => {
    const error = { details: [{ retryDelay: '5s' }] };
    expect(classifyFailure({ status: 400, error, nowMs }).details['retryAfterMs']).toBeUndefined();
  });

  test('is pointless when the vendor says so', () => {
    const header = (name: string): string | null => (name === 'x-should-retry' ? 'false' : null);
    expect(classifyFailure({ status: 529, header }).retryable).toBe(false);
  });
});

test('a refused key names the variable to set right', () => {
  expect(classifyFailure({ status: 401, keyName: 'EXAMPLE_API_KEY' }).hint).toContain('EXAMPLE_API_KEY');
});
