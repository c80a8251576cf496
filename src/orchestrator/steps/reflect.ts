import { asId, type StepId } from '../../domain/ids.ts';
import type { ReflectResult } from '../model/contracts.ts';
import { inOrder, withDependents, readPlan, type JobStep } from '../model/job-plan.ts';
import type { JobRun } from '../model/job-run.ts';
import {
  MAX_REOPENS,
  MAX_REFLECT_ROUNDS,
  attemptsOf,
  brief,
  isDone,
  isExhausted,
  withAttempt,
  type StepAttempt,
  type JobState,
  type Objection,
} from '../model/job-state.ts';
import { planKnowledge } from './execute-step.ts';
import { exhausted } from './no-model-left.ts';
import { repeatingStep, rethink } from './rethink.ts';
import { runLadder } from './run-ladder.ts';

/** Whether `reflect` would change anything. Pure. */
export function needsThought(state: JobState): boolean {
  const isStuck = state.steps.some((step) => isExhausted(state, step.stepId));
  return isStuck || state.objections.length > 0 || repeatingStep(state) !== undefined;
}

/**
 * After a wave that needs it: what a review or a test run holds against a change sends the change back, a step whose tries fail
 * alike is thought about before the next, and one that no model got right before the job gives up.
 * @throws PointsmanError `no-eligible-model` when a step is exhausted and thinking found no other way
 */
export async function reflect(run: JobRun, state: JobState): Promise<JobState> {
  const reopened = sendBack(state);
  const stuck = reopened.steps.find((step) => isExhausted(reopened, step.stepId));
  if (stuck === undefined) {
    const repeating = repeatingStep(reopened);
    return repeating === undefined ? reopened : rethink(run, reopened, repeating);
  }
  if (reopened.reflectCount - (reopened.again?.reflectCount ?? 0) >= MAX_REFLECT_ROUNDS)
    throw exhausted(reopened, stuck);
  return think(run, reopened, stuck);
}

/**
 * Sends changes back to be made again, with what was found wrong; what was built upon them is done again too. A change is
 * sent back a bounded number of times; after that the objections stand as open questions. Pure.
 */
export function sendBack(state: JobState): JobState {
  if (state.objections.length === 0) return state;
  let next: JobState = { ...state, objections: [] };
  const back = new Set<StepId>();
  for (const objection of state.objections) {
    const target = changeBefore(state, objection.by);
    if (target === undefined || next.reopenCount >= MAX_REOPENS) {
      next = { ...next, openQuestions: [...next.openQuestions, objection.feedback] };
    } else if (back.has(target.stepId)) {
      next = withMoreFeedback(next, target.stepId, objection.feedback);
    } else {
      back.add(target.stepId);
      next = reopen(next, target.stepId, objection);
    }
  }
  return next;
}

/** The latest accepted change that a step builds on. */
function changeBefore(state: JobState, by: StepId): JobStep | undefined {
  const ordered = inOrder(state.steps);
  return ordered.findLast(
    (step) => step.kind === 'code' && isDone(state, step.stepId) && withDependents(state.steps, step.stepId).has(by),
  );
}

function reopen(state: JobState, stepId: StepId, objection: Objection): JobState {
  let { attempts } = state;
  const judge = objection.check === 'review' ? attempts[objection.by]?.at(-1)?.model : undefined;
  for (const dependent of withDependents(state.steps, stepId)) {
    const last = attempts[dependent]?.at(-1);
    if (last?.status !== 'accepted') continue;
    const changed: StepAttempt =
      dependent === stepId
        ? {
            ...last,
            status: 'rejected',
            rejectedBy: objection.check,
            feedback: objection.feedback,
            ...(judge === undefined ? {} : { judgedBy: judge }),
          }
        : { ...last, status: 'superseded', feedback: 'The change was made again after your last look at it.' };
    attempts = withAttempt(attempts, dependent, changed);
  }
  return { ...state, attempts, reopenCount: state.reopenCount + 1 };
}

