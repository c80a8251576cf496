import type { ModelId, StepId } from './ids.ts';
import type { Modality } from './model.ts';
import type { StepNeed } from './need.ts';
import type { QualityEstimate, Verifier } from './quality.ts';
import type { StepKind, StepMode } from './step.ts';
import type { Ms, Ratio, Tokens } from './time.ts';

/** How big a step is, in reference tokens (a model's own count is this times its `tokenRatio`). */
export interface StepSize {
  /** Calls the step takes on a frontier model. */
  readonly callCount: number;
  /**
   * How unsure `callCount` is: the mean square of the calls over the square of their mean, 1 or more. Each call reads what those before it
   * left, so that a bill grows faster than its calls. Absent: 1.
   */
  readonly callSquareRatio?: number;
  /** Tokens that each call after the first appends besides the answer: tool results, mostly. */
  readonly newTokensPerCall: Tokens;
  readonly outputTokensPerCall: Tokens;
  /** Prompt of the first call in a fresh context: system, tools and the brief. */
  readonly handoffTokens: Tokens;
  /** The same with only the named artifacts. */
  readonly isolateTokens: Tokens;
  /** What a fresh-context step leaves in the shared transcript when it is done. */
  readonly resultTokens: Tokens;
  /** What the step adds to the shared transcript before its first call (the instruction). */
  readonly instructionTokens: Tokens;
  /** What a continued step appends after its last answer, such as the results of the tools it asked for. Absent: 0. */
  readonly closingTokens?: Tokens;
  /** Work that a fresh context takes relative to `continue`, because it has to look things up again. Absent: 1. */
  readonly freshWorkRatio?: number;
  /** Share of a whole piece of work, the unit whose failure a policy prices. Below 1 for steps cut out of a session. Absent: 1. */
  readonly pieceRatio?: Ratio;
}

/** What stands before the messages of a prompt: tools and system. Prompts with the same key share these bytes. */
export interface PromptHead {
  readonly key: string;
  readonly tokens: Tokens;
}

/** What a model must be able to do to take the step at all. */
export interface StepRequirements {
  readonly tools: boolean;
  /** Names of the MCP tools that the step must have. */
  readonly toolNames: readonly string[];
  readonly structuredOutput: boolean;
  readonly inputModalities: readonly Modality[];
  /** Models whose interface has no counterpart for a part of the step, by id, with what that is. Absent: none. */
  readonly cannotCarry?: Readonly<Record<string, string>>;
}

/** A step that may still come after the one being decided. */
export interface ForecastStep {
  readonly stepId: StepId | undefined;
  readonly kind: StepKind;
  /** As of the step at hand. Absent: its kind is all that is known. */
  readonly need?: StepNeed;
  /** P(this step happens at all); 1 in a planned job. */
  readonly probabilityRatio: Ratio;
  /** Pause before its first call. */
  readonly gapMs: Ms;
  /** Pause between its calls. */
  readonly callGapMs: Ms;
  readonly modes: readonly StepMode[];
  readonly size: StepSize;
  readonly requirements: StepRequirements;
  readonly quality: readonly QualityEstimate[];
  readonly checks: readonly Verifier[];
  /** Steps with the same number start together: they find the cache as it was before any of them. */
  readonly parallelGroup: number | undefined;
  /** Models that may take it; `undefined`: any eligible one. */
  readonly onlyModels: readonly ModelId[] | undefined;
  /** Head of its fresh contexts. Absent: unknown, and a fresh context is priced wholly cold. */
  readonly freshHead?: PromptHead;
}
