import type { Recorder } from './recorder.ts';

/** What of a recorder only reads. */
export type RecordReads = Pick<Recorder, 'job' | 'jobs' | 'steps' | 'step' | 'calls' | 'callsWithoutJob' | 'outcomes'>;

/** A limit as a statement takes it: SQLite reads a negative one as none, PostgreSQL refuses it. */
export function rowLimit(limit: number): number {
  return Math.min(Math.max(0, Math.floor(limit)), Number.MAX_SAFE_INTEGER);
}
