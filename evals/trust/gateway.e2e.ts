import { expect, test } from 'vitest';
import { overrunOfBudget } from './budgets.ts';
import { costOfStorm } from './storm.ts';
import { cutStreams, falseRefusals, lostTasks } from './streams.ts';

test('a budget holds over two gateways on one folder that are killed in each of three bursts of 200 calls', async () => {
  const run = await overrunOfBudget({ callCount: 200, burstCount: 3, budgetUsd: 6 });
  // Some were paid for after kills, and some refused: the budget had a say in it.
  expect(run.answeredCount).toBeGreaterThan(50);
  expect(run.refusedCount).toBeGreaterThan(50);
  for (const count of run.statusesPerBurst) expect(count).toBeGreaterThan(20);
  expect(run.overrunRatio).toBeLessThanOrEqual(1);
});

test('200 first calls with a valid key are all let in', async () => {
  expect(await falseRefusals(200)).toBe(0);
});

test('streams under way end whole when the gateway is told to stop', async () => {
  expect(await cutStreams(40)).toBe(0);
});

test('clients that retry lose no more than two tasks of a thousand to a vendor that fails half of its calls', async () => {
  const { lostRatio } = await lostTasks({ taskCount: 500, faultRatio: 0.5 });
  expect(lostRatio).toBeLessThanOrEqual(0.002);
});

test('an outage costs little disk and memory, and is over with the first call that its vendor answers', async () => {
  const cost = await costOfStorm({ callCount: 600 });
  expect(cost.refusedCount).toBe(600);
  expect(cost.kilobytesPerRefused).toBeLessThanOrEqual(1);
  expect(cost.memoryRatio).toBeLessThanOrEqual(1.5);
  expect(cost).toMatchObject({ probesToRecovery: 1, refusedAfterRecovery: 0 });
});
