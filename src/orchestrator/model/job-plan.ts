import { asId, type StepId } from '../../domain/ids.ts';
import { didYouMean } from '../../domain/nearest.ts';
import type { Difficulty, Stakes } from '../../domain/need.ts';
import type { StepKind } from '../../domain/step.ts';
import type { Tokens } from '../../domain/time.ts';
import type { ContractName, PlannedSize, PlannedStepResult, StepCheckName } from './contracts.ts';

/** A step of a job. Plain JSON; part of the graph's state. */
export interface JobStep {
  readonly stepId: StepId;
  readonly kind: StepKind;
  readonly title: string;
  /** What is true when it is done. */
  readonly goal: string;
  /** Step ids whose results it needs, or files of the workspace. */
  readonly inputs: readonly string[];
  readonly requiredTools: readonly string[];
  readonly size: PlannedSize;
  readonly dependsOn: readonly StepId[];
  /** What it must pass once it is done. */
  readonly check: StepCheckName;
  /** As the planner judges them. Absent: read from the words. */
  readonly difficulty?: Difficulty | undefined;
  readonly stakes?: Stakes | undefined;
  /** How long it may take, where nobody waits for it. Absent: somebody does. */
  readonly deadlineSeconds?: number | undefined;
  /** It is one question that a step puts to another model, of so many tokens: a fresh context and no tools. Absent: it is work. */
  readonly questionTokens?: Tokens;
  /** It ends something that goes wrong today, and that a test can show. */
  readonly fixesFault?: boolean | undefined;
  /** It writes the test that shows the fault of another step; no step of the plan does. */
  readonly reproduces?: Reproduces;
  /** Replaces the contract of the kind's agent. */
  readonly contract?: ContractName;
}

/** What a test is written for, and by whom not. */
export interface Reproduces {
  readonly stepId: StepId;
  /** Family of the model that will make the change. Absent: any may write it. */
  readonly notFamily?: string;
}

export const PLAN_STEP_ID: StepId = asId<StepId>('plan');
export const SUMMARY_STEP_ID: StepId = asId<StepId>('summarize');

/** The step that makes the plan. */
export function planStep(task: string, check: 'person' | 'none' = 'none'): JobStep {
  return {
    stepId: PLAN_STEP_ID,
    kind: 'plan',
    title: 'plan the work',
    goal: `Plan the steps that do this task: ${cut(task, 2000)}`,
    inputs: [],
    requiredTools: [],
    size: 'medium',
    dependsOn: [],
    check,
  };
}

/** The step that ends every job. */
export function summaryStep(steps: readonly JobStep[]): JobStep {
  return {
    stepId: SUMMARY_STEP_ID,
    kind: 'summarize',
    title: 'tell what was done',
    goal: 'Tell the person who gave the task what was done, from the results of the steps.',
    // Everything that it tells stands in the results.
    difficulty: 2,
    stakes: 1,
    inputs: [PLAN_STEP_ID, ...steps.map((step) => step.stepId)],
    requiredTools: [],
    size: 'small',
    dependsOn: steps.map((step) => step.stepId),
    check: 'none',
  };
}

export type PlanReading =
  | { readonly kind: 'kept'; readonly steps: readonly JobStep[] }
  | { readonly kind: 'broken'; readonly why: string };

/**
 * Checks what a planner wrote against what can be run: kinds that have an agent, ids that are unique, dependencies that
 * exist and have no circle. A planned summary is dropped, because one always ends the job. Pure.
 */
export function readPlan(
  planned: readonly PlannedStepResult[],
  known: {
    readonly kinds: ReadonlySet<StepKind>;
    readonly stepIds?: ReadonlySet<string>;
    readonly tools: readonly string[];
    /** Kinds of steps that a person accepts. Absent: none. */
    readonly byPerson?: ReadonlySet<StepKind>;
  },
): PlanReading {
  const rows = planned
    .filter((row) => row.kind !== 'summarize')
    .map((row) => ({ ...row, requiredTools: row.requiredTools.map((name) => toolMeant(name, known.tools) ?? name) }));
  const dropped = new Set(planned.filter((row) => row.kind === 'summarize').map((row) => row.id));
  const earlier = known.stepIds ?? new Set<string>();
  const seen = new Set<string>();
  for (const row of rows) {
    if (row.kind === 'plan' || !known.kinds.has(row.kind)) {
      return broken(`step "${row.id}": no agent takes steps of kind "${row.kind}"`);
    }
    if (seen.has(row.id) || earlier.has(row.id) || row.id === PLAN_STEP_ID || row.id === SUMMARY_STEP_ID) {
      return broken(`step id "${row.id}" is used twice or is reserved`);
    }
    const missing = row.requiredTools.find((tool) => !known.tools.includes(tool));
    if (missing !== undefined) {
      return broken(
        `step "${row.id}": there is no tool "${missing}"; the tools are ${known.tools.join(', ')}.${didYouMean(missing, known.tools)}`,
      );
    }
    seen.add(row.id);
  }
  for (const row of rows) {
    const unknown = row.dependsOn.find((id) => !seen.has(id) && !earlier.has(id) && !dropped.has(id));
    if (unknown !== undefined) return broken(`step "${row.id}" depends on "${unknown}", which is no step`);
  }
  const steps = rows.map((row) => toJobStep(row, dropped)).map((step) => withPerson(step, known.byPerson));
  const circle = inCircle(steps);
  if (circle !== undefined) return broken(`step "${circle}" depends on itself, directly or through others`);
  return { kind: 'kept', steps: withLastCodeStepChecked(steps) };
}

