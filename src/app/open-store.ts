import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { BaseCheckpointSaver, MemorySaver } from '@langchain/langgraph-checkpoint';
import type { Config } from '../config/config.ts';
import type { Secret } from '../config/secret.ts';
import { DAY_MS } from '../domain/time.ts';
import type { MoneyLedger } from '../money/ledger.ts';
import { createMemoryJournal } from '../orchestrator/journal/memory-journal.ts';
import type { Checkpoints } from '../orchestrator/journal/sqlite/sqlite-checkpoints.ts';
import type { JobJournal } from '../orchestrator/model/job-journal.ts';
import { openLiveValues } from '../recorder/live-values-folder.ts';
import { createMemoryRecorder } from '../recorder/memory-recorder.ts';
import { createStepPacker } from '../recorder/packing/step-packer.ts';
import type { Recorder } from '../recorder/recorder.ts';
import type { Redactor } from '../recorder/redact.ts';
import type { ToolJournal } from '../tools/tool-journal.ts';
import { pruneTrees, type TreesKept } from '../tools/work-tree/prune-trees.ts';
import type { FolderGate } from '../trust/folder-gate.ts';
import { userDataDir } from '../trust/user-folders.ts';
import { claimStoreOrWarn } from './folder-gate.ts';
import { RECORDS_FILE } from './keep-records.ts';
import { openLedger, type LedgerNotices } from './open-ledger.ts';
import { keepToOwner, makeFolder, openRecorder, warner } from './open-recorder.ts';
import type { PointsmanOptions } from './pointsman-options.ts';
import { openPostgresStore } from './postgres-store.ts';
import { auditSteps } from './stores/audit-steps.ts';
import { auditIn } from './stores/open-audit.ts';

/** Everything that outlives a job. */
interface Store {
  readonly dir: string | undefined;
  /** Where what files held before jobs changed them is kept. */
  readonly treesDir: string;
  readonly journal: JobJournal;
  readonly recorder: Recorder;
  readonly toolJournal: ToolJournal | undefined;
  readonly openCheckpoints: () => Promise<BaseCheckpointSaver>;
  readonly openLedger: (notices: LedgerNotices) => Promise<MoneyLedger>;
  readonly close: () => Promise<void>;
}

export async function openStore(
  options: PointsmanOptions,
  parts: { readonly config: Config; readonly redactor: Redactor; readonly gate: FolderGate },
): Promise<Store> {
  const { config, redactor } = parts;
  if (options.store === 'memory') return openMemoryStore(options, redactor);
  if (options.store === undefined && config.store.kind === 'postgres') {
    return openStoreAt(config.store.url, options, { redactor, keptTrees: keptTreesOf(config) });
  }
  const dir = options.store?.dir ?? (config.store.kind === 'sqlite' ? config.store.dir : '');
  const store = await openFolderStore(path.resolve(dir), options, { ...parts, keptTrees: keptTreesOf(config) });
  claimStoreOrWarn(parts.gate, path.resolve(dir), warner(options));
  return store;
}

type TreesBound = Omit<TreesKept, 'now'>;

function keptTreesOf({ keepRecordsDays, maxRecordsBytes }: Config): TreesBound {
  return {
    maxAgeMs: keepRecordsDays === undefined ? undefined : keepRecordsDays * DAY_MS,
    maxBytes: maxRecordsBytes,
  };
}

