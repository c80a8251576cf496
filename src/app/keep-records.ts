import path from 'node:path';
import type { Config } from '../config/config.ts';
import type { PointsmanError } from '../domain/errors.ts';
import type { At, Ms } from '../domain/time.ts';
import type { ListedCall } from '../recorder/listed-call.ts';
import type { PruneOptions, PruneResult, StoreSummary } from '../recorder/retention.ts';
import type { SessionCalls } from '../recorder/session-calls.ts';
import { postgresNotServed } from './open-recorder.ts';

/** Name of the records in a store's folder. */
export const RECORDS_FILE = 'records.db';

/** Looks after the file of records beside whoever writes into it. */
export interface RecordsFile {
  readonly file: string;
  /** `undefined`: nothing has been recorded yet. */
  summary(): StoreSummary | undefined;
  prune(options: Omit<PruneOptions, 'file'>): Promise<PruneResult>;
  /** Every recorded call from then on, the oldest first; none where nothing has been recorded. */
  calls(sinceAt: At | undefined): Iterable<ListedCall>;
  /** The calls of one session and its threads. */
  callsOfSession(sessionId: string): SessionCalls;
}

/** @throws PointsmanError `config-invalid` where records are in no file */
export async function openRecordsFile(config: Pick<Config, 'store'>): Promise<RecordsFile> {
  if (config.store.kind !== 'sqlite') {
    throw postgresNotServed('records');
  }
  const file = path.join(config.store.dir, RECORDS_FILE);
  const [{ summariseStore }, { pruneStore }, { listCalls }, { sessionCalls }] = await Promise.all([
    import('../recorder/sqlite/summarise-store.ts'),
    import('../recorder/sqlite/prune-store.ts'),
    import('../recorder/sqlite/list-calls.ts'),
    import('../recorder/sqlite/session-calls.ts'),
  ]);
  return {
    file,
    summary: () => summariseStore(file),
    prune: (options) => pruneStore({ ...options, file }),
    calls: (sinceAt) => listCalls(file, sinceAt),
    callsOfSession: (sessionId) => sessionCalls(file, sessionId),
  };
}

/** A start has other things to do, and a call at once is worth more than a file that is smaller at once. */
const FIRST_AFTER_MS: Ms = 30_000;

/** Keeps records to the days and the size of the configuration while a gateway serves. */
export async function keepRecords(
  file: string,
  config: Pick<Config, 'keepRecordsDays' | 'maxRecordsBytes'>,
  by: { readonly clock: () => At; readonly onError: (error: PointsmanError) => void },
): Promise<{ readonly close: () => Promise<void> }> {
  const { keepDays } = await import('../recorder/sqlite/keep-days.ts');
  return keepDays({
    file,
    keepDays: config.keepRecordsDays,
    maxBytes: config.maxRecordsBytes,
    firstAfterMs: FIRST_AFTER_MS,
    ...by,
  });
}
