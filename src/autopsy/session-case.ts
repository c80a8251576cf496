import type { FinishReason } from '../domain/call.ts';
import type { ErrorCode } from '../domain/errors.ts';
import type { ModelId, StepId } from '../domain/ids.ts';
import type { NanoUsd } from '../domain/money.ts';
import type { At, Ratio, Tokens } from '../domain/time.ts';

/** What the records hold of a session of a harness, and nothing else: no text of it is kept. */
export interface SessionCase {
  readonly id: string;
  /** In the order in which they began, of all threads. */
  readonly calls: readonly SessionCallCase[];
  /** What was reported of its decisions, the oldest first. */
  readonly reports: readonly SessionReport[];
}

export interface SessionCallCase {
  readonly stepId: StepId;
  /** Session or thread: what was sent in one is not seen in another. */
  readonly thread: string;
  readonly at: At;
  readonly model: ModelId;
  /** Its caller named the model. */
  readonly isNamed: boolean;
  /** As believed when it was decided, of the chosen and of the best that might have been. `undefined`: not known. */
  readonly successRatio: Ratio | undefined;
  readonly best: { readonly model: ModelId; readonly successRatio: Ratio } | undefined;
  readonly promptTokens: Tokens | undefined;
  readonly finishReason: FinishReason | undefined;
  readonly errorCode: ErrorCode | undefined;
  /** Models that were to answer and failed. */
  readonly fallbackFrom: readonly ModelId[];
  readonly isWeakerThanDecided: boolean;
  /** What the translation left out, and thinking that another model had not minted. */
  readonly lossCount: number;
  readonly billNanoUsd: NanoUsd;
}

export interface SessionReport {
  readonly stepId: StepId;
  readonly at: At;
  readonly verdict: 'good_fit' | 'underpowered' | 'overprovisioned' | 'failed';
  readonly by: string;
}
