import type { CallRecord } from './record.ts';

/** What a store knows of one session and its threads. */
export interface SessionCalls {
  /** The oldest first. */
  readonly calls: readonly CallRecord[];
  /** The file holds older calls that were not looked at, of this session or of others. */
  readonly mayLackOlder: boolean;
}
