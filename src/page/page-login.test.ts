import { expect, test } from 'vitest';
import { HOUR_MS } from '../domain/time.ts';
import { createPageLogins } from './page-login.ts';

const pairOf = (cookie: string): string => cookie.split(';')[0] ?? '';

test('a log-in lasts half a day, as its cookie does', () => {
  const logins = createPageLogins();
  const cookie = logins.open('token', { now: 0, isSecure: true });
  expect(cookie).toMatch(/; Max-Age=43200; Secure$/u);
  expect(logins.tokenOf(pairOf(cookie), 12 * HOUR_MS - 1)).toBe('token');
  expect(logins.tokenOf(pairOf(cookie), 12 * HOUR_MS)).toBeUndefined();
});

test('of very many the oldest is forgotten, and nobody else', () => {
  const logins = createPageLogins();
  const cookies = Array.from({ length: 201 }, (_, number) =>
    pairOf(logins.open(`token-${number}`, { now: 0, isSecure: false })),
  );
  expect(logins.tokenOf(cookies[0], 1)).toBeUndefined();
  for (const number of [1, 2, 200]) expect(logins.tokenOf(cookies[number], 1)).toBe(`token-${number}`);
});
