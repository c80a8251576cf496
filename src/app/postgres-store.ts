import type { BaseCheckpointSaver } from '@langchain/langgraph-checkpoint';
import type { AuditTrail } from '../audit/audit-trail.ts';
import type { Config } from '../config/config.ts';
import type { Secret } from '../config/secret.ts';
import type { PointsmanError } from '../domain/errors.ts';
import type { At, Ms } from '../domain/time.ts';
import type { MoneyLedger } from '../money/ledger.ts';
import type { PostgresLedgerOptions } from '../money/postgres/postgres-ledger.ts';
import type { JobJournal } from '../orchestrator/model/job-journal.ts';
import type { Documents } from '../postgres/documents.ts';
import type { Postgres } from '../postgres/postgres.ts';
import type { IssuedIds } from '../recorder/issued-ids.ts';
import type { StepPacker } from '../recorder/packing/step-packer.ts';
import type { PostgresRecorderOptions } from '../recorder/postgres/postgres-recorder.ts';
import type { PostgresSharedSessionsOptions } from '../recorder/postgres/postgres-shared-sessions.ts';
import type { PostgresRecords } from '../recorder/postgres/retention.ts';
import type { Recorder } from '../recorder/recorder.ts';
import type { Redactor } from '../recorder/redact.ts';
import type { SharedSessions } from '../recorder/shared-sessions.ts';
import type { StoreViews } from '../recorder/store-views.ts';
import type { ToolJournal } from '../tools/tool-journal.ts';

/** Everything that is kept at one address, over one pool of connections. What it opens is closed before it. */
export interface PostgresStore {
  /** For people: host and database. */
  readonly place: string;
  readonly records: PostgresRecords;
  recorder(options: PostgresRecorderOptions): Promise<Recorder>;
  views(): StoreViews;
  documents(): Documents;
  audit(now: () => At): AuditTrail;
  ledger(options: PostgresLedgerOptions): Promise<MoneyLedger>;
  issuedIds(options: {
    readonly now: () => At;
    readonly onWriteError: (error: PointsmanError) => void;
  }): Promise<IssuedIds>;
  sharedSessions(options: PostgresSharedSessionsOptions): Promise<SharedSessions>;
  jobs(options: { readonly redactor: Redactor; readonly packer?: StepPacker }): Promise<JobStores>;
  /** Keeps records to the days and the size of the configuration, until it is closed. */
  keepRecords(
    config: Pick<Config, 'keepRecordsDays' | 'maxRecordsBytes'>,
    by: { readonly clock: () => At; readonly onError: (error: PointsmanError) => void; readonly firstAfterMs: Ms },
  ): { readonly close: () => Promise<void> };
  close(): Promise<void>;
}

/** What a job must not forget, and where it stands. */
export interface JobStores {
  readonly journal: JobJournal;
  readonly toolJournal: ToolJournal;
  readonly openCheckpoints: () => Promise<BaseCheckpointSaver>;
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
    { openPostgresSharedSessions },
    { openPostgresTrail },
  ] = await Promise.all([
    import('../postgres/open-postgres.ts'),
    import('../postgres/documents.ts'),
    import('../recorder/postgres/retention.ts'),
    import('../recorder/postgres/postgres-recorder.ts'),
    import('../recorder/postgres/postgres-views.ts'),
    import('../money/postgres/postgres-ledger.ts'),
    import('../recorder/postgres/postgres-issued-ids.ts'),
    import('../recorder/postgres/keep-records.ts'),
    import('../recorder/postgres/postgres-shared-sessions.ts'),
    import('../audit/postgres/postgres-trail.ts'),
  ]);
  const postgres = await openPostgres(address.reveal());
  return {
    place: postgres.place,
    records: records.openPostgresRecords(postgres),
    recorder: (options) => openPostgresRecorder(postgres, options),
    views: () => openPostgresViews(postgres),
    documents: () => openDocuments(postgres),
    audit: (now) => openPostgresTrail(postgres, now),
    jobs: (options) => openJobs(postgres, options),
    ledger: (notices) => money.openPostgresLedger(postgres, notices),
    issuedIds: (options) => issued.openPostgresIssuedIds(postgres, options),
    sharedSessions: (options) => openPostgresSharedSessions(postgres, options),
    keepRecords: ({ keepRecordsDays: keepDays, maxRecordsBytes: maxBytes }, by) =>
      keeping.keepPostgresRecords(postgres, { keepDays, maxBytes, ...by }),
    close: () => postgres.close(),
  };
}

async function openJobs(
  postgres: Postgres,
  options: { readonly redactor: Redactor; readonly packer?: StepPacker },
): Promise<JobStores> {
  const [{ openPostgresLiveValues }, { createLeases }, { openPostgresJournal }, { createPostgresToolJournal }] =
    await Promise.all([
      import('../recorder/postgres/postgres-live-values.ts'),
      import('../orchestrator/journal/postgres/leases.ts'),
      import('../orchestrator/journal/postgres/postgres-journal.ts'),
      import('../tools/postgres/postgres-tool-journal.ts'),
    ]);
  const live = await openPostgresLiveValues(postgres, options);
  const leases = createLeases(postgres);
  const journal = await openPostgresJournal(postgres, { live, leases, packer: options.packer });
  let saver: Promise<BaseCheckpointSaver> | undefined;
  return {
    journal,
    toolJournal: createPostgresToolJournal(postgres, { live, leases }),
    openCheckpoints: () => {
      // LangGraph is loaded when the first job runs.
      saver ??= Promise.all([
        import('../orchestrator/journal/checkpoint-saver.ts'),
        import('../orchestrator/journal/postgres/postgres-checkpoint-rows.ts'),
      ]).then(
        ([{ CheckpointSaver }, { createPostgresCheckpointRows }]) =>
          // The journal knows what a node of a job did, and whoever starts it over is handed that.
          new CheckpointSaver(createPostgresCheckpointRows(postgres, { live, leases }), { nodesStartOver: true, live }),
      );
      return saver;
    },
  };
}
