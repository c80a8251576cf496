import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { openPostgres } from '../postgres/open-postgres.ts';
import { openKilledJobs } from '../testing/internal/killed-jobs.ts';
import { openTestPostgres } from '../testing/internal/postgres/test-store.ts';

const server = await openTestPostgres();

/** In a call, after an effect, and at a border of steps. */
const POINTS = ['text-delta plan 0', 'tool-result mend 0 #4', 'step-end mend 0'];

describe.skipIf(server === undefined)('a job on PostgreSQL', () => {
  test('killed with -9 in one place after the other does nothing twice and bills nothing twice', async () => {
    const address = server?.freshAddress() ?? '';
    const jobs = await openKilledJobs({ address });
    const postgres = await openPostgres(address);
    try {
      let jobId: string | undefined;
      let killed = 0;
      for (const killAt of POINTS) {
        const end = await jobs.run({ killAt, job: jobId });
        jobId ??= end.jobId;
        if (end.signal === 'SIGKILL') killed += 1;
        else expect(end.report?.failure, end.stderr).toBeUndefined();
      }
      expect(killed).toBeGreaterThanOrEqual(2);
      const { report, stderr } = await jobs.run({ job: jobId });
      if (report?.status !== 'done') throw new Error(stderr);
      expect(report.steps.map((step) => `${step.stepId} ${step.attempt} ${step.status}`)).toEqual([
        'plan 0 accepted',
        'mend 0 rejected',
        'mend 1 accepted',
        'review 0 accepted',
        'hold 0 accepted',
        'summarize 0 accepted',
      ]);
      // Each answer was journaled once, and each is recorded with what it billed.
      const calls = (await postgres.query('select slot, ended from job_calls where job_id = $1', [jobId])).rows;
      const answered = calls.filter(({ ended }) => ended !== null).map(({ slot }) => slot);
      expect(new Set(answered).size).toBe(answered.length);
      expect(jobs.server.calls.length).toBeLessThanOrEqual(calls.length);
      const { rows } = await postgres.query('select count(*) as n, sum(bill) as bill from calls where job_id = $1', [
        jobId,
      ]);
      expect(rows[0]).toEqual({ n: answered.length, bill: report.bill.spentNanoUsd });
      expect(report.bill.unknownBillCallCount).toBe(calls.length - answered.length);
      const tests = readFileSync(path.join(jobs.workspace, 'test/cart.test.js'), 'utf8');
      expect(tests.match(/nine parcels bring no discount/gu)).toHaveLength(1);
    } finally {
      await postgres.close();
      await jobs.close();
    }
  }, 600_000);
});