/**
 * The tool that a planner means: by its name, as harnesses spell tools of servers (`mcp__server__tool`, `server.tool`), or without its
 * server where only one has it. `undefined`: none, or more than one. Pure.
 */
function toolMeant(name: string, tools: readonly string[]): string | undefined {
  if (tools.includes(name)) return name;
  const plain = plainName(name.replace(/^mcp__/u, ''));
  const same = tools.filter((tool) => plainName(tool) === plain);
  const found = same.length > 0 ? same : tools.filter((tool) => plainName(tool).endsWith(`__${plain}`));
  return found.length === 1 ? found[0] : undefined;
}

function plainName(name: string): string {
  return name.toLowerCase().replaceAll(/[.:/]/gu, '__');
}

function withPerson(step: JobStep, kinds: ReadonlySet<StepKind> | undefined): JobStep {
  return kinds?.has(step.kind) === true ? { ...step, check: 'person' } : step;
}

function toJobStep(row: PlannedStepResult, dropped: ReadonlySet<string>): JobStep {
  const { id, dependsOn, ...rest } = row;
  return {
    ...rest,
    stepId: asId<StepId>(id),
    dependsOn: dependsOn.filter((other) => !dropped.has(other)).map((other) => asId<StepId>(other)),
  };
}

/** Where the planner asked for no check at all, the last change is held against the project's tests. */
function withLastCodeStepChecked(steps: readonly JobStep[]): readonly JobStep[] {
  if (steps.some((step) => step.check !== 'none' && step.kind === 'code')) return steps;
  const last = steps.findLastIndex((step) => step.kind === 'code');
  return steps.map((step, index) => (index === last ? { ...step, check: 'tests' as const } : step));
}

/** A step that can never start, because it waits for itself; steps outside the list count as done. */
function inCircle(steps: readonly JobStep[]): StepId | undefined {
  const waiting = new Map(steps.map((step) => [step.stepId, step]));
  for (let progress = true; progress;) {
    progress = false;
    for (const step of waiting.values()) {
      if (step.dependsOn.every((id) => !waiting.has(id))) {
        waiting.delete(step.stepId);
        progress = true;
      }
    }
  }
  return waiting.keys().next().value;
}

/** Every step before the steps that need it; otherwise in the order given. */
export function inOrder(steps: readonly JobStep[]): readonly JobStep[] {
  const ordered: JobStep[] = [];
  const open = [...steps];
  while (open.length > 0) {
    const next = open.findIndex((step) => !step.dependsOn.some((id) => open.some((other) => other.stepId === id)));
    ordered.push(...open.splice(Math.max(next, 0), 1));
  }
  return ordered;
}

/**
 * Steps that start now, side by side: all whose dependencies are done, but at most one of those that change files, so
 * that no two write to the workspace at once.
 */
export function nextWave(
  steps: readonly JobStep[],
  isDone: (stepId: StepId) => boolean,
  changesFiles: (step: JobStep) => boolean,
): readonly JobStep[] {
  const ready = steps.filter((step) => !isDone(step.stepId) && step.dependsOn.every((id) => isDone(id)));
  const writer = ready.find(changesFiles);
  return ready.filter((step) => step === writer || !changesFiles(step));
}

/** A step and everything that depends on it, however far. */
export function withDependents(steps: readonly JobStep[], stepId: StepId): ReadonlySet<StepId> {
  const found = new Set<StepId>([stepId]);
  for (const step of inOrder(steps)) if (step.dependsOn.some((id) => found.has(id))) found.add(step.stepId);
  return found;
}

function broken(why: string): PlanReading {
  return { kind: 'broken', why };
}

export function cut(text: string, maxChars: number): string {
  return text.length <= maxChars ? text : `${text.slice(0, maxChars - 1)}…`;
}
