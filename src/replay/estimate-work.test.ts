import { expect, test } from 'vitest';
import { estimateWork, plainBytes, type PlannedWork } from './estimate-work.ts';

const work: PlannedWork = {
  bytesByClient: new Map([['neutral', 400 * 1000]]),
  modelCount: 6,
  policyCount: 23,
  threadCount: 0,
  withOptimum: true,
};

test('more calls, models or policies take longer, other threads and no optimum less long', () => {
  const { ms, callCount } = estimateWork(work);
  expect(callCount).toBe(1000);
  expect(estimateWork({ ...work, bytesByClient: new Map([['neutral', 4_000_000]]) }).ms).toBeGreaterThan(ms);
  expect(estimateWork({ ...work, modelCount: 12 }).ms).toBeGreaterThan(ms);
  expect(estimateWork({ ...work, policyCount: 46 }).ms).toBeGreaterThan(ms);
  expect(estimateWork({ ...work, threadCount: 3 }).ms).toBeLessThan(ms);
  expect(estimateWork({ ...work, withOptimum: false })).toMatchObject({ optimumStates: 0, fewerFor: undefined });
});

test.each([
  [6, 1000, undefined],
  [12, 1000, undefined],
  [12, 100_000, 'calls'],
  [72, 1000, 'models'],
] as const)('%d models and %d calls: the optimum is searched less for %s', (modelCount, calls, fewerFor) => {
  const found = estimateWork({ ...work, modelCount, bytesByClient: new Map([['neutral', calls * 400]]) });
  expect(found.fewerFor).toBe(fewerFor);
  if (fewerFor === 'models') expect(found.optimumStates).toBe(0);
  else expect(found.optimumStates).toBeGreaterThan(0);
});

test('a gzipped log holds more than it takes on the disk', () => {
  expect([plainBytes('a.jsonl', 10), plainBytes('a.jsonl.gz', 10) > 10]).toEqual([10, true]);
});
