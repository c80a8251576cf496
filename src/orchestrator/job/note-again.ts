import { PointsmanError } from '../../domain/errors.ts';
import { AGAIN, againKey } from '../model/job-facts.ts';
import type { JobEntry } from '../model/job-journal.ts';
import type { JobServices } from '../model/job-run.ts';

/**
 * Notes of a job that is held that it is taken up again; whoever runs it goes by that, now or after a crash.
 * @throws PointsmanError `request-invalid` when it has not given up; then it is held no more
 */
export async function noteAgain(services: JobServices, jobId: JobEntry['jobId']): Promise<void> {
  const { journal, clock } = services;
  try {
    // It may have gone on elsewhere since it was looked at.
    const entry = await journal.job(jobId);
    if (entry !== undefined) requireGivenUp(entry);
    const rounds = await journal.facts(jobId, AGAIN);
    await journal.settle(jobId, againKey(rounds.length + 1), { at: clock() });
  } catch (thrown) {
    await journal.release(jobId);
    throw thrown;
  }
}

/** @throws PointsmanError `request-invalid` for a job that has not failed */
export function requireGivenUp({ jobId, status, pause }: Pick<JobEntry, 'jobId' | 'status' | 'pause'>): void {
  if (status === 'failed') return;
  const isOver = status === 'done' || status === 'cancelled';
  throw new PointsmanError(
    'request-invalid',
    `Job ${jobId} is ${status}${isOver ? '' : ' and has not given up'}; there is nothing to take up again.`,
    { hint: isOver ? 'Start a new job with pointsman run.' : hintFor(jobId, status, pause) },
  );
}

function hintFor(jobId: string, status: JobEntry['status'], pause: JobEntry['pause']): string {
  if (status === 'running') return 'Wait for it to end.';
  const asks = pause === undefined || pause.code === 'aborted' ? '' : ' with an answer to what it asks';
  return `Go on with it${asks}: pointsman resume ${jobId}`;
}
