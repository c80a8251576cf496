import type { PointsmanError } from '../../domain/errors.ts';
import { ROUTES } from '../model/job-facts.ts';
import type { JobRun } from '../model/job-run.ts';
import { attemptsOf, isDone, type JobState } from '../model/job-state.ts';
import { exhausted } from './no-model-left.ts';

/**
 * A job that was to change something, and none of whose changes was accepted, has not done its task, whatever was thought
 * about that and whatever its summary says. Steps that left the plan count. `undefined`: some work stands, or none was asked for.
 */
export async function noWorkAccepted(run: JobRun, state: JobState): Promise<PointsmanError | undefined> {
  const routes = await run.services.journal.facts(run.entry.jobId, ROUTES);
  const changes = routes.filter((route) => route.kind === 'code');
  const work = changes.length > 0 ? changes : routes.filter((route) => route.kind === 'test');
  if (work.some((route) => isDone(state, route.stepId))) return undefined;
  const last = work.findLast((route) =>
    attemptsOf(state, route.stepId).some((attempt) => attempt.status === 'rejected'),
  );
  return last === undefined ? undefined : exhausted(state, last);
}
