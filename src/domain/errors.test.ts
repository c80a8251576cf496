import { expect, test } from 'vitest';
import { PointsmanError, toPointsmanError } from './errors.ts';

test('an abort stays an abort, a pointsman error stays itself, anything else is wrapped with its cause', () => {
  const abort = new DOMException('stop', 'AbortError');
  const known = new PointsmanError('budget-exhausted', 'spent', { hint: 'Raise --budget.' });
  const odd = new TypeError('boom');
  expect(toPointsmanError(abort).code).toBe('aborted');
  expect(toPointsmanError(known)).toBe(known);
  expect(toPointsmanError(odd, 'provider-unavailable')).toMatchObject({ code: 'provider-unavailable', cause: odd });
  expect(toPointsmanError('text').code).toBe('internal');
});
