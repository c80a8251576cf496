import type { ErrorCode } from '../domain/errors.ts';
import type { ModelId, StepId } from '../domain/ids.ts';
import type { NanoUsd } from '../domain/money.ts';
import type { StepKind, StepMode } from '../domain/step.ts';
import type { Ratio } from '../domain/time.ts';

/** What the records hold of a job, and nothing else: an autopsy reads this alone. Texts may be cut. */
export interface CaseFile {
  readonly id: string;
  readonly task: string;
  readonly status: 'running' | 'paused' | 'done' | 'failed' | 'cancelled';
  readonly failure: { readonly code: ErrorCode; readonly message: string } | undefined;
  readonly pause: { readonly code: ErrorCode; readonly question: string } | undefined;
  readonly plan: readonly PlannedCase[];
  /** In the order in which they began. */
  readonly attempts: readonly AttemptCase[];
  /** What was said of a decision afterwards: it had gone wrong. */
  readonly complaints: readonly { readonly stepId: StepId; readonly note: string }[];
  /** Tests that failed in one of two runs before anything was changed. */
  readonly flakyBefore: readonly string[];
}

export interface PlannedCase {
  readonly stepId: StepId;
  readonly goal: string;
  /** Steps whose results it is given. */
  readonly from: readonly string[];
}

export interface AttemptCase {
  readonly stepId: StepId;
  readonly attempt: number;
  readonly kind: StepKind;
  readonly model: ModelId | undefined;
  readonly mode: StepMode | undefined;
  /** Its user named the model. */
  readonly isNamed: boolean;
  /** As believed when it was decided. `undefined`: not known. */
  readonly successRatio: Ratio | undefined;
  readonly status: 'running' | 'accepted' | 'rejected' | 'failed' | 'cancelled';
  readonly errorCode: ErrorCode | undefined;
  readonly checks: readonly { readonly verifierId: string; readonly passed: boolean; readonly summary: string }[];
  readonly summary: string;
  /** What a later review or test step held against it. */
  readonly objections: readonly string[];
  /** All that it was given to read: the shared transcript or a brief, and the instruction. */
  readonly handed: string;
  readonly tools: readonly ToolCase[];
  /** What was taken out of its own context on the way. */
  readonly lost: readonly string[];
  /** What it answered, as JSON; empty where nothing. */
  readonly answer: string;
  /** What the job had changed by its end, as a diff. */
  readonly change: string;
  /** What its tests printed. */
  readonly report: string;
  readonly failedCalls: readonly { readonly code: ErrorCode; readonly model: ModelId }[];
  readonly billNanoUsd: NanoUsd;
}

export interface ToolCase {
  readonly name: string;
  readonly isError: boolean;
  readonly text: string;
}
