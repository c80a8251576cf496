import { isPointsmanError, PointsmanError } from '../../domain/errors.ts';
import type { StepId } from '../../domain/ids.ts';
import { runAgent } from '../calls/agent-loop.ts';
import type { AgentOutcome, AgentTask } from '../calls/attempt-task.ts';
import { ASK_TOOL } from '../context/ask-tool.ts';
import { trailKey, trailOf } from '../context/attempt-trail.ts';
import { handsFor } from '../context/hands-for.ts';
import { namedFor } from '../context/named-places.ts';
import { openAttempt, type Opening, type OpeningSource } from '../context/opening.ts';
import { sharedMessages } from '../context/shared-transcript.ts';
import { agentOf, stepTools } from '../context/step-plan.ts';
import { SURROUNDINGS } from '../context/surroundings.ts';
import type { Artifact, ArtifactRef } from '../model/artifact.ts';
import type { ContractName, Contracts } from '../model/contracts.ts';
import { artifactKey, executedKey, type Executed, type StepRoute } from '../model/job-facts.ts';
import { inOrder, readPlan, type JobStep } from '../model/job-plan.ts';
import type { JobRun } from '../model/job-run.ts';
import { attemptsOf, isDone, type JobState } from '../model/job-state.ts';
import { PROVIDER_FAULTS } from '../model/provider-faults.ts';
import { openAsking } from './ask-model.ts';
import { runByHands } from './run-by-hands.ts';
import { chosenRow, routed } from './select-step.ts';

/**
 * Runs one attempt to its end and settles what came of it; an attempt that had already ended is not run again.
 * @throws PointsmanError when nothing may be tried instead: the job stops, and goes on from here when it is resumed.
 */
export async function executeStep(run: JobRun, state: JobState, step: JobStep, route: StepRoute): Promise<Executed> {
  const { journal } = run.services;
  const key = executedKey(step.stepId, route.attempt);
  const known = await journal.fact(run.entry.jobId, key);
  if (known !== undefined) return known;
  const executed = await runAttempt(run, state, step, route);
  const { workspace } = run.entry.request;
  const named = namedFor(executed, { from: workspace, to: run.besideOf ?? workspace });
  return journal.settle(run.entry.jobId, key, named);
}

async function runAttempt(run: JobRun, state: JobState, step: JobStep, route: StepRoute): Promise<Executed> {
  const decision = routed(route);
  const model = run.services.catalog.get(decision.to);
  if (model === undefined)
    throw new PointsmanError('not-found', `Model "${decision.to}" is no longer in the catalogue.`);
  const tools = stepTools(run, step);
  const offersAllTools = route.toolList?.choice === 'same-tools';
  const hands = handsFor(run, step);
  // A harness has a transcript of its own.
  const mode = hands !== undefined && decision.mode === 'continue' ? 'handoff' : decision.mode;
  const attemptIn = async (opening: Opening): Promise<Executed> => {
    const ask = openAsking(run, { state, asker: { step, attempt: route.attempt, model } });
    const task: AgentTask = {
      step,
      attempt: route.attempt,
      agent: agentOf(run, step),
      model,
      opening,
      writesLong: chosenRow(decision)?.writeClass === '1h',
      writers: route.input.models.filter(({ id }) => decision.candidates.some((row) => row.model === id)),
      allowedTools: new Set(
        tools.map((tool) => tool.spec.name).filter((name) => ask !== undefined || name !== ASK_TOOL),
      ),
      ...(ask === undefined ? {} : { ask }),
      accept: (value) => (step.kind === 'plan' ? planObjection(run, state, value) : undefined),
    };
    const outcome =
      hands === undefined ? await runAgent(run, task) : await runByHands(run, task, run.services.hands, hands);
    const { journal, redactor } = run.services;
    const trail = trailOf(opening, state.segments, outcome, (text) => redactor.text(text));
    await journal.settle(run.entry.jobId, trailKey(step.stepId, route.attempt), trail);
    return toExecuted(opening, outcome);
  };
  const open = (as: Opening['mode']): Promise<Opening> =>
    openStep(run, state, step, {
      mode: as,
      attempt: route.attempt,
      offersAllTools,
      effort: chosenRow(decision)?.effort,
      family: model.family,
    });
  const opening = await open(mode);
  const isAgain = failedBefore(run, route);
  try {
    try {
      return await attemptIn(opening);
    } catch (thrown) {
      // A history that does not fit is handed over as a brief.
      if (opening.mode !== 'continue' || !isOverflow(thrown)) throw thrown;
      return await attemptIn(await open('handoff'));
    }
  } catch (thrown) {
    return failedAttempt(route, { failed: model.id, isAgain }, opening, thrown);
  }
}

interface AttemptedModel {
  readonly failed: string;
  /** The job has gone on since a call of this attempt failed, and it failed again. */
  readonly isAgain: boolean;
}

/** @throws what nothing may be tried instead of */
function failedAttempt(route: StepRoute, model: AttemptedModel, { mode }: Opening, thrown: unknown): Executed {
  const failed = { mode, messages: [] };
  if (isPointsmanError(thrown) && isProviders(thrown, model) && mayFallBack(route, model)) {
    const again = model.isAgain ? { isAgain: true as const } : {};
    return { ...failed, kind: 'provider-failed', code: thrown.code, why: thrown.message, ...again };
  }
  // No call of a resumed job would fare better: the next model is tried instead.
  if (isOverflow(thrown))
    return { ...failed, kind: 'unanswered', why: `The step does not fit the model: ${thrown.message}` };
  throw thrown;
}

