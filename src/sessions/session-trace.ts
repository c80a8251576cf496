import type { CallId, SessionId, StepId } from '../domain/ids.ts';
import type { NanoUsd } from '../domain/money.ts';
import type { CallTrigger, StepKind } from '../domain/step.ts';
import type { At, Ms, Ratio, Tokens } from '../domain/time.ts';
import type { PriceTerms, Usage } from '../domain/usage.ts';

/** Whose log a trace was read from. `neutral` is our documented JSONL, `pointsman` our own records. */
export const CLIENTS = [
  'claude-code',
  'codex',
  'opencode',
  'qwen',
  'gemini',
  'pi',
  'cline',
  'continue',
  'copilot',
  'pointsman',
  'agent-sessions',
  'kv-cache-tester',
  'neutral',
] as const;
export type ClientName = (typeof CLIENTS)[number];

/**
 * A recorded session in no client's form. Holds sizes, times, ids and outcomes; of what people wrote only the step texts,
 * cut short and with keys masked. Plain JSON.
 */
export interface SessionTrace {
  readonly v: 1;
  readonly client: ClientName;
  readonly clientVersion: string | undefined;
  readonly sessionId: SessionId;
  /** Set when the log says that the session continued or copied another one. */
  readonly branchedFrom: string | undefined;
  /** The folder that was worked in, where the log says so. Stays on this machine. */
  readonly folder?: string | undefined;
  /** Files the trace was read from. Stays on this machine. */
  readonly sources: readonly string[];
  /** The main thread first, then sub-agents in the order they started. A thread is one growing transcript. */
  readonly threads: readonly ThreadTrace[];
  readonly dropped: DroppedRows;
  /** What stands in the trace although the log does not hold it, worked out from what it holds. Absent: nothing. */
  readonly inferred?: readonly InferredPart[];
}

/**
 * `cache-reads`: what calls read and wrote of the cache, from the blocks that their prompts share and the time between them.
 * `dates`: the log counts from its own start, so that pauses are true and days are not.
 */
export type InferredPart = 'cache-reads' | 'dates';

/** What an importer could not use. A trace with losses says so; it is never silently shorter. */
export interface DroppedRows {
  /** Rows that are not valid JSON, or are cut off. */
  readonly malformedCount: number;
  /** Rows longer than the limit. */
  readonly oversizedCount: number;
  /** Valid rows of a type the importer does not know, by type. */
  readonly unknownTypes: Readonly<Record<string, number>>;
  /** Calls that were in another file or row already. */
  readonly duplicateCallCount: number;
  /** Rows that stand for an error the client made up itself; no model was called. */
  readonly syntheticCallCount: number;
  /** Calls that the log knows by their sum only: their tokens are the sum's, spread evenly. */
  readonly summedCallCount: number;
}

/** One transcript: the session's own, or a sub-agent's. Each has a prefix of its own, so caches never cross threads. */
export interface ThreadTrace {
  readonly threadId: string;
  readonly parentThreadId: string | undefined;
  /** The tool call that started this sub-agent. */
  readonly spawnedByToolCallId: string | undefined;
  /** The client's name for the kind of sub-agent. */
  readonly agentType: string | undefined;
  /** In order of time. */
  readonly calls: readonly CallTrace[];
  /** Cover `calls` without gap or overlap, in order. */
  readonly steps: readonly StepTrace[];
  readonly userMessages: readonly UserMessageTrace[];
}

/** One model API request as it was recorded. */
export interface CallTrace {
  readonly callId: CallId;
  readonly requestId: string | undefined;
  /** When the request was sent; where the log has only the end, the end; `undefined` in logs without times. */
  readonly at: At | undefined;
  readonly endedAt: At | undefined;
  readonly ttftMs: Ms | undefined;
  /** As the client asked for it. */
  readonly requestedModel: string;
  /** Who the answer says it came from, where that differs or is known. */
  readonly servedModel: string | undefined;
  readonly provider: string | undefined;
  readonly effort: string | undefined;
  /** `undefined`: the log holds none, or the call was aborted before any was reported. */
  readonly usage: Usage | undefined;
  /** What it was sold under beside its tokens; `undefined`: the log says nothing of it. */
  readonly terms?: PriceTerms | undefined;
  /** What the log itself says the call cost: the client's estimate or the provider's figure. */
  readonly loggedCostNanoUsd: NanoUsd | undefined;
  readonly trigger: CallTrigger;
  readonly prefix: PrefixTrace;
  readonly toolCalls: readonly ToolCallTrace[];
  readonly textCharCount: number;
  readonly finish: CallFinish;
}

