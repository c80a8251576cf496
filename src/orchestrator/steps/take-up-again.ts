import type { StepId } from '../../domain/ids.ts';
import type { StepRoute } from '../model/job-facts.ts';
import { SUMMARY_STEP_ID, inOrder, type JobStep } from '../model/job-plan.ts';
import { isDone, latestAttempt, nextAttempt, withAttempt, type JobState } from '../model/job-state.ts';
import { sendBack } from './reflect.ts';

const REFLECTION = /^reflect-(\d+)$/u;

/**
 * A job that had given up, as it goes on: nothing that is done is done again and all of it stays told, but what was tried
 * before no longer keeps a model from trying. What those tries found is where the next ones start. Pure.
 *
 * @param round which time it is
 * @param routes every attempt that was ever routed, those too that the state was not left to tell of
 */
export function takeUpAgain(
  state: JobState,
  { round, routes }: { readonly round: number; readonly routes: readonly Pick<StepRoute, 'stepId' | 'attempt'>[] },
): JobState {
  const sentBack = sendBack(state);
  const reflectCount = Math.max(
    state.reflectCount,
    ...routes.map(({ stepId }) => Number(REFLECTION.exec(stepId)?.[1] ?? 0)),
  );
  return {
    ...sentBack,
    steps: withWorkLeft(sentBack),
    attempts: withoutSummary(sentBack.attempts),
    left: [],
    wave: [],
    stuck: [],
    reopenCount: 0,
    reflectCount,
    finished: false,
    again: { round, firstTry: firstTries(sentBack, routes), reflectCount },
  };
}

/** Of steps in the state what it has; an attempt that was made beside another and never judged has yet to be tried. */
function firstTries(
  state: JobState,
  routes: readonly Pick<StepRoute, 'stepId' | 'attempt'>[],
): Readonly<Record<string, number>> {
  const first: Record<string, number> = {};
  for (const { stepId, attempt } of routes) first[stepId] = Math.max(first[stepId] ?? 0, attempt + 1);
  for (const [stepId, tries] of Object.entries(state.attempts)) first[stepId] = nextAttempt(tries);
  return first;
}

/** Steps that reflection took out of the plan come back where it left nothing to do, and none of their kind is done. */
function withWorkLeft(state: JobState): readonly JobStep[] {
  const { steps, left = [] } = state;
  const kind = left.some((step) => step.kind === 'code') ? 'code' : 'test';
  const isOver = steps.every((step) => isDone(state, step.stepId));
  if (left.length === 0 || !isOver || steps.some((step) => step.kind === kind)) return steps;
  return inOrder([...steps, ...left]);
}

/** What was told of the whole is told anew. */
function withoutSummary(attempts: JobState['attempts']): JobState['attempts'] {
  const stepId: StepId = SUMMARY_STEP_ID;
  const last = latestAttempt({ attempts }, stepId);
  if (last?.status !== 'accepted') return attempts;
  const feedback = 'The job was taken up again after that.';
  return withAttempt(attempts, stepId, { ...last, status: 'superseded', feedback });
}
