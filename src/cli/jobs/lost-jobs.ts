import type { JobQueue } from '../../app/queue/job-queue.ts';
import type { JobId } from '../../domain/ids.ts';
import { MINUTE_MS, type At, type Ms } from '../../domain/time.ts';
import type { Pointsman } from '../../orchestrator/model/pointsman.ts';

/** Whoever gives a job keeps it first and queues it then, which takes a moment. */
const SETTLED_MS: Ms = MINUTE_MS;
/** Of the newest jobs; an older one was seen by the workers of its day. */
const LOOKED_AT = 1000;

/**
 * Gives jobs a place in the queue that are kept to wait for a worker and have none: whoever gave them was ended between the two.
 * They wait as if nothing had been said of their order, which went with who gave them.
 * @returns those that have a place now
 */
export async function placeLostJobs(
  pointsman: Pick<Pointsman, 'jobs'>,
  queue: Pick<JobQueue, 'add' | 'knows'>,
  now: At,
): Promise<readonly JobId[]> {
  const placed: JobId[] = [];
  for (const { jobId, status, pause, startedAt } of await pointsman.jobs({ limit: LOOKED_AT })) {
    if (status !== 'paused' || pause?.kind !== 'queued' || startedAt > now - SETTLED_MS) continue;
    if (await queue.knows(jobId)) continue;
    await queue.add(jobId, {});
    placed.push(jobId);
  }
  return placed;
}
