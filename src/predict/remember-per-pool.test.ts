import { expect, test } from 'vitest';
import { aModel } from '../testing/model-builders.ts';
import { rememberPerPool } from './remember-per-pool.ts';

test('an answer is made once per pool and key, and another pool of the same models gets its own', () => {
  const perPool = rememberPerPool<{ readonly made: number }>();
  let count = 0;
  const make = (): { readonly made: number } => ({ made: (count += 1) });
  const pool = [aModel()];
  const first = perPool(pool, 'code', make);
  expect(perPool(pool, 'code', make)).toBe(first);
  expect(perPool(pool, 'test', make).made).toBe(2);
  expect(perPool([...pool], 'code', make).made).toBe(3);
});

test('a pool that is asked about without end does not grow without end', () => {
  const perPool = rememberPerPool<object>();
  const pool = [aModel()];
  const first = perPool(pool, 'key 0', () => ({}));
  for (let index = 1; index <= 300; index += 1) perPool(pool, `key ${index}`, () => ({}));
  expect(perPool(pool, 'key 0', () => ({}))).not.toBe(first);
});
