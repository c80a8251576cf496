import type { JobRecord, StepRecord, CallRecord, OutcomeRecord } from './record.ts';
import type { DecisionId, JobId } from '../domain/ids.ts';

/**
 * The flight recorder. Writing never throws and never delays the caller: a failed write is told to `onWriteError` and the
 * job goes on. Reading throws `record-unreadable`. Everything stored has been redacted.
 */
export interface Recorder {
  writeJob(record: JobRecord): void;
  writeStep(record: StepRecord): void;
  /** Counted once per `callId`: writing the same call again changes nothing. */
  writeCall(record: CallRecord): void;
  writeOutcome(record: OutcomeRecord): void;
  /** Resolves when everything written so far is durable, or has failed and been reported. */
  flush(): Promise<void>;
  job(jobId: JobId): Promise<JobRecord | undefined>;
  /** Newest first. */
  jobs(options: { readonly limit: number }): Promise<readonly JobRecord[]>;
  steps(jobId: JobId): Promise<readonly StepRecord[]>;
  step(decisionId: DecisionId): Promise<StepRecord | undefined>;
  calls(jobId: JobId): Promise<readonly CallRecord[]>;
  outcomes(options: { readonly limit: number }): Promise<readonly OutcomeRecord[]>;
  close(): Promise<void>;
}
