import type { DecisionId, JobId } from '../domain/ids.ts';
import type { NanoUsd } from '../domain/money.ts';
import type { At, Ms, Tokens } from '../domain/time.ts';
import type { ListedCall } from './listed-call.ts';
import type { JobRecord, OutcomeRecord, StepRecord } from './record.ts';

/** Which calls are looked at. What is absent limits nothing. */
export interface CallFilter {
  /** From then on. */
  readonly sinceAt?: At;
  /** Before then. */
  readonly untilAt?: At;
  readonly model?: string;
  readonly endpoint?: string;
  /** Name of an access key. */
  readonly key?: string;
  readonly harness?: string;
  /** Part of a model, session, job, key, harness or error, whatever its case. */
  readonly text?: string;
}

/** Calls of one day that agree in everything spending is told apart by. */
export interface SpendCell {
  /** `2026-11-29`, in the time zone that was asked for. */
  readonly day: string;
  readonly model: string;
  readonly harness: string | undefined;
  readonly key: string | undefined;
  readonly jobId: string | undefined;
  readonly callCount: number;
  readonly billNanoUsd: NanoUsd;
  /** What calls that were cut may have billed beyond that. */
  readonly mayHaveBilledNanoUsd: NanoUsd;
  /** Calls that billed something nobody knows; they are in no amount. */
  readonly unknownBillCallCount: number;
  readonly uncachedTokens: Tokens;
  readonly cacheReadTokens: Tokens;
  readonly cacheWriteTokens: Tokens;
  readonly outputTokens: Tokens;
}

/** One session or job, by its calls. */
export interface SessionRow {
  readonly sessionId: string;
  readonly jobId: string | undefined;
  readonly harness: string | undefined;
  readonly key: string | undefined;
  readonly firstAt: At;
  readonly lastAt: At;
  readonly callCount: number;
  readonly modelCount: number;
  readonly billNanoUsd: NanoUsd;
  readonly unknownBillCallCount: number;
  readonly cacheReadTokens: Tokens;
  readonly promptTokens: Tokens;
}

/** How a model at an endpoint fared. */
export interface HostRow {
  readonly endpoint: string;
  readonly model: string;
  readonly callCount: number;
  readonly errorCount: number;
  readonly lastAt: At;
  /** Of the calls that told it. `undefined`: none did. */
  readonly meanTtftMs: Ms | undefined;
  readonly worstTtftMs: Ms | undefined;
  readonly lastErrorCode: string | undefined;
}

/** A prompt that had to be written again though its session had sent most of it before. */
export interface ColdReturn {
  readonly sessionId: string;
  readonly model: string;
  readonly at: At;
  /** Since the call before it on the same model. */
  readonly pauseMs: Ms;
  /** Tokens that a warm cache would have read, and that were sent anew. */
  readonly lostTokens: Tokens;
}

/** A call with its place in the file, by which the next page is asked for. */
export interface PagedCall extends ListedCall {
  readonly seq: number;
}

/** The page behind `beforeSeq`, or what came after `afterSeq`. */
export interface CallPage {
  readonly limit: number;
  readonly beforeSeq?: number;
  readonly afterSeq?: number;
}

/**
 * What people look at in a store, answered off the thread that serves calls. Every answer is bounded. Rejects with
 * `record-unreadable`.
 */
export interface StoreViews {
  /** By days of a time zone (IANA name); a quarter of an hour that the filter cuts counts whole. */
  spend(filter: CallFilter, timeZone: string): Promise<readonly SpendCell[]>;
  /** The newest first; `beforeSeq` goes on behind a page, `afterSeq` asks only for what came since. */
  calls(
    filter: CallFilter,
    page: { readonly limit: number; readonly beforeSeq?: number; readonly afterSeq?: number },
  ): Promise<readonly PagedCall[]>;
  /** The latest first. */
  sessions(
    filter: CallFilter,
    page: { readonly limit: number; readonly offset: number },
  ): Promise<readonly SessionRow[]>;
  /** Calls of one session and its threads, or of one job, from a moment on; the oldest first. */
  callsOf(id: string, limit: number, sinceAt?: At): Promise<readonly ListedCall[]>;
  hosts(filter: CallFilter): Promise<readonly HostRow[]>;
  /** The dearest losses first. */
  coldReturns(filter: CallFilter, limit: number): Promise<readonly ColdReturn[]>;
  /** Those that there are, in no order. */
  steps(decisionIds: readonly DecisionId[]): Promise<readonly StepRecord[]>;
  /** The newest first, behind so many that are newer. */
  newestSteps(limit: number, offset?: number): Promise<readonly StepRecord[]>;
  /** What was reported of steps, the newest first. */
  newestOutcomes(limit: number): Promise<readonly OutcomeRecord[]>;
  stepsOf(jobId: JobId, limit: number): Promise<readonly StepRecord[]>;
  job(jobId: JobId): Promise<JobRecord | undefined>;
  /** Where jobs worked. */
  workspaces(jobIds: readonly string[]): Promise<Readonly<Record<string, string>>>;
  close(): Promise<void>;
}
