import type { CallResult } from '../../domain/call.ts';
import type { ErrorCode } from '../../domain/errors.ts';
import type { CallId, EndpointId, JobId, ModelId, SessionId, StepId } from '../../domain/ids.ts';
import type { NanoUsd } from '../../domain/money.ts';
import type { CallTrigger, Effort, StepKind, StepMode } from '../../domain/step.ts';
import type { At, Ms, Tokens } from '../../domain/time.ts';
import type { Usage } from '../../domain/usage.ts';
import type { CallRecord, JobPauseKind } from '../../recorder/record.ts';
import type { PrefixChain } from '../../warmth/prefix-chain.ts';
import type { FactFamily, FactKey } from './fact-key.ts';
import type { JobStatus } from './job-report.ts';
import type { JobRequest } from './job-request.ts';

/** Why a job waits. `subject` is as of its question. */
interface JobPause {
  readonly kind: JobPauseKind;
  readonly code: ErrorCode;
  readonly question: string;
  readonly subject?: string;
}

/** A job as it was asked for and where it stands. */
export interface JobEntry {
  readonly jobId: JobId;
  readonly sessionId: SessionId;
  readonly request: JobRequest;
  readonly status: JobStatus;
  readonly pause: JobPause | undefined;
  readonly failure:
    | { readonly code: ErrorCode; readonly message: string; readonly hint: string | undefined }
    | undefined;
  readonly scripted: boolean;
  readonly startedAt: At;
  readonly endedAt: At | undefined;
}

/** Which call of a job: the same slot is never billed twice once a call in it has finished. */
export interface CallSlot {
  readonly jobId: JobId;
  readonly stepId: StepId;
  readonly attempt: number;
  readonly callIndex: number;
}

/** A call that was begun. One that never finished was in flight when the process died: its bill is not known. */
export interface CallEntry extends CallSlot {
  readonly callId: CallId;
  readonly kind: StepKind;
  readonly mode: StepMode;
  /** Calls of one thread share a transcript: `shared`, or one fresh context. */
  readonly thread: string;
  readonly trigger: CallTrigger;
  readonly model: ModelId;
  readonly endpoint: EndpointId;
  readonly startedAt: At;
  /** The prompt as it was expected, in the model's own tokens. */
  readonly expectedPromptTokens: Tokens;
  /** The prompt as caches saw it. */
  readonly chain: PrefixChain;
  /**
   * `harness`: made by a harness that carried out the step. `keep-alive`: sent only to keep the prefix warm while the job waited; `reader`: a small model was asked what the step needs. Their
   * answers are no answers of the step. `advice`: a step asked another model, under a step id of the question's own. Absent: a call of the step.
   */
  readonly purpose?: 'keep-alive' | 'reader' | 'harness' | 'advice';
  /** Its cache is that of another effort than the usual one. Absent: it is not. */
  readonly effort?: Effort;
  /** Its newest marker asked for the one-hour write class. Absent: the default class. */
  readonly longWrite?: boolean;
  /** Blocks of `chain` before the first message: tools and system. Absent: unknown, in journals of before. */
  readonly headBlockCount?: number;
  /** What it was expected to bill. Absent: in journals of before. */
  readonly expectedBillNanoUsd?: NanoUsd;
  /** What was set aside for it, and counts as spent should its process die. Absent: in journals of before. */
  readonly heldNanoUsd?: NanoUsd;
  readonly end: CallEnd | undefined;
}

export type CallEnd = {
  readonly at: At;
  readonly durationMs: Ms;
  /** What the flight recorder is told, so that it can be told again after a crash. */
  readonly record: CallRecord;
  readonly usage: Usage | undefined;
  /** `undefined`: the provider reported no usage. */
  readonly billNanoUsd: NanoUsd | undefined;
} & (
  | { readonly kind: 'answered'; readonly result: CallResult }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string }
);

/**
 * What a job must not forget when its process dies: calls that were paid for, and facts that were settled. Every write is
 * durable against the death of the process when its promise resolves.
 * @throws PointsmanError `record-unwritable` from every write that could not be kept; the job then stops, resumable.
 */
export interface JobJournal {
  createJob(entry: JobEntry): Promise<void>;
  job(jobId: JobId): Promise<JobEntry | undefined>;
  updateJob(jobId: JobId, change: Partial<Omit<JobEntry, 'jobId' | 'sessionId'>>): Promise<void>;
  /** Newest first. */
  jobs(limit: number): Promise<readonly JobEntry[]>;
  /** Writes that a call starts; the id is new for every try of a slot. */
  beginCall(call: Omit<CallEntry, 'callId' | 'end'>): Promise<CallId>;
  endCall(callId: CallId, end: CallEnd): Promise<void>;
  /** In the order they began. */
  calls(jobId: JobId): Promise<readonly CallEntry[]>;
  fact<Value>(jobId: JobId, key: FactKey<Value>): Promise<Value | undefined>;
  /** Facts of a family, in the order in which they were settled. */
  facts<Value>(jobId: JobId, family: FactFamily<Value>): Promise<readonly Value[]>;
  /** Settles a fact, plain data as JSON keeps it; the first value wins and is returned. */
  settle<Value>(jobId: JobId, key: FactKey<Value>, value: Value): Promise<Value>;
  /** Takes the right to run a job; `false` while a living process holds it. */
  acquire(jobId: JobId, now: At): Promise<boolean>;
  /** Keeps the right. `false`: another process has taken it. */
  renew(jobId: JobId, now: At): Promise<boolean>;
  release(jobId: JobId): Promise<void>;
  /** Whether a living process holds the job, this one or another. */
  isHeld(jobId: JobId, now: At): Promise<boolean>;
  close(): Promise<void>;
}

/** Id of the next try of a slot. */
export function callIdOf(slot: CallSlot, tryIndex: number): CallId {
  return `${slot.jobId}/${slot.stepId}/${slot.attempt}/${slot.callIndex}/${tryIndex}` as CallId;
}

/** A living holder that has not renewed for this long has lost its right. */
export const LEASE_MS: Ms = 30_000;
