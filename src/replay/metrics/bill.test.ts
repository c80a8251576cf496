import { expect, test } from 'vitest';
import { nanoFromUsd } from '../../domain/money.ts';
import { billGrid, costPerSuccess, failurePricedBill } from './bill.ts';

test('a published bill comes out: 75 of 100 resolved for 25.66 USD at 0.60 a failure is 40.66', () => {
  const ours = { costNanoUsd: nanoFromUsd(25.66), failureNanoUsd: nanoFromUsd(25 * 0.6) };
  expect(failurePricedBill(ours)).toBe(nanoFromUsd(40.66));
  expect(failurePricedBill({ costNanoUsd: nanoFromUsd(54.73), failureNanoUsd: nanoFromUsd(26 * 0.6) })).toBe(
    nanoFromUsd(70.33),
  );
});

test('a success costs the bill over what succeeded, and nothing is not zero', () => {
  expect(costPerSuccess(30, 4)).toBe(7.5);
  expect(costPerSuccess(30, 0)).toBeUndefined();
});

test('which policy is best depends on what a failure costs', () => {
  const cheap = { name: 'cheap', costNanoUsd: 10, failureNanoUsd: 30 };
  const careful = { name: 'careful', costNanoUsd: 25, failureNanoUsd: 5 };
  const rows = billGrid([cheap, careful], [0, 0.5, 1]);
  // 10 | 25; 10 + 15 = 25 | 25 + 2.5; 40 | 30.
  expect(rows.map((row) => row.ranked.map(({ policy, billNanoUsd }) => [policy.name, billNanoUsd]))).toEqual([
    [
      ['cheap', 10],
      ['careful', 25],
    ],
    [
      ['cheap', 25],
      ['careful', 27.5],
    ],
    [
      ['careful', 30],
      ['cheap', 40],
    ],
  ]);
});
