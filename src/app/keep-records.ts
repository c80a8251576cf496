import path from 'node:path';
import type { Config } from '../config/config.ts';
import type { PointsmanError } from '../domain/errors.ts';
import type { At, Ms } from '../domain/time.ts';
import type { ListedCall } from '../recorder/listed-call.ts';
import type { PruneOptions, PruneResult, StoreSummary } from '../recorder/retention.ts';
import type { SessionCalls } from '../recorder/session-calls.ts';
import { openPostgresStore } from './postgres-store.ts';

/** Name of the records in a store's folder. */
export const RECORDS_FILE = 'records.db';

/** Looks after records beside whoever writes them. */
export interface RecordsPlace {
  /** The file, or host and database. */
  readonly place: string;
  /** `undefined`: nothing has been recorded yet. */
  summary(): Promise<StoreSummary | undefined>;
  prune(options: Omit<PruneOptions, 'file'>): Promise<PruneResult>;
  /** Every recorded call from then on, the oldest first; none where nothing has been recorded. */
  calls(sinceAt: At | undefined): Iterable<ListedCall> | AsyncIterable<ListedCall>;
  /** The calls of one session and its threads. */
  callsOfSession(sessionId: string): Promise<SessionCalls>;
}

/**
 * Hands the records of the configured store to `act`, and closes them in every case.
 * @throws PointsmanError `record-unreadable` where a PostgreSQL store does not answer
 */
export async function withRecords<Result>(
  { store }: Pick<Config, 'store'>,
  act: (records: RecordsPlace) => Promise<Result>,
): Promise<Result> {
  if (store.kind === 'sqlite') return act(await openRecordsFile(store.dir));
  const postgres = await openPostgresStore(store.url);
  try {
    return await act({ place: postgres.place, ...postgres.records });
  } finally {
    await postgres.close();
  }
}

async function openRecordsFile(dir: string): Promise<RecordsPlace> {
  const file = path.join(dir, RECORDS_FILE);
  const [{ summariseStore }, { pruneStore }, { listCalls }, { sessionCalls }] = await Promise.all([
    import('../recorder/sqlite/summarise-store.ts'),
    import('../recorder/sqlite/prune-store.ts'),
    import('../recorder/sqlite/list-calls.ts'),
    import('../recorder/sqlite/session-calls.ts'),
  ]);
  return {
    place: file,
    summary: async () => summariseStore(file),
    prune: (options) => pruneStore({ ...options, file }),
    calls: (sinceAt) => listCalls(file, sinceAt),
    callsOfSession: async (sessionId) => sessionCalls(file, sessionId),
  };
}

/** A start has other things to do, and a call at once is worth more than a file that is smaller at once. */
export const FIRST_AFTER_MS: Ms = 30_000;

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
