import { describe, expect, test } from 'vitest';
import { asId, type JobId } from '../../domain/ids.ts';
import { MINUTE_MS } from '../../domain/time.ts';
import type { JobRecord } from '../../recorder/record.ts';
import { aJobRecord } from '../../testing/record-builders.ts';
import { placeLostJobs } from './lost-jobs.ts';

const NOW = 10 * MINUTE_MS;
const job = (name: string, pause: JobRecord['pause'], startedAt = 0): JobRecord =>
  aJobRecord({ jobId: asId<JobId>(name), status: 'paused', pause, startedAt });
const QUEUED = { kind: 'queued', code: 'aborted', question: 'It waits for a worker.' } as const;

describe('jobs that are kept and in no queue', () => {
  test('get a place once who gave them had time to', async () => {
    const added: string[] = [];
    const queue = {
      knows: async (jobId: JobId) => jobId === 'job-waits',
      add: async (jobId: JobId) => void added.push(jobId),
    };
    const jobs = [
      job('job-lost', QUEUED),
      job('job-waits', QUEUED),
      job('job-just-given', QUEUED, NOW - 1000),
      job('job-asks', { ...QUEUED, kind: 'question' }),
      { ...job('job-cancelled', QUEUED), status: 'cancelled' as const },
    ];
    expect(await placeLostJobs({ jobs: async () => jobs }, queue, NOW)).toEqual(['job-lost']);
    expect(added).toEqual(['job-lost']);
  });
});
