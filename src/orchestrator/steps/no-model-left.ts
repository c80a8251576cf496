import { leastBill } from '../../decisions/least-bill.ts';
import type { DecideInput, Decision } from '../../domain/decision.ts';
import { PointsmanError } from '../../domain/errors.ts';
import { formatUsd, toNanoUsd } from '../../domain/money.ts';
import { askForMoney } from '../model/job-money.ts';
import type { JobStep } from '../model/job-plan.ts';
import type { JobRun } from '../model/job-run.ts';
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

/** @throws PointsmanError `no-eligible-model` with what would have to change; asks where the budget is what stands in the way */
export function refuseStep(
  run: JobRun,
  step: JobStep,
  input: DecideInput,
  decision: Extract<Decision, { kind: 'refuse' }>,
): never {
  const hints = decision.hints.join(' ');
  if (decision.code === 'budget-exhausted') {
    return askForMoney(
      run,
      `No model can do step "${step.title}" within ${leftText(input)}. ${neededText(run, input)}How much may be added?`,
    );
  }
  throw new PointsmanError('no-eligible-model', `No model may take step ${step.stepId} (${step.title}).`, {
    hint: hints === '' ? 'See pointsman explain for the reasons of each model.' : hints,
    details: { stepId: step.stepId, decisionId: decision.decisionId },
  });
}

function leftText({ budget }: DecideInput): string {
  const { jobLeftNanoUsd: ofJob = Infinity, stepLeftNanoUsd: ofStep = Infinity } = budget;
  const left = Math.min(ofJob, ofStep);
  if (left === Infinity) return 'what is left of the budget';
  return `the ${formatUsd(toNanoUsd(left))} that ${ofStep < ofJob ? 'the step may bill' : 'is left of the budget'}`;
}

function neededText({ services }: JobRun, input: DecideInput): string {
  const least = leastBill(input, services.decide);
  return least === undefined ? '' : `It needs about ${formatUsd(least.billNanoUsd)} (${least.model}). `;
}
