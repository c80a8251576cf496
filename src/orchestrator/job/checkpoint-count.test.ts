import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { fine, openTestBed, planned } from '../../testing/internal/test-bed.ts';

/** What is stored of where a job stands that does so many steps, one after the other. */
async function checkpointsOf(stepCount: number): Promise<number> {
  const names = Array.from({ length: stepCount }, (_, index) => `s${index}`);
  const steps = names.map((name, index) => planned(name, 'code', index === 0 ? [] : [`s${index - 1}`]));
  const testBed = await openTestBed({ words: (asked) => fine(asked, steps) });
  try {
    const report = await testBed.pointsman.runJob({ task: 'Do them.', workspace: testBed.workspace });
    expect([report.status, report.steps.length]).toEqual(['done', stepCount + 2]);
    const file = new DatabaseSync(path.join(testBed.store, 'checkpoints.db'), { readOnly: true });
    const { n } = file.prepare('select count(*) as n from checkpoints').get() ?? {};
    file.close();
    return Number(n);
  } finally {
    await testBed.close();
  }
}

test('a step that runs alone is stored once: what it did stands in the journal', async () => {
  const few = await checkpointsOf(1);
  expect(few).toBeGreaterThan(1);
  expect((await checkpointsOf(4)) - few).toBe(3);
});
