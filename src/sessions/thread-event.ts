import type { NanoUsd } from '../domain/money.ts';
import type { StepKind } from '../domain/step.ts';
import type { At, Ms, Tokens } from '../domain/time.ts';
import type { PriceTerms, Usage } from '../domain/usage.ts';
import type { CallFinish, PrefixRelation } from './session-trace.ts';
import { describeToolUse, type ToolUse } from './tool-action.ts';
import { keepText } from './user-text.ts';

/** What an importer says happened in one thread, in order. `buildThread` makes the trace of it. */
export type ThreadEvent =
  | UserEvent
  | CallEvent
  | ToolResultEvent
  | PrefixChangeEvent
  | { readonly type: 'interrupted' };

export interface PrefixChangeEvent {
  readonly type: 'prefix-change';
  readonly relation: Exclude<PrefixRelation, 'first' | 'appended' | 'shrunk'>;
  /** Absent: a row of the log says so. */
  readonly basis?: 'blocks';
  /** Tokens of the last prompt that are still its beginning, where the log tells. */
  readonly keptTokens?: Tokens;
}

export interface UserEvent {
  readonly type: 'user';
  readonly at: At | undefined;
  /** Masked and cut; `charCount` is that of the whole. */
  readonly text: string;
  readonly charCount: number;
  readonly blockCount: number;
}

export interface CallEvent {
  readonly type: 'call';
  readonly callId: string;
  /** What the call is called where its row is copied without the rest of `callId`. */
  readonly bareId?: string | undefined;
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
  readonly terms?: PriceTerms | undefined;
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
  readonly use: ToolUse;
}

export interface ToolResultEvent {
  readonly type: 'tool-result';
  readonly toolCallId: string;
  readonly isError: boolean | undefined;
  /** Its last 4,000 characters, where test runs tell how they went. */
  readonly output: string;
  readonly charCount: number;
  /** A person refused to let the tool run. */
  readonly isRejected?: boolean;
}

const OUTPUT_CHARS = 4000;

/** A person's message as a trace keeps it. */
export function userSaid(at: At | undefined, text: string, blockCount: number): UserEvent {
  return { type: 'user', at, text: detach(keepText(text)), charCount: text.length, blockCount };
}

/** A tool call; of its arguments only what they mean is kept. `input`: an object, or the JSON text of one. */
export function toolAsked(toolCallId: string, toolName: string, input: unknown): ToolCallEvent {
  return { toolCallId: detach(toolCallId), toolName: detach(toolName), use: describeToolUse(toolName, input) };
}

/** The end of a tool's output and the length of the whole. */
export function outputOf(output: string): Pick<ToolResultEvent, 'output' | 'charCount'> {
  return { output: detach(output.slice(-OUTPUT_CHARS)), charCount: output.length };
}

/** A copy that does not hold the row it was cut from in memory. */
function detach(text: string): string {
  return Buffer.from(text).toString();
}
