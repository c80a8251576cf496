import type { ErrorCode } from '../../domain/errors.ts';
import type { DecisionId, ModelId, StepId } from '../../domain/ids.ts';
import type { Effort, StepMode } from '../../domain/step.ts';
import type { ArtifactRef } from './artifact.ts';
import { cut, type JobStep } from './job-plan.ts';

/** One try of one step, small enough for a checkpoint; texts are in the journal. */
export interface StepAttempt {
  readonly attempt: number;
  readonly decisionId: DecisionId;
  readonly model: ModelId;
  readonly mode: StepMode;
  /** It tries again with more effort than the try before. Absent: with the usual one. */
  readonly effort?: Effort;
  /**
   * `routed` → `accepted | rejected`. `failed`: the provider gave up, which says nothing about quality. `superseded`: it was
   * right about a change that has since been sent back.
   */
  readonly status: 'routed' | 'accepted' | 'rejected' | 'failed' | 'superseded';
  /** The check that rejected it. */
  readonly rejectedBy: string | undefined;
  /** The tests that speak against it, by name, in order and cut. Absent: none, or no name is known. */
  readonly failing?: readonly string[];
  /** The model that judged it, where a review did. */
  readonly judgedBy?: ModelId;
  readonly errorCode: ErrorCode | undefined;
  /** Its provider failed again when the job had gone on: a model that is worse may take the step then. */
  readonly failedAgain?: true;
  /** What the next try must know, cut. */
  readonly feedback: string | undefined;
  readonly summary: string;
  /** The attempt of another family that is made at the same time, and comes next. Absent: there is none. */
  readonly beside?: number;
  /** That attempt, once it is not needed: its number is used up. */
  readonly skipped?: number;
}

/** A review or a test run that found an accepted change wrong. */
export interface Objection {
  readonly by: StepId;
  readonly check: 'review' | 'tests';
  /** What the next try of the change must know, cut. */
  readonly feedback: string;
}

/**
 * Where a job stands. Plain JSON and small: transcripts, artifacts and results are in the journal under names that stand
 * here. Two parallel steps never write the same key, so the order in which they end does not matter.
 */
export interface JobState {
  /** The plan, without the steps that every job has; empty until there is one. */
  readonly steps: readonly JobStep[];
  readonly attempts: Readonly<Record<string, readonly StepAttempt[]>>;
  /** Names of the pieces of the shared transcript, in order. */
  readonly segments: readonly string[];
  readonly artifacts: readonly ArtifactRef[];
  /** What was decided on the way, by steps; the newest last. */
  readonly decisions: readonly { readonly stepId: StepId; readonly text: string }[];
  readonly openQuestions: readonly string[];
  /** Steps at work. */
  readonly wave: readonly StepId[];
  /** What finished steps hold against a change that was accepted before them. */
  readonly objections: readonly Objection[];
  /** Steps that no model is left for. */
  readonly stuck: readonly StepId[];
  /** Times that a finished change was sent back by a review or a test. */
  readonly reopenCount: number;
  readonly reflectCount: number;
  /** Steps that were thought about after two tries that failed alike. */
  readonly thoughtAbout?: readonly StepId[];
  /** Said by reflection: no more steps. */
  readonly finished: boolean;
  /** Steps that reflection took out of the plan undone. */
  readonly left?: readonly JobStep[];
  /** How it was taken up again after it had given up. Absent: it was not. */
  readonly again?: TakenUpAgain;
}

/** What was over when a job was taken up again: it stays done, and counts no more against another try. */
export interface TakenUpAgain {
  /** Which time it is, from 1. */
  readonly round: number;
  /** The number of each step's first try since then. */
  readonly firstTry: Readonly<Record<string, number>>;
  readonly reflectCount: number;
}

export const EMPTY_STATE: JobState = {
  steps: [],
  attempts: {},
  segments: [],
  artifacts: [],
  decisions: [],
  openQuestions: [],
  wave: [],
  objections: [],
  stuck: [],
  reopenCount: 0,
  reflectCount: 0,
  finished: false,
};

/** A quality try that a check rejected counts; a provider that failed does not. */
const MAX_REJECTED_ATTEMPTS = 4;
export const MAX_FALLBACKS = 3;
export const MAX_REOPENS = 2;
export const MAX_REFLECT_ROUNDS = 2;
export const MAX_PARALLEL_STEPS = 4;

export function attemptsOf(state: Pick<JobState, 'attempts'>, stepId: StepId): readonly StepAttempt[] {
  return state.attempts[stepId] ?? [];
}

/** Those that count against another try: what was tried before a job was taken up again does not. */
export function countedAttempts(state: Pick<JobState, 'attempts' | 'again'>, stepId: StepId): readonly StepAttempt[] {
  const first = state.again?.firstTry[stepId] ?? 0;
  return attemptsOf(state, stepId).filter(({ attempt }) => attempt >= first);
}

export function latestAttempt(state: Pick<JobState, 'attempts'>, stepId: StepId): StepAttempt | undefined {
  return attemptsOf(state, stepId).at(-1);
}

/** The number of a step's next try. */
export function nextAttempt(tries: readonly StepAttempt[]): number {
  const last = tries.at(-1);
  return last === undefined ? 0 : (last.skipped ?? last.attempt) + 1;
}

export function isDone(state: Pick<JobState, 'attempts'>, stepId: StepId): boolean {
  return latestAttempt(state, stepId)?.status === 'accepted';
}

/** No further try of this step is worth it. */
export function isExhausted(state: Pick<JobState, 'attempts' | 'stuck' | 'again'>, stepId: StepId): boolean {
  const tries = countedAttempts(state, stepId);
  const isOver = tries.at(-1)?.status === 'rejected' && countOf(tries, 'rejected') >= MAX_REJECTED_ATTEMPTS;
  return isOver || state.stuck.includes(stepId);
}

export function countOf(tries: readonly StepAttempt[], status: StepAttempt['status']): number {
  return tries.filter((attempt) => attempt.status === status).length;
}

/** Puts a try in its place: the same number is replaced, a new number is added. */
export function withAttempt(
  attempts: JobState['attempts'],
  stepId: StepId,
  attempt: StepAttempt,
): JobState['attempts'] {
  const others = (attempts[stepId] ?? []).filter((other) => other.attempt !== attempt.attempt);
  return { ...attempts, [stepId]: [...others, attempt].sort((a, b) => a.attempt - b.attempt) };
}

/** Keeps what a state may hold of a text. */
export function brief(text: string): string {
  return cut(text, 4000);
}
