import { PointsmanError } from '../../domain/errors.ts';
import type { StepSize } from '../../domain/forecast.ts';
import { asId, type ModelId, type StepId } from '../../domain/ids.ts';
import { ZERO_USD } from '../../domain/money.ts';
import type { Verifier } from '../../domain/quality.ts';
import type { StepKind, StepMode } from '../../domain/step.ts';
import { VERIFIER_PRIORS, TESTS, reproductionBy } from '../../learn/beliefs/verifier-priors.ts';
import type { PlannedStep } from '../../predict/forecast/planned-forecast.ts';
import type { RegisteredTool } from '../../tools/tool-registry.ts';
import type { Agent } from '../model/agent-file.ts';
import type { PlannedSize } from '../model/contracts.ts';
import { PLAN_STEP_ID, inOrder, nextWave, summaryStep, type JobStep } from '../model/job-plan.ts';
import type { JobRun } from '../model/job-run.ts';
import { MAX_PARALLEL_STEPS, isDone, type JobState } from '../model/job-state.ts';
import type { KnownTests } from '../model/known-tests.ts';
import { mayWrite, toolsFor } from './step-tools.ts';

/** Who takes a step. @throws PointsmanError `agent-invalid` when its kind has nobody */
export function agentOf(run: Pick<JobRun, 'agents'>, step: Pick<JobStep, 'kind' | 'contract'>): Agent {
  const agent = run.agents.get(step.kind);
  if (agent !== undefined) return step.contract === undefined ? agent : { ...agent, contract: step.contract };
  throw new PointsmanError('agent-invalid', `No agent takes steps of kind "${step.kind}".`, {
    hint: `Add a file to .pointsman/agents with "kind: ${step.kind}".`,
  });
}

/** The tools that a step's agent may use, and those of the workspace's servers that the plan requires for it. */
export function stepTools(run: Pick<JobRun, 'agents' | 'tools'>, step: JobStep): readonly RegisteredTool[] {
  if (step.questionTokens !== undefined) return [];
  const { tools } = run.tools;
  const own = new Set(toolsFor(tools, agentOf(run, step).tools));
  // What our own servers offer is the agent's file to say: a reviewer does not write because a plan says so.
  return tools.filter(
    (tool) =>
      own.has(tool) ||
      (tool.own === undefined && step.requiredTools.includes(tool.spec.name)) ||
      (tool.own === 'models' && own.size > 0),
  );
}

export function changesFiles(run: Pick<JobRun, 'agents' | 'tools'>, step: JobStep): boolean {
  return mayWrite(stepTools(run, step));
}

/**
 * Modes that a step may take. Side by side nobody appends to the shared transcript, unless an agent knows nothing else; nor does who
 * writes a test that the author of the change is not to see.
 */
export function modesOf(run: Pick<JobRun, 'agents'>, step: JobStep, parallel: boolean): readonly StepMode[] {
  if (step.questionTokens !== undefined) return ['isolate'];
  const { modes } = agentOf(run, step);
  const fresh = modes.filter((mode) => mode !== 'continue');
  return (parallel || step.reproduces !== undefined) && fresh.length > 0 ? fresh : modes;
}

/** The model that the user named for a step, for its kind or for all: obeyed exactly or refused. */
export function modelNamedFor(run: Pick<JobRun, 'entry' | 'agents'>, kind: StepKind): ModelId | undefined {
  const { stepModels, model } = run.entry.request;
  const named = stepModels?.[kind] ?? model ?? run.agents.get(kind)?.model;
  return named === undefined ? undefined : asId<ModelId>(named);
}

/** Tests that were red before the job and that the task or the plan wants green. */
const NAMED_TESTS: Verifier = {
  id: 'named-tests',
  kind: 'named-tests',
  ...VERIFIER_PRIORS['named-tests'],
  costNanoUsd: ZERO_USD,
};

/** Somebody who looks at what a step came to. */
const PERSON: Verifier = { id: 'person', kind: 'person', ...VERIFIER_PRIORS.person, costNanoUsd: ZERO_USD };

/**
 * What will judge a step. Named tests and reproductions come from the same run as the others, so that they are no independent
 * evidence: the decision counts on the strongest alone.
 */
export function checksOf(step: JobStep, tests: KnownTests): readonly Verifier[] {
  const person = step.check === 'person' ? [PERSON] : [];
  const writer = tests.reproduced.get(step.stepId);
  if (writer !== undefined) return [reproductionBy(writer), ...person];
  const byTests = step.check === 'tests' || step.kind === 'test' || (step.check === 'person' && step.kind === 'code');
  if (!tests.canCheck || step.reproduces !== undefined || !byTests) return person;
  return [tests.named.has(step.stepId) ? NAMED_TESTS : TESTS, ...person];
}

