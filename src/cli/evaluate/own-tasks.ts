import { likeliestOf, type Difficulty } from '../../domain/need.ts';
import type { StepKind } from '../../domain/step.ts';
import type { OtherTask } from '../../evaluate/run-evaluation.ts';
import type { JobRecord, StepRecord } from '../../recorder/record.ts';
import type { CommandIo } from '../input/command.ts';
import { withPointsman } from '../input/open-pointsman.ts';
import type { EvaluateAsked } from './evaluate-arguments.ts';
import { redoJob, type OwnJob } from './redo-job.ts';
import type { ResolvedModel } from './resolve-model.ts';

/** Jobs that are looked at, the newest first. */
const LOOKED_AT = 200;

/** Where nobody has read how hard a job is: in the middle. */
const USUAL: Difficulty = 3;

/**
 * Jobs of the user's own that are done, changed something, and were checked by tests that had been red. Whether their tests can still
 * tell is found out when their turn comes, before any model is asked.
 * @throws PointsmanError `record-unreadable`
 */
export async function openOwnTasks(
  { taskCount, config: configFile }: EvaluateAsked,
  resolved: ResolvedModel,
  io: CommandIo,
): Promise<readonly OtherTask[]> {
  const jobs = await withPointsman(io, { configFile, looksOnly: true }, async (pointsman) => {
    const found: OwnJob[] = [];
    for (const job of await pointsman.jobs({ limit: LOOKED_AT })) {
      if (found.length >= taskCount) break;
      if (job.status !== 'done' || job.scripted) continue;
      const checked = checkedStep(await pointsman.jobSteps(job.jobId));
      const patch = checked === undefined ? '' : await pointsman.jobDiff(job.jobId);
      if (checked !== undefined && patch !== '') found.push(ownJob(job, checked, patch));
    }
    return found;
  });
  return jobs.map((job) => ({
    id: job.id,
    run: async (options) => redoJob(job, { ...options, resolved, io }),
  }));
}

/** Checks that say that what was red is green now. */
const RED_TO_GREEN = new Set(['named-tests', 'red-before']);

function checkedStep(steps: readonly StepRecord[]): StepRecord | undefined {
  return steps.findLast(
    ({ outcome }) =>
      outcome?.status === 'accepted' &&
      outcome.checks.some(({ verifierId, passed }) => passed && RED_TO_GREEN.has(verifierId)),
  );
}

function ownJob(job: JobRecord, step: StepRecord, patch: string): OwnJob {
  const { need } = step.input.step;
  const kind: StepKind = step.kind;
  const difficulty = need === undefined ? USUAL : likeliestOf(need, 'difficulty').value;
  return { id: `own-${job.jobId}`, task: job.task, workspace: job.workspace, kind, difficulty, patch };
}