/** Everything in PostgreSQL but what files held before jobs changed them, which stays on the machine whose files they are. */
async function openStoreAt(
  address: Secret,
  options: PointsmanOptions,
  { redactor, keptTrees }: { readonly redactor: Redactor; readonly keptTrees: TreesBound },
): Promise<Store> {
  const now = options.clock ?? Date.now;
  const postgres = await openPostgresStore(address);
  try {
    const packer = createStepPacker(redactor);
    const jobs = await postgres.jobs({ redactor, packer });
    const onWriteError = warner(options);
    const recorder = auditSteps(
      await postgres.recorder({ redactor, packer, onWriteError }),
      postgres.audit(now),
      onWriteError,
    );
    const treesDir = path.join(userDataDir(options.env ?? process.env) ?? tmpdir(), 'trees');
    return {
      dir: undefined,
      treesDir,
      ...jobs,
      recorder,
      openLedger: (notices) => postgres.ledger(notices),
      close: async () => {
        await jobs.toolJournal.close();
        await postgres.close();
        await pruneTrees(treesDir, { ...keptTrees, now: now() }).catch(() => undefined);
      },
    };
  } catch (thrown) {
    await postgres.close();
    throw thrown;
  }
}

function openMemoryStore(options: PointsmanOptions, redactor: Redactor): Store {
  let saver: Promise<MemorySaver> | undefined;
  const treesDir = path.join(tmpdir(), `pointsman-trees-${randomBytes(8).toString('hex')}`);
  return {
    dir: undefined,
    treesDir,
    journal: createMemoryJournal(),
    recorder: createMemoryRecorder({ redactor, onWriteError: warner(options) }),
    toolJournal: undefined,
    openCheckpoints: () =>
      (saver ??= import('@langchain/langgraph-checkpoint').then((graph) => new graph.MemorySaver())),
    openLedger: (notices) => openLedger(undefined, notices),
    close: () => rm(treesDir, { recursive: true, force: true }),
  };
}

async function openFolderStore(
  dir: string,
  options: PointsmanOptions,
  {
    redactor,
    gate,
    keptTrees,
  }: { readonly redactor: Redactor; readonly gate: FolderGate; readonly keptTrees: TreesBound },
): Promise<Store> {
  const treesDir = path.join(dir, 'trees');
  const [{ openSqliteJournal }, { openSqliteToolJournal }, { openSqliteRecorder }] = await Promise.all([
    import('../orchestrator/journal/sqlite/sqlite-journal.ts'),
    import('../tools/sqlite/sqlite-tool-journal.ts'),
    import('../recorder/sqlite/sqlite-recorder.ts'),
  ]);
  makeFolder(dir);
  const live = openLiveValues({ dir: path.join(dir, 'live'), redactor, now: (options.clock ?? Date.now)() });
  for (const name of ['jobs.db', 'checkpoints.db']) keepToOwner(path.join(dir, name));
  const packer = createStepPacker(redactor);
  const journal = openSqliteJournal(path.join(dir, 'jobs.db'), live, packer);
  const toolJournal = openSqliteToolJournal({ file: path.join(dir, 'tools.db'), live });
  const onWriteError = warner(options);
  const now = options.clock ?? Date.now;
  const written = openRecorder(onWriteError, redactor, () =>
    openSqliteRecorder({ file: path.join(dir, RECORDS_FILE), redactor, packer, onWriteError }),
  );
  const recorder = auditSteps(written, await auditIn(dir, { gate, now }), onWriteError);
  let checkpoints: Promise<Checkpoints> | undefined;
  return {
    dir,
    treesDir,
    journal,
    recorder,
    toolJournal,
    openLedger: (notices) => openLedger(dir, notices),
    openCheckpoints: async () => {
      // LangGraph is loaded when the first job runs.
      checkpoints ??= import('../orchestrator/journal/sqlite/sqlite-checkpoints.ts').then(({ openSqliteCheckpoints }) =>
        // The journal knows what a node of a job did, and whoever starts it over is handed that.
        openSqliteCheckpoints(path.join(dir, 'checkpoints.db'), { nodesStartOver: true, live }),
      );
      return (await checkpoints).saver;
    },
    close: async () => {
      await toolJournal.close();
      // One that could not be opened was told of by its job.
      (await checkpoints?.catch(() => undefined))?.close();
      await pruneTrees(treesDir, { ...keptTrees, now: (options.clock ?? Date.now)() }).catch(() => undefined);
    },
  };
}