/** Steps that start together now. One that can only append to the shared transcript runs alone. */
export function waveOf(
  run: Pick<JobRun, 'agents' | 'tools'>,
  steps: readonly JobStep[],
  isOver: (stepId: StepId) => boolean,
): readonly JobStep[] {
  const ready = nextWave(
    steps,
    (stepId) => stepId === PLAN_STEP_ID || isOver(stepId),
    (step) => changesFiles(run, step),
  ).slice(0, MAX_PARALLEL_STEPS);
  const alone = ready.find((step) => modesOf(run, step, true).includes('continue'));
  return ready.length > 1 && alone !== undefined ? [alone] : ready;
}

/** A step that is still to come, with a number that it shares with those that start together with it. */
export interface StepToCome {
  readonly step: JobStep;
  readonly parallelGroup: number | undefined;
}

/** The group of a step that others start together with. */
export const CURRENT_GROUP = 0;

/** What still has to be done after a step, wave by wave as it will run, the closing summary included. */
export function remainingAfter(
  run: Pick<JobRun, 'agents' | 'tools'>,
  state: JobState,
  step: JobStep,
  isParallel: boolean,
): readonly StepToCome[] {
  if (step.kind === 'summarize') return [];
  const summary = { step: summaryStep(state.steps), parallelGroup: undefined };
  if (state.steps.length === 0)
    return [...TYPICAL_STEPS.map((one) => ({ step: one, parallelGroup: undefined })), summary];
  const ordered = inOrder(state.steps);
  const over = new Set(state.steps.map((one) => one.stepId).filter((id) => isDone(state, id)));
  const toCome: StepToCome[] = [];
  let group = CURRENT_GROUP;
  let wave = isParallel ? waveOf(run, state.steps, (id) => over.has(id)) : [step];
  over.add(step.stepId);
  while (wave.length > 0) {
    const isTogether = wave.length > 1;
    for (const one of wave) {
      if (one.stepId !== step.stepId) toCome.push({ step: one, parallelGroup: isTogether ? group : undefined });
      over.add(one.stepId);
    }
    group += 1;
    wave = waveOf(run, ordered, (id) => over.has(id));
  }
  const stuck = ordered.filter((one) => !over.has(one.stepId));
  return [...toCome, ...stuck.map((one) => ({ step: one, parallelGroup: undefined })), summary];
}

/** What mostly follows a plan that is not there yet; only looked at while the plan is being made. */
const TYPICAL_STEPS: readonly JobStep[] = (['code', 'review', 'test'] as const).map((kind) => ({
  stepId: asId(`expected-${kind}`),
  kind,
  title: kind,
  goal: kind,
  inputs: [],
  requiredTools: [],
  size: 'medium',
  dependsOn: [],
  check: kind === 'code' ? 'tests' : 'none',
}));

/** A step that stands for what mostly follows: it has no words of its own. */
export const isTypical = (step: JobStep): boolean => TYPICAL_STEPS.includes(step);

/** A step as the forecast wants it. */
export function toPlannedStep(
  run: Pick<JobRun, 'agents' | 'tools' | 'entry'>,
  step: JobStep,
  at: {
    readonly artifactTokens: number;
    readonly tests: KnownTests;
    readonly parallelGroup?: number;
    readonly size?: StepSize;
  },
): PlannedStep {
  const tools = stepTools(run, step);
  const named = modelNamedFor(run, step.kind);
  return {
    stepId: step.stepId,
    kind: step.kind,
    text: `${step.title}\n${step.goal}`,
    modes: modesOf(run, step, at.parallelGroup !== undefined),
    requirements: {
      tools: tools.length > 0,
      toolNames: step.requiredTools,
      structuredOutput: false,
      inputModalities: ['text'],
    },
    requiresWrite: mayWrite(tools),
    artifactTokens: at.artifactTokens,
    checks: checksOf(step, at.tests),
    ...(at.size === undefined ? {} : { size: at.size }),
    ...(at.parallelGroup === undefined ? {} : { parallelGroup: at.parallelGroup }),
    ...(named === undefined ? {} : { onlyModels: [named] }),
  };
}

const SIZE_FACTOR: Readonly<Record<PlannedSize, number>> = { small: 0.5, medium: 1, large: 2 };

/** The predictor's size for the kind, scaled by what the planner said of this step. Pure. */
export function scaleSize(size: StepSize, planned: PlannedSize): StepSize {
  const factor = SIZE_FACTOR[planned];
  return {
    ...size,
    callCount: Math.max(1, Math.round(size.callCount * factor)),
    newTokensPerCall: Math.round(size.newTokensPerCall * Math.sqrt(factor)),
  };
}
