import type { CallFinish, PrefixRelation } from './session-trace.ts';
import type { At, Ms } from '../domain/time.ts';
import type { NanoUsd } from '../domain/money.ts';
import type { StepKind } from '../domain/step.ts';
import type { Usage } from '../domain/usage.ts';

/** What an importer says happened in one thread, in order. `buildThread` makes the trace of it. */
export type ThreadEvent =
  | UserEvent
  | CallEvent
  | ToolResultEvent
  | { readonly type: 'prefix-change'; readonly relation: Exclude<PrefixRelation, 'first' | 'appended' | 'shrunk'> }
  | { readonly type: 'interrupted' };

export interface UserEvent {
  readonly type: 'user';
  readonly at: At | undefined;
  readonly text: string;
  readonly blockCount: number;
}

export interface CallEvent {
  readonly type: 'call';
  readonly callId: string;
  readonly requestId?: string | undefined;
  /** `undefined` in a log without times: the event before gives it. */
  readonly at: At | undefined;
  readonly endedAt?: At | undefined;
  readonly ttftMs?: Ms | undefined;
  readonly requestedModel: string;
  readonly servedModel?: string | undefined;
  readonly provider?: string | undefined;
  readonly effort?: string | undefined;
  readonly usage: Usage | undefined;
  readonly loggedCostNanoUsd?: NanoUsd | undefined;
  readonly finish: CallFinish;
  readonly textCharCount: number;
  readonly blockCount: number;
  readonly toolCalls: readonly ToolCallEvent[];
  /** Where the log itself says what the call was for. */
  readonly stepKind?: StepKind | undefined;
  readonly stepId?: string | undefined;
}

export interface ToolCallEvent {
  readonly toolCallId: string;
  readonly toolName: string;
  /** The arguments: an object, or the JSON text of one. */
  readonly input: unknown;
}

export interface ToolResultEvent {
  readonly type: 'tool-result';
  readonly toolCallId: string;
  readonly isError: boolean | undefined;
  readonly output: string;
  readonly charCount: number;
  /** A person refused to let the tool run. */
  readonly isRejected?: boolean;
}
