import type { DecisionId, JobId } from '../domain/ids.ts';
import type { JobRecord, StepRecord, CallRecord, OutcomeRecord } from './record.ts';

/**
 * The flight recorder. Writing never throws and never delays the caller: a failed write is told to `onWriteError` and the
 * job goes on. Reading throws `record-unreadable`, and sees what was written before. Everything stored has been redacted.
 * A record is kept by reference until it is stored: don't change it after writing.
 */
export interface Recorder {
  /** The latest write of a `jobId` stands. */
  writeJob(record: JobRecord): void;
  /** The latest write of a `decisionId` stands: once when the step starts, once when its outcome is known. */
  writeStep(record: StepRecord): void;
  /** Counted once per `callId`: writing the same call again changes nothing. */
  writeCall(record: CallRecord): void;
  writeOutcome(record: OutcomeRecord): void;
  /** Resolves when everything written so far is durable, or has failed and been reported. */
  flush(): Promise<void>;
  job(jobId: JobId): Promise<JobRecord | undefined>;
  /** Newest first. */
  jobs(options: { readonly limit: number }): Promise<readonly JobRecord[]>;
  /** In the order of their first write. */
  steps(jobId: JobId): Promise<readonly StepRecord[]>;
  step(decisionId: DecisionId): Promise<StepRecord | undefined>;
  calls(jobId: JobId): Promise<readonly CallRecord[]>;
  /** Calls that belong to no job, such as a gateway's; newest first. */
  callsWithoutJob(options: { readonly limit: number }): Promise<readonly CallRecord[]>;
  /** Newest first; with `jobId` only those on that job's decisions. */
  outcomes(options: { readonly limit: number; readonly jobId?: JobId }): Promise<readonly OutcomeRecord[]>;
  close(): Promise<void>;
}
