import { statSync } from 'node:fs';
import path from 'node:path';
import { PointsmanError } from '../../domain/errors.ts';
import type { JobId } from '../../domain/ids.ts';
import { namesOfChanges } from '../../tools/repositories/kept-repositories.ts';
import { type FileChange, reversed } from '../../tools/work-tree/file-change.ts';
import type { WorkTree } from '../../tools/work-tree/work-tree.ts';
import { textDiffOf } from '../calls/record-changes.ts';
import { changesForUser } from '../job/job-place.ts';
import type { JobEntry } from '../model/job-journal.ts';
import type { JobServices } from '../model/job-run.ts';
import type { Pointsman } from '../model/pointsman.ts';
import { putRepositoriesBack } from '../steps/keep-repositories.ts';

/** What callers may do with what jobs did to files. */
export function changesOfJobs(
  services: JobServices,
  jobOf: (jobId: JobId) => Promise<JobEntry>,
): Pick<Pointsman, 'jobDiff' | 'undoJob' | 'applyJob'> {
  return {
    jobDiff: async (jobId) => diffOfJob(services, await jobOf(jobId)),
    undoJob: async (jobId) => moveJob(services, await jobOf(jobId), 'undo'),
    applyJob: async (jobId) => moveJob(services, await jobOf(jobId), 'apply'),
  };
}

/** What a job did to files, as one patch that `git apply` takes; of text files alone where there is no git. */
async function diffOfJob(services: JobServices, entry: JobEntry): Promise<string> {
  const workTree = services.workTreeOf(entry.request.workspace);
  const changes = await changesForUser({ services, entry, workTree });
  await refusePruned(workTree, changes, entry.jobId);
  const patch = await workTree.diff(changes);
  return patch === undefined ? textDiffOf({ workTree }, changes) : patch.toString('utf8');
}

/**
 * Takes back what a job did to files, or does it again, beside what somebody else did since where the two go together.
 * @returns the names of the files
 * @throws PointsmanError `request-invalid` while it runs, where its folder is gone, and for files that somebody else has changed
 *   since: then all stay
 */
async function moveJob(
  services: JobServices,
  entry: JobEntry,
  direction: 'undo' | 'apply',
): Promise<readonly string[]> {
  const { jobId, request } = entry;
  if (await services.journal.isHeld(jobId, services.clock())) {
    throw new PointsmanError('request-invalid', `Job ${jobId} is running.`, {
      hint: 'Wait for it to end, or stop it.',
    });
  }
  // Else it would be made anew, of nothing but what the job did.
  if (statSync(request.workspace, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new PointsmanError(
      'request-invalid',
      `The folder of job ${jobId} is not there any more: ${request.workspace}.`,
      {
        hint: `Move it back; or go where it is now, and there: ${byGit(jobId, direction)}.`,
      },
    );
  }
  const workTree = services.workTreeOf(request.workspace);
  const changes = await changesForUser({ services, entry, workTree });
  await refusePruned(workTree, changes, jobId);
  const blocked = direction === 'undo' ? await takeBack(workTree, changes) : (await workTree.mergeBack(changes)).places;
  if (blocked.length === 0)
    return [...changes.map(({ name }) => name), ...(await undoneBeside(services, entry, direction))];
  throw new PointsmanError('request-invalid', `Nothing was done: ${namesOf(blocked)} changed since this job.`, {
    hint: `See what it did with "pointsman diff ${jobId}". What goes together of it: ${byGit(jobId, direction)}.`,
  });
}

/**
 * Of a job that worked in the folder itself, what it did to repositories goes back, too, as far as nobody changed it since.
 * @throws PointsmanError `request-invalid` for what stays
 */
async function undoneBeside(
  services: JobServices,
  entry: JobEntry,
  direction: 'undo' | 'apply',
): Promise<readonly string[]> {
  if (direction === 'apply') return [];
  const { done, blocked } = await putRepositoriesBack({ services, entry });
  // Whoever asks git for the state of the files has it written again, and loses nothing where it stays.
  const left = blocked.filter((name) => path.basename(name) !== 'index');
  if (left.length === 0) return namesOfChanges(done, entry.request.workspace);
  throw new PointsmanError(
    'request-invalid',
    `Files are what they were before ${entry.jobId}; of the repository there stay as they are: ${namesOf(left)}.`,
    { hint: 'Somebody changed them since, or what they held was too large to be kept. Look at them with git.' },
  );
}

/** For a terminal. */
function byGit(jobId: JobId, direction: 'undo' | 'apply'): string {
  return `pointsman diff ${jobId} | git apply ${direction === 'undo' ? '-R ' : ''}--reject`;
}

/** What somebody else wrote beside it stays, as it did when it came. @returns the places that are in the way */
async function takeBack(workTree: WorkTree, changes: readonly FileChange[]): Promise<readonly string[]> {
  const blocked = await workTree.putBack(changes, 'stop');
  if (blocked.length === 0 || changes.some(({ isMixed }) => isMixed === true)) return blocked;
  return (await workTree.mergeBack(reversed(changes))).places;
}

/** @throws PointsmanError `not-found` where what a file held is not kept any more: a part of the truth would be none */
async function refusePruned(workTree: WorkTree, changes: readonly FileChange[], jobId: JobId): Promise<void> {
  for (const { name, before, after } of changes) {
    for (const state of [before, after]) {
      if (state === null || (await workTree.read(state)) !== undefined) continue;
      throw new PointsmanError('not-found', `What ${name} held before or after job ${jobId} is not kept any more.`, {
        hint: 'It is kept as long as records are; see "records" in the configuration.',
      });
    }
  }
}

const MAX_NAMES = 10;

function namesOf(names: readonly FileChange['name'][]): string {
  const more = names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : '';
  return `${names.slice(0, MAX_NAMES).join(', ')}${more}`;
}
