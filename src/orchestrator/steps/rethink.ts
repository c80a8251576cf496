import { isPointsmanError, type PointsmanError } from '../../domain/errors.ts';
import { asId, type StepId } from '../../domain/ids.ts';
import { knownTests } from '../checks/tests-before.ts';
import { sharedTokens } from '../context/shared-transcript.ts';
import type { ReflectResult } from '../model/contracts.ts';
import { noteKey } from '../model/job-facts.ts';
import { cut, type JobStep } from '../model/job-plan.ts';
import type { JobRun } from '../model/job-run.ts';
import {
  attemptsOf,
  brief,
  isExhausted,
  latestAttempt,
  nextAttempt,
  withAttempt,
  type JobState,
  type StepAttempt,
} from '../model/job-state.ts';
import { PROVIDER_FAULTS } from '../model/provider-faults.ts';
import { runLadder } from './run-ladder.ts';
import { decideStep } from './select-step.ts';

const THOUGHT_CHARS = 1500;

/** The step whose last two tries failed the same tests by the same check, and that was not thought about yet. Pure. */
export function repeatingStep(state: JobState): JobStep | undefined {
  const thought = new Set(state.thoughtAbout);
  return state.steps.find(
    ({ stepId }) => !thought.has(stepId) && !isExhausted(state, stepId) && failsAlike(attemptsOf(state, stepId)),
  );
}

/** Tests without a name are not known to be the same. */
function failsAlike(tries: readonly StepAttempt[]): boolean {
  const last = tries.at(-1);
  // The try beside it is made already: words would come too late for it.
  if (last?.status !== 'rejected' || last.beside !== undefined || last.failing === undefined) return false;
  const before = tries.slice(0, -1).findLast((one) => one.status === 'rejected');
  return before?.rejectedBy === last.rejectedBy && before?.failing?.join('\n') === last.failing.join('\n');
}

/**
 * Asks a model, routed and billed like any step, why two tries failed alike, before the next one is made: that is given its
 * words beside what the check said. Once for a step, and not where nobody is left to try. What cannot be thought holds
 * nothing up.
 */
export async function rethink(run: JobRun, state: JobState, step: JobStep): Promise<JobState> {
  if (!(await mayTryAgain(run, state, step))) return state;
  const { stepId, title } = step;
  const noted: JobState = { ...state, thoughtAbout: [...(state.thoughtAbout ?? []), stepId] };
  const asked = thoughtOf(state, step);
  try {
    const thought = await runLadder(run, noted, asked);
    const { why } = thought.value as ReflectResult;
    const model = latestAttempt(thought.state, asked.stepId)?.model ?? 'a model';
    const text = `Two tries of "${title}" failed the same tests: ${model} thought about it before the next.`;
    run.emit({ type: 'note', text });
    await run.services.journal.settle(run.entry.jobId, noteKey(`rethink/${stepId}`), text);
    return withThought(thought.state, stepId, cut(why, THOUGHT_CHARS));
  } catch (thrown) {
    if (!isPointsmanError(thrown) || !isNoAnswer(thrown)) throw thrown;
    return noted;
  }
}

function isNoAnswer({ code }: PointsmanError): boolean {
  return code === 'no-eligible-model' || PROVIDER_FAULTS.has(code);
}

async function mayTryAgain(run: JobRun, state: JobState, step: JobStep): Promise<boolean> {
  const route = await decideStep(run, state, step, {
    attempt: nextAttempt(attemptsOf(state, step.stepId)),
    parallel: false,
    transcriptTokens: await sharedTokens(run, state),
    tests: await knownTests(run, state),
  });
  return route.decision.kind !== 'refuse';
}

function withThought(state: JobState, stepId: StepId, why: string): JobState {
  const last = latestAttempt(state, stepId);
  if (last === undefined) return state;
  const feedback = brief(
    `Two tries failed the same tests. What was thought about that:\n${why}\n\n${last.feedback ?? ''}`,
  );
  return { ...state, attempts: withAttempt(state.attempts, stepId, { ...last, feedback }) };
}

function thoughtOf(state: JobState, { stepId, title, goal }: JobStep): JobStep {
  const tries = attemptsOf(state, stepId)
    .filter((attempt) => attempt.status === 'rejected')
    .slice(-2);
  const said = tries.map(
    ({ model, summary, feedback }) => `- ${model}: ${cut(summary, 300)}\n${cut(feedback ?? '', 900)}`,
  );
  return {
    // No planner may write a point in an id.
    stepId: asId<StepId>(`rethink.${stepId}`),
    kind: 'plan',
    contract: 'ReflectResult',
    title: `think about "${title}"`,
    goal: brief(
      `The last two tries of step ${stepId} failed the same tests.\n\nIts goal: ${cut(goal, 900)}\n\nThe tries:\n${said.join('\n')}\n\n` +
        'Say in "why" what both got wrong and what the next try must do in another way; it will read that. Answer with "continue".',
    ),
    inputs: [stepId],
    requiredTools: [],
    size: 'small',
    dependsOn: [],
    check: 'none',
  };
}