/** Takes back that a change was sent back: it stands with its objections, and so does what was built on it. Pure. */
export function acceptAsIs(state: JobState, stepId: StepId): JobState {
  let { attempts } = state;
  const feedback = attemptsOf(state, stepId).at(-1)?.feedback ?? '';
  for (const dependent of withDependents(state.steps, stepId)) {
    const last = attempts[dependent]?.at(-1);
    if (last === undefined || (dependent !== stepId && last.status !== 'superseded')) continue;
    const standing: StepAttempt = { ...last, status: 'accepted', rejectedBy: undefined, feedback: undefined };
    attempts = withAttempt(attempts, dependent, standing);
  }
  return { ...state, attempts, openQuestions: [...state.openQuestions, feedback] };
}

function withMoreFeedback(state: JobState, stepId: StepId, feedback: string): JobState {
  const last = attemptsOf(state, stepId).at(-1);
  if (last === undefined) return state;
  const more = { ...last, feedback: brief(`${last.feedback ?? ''}\n\n${feedback}`) };
  return { ...state, attempts: withAttempt(state.attempts, stepId, more) };
}

/** Asks a model, routed like any step, whether to go another way. */
async function think(run: JobRun, state: JobState, stuck: JobStep): Promise<JobState> {
  const step = reflectStep(state, stuck);
  const thought = await runLadder(run, { ...state, reflectCount: state.reflectCount + 1 }, step);
  const result = thought.value as ReflectResult;
  switch (result.action) {
    case 'continue':
      throw exhausted(state, stuck);
    case 'finish':
      return { ...thought.state, finished: true, openQuestions: [...state.openQuestions, brief(result.why)] };
    case 'revise':
      return revise(run, thought.state, { result, stuck });
  }
}

function revise(
  run: JobRun,
  state: JobState,
  { result, stuck }: { readonly result: ReflectResult; readonly stuck: JobStep },
): JobState {
  const reading = readPlan(result.insert, planKnowledge(run, state));
  const inserted = reading.kind === 'kept' ? reading.steps : [];
  // What is stuck and what is dropped leave the plan; steps that waited for them wait for what comes instead.
  const gone = new Set<string>([stuck.stepId, ...result.drop.filter((id) => !isDone(state, asId<StepId>(id)))]);
  const instead = inserted.map((step) => step.stepId);
  const kept = state.steps.filter((step) => !gone.has(step.stepId));
  const repaired = kept.map((step) =>
    step.dependsOn.some((id) => gone.has(id))
      ? { ...step, dependsOn: [...step.dependsOn.filter((id) => !gone.has(id)), ...instead] }
      : step,
  );
  const fresh = inserted.map((step) => ({ ...step, dependsOn: step.dependsOn.filter((id) => !gone.has(id)) }));
  const left = state.steps.filter((step) => gone.has(step.stepId));
  return { ...state, stuck: [], steps: inOrder([...repaired, ...fresh]), left: [...(state.left ?? []), ...left] };
}

function reflectStep(state: JobState, stuck: JobStep): JobStep {
  const tries = attemptsOf(state, stuck.stepId)
    .map((attempt) => `- ${attempt.model}: ${attempt.feedback ?? attempt.summary}`)
    .join('\n');
  return {
    stepId: asId<StepId>(`reflect-${state.reflectCount + 1}`),
    kind: 'plan',
    contract: 'ReflectResult',
    title: `think about "${stuck.title}"`,
    goal: brief(
      `Step ${stuck.stepId} was tried and every try was rejected.\n\nIts goal: ${stuck.goal}\n\nThe tries:\n${tries}\n\n` +
        'Decide: "revise" and insert other steps that reach the goal (with new ids), dropping what no longer fits; or ' +
        '"finish" if what is done is worth keeping as it is; or "continue" if nothing else can be tried.',
    ),
    inputs: [stuck.stepId],
    requiredTools: [],
    size: 'small',
    dependsOn: [],
    check: 'none',
  };
}
