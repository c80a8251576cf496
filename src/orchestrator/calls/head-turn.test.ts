import { afterEach, expect, test } from 'vitest';
import type { ScriptedAnswer } from '../../providers/scripted/script.ts';
import { fine, openTestBed, planned, type TestBed } from '../../testing/internal/test-bed.ts';

let testBed: TestBed | undefined;
afterEach(async () => {
  await testBed?.close();
  testBed = undefined;
});

test('of steps that start together from fresh contexts one goes first, and the others when its answer has begun', async () => {
  const steps = ['one', 'two', 'three', 'four'].map((id) => planned(id, 'review'));
  let asked = 0;
  let askedBeforeAnAnswer: number | undefined;
  const late = async (said: ScriptedAnswer): Promise<ScriptedAnswer> => {
    asked += 1;
    await new Promise((resolve) => setTimeout(resolve, 500));
    askedBeforeAnAnswer ??= asked;
    return said;
  };
  const bed = (testBed = await openTestBed({
    pool: ['claude-opus-5-5'],
    tools: true,
    // Scripts may take their time, and the words of a test bed are one.
    words: (step) => (step.kind === 'review' ? (late(fine(step)) as unknown as ScriptedAnswer) : fine(step, steps)),
  }));
  const report = await bed.pointsman.runJob({ task: 'Look at four things.', workspace: bed.workspace });
  expect(report.status).toBe('done');
  expect([asked, askedBeforeAnAnswer]).toEqual([4, 1]);
  // What the reviewers share beyond the planner's tools is written once.
  const reads = report.steps.filter(({ kind }) => kind === 'review').map(({ usage }) => usage?.cacheReadTokens ?? 0);
  expect(reads.filter((tokens) => tokens < Math.max(...reads))).toHaveLength(1);
});
