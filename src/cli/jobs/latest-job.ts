import { PointsmanError } from '../../domain/errors.ts';
import { asId, type JobId } from '../../domain/ids.ts';
import type { Pointsman } from '../../orchestrator/model/pointsman.ts';
import type { CommandIo } from '../input/command.ts';

/**
 * The job that is named, else the latest one, which is said on standard error.
 * @throws PointsmanError `not-found` where there is none
 */
export async function namedOrLatestJob(
  pointsman: Pick<Pointsman, 'jobs'>,
  named: string | undefined,
  io: Pick<CommandIo, 'stderr'>,
): Promise<JobId> {
  if (named !== undefined) return asId<JobId>(named);
  const [latest] = await pointsman.jobs({ limit: 1 });
  if (latest === undefined) {
    throw new PointsmanError('not-found', 'There is no job yet.', { hint: 'Start one: pointsman run "TASK".' });
  }
  io.stderr(`The latest job, ${latest.jobId}\n`);
  return latest.jobId;
}
