import type { CallRecord, OutcomeRecord, StepRecord } from '../../recorder/record.ts';

/** What a store holds of a session of the gateway. */
export interface SessionRecords {
  readonly calls: readonly CallRecord[];
  readonly steps: readonly StepRecord[];
  readonly outcomes: readonly OutcomeRecord[];
}
