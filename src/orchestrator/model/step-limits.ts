import type { NanoUsd } from '../../domain/money.ts';
import type { Ms, Tokens } from '../../domain/time.ts';

/** What one try of a step may take before it ends with what it has found. `undefined`: as much as it needs. */
export interface StepLimits {
  readonly maxCalls: number;
  /** Prompts and answers of all its calls. */
  readonly maxTokens: Tokens | undefined;
  readonly maxNanoUsd: NanoUsd | undefined;
  /** At work: not while nobody ran it. */
  readonly maxMs: Ms | undefined;
  /** What it may ask of other models meanwhile. `undefined`: nothing. */
  readonly ask: AskLimits | undefined;
}

export interface AskLimits {
  readonly maxQuestions: number;
  /** Prompts and answers of all of them. */
  readonly maxTokens: Tokens;
  readonly maxNanoUsd: NanoUsd;
}