/** What needs the user is thrown for them to mend; where it is the same once more, it is as good as a provider that fails. */
function isProviders({ code }: PointsmanError, { isAgain }: AttemptedModel): boolean {
  return PROVIDER_FAULTS.has(code) || (isAgain && (code === 'provider-rejected' || code === 'provider-auth'));
}

/** Whether a call of the attempt had failed when this process took it up. */
function failedBefore(run: JobRun, { stepId, attempt }: StepRoute): boolean {
  return run.calls
    .entries()
    .some(
      (call) =>
        call.stepId === stepId &&
        call.attempt === attempt &&
        call.purpose === undefined &&
        call.end?.kind === 'failed' &&
        call.end.code !== 'aborted',
    );
}

/**
 * The resumed job meets a failed call again once, as what was wrong may be over, unless there is another endpoint to go to; where it
 * fails again, whoever else the decision had admitted may try. Never where the user named the model.
 */
function mayFallBack(route: StepRoute, { failed, isAgain }: AttemptedModel): boolean {
  return route.input.override === undefined && hasFallback(route, failed, isAgain);
}

function isOverflow(thrown: unknown): thrown is PointsmanError {
  return isPointsmanError(thrown) && thrown.code === 'context-overflow';
}

function toExecuted(opening: Opening, outcome: AgentOutcome): Executed {
  const base = { mode: opening.mode, messages: opening.thread === 'shared' ? outcome.messages : [] };
  return outcome.kind === 'answered'
    ? { ...base, kind: 'answered', value: outcome.value }
    : {
        ...base,
        kind: 'unanswered',
        why: outcome.why,
        ...(outcome.findings === undefined ? {} : { findings: outcome.findings }),
      };
}

/** Another endpoint has a model, as a rule one that is at least as able as the one that failed, and the decision had admitted it. */
function hasFallback(route: StepRoute, failed: string, isWorseFine: boolean): boolean {
  const success = (id: string): number => route.input.quality.find((row) => row.model === id)?.successRatio ?? 0;
  const endpoint = route.input.models.find((model) => model.id === failed)?.endpoint;
  return route.decision.candidates.some((row) => {
    const model = route.input.models.find((one) => one.id === row.model);
    return model !== undefined && model.endpoint !== endpoint && (isWorseFine || success(row.model) >= success(failed));
  });
}

function planObjection(run: JobRun, state: JobState, value: Contracts[ContractName]): string | undefined {
  const planned = 'steps' in value ? value.steps : 'insert' in value ? value.insert : [];
  const reading = readPlan(planned, planKnowledge(run, state));
  return reading.kind === 'broken' ? reading.why : undefined;
}

/** What a plan may name. */
export function planKnowledge(run: JobRun, state: JobState): Parameters<typeof readPlan>[1] {
  return {
    kinds: new Set(run.agents.keys()),
    stepIds: new Set(state.steps.map((step) => step.stepId)),
    tools: run.tools.tools.map((tool) => tool.spec.name),
    byPerson: run.services.checks.byPerson,
  };
}

async function openStep(
  run: JobRun,
  state: JobState,
  step: JobStep,
  options: Pick<OpeningSource, 'mode' | 'attempt' | 'offersAllTools' | 'effort' | 'family'>,
): Promise<Opening> {
  const ordered = inOrder(state.steps);
  const inputs = await inputArtifacts(run, state, step);
  const done = (stepId: StepId): boolean => isDone(state, stepId);
  const position = ordered.findIndex((one) => one.stepId === step.stepId);
  return openAttempt({
    ...options,
    task: run.entry.request.task,
    workspace: run.entry.request.workspace,
    step,
    agent: agentOf(run, step),
    position: step.kind === 'plan' ? 1 : position < 0 ? ordered.length + 2 : position + 2,
    stepCount: ordered.length + 2,
    feedback: attemptsOf(state, step.stepId).findLast((one) => one.attempt < options.attempt)?.feedback,
    shared: await sharedMessages(run, state),
    missing: [...step.dependsOn].filter((id) => done(id) && !state.artifacts.some((ref) => ref.stepId === id)),
    jobTools: run.tools.tools.map((tool) => tool.spec),
    agentTools: stepTools(run, step).map((tool) => tool.spec),
    briefTokens: run.services.briefTokens,
    surroundings: (await run.services.journal.fact(run.entry.jobId, SURROUNDINGS)) ?? '',
    plan: ordered.map((one) => ({
      step: one,
      state: one.stepId === step.stepId ? 'now' : done(one.stepId) ? 'done' : 'to come',
    })),
    decisions: state.decisions,
    openQuestions: state.openQuestions,
    inputs,
    others: state.artifacts.filter((ref) => !inputs.some((artifact) => artifact.name === ref.name)),
  });
}

/** What a step is handed: the newest of each kind from the steps that it names or depends on, and of its own last attempt. */
async function inputArtifacts(run: JobRun, state: JobState, step: JobStep): Promise<readonly Artifact[]> {
  const from = new Set<string>([
    ...step.inputs,
    ...step.dependsOn,
    ...(attemptsOf(state, step.stepId).length > 1 ? [step.stepId] : []),
  ]);
  const newest = new Map<string, ArtifactRef>();
  for (const ref of state.artifacts)
    if (from.has(ref.stepId)) newest.set(`${ref.kind}/${ref.kind === 'diff' ? '' : ref.stepId}`, ref);
  const artifacts: Artifact[] = [];
  for (const ref of newest.values()) {
    const text = await run.services.journal.fact(run.entry.jobId, artifactKey(ref.name));
    if (text !== undefined) artifacts.push({ ...ref, text });
  }
  return artifacts;
}
