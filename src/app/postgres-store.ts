import type { Config } from '../config/config.ts';
import type { Secret } from '../config/secret.ts';
import type { PointsmanError } from '../domain/errors.ts';
import type { At, Ms } from '../domain/time.ts';
import type { MoneyLedger } from '../money/ledger.ts';
import type { PostgresLedgerOptions } from '../money/postgres/postgres-ledger.ts';
import type { Documents } from '../postgres/documents.ts';
import type { IssuedIds } from '../recorder/issued-ids.ts';
import type { PostgresRecorderOptions } from '../recorder/postgres/postgres-recorder.ts';
import type { PostgresRecords } from '../recorder/postgres/retention.ts';
import type { Recorder } from '../recorder/recorder.ts';
import type { StoreViews } from '../recorder/store-views.ts';

/** Everything that is kept at one address, over one pool of connections. What it opens is closed before it. */
export interface PostgresStore {
  /** For people: host and database. */
  readonly place: string;
  readonly records: PostgresRecords;
  recorder(options: PostgresRecorderOptions): Promise<Recorder>;
  views(): Promise<StoreViews>;
  documents(): Promise<Documents>;
  ledger(options: PostgresLedgerOptions): Promise<MoneyLedger>;
  issuedIds(options: {
    readonly now: () => At;
    readonly onWriteError: (error: PointsmanError) => void;
  }): Promise<IssuedIds>;
  /** Keeps records to the days and the size of the configuration, until it is closed. */
  keepRecords(
    config: Pick<Config, 'keepRecordsDays' | 'maxRecordsBytes'>,
    by: { readonly clock: () => At; readonly onError: (error: PointsmanError) => void; readonly firstAfterMs: Ms },
  ): { readonly close: () => Promise<void> };
  close(): Promise<void>;
}

/**
 * Connects, and loads what speaks to PostgreSQL; tables are made where something is opened that needs them.
 * @throws PointsmanError `config-invalid`, `record-unreadable` where nobody answers or nobody is let in
 */
export async function openPostgresStore(address: Secret): Promise<PostgresStore> {
  const [
    { openPostgres },
    { openDocuments },
    records,
    { openPostgresRecorder },
    { openPostgresViews },
    money,
    issued,
    keeping,
  ] = await Promise.all([
    import('../postgres/open-postgres.ts'),
    import('../postgres/documents.ts'),
    import('../recorder/postgres/retention.ts'),
    import('../recorder/postgres/postgres-recorder.ts'),
    import('../recorder/postgres/postgres-views.ts'),
    import('../money/postgres/postgres-ledger.ts'),
    import('../recorder/postgres/postgres-issued-ids.ts'),
    import('../recorder/postgres/keep-records.ts'),
  ]);
  const postgres = await openPostgres(address.reveal());
  return {
    place: postgres.place,
    records: records.openPostgresRecords(postgres),
    recorder: (options) => openPostgresRecorder(postgres, options),
    views: () => openPostgresViews(postgres),
    documents: () => openDocuments(postgres),
    ledger: (notices) => money.openPostgresLedger(postgres, notices),
    issuedIds: (options) => issued.openPostgresIssuedIds(postgres, options),
    keepRecords: ({ keepRecordsDays: keepDays, maxRecordsBytes: maxBytes }, by) =>
      keeping.keepPostgresRecords(postgres, { keepDays, maxBytes, ...by }),
    close: () => postgres.close(),
  };
}
