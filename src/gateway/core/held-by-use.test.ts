import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { HeldByUse, type HeldItem } from './held-by-use.ts';

const ROOM = 6000;
let nowMs = 0;
beforeEach(() => {
  nowMs = 0;
  vi.useFakeTimers();
});
afterEach(() => vi.useRealTimers());

function aHold(): HeldByUse<HeldItem> {
  return new HeldByUse({ maxHeldBytes: ROOM, idleMs: 60_000, now: () => nowMs }, () => undefined);
}

function pass(seconds: number): void {
  for (let second = 0; second < seconds; second += 1) {
    nowMs += 1000;
    vi.advanceTimersByTime(1000);
  }
}

test('what a storm has left is forgotten soon, down to a share of the room, and the rest of it after its minute', () => {
  const hold = aHold();
  for (let count = 0; count < 10; count += 1) hold.add({ heldBytes: 500, usedAt: nowMs });
  pass(19);
  expect(hold.heldBytes).toBe(5000);
  pass(11);
  expect(hold.heldBytes).toBe(1000);
  pass(40);
  expect(hold.heldBytes).toBe(0);
});

test('few are held for their whole minute', () => {
  const hold = aHold();
  hold.add({ heldBytes: 500, usedAt: nowMs });
  pass(55);
  expect(hold.heldBytes).toBe(500);
});
