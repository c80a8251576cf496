import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { auditJob, openKilledJobs, type KilledJobs } from '../testing/internal/killed-jobs.ts';

/** Short form of `kill.e2e.ts`, which kills at every node and inside each. */
const POINTS = ['call-end plan 0 #2', 'tool-result mend 0 #3', 'step-end mend 1'];

let jobs: KilledJobs;
beforeAll(async () => {
  jobs = await openKilledJobs();
});
afterAll(async () => jobs.close());

test('a job killed in plan, in execute and in verify repeats no call and no tool, and bills each call once', async () => {
  let jobId: string | undefined;
  for (const killAt of POINTS) {
    const end = await jobs.run({ killAt, ...(jobId === undefined ? {} : { job: jobId }) });
    expect(end.signal, `${killAt}: ${end.stderr}`).toBe('SIGKILL');
    jobId ??= end.jobId;
  }
  const { report, stderr } = await jobs.run({ job: jobId ?? '' });
  expect(report?.status, stderr).toBe('done');

  const audit = await auditJob(jobs, jobId ?? '');
  expect(new Set(audit.answeredSlots).size).toBe(audit.answeredSlots.length);
  expect(audit.lostCount).toBe(0);
  expect(jobs.server.calls.length).toBe(audit.answeredSlots.length);
  expect(new Set(audit.recordedCallIds).size).toBe(audit.answeredSlots.length);
  expect(audit.recordedBillNanoUsd).toBe(report?.bill.spentNanoUsd);
  expect(report?.steps.filter((step) => step.status === 'accepted').map((step) => step.stepId)).toEqual([
    'plan',
    'mend',
    'review',
    'hold',
    'summarize',
  ]);
  // Applying this edit twice would put the test into the file twice.
  const tests = readFileSync(path.join(jobs.workspace, 'test/cart.test.js'), 'utf8');
  expect(tests.match(/nine parcels bring no discount/gu)).toHaveLength(1);
}, 900_000);
