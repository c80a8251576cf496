import { PointsmanError } from '../../domain/errors.ts';
import { asId, type JobId } from '../../domain/ids.ts';
import type { Pointsman } from '../../orchestrator/model/pointsman.ts';
import type { JobRecord } from '../../recorder/record.ts';
import { liesIn, realPath } from '../../trust/real-path.ts';
import type { CommandIo } from '../input/command.ts';

/** Jobs of all folders lie in one store; whoever names none means one of the folder they stand in. */
const LOOKED_AT = 200;

/**
 * The job that is named, else the latest one of this folder, which is said on standard error.
 * @throws PointsmanError `not-found` where there is none
 */
export async function namedOrLatestJob(
  pointsman: Pick<Pointsman, 'jobs'>,
  named: string | undefined,
  io: Pick<CommandIo, 'stderr' | 'cwd'>,
): Promise<JobId> {
  if (named !== undefined) return asId<JobId>(named);
  const latest = await latestJob(pointsman, io);
  io.stderr(`The latest job, ${latest.jobId}\n`);
  return latest.jobId;
}

/**
 * The latest job of this folder.
 * @throws PointsmanError `not-found` where there is none
 */
export async function latestJob(pointsman: Pick<Pointsman, 'jobs'>, io: Pick<CommandIo, 'cwd'>): Promise<JobRecord> {
  const jobs = await pointsman.jobs({ limit: LOOKED_AT });
  const here = realPath(io.cwd);
  const latest = jobs.find(({ workspace }) => liesIn(workspace, here) || liesIn(here, workspace));
  if (latest === undefined) {
    const isAll = jobs.length < LOOKED_AT;
    const message = isAll
      ? 'There is no job of this folder yet.'
      : `None of the latest ${LOOKED_AT} jobs is of this folder.`;
    throw new PointsmanError('not-found', message, {
      hint:
        jobs[0] === undefined
          ? 'Start one: pointsman run "TASK".'
          : `Name one of another folder, such as ${jobs[0].jobId}; see pointsman jobs.`,
    });
  }
  return latest;
}
