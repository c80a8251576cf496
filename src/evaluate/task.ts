import type { JsonObject, JsonValue } from '../domain/json.ts';
import type { Difficulty } from '../domain/need.ts';
import type { StepKind } from '../domain/step.ts';
import type { ToolSpec } from '../domain/transcript.ts';

/** Small graded suites that make their own tasks. */
export const SUITE_NAMES = ['code', 'tools', 'maths', 'review', 'test', 'follow', 'schema'] as const;
export type SuiteName = (typeof SUITE_NAMES)[number];

/** What a task of a suite says something about. */
export const SUITE_KINDS: Readonly<Record<SuiteName, StepKind>> = {
  code: 'code',
  tools: 'explore',
  maths: 'plan',
  review: 'review',
  test: 'test',
  follow: 'summarize',
  schema: 'summarize',
};

export interface MadeCall {
  readonly name: string;
  readonly input: JsonObject;
}

/** One turn of a model: words, or tools that it asks for. */
export interface TaskTurn {
  readonly text?: string;
  readonly calls?: readonly MadeCall[];
}

/** All that a model did at a task: every call in order, and the words that it ended with. */
export interface TaskAnswer {
  readonly text: string;
  readonly calls: readonly MadeCall[];
}

/** Runs what a model wrote on inputs, closed off from the machine; `undefined` for what failed, or took too long. */
export type CodeRunner = (
  source: string,
  inputs: readonly JsonValue[],
  signal: AbortSignal,
) => Promise<readonly (JsonValue | undefined)[]>;

/** What a generator makes: the words, and how answers are graded. Grading is mechanical and asks no model. */
export interface TaskBody {
  readonly prompt: string;
  readonly tools?: readonly ToolSpec[];
  /** What its tools say. Absent: it has none. */
  readonly toolAnswer?: (call: MadeCall) => string;
  readonly isRight: (answer: TaskAnswer, run: CodeRunner, signal: AbortSignal) => boolean | Promise<boolean>;
  /** Turns that are graded right, and turns that are graded wrong: for tests, and for those who play a model. */
  readonly right: readonly TaskTurn[];
  readonly wrong: readonly TaskTurn[];
}

export interface Task extends TaskBody {
  /** The same suite, seed and number give the same task and id. */
  readonly id: string;
  readonly suite: SuiteName;
  readonly kind: StepKind;
  readonly difficulty: Difficulty;
}
