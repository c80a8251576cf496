import { expect, test } from 'vitest';
import { aPolicy } from '../../testing/decision-builders.ts';
import { boundForStrangers, hasStrangers, type Reach } from './upgrade-bound.ts';

const reach = (host: string, keyCount: number): Reach => ({
  settings: { host },
  accessKeys: Array.from({ length: keyCount }, (_, at) => at),
});

test.each<[string, number, boolean]>([
  ['127.0.0.1', 0, false],
  ['127.0.0.1', 1, false],
  ['::1', 1, false],
  ['localhost', 2, true],
  ['0.0.0.0', 1, true],
  ['::', 1, true],
  ['192.168.1.5', 1, true],
])('at %s with %i keys strangers call: %s', (host, keyCount, is) => {
  expect(hasStrangers(reach(host, keyCount))).toBe(is);
});

test('where strangers call, words may raise the bill of a quarter of the steps, unless the policy says otherwise', () => {
  const plain = aPolicy();
  const variant = (keyCount: number): ReturnType<typeof boundForStrangers> =>
    boundForStrangers(
      (policy) => policy,
      () => reach('127.0.0.1', keyCount),
    );
  expect(variant(1)(plain, undefined)).toBe(plain);
  const many = variant(2);
  expect(many(plain, undefined).maxUpgradeRatio).toBe(0.25);
  expect(many(plain, undefined)).toBe(many(plain, undefined));
  const own = { ...plain, maxUpgradeRatio: 1 };
  expect(many(own, undefined)).toBe(own);
});