export type CallFinish = 'stop' | 'tool-calls' | 'length' | 'aborted' | 'error' | 'refusal' | 'other' | 'unknown';

/** How the prompt of a call relates to that of the thread's call before it. */
export interface PrefixTrace {
  readonly relation: PrefixRelation;
  /** `logged`: a row of the log says so. `blocks`: from the blocks that two prompts share. `sizes`: from token counts. */
  readonly basis: 'logged' | 'blocks' | 'sizes';
  /** Tokens of the thread's last prompt that this one begins with, where the log tells and it is not all of them. */
  readonly keptTokens?: Tokens;
  /** Content blocks appended since the previous call: its answer, tool results, messages. */
  readonly appendedBlockCount: number;
  /** Characters appended by people and tools since the previous call; the answer itself left out. */
  readonly appendedCharCount: number;
}

/**
 * `first`: nothing came before. `appended`: the old prompt is a prefix of the new one. `compacted`: history was replaced
 * by a summary. `rewound`: an earlier point of the transcript was continued. `tools-changed`, `system-changed`,
 * `effort-changed`: the head of the prompt is not the same. `shrunk`: it got much shorter and the log does not say why.
 */
export type PrefixRelation =
  | 'first'
  | 'appended'
  | 'compacted'
  | 'rewound'
  | 'tools-changed'
  | 'system-changed'
  | 'effort-changed'
  | 'shrunk';

export interface ToolCallTrace {
  readonly toolCallId: string;
  readonly toolName: string;
  readonly action: ToolAction;
  /** Hash of name and arguments: equal calls have equal hashes. */
  readonly inputHash: number;
  /** Hash of the one file that the call names, where it names one. */
  readonly fileHash: number | undefined;
  /** `undefined`: the log has no result for it. */
  readonly isError: boolean | undefined;
  readonly resultCharCount: number | undefined;
  /** What a test run said, where the call was one and its result could be read. */
  readonly tests: 'red' | 'green' | undefined;
}

/** What a tool call did to the world, as far as its name and arguments tell. */
export type ToolAction =
  | 'read'
  | 'search'
  | 'edit'
  | 'run'
  | 'test'
  | 'diff'
  | 'plan'
  | 'delegate'
  | 'web'
  | 'ask'
  | 'other';

/** Consecutive calls of one thread with one purpose. */
export interface StepTrace {
  readonly stepId: StepId;
  readonly kind: StepKind;
  readonly kindConfidenceRatio: Ratio;
  /** Why it is of this kind and starts here. */
  readonly evidence: readonly StepEvidenceCode[];
  readonly firstCallIndex: number;
  readonly callCount: number;
  readonly trigger: CallTrigger;
  /** What the person asked for in this turn, cut short, keys masked; empty where the log has none. */
  readonly text: string;
  /** The message that started the turn corrects what was done before. */
  readonly startsWithCorrection: boolean;
  /** A person's next message corrects what this step did. */
  readonly correctedAfter: boolean;
}

export type StepEvidenceCode =
  | 'turn-start'
  | 'edits-files'
  | 'runs-tests'
  | 'reads-only'
  | 'searches'
  | 'reads-diff'
  | 'writes-plan'
  | 'asks-for-plan'
  | 'asks-for-review'
  | 'asks-for-tests'
  | 'asks-for-summary'
  | 'answers-without-tools'
  | 'closes-turn'
  | 'compacts'
  | 'delegates'
  | 'recorded-kind'
  | 'no-evidence';

export interface UserMessageTrace {
  readonly at: At | undefined;
  readonly charCount: number;
  /** Index of the first call after it; `calls.length` when none followed. */
  readonly beforeCallIndex: number;
  /** What in it, or around it, says that it corrects earlier work; `undefined` when nothing does. */
  readonly correction: 'interrupted' | 'rejected-tool' | 'says-wrong' | 'asks-again' | 'reverts' | undefined;
}
