import { afterEach, expect, test } from 'vitest';
import { fine, openTestBed, planned, type TestBed } from '../../testing/internal/test-bed.ts';

let testBed: TestBed | undefined;
afterEach(async () => {
  await testBed?.close();
  testBed = undefined;
});

const SIDE_BY_SIDE = [planned('look-a', 'review'), planned('look-b', 'review'), planned('look-c', 'review')];
const ONE_BY_ONE = [
  planned('look-a', 'review'),
  planned('look-b', 'review', ['look-a']),
  planned('look-c', 'review', ['look-b']),
];

async function previewed(steps: readonly object[]): Promise<readonly number[]> {
  testBed = await openTestBed({
    pool: ['claude-opus-5-5'],
    tools: true,
    words: (asked) => fine(asked, steps),
  });
  const preview = await testBed.pointsman.planJob({ task: 'Judge it.', workspace: testBed.workspace });
  await testBed.close();
  return preview.steps.filter((step) => step.kind === 'review').map((step) => step.expectedNanoUsd ?? Number.NaN);
}

test('a preview prices steps that will run side by side cold, each for itself', async () => {
  const together = await previewed(SIDE_BY_SIDE);
  const inTurn = await previewed(ONE_BY_ONE);
  expect(together).toHaveLength(3);
  expect(new Set(together).size).toBe(1);
  // The first in turn pays what each branch pays; those after it read tools and system prompt warm.
  expect(inTurn[1]).toBeLessThan(together[1] ?? 0);
  expect(inTurn[2]).toBeLessThan(together[2] ?? 0);
});
