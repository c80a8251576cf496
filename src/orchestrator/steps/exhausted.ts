import { PointsmanError } from '../../domain/errors.ts';
import type { JobStep } from '../model/job-plan.ts';
import { attemptsOf, type JobState } from '../model/job-state.ts';

/** Every try was rejected; what the checks said goes with it. */
export function exhausted(state: Pick<JobState, 'attempts'>, step: Pick<JobStep, 'stepId' | 'title'>): PointsmanError {
  const tries = attemptsOf(state, step.stepId).filter((attempt) => attempt.status === 'rejected');
  const models = tries.map((attempt) => `${attempt.model} (${attempt.rejectedBy ?? 'contract'})`).join(', ');
  const often = tries.length === 1 ? 'once' : `${tries.length} times`;
  return new PointsmanError(
    'no-eligible-model',
    `Step ${step.stepId} (${step.title}) was rejected ${often}: ${models}.`,
    {
      hint: 'Look at its evidence with pointsman explain, then make the task smaller or allow a stronger model.',
      details: { stepId: step.stepId },
    },
  );
}
