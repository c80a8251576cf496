import { isPointsmanError, PointsmanError } from '../../domain/errors.ts';
import { knownTests } from '../checks/tests-before.ts';
import { sharedTokens } from '../context/shared-transcript.ts';
import type { Contracts, ContractName } from '../model/contracts.ts';
import { executedKey, type StepRoute } from '../model/job-facts.ts';
import type { JobStep } from '../model/job-plan.ts';
import type { JobRun } from '../model/job-run.ts';
import {
  MAX_FALLBACKS,
  attemptsOf,
  countOf,
  countedAttempts,
  isDone,
  isExhausted,
  nextAttempt,
  withAttempt,
  type JobState,
} from '../model/job-state.ts';
import { executeStep } from './execute-step.ts';
import { exhausted } from './no-model-left.ts';
import { selectStep, toAttempt } from './select-step.ts';
import { verifyStep } from './verify-step.ts';

/** Gives the next attempt of a step its model, and tells who watches. */
export async function startAttempt(
  run: JobRun,
  state: JobState,
  step: JobStep,
  parallel: boolean,
): Promise<{ readonly state: JobState; readonly route: StepRoute }> {
  const tries = attemptsOf(state, step.stepId);
  const last = tries.at(-1);
  const of = { stepId: step.stepId, attempt: nextAttempt(tries) };
  if (last?.status === 'failed' && countOf(countedAttempts(state, step.stepId), 'failed') > MAX_FALLBACKS) {
    throw new PointsmanError(last.errorCode ?? 'provider-unavailable', `Step ${step.stepId}: ${last.summary}`, {
      hint: 'Take the job up again when the provider answers: pointsman resume --again.',
    });
  }
  run.emit({ type: 'step-start', ...of, kind: step.kind, title: step.title, ...placeOf(state, step) });
  if (last !== undefined) {
    run.emit({ type: 'escalation', ...of, from: last.model, why: whyAgain(last) });
  }
  const route = await selectStep(run, state, step, {
    attempt: of.attempt,
    parallel,
    transcriptTokens: await sharedTokens(run, state),
    tests: await knownTests(run, state),
    ...(step.reproduces?.notFamily === undefined ? {} : { notFamilies: [step.reproduces.notFamily] }),
  });
  return { route, state: { ...state, attempts: withAttempt(state.attempts, step.stepId, toAttempt(route)) } };
}

function whyAgain(last: {
  readonly status: string;
  readonly rejectedBy: string | undefined;
  readonly summary: string;
}): string {
  if (last.status === 'failed') return `the provider failed: ${last.summary}`;
  if (last.status === 'superseded') return 'what it had judged was changed';
  return `check "${last.rejectedBy ?? 'contract'}" rejected it`;
}

/**
 * Takes one step through select, execute and verify until an attempt is accepted. For the steps that stand alone in the
 * graph: the plan, a reflection, the summary.
 * @throws PointsmanError `no-eligible-model` when every model that may try has failed the checks
 */
export async function runLadder(
  run: JobRun,
  start: JobState,
  step: JobStep,
): Promise<{ readonly state: JobState; readonly value: Contracts[ContractName] }> {
  let state = start;
  while (!isDone(state, step.stepId)) {
    if (isExhausted(state, step.stepId)) throw exhausted(state, step);
    const started = await tryAgain(run, state, step);
    await executeStep(run, started.state, step, started.route);
    state = await verifyStep(run, started.state, step);
  }
  return { state, value: await acceptedValue(run, state, step) };
}

/** Where nobody is left to try, what was wrong with the tries is the reason, not that nobody is left. */
async function tryAgain(run: JobRun, state: JobState, step: JobStep): ReturnType<typeof startAttempt> {
  try {
    return await startAttempt(run, state, step, false);
  } catch (thrown) {
    const isStuck = isPointsmanError(thrown) && thrown.code === 'no-eligible-model';
    throw isStuck && countOf(attemptsOf(state, step.stepId), 'rejected') > 0 ? exhausted(state, step) : thrown;
  }
}

/** What the accepted attempt of a step answered. */
export async function acceptedValue(run: JobRun, state: JobState, step: JobStep): Promise<Contracts[ContractName]> {
  const attempt = attemptsOf(state, step.stepId).find((one) => one.status === 'accepted');
  const ended = await run.services.journal.fact(run.entry.jobId, executedKey(step.stepId, attempt?.attempt ?? 0));
  if (ended?.kind === 'answered') return ended.value;
  throw new PointsmanError('internal', `Step ${step.stepId} has no accepted answer`);
}

function placeOf(state: JobState, step: JobStep): { readonly position: number; readonly plannedCount: number } {
  if (step.kind === 'plan') return { position: 1, plannedCount: Math.max(1, state.steps.length + 2) };
  const index = state.steps.findIndex((other) => other.stepId === step.stepId);
  const plannedCount = state.steps.length + 2;
  return { position: index < 0 ? plannedCount : index + 2, plannedCount };
}
