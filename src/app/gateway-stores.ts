import path from 'node:path';
import type { AuditTrail } from '../audit/audit-trail.ts';
import type { Config } from '../config/config.ts';
import type { Secret } from '../config/secret.ts';
import { toPointsmanError, type PointsmanError } from '../domain/errors.ts';
import type { Log } from '../domain/log.ts';
import { chargesOfKey, type AccessKey } from '../gateway/core/access-keys.ts';
import type { CertificateStore } from '../learn/certificate/certificate-file.ts';
import { hasLimits, type MoneyLedger } from '../money/ledger.ts';
import type { IssuedIds } from '../recorder/issued-ids.ts';
import { createMemoryRecorder } from '../recorder/memory-recorder.ts';
import type { Recorder } from '../recorder/recorder.ts';
import type { Redactor } from '../recorder/redact.ts';
import type { SharedSessions } from '../recorder/shared-sessions.ts';
import type { StoreViews } from '../recorder/store-views.ts';
import type { FolderGate } from '../trust/folder-gate.ts';
import { claimStoreOrWarn } from './folder-gate.ts';
import { FIRST_AFTER_MS, RECORDS_FILE, keepRecords } from './keep-records.ts';
import { gatewayNotices, openGatewayLedger } from './open-ledger.ts';
import { keepToOwner, makeFolder, openRecorder, warner } from './open-recorder.ts';
import { openRecordViews } from './open-views.ts';
import type { PointsmanOptions } from './pointsman-options.ts';
import { openPostgresStore } from './postgres-store.ts';
import { auditSteps } from './stores/audit-steps.ts';
import { auditIn } from './stores/open-audit.ts';
import { certificatesAt, certificatesIn } from './stores/open-certificates.ts';
import { lockAt, lockIn, type LockStore } from './stores/open-lock.ts';

/** What of a gateway's options is about its stores; said there. */
interface StoreOptions extends Pick<PointsmanOptions, 'store' | 'clock' | 'onWarning'> {
  readonly ledger?: MoneyLedger;
  readonly moneyDir?: string;
  readonly accessKeys?: readonly AccessKey[];
  readonly siblings?: { readonly keepsRecords: boolean } | undefined;
}

/** What a gateway keeps, wherever that is. */
export interface GatewayStores {
  /** The store's folder; `undefined`: it is none. */
  readonly dir: string | undefined;
  /** `undefined`: nothing is kept. */
  readonly certificates: CertificateStore | undefined;
  /** `undefined`: nothing is kept. */
  readonly lock: LockStore | undefined;
  readonly recorder: Recorder;
  /** `undefined`: nothing is kept. */
  readonly audit: AuditTrail | undefined;
  readonly ledger: MoneyLedger;
  readonly issuedIds: IssuedIds | undefined;
  /** `undefined`: no other process serves sessions of this store. */
  readonly sharedSessions: SharedSessions | undefined;
  readonly views: StoreViews | undefined;
  readonly close: () => Promise<void>;
}

export interface StoresNeed {
  readonly redactor: Redactor;
  readonly log: Log;
}

/** @throws PointsmanError `record-unreadable` where a PostgreSQL store does not answer; as `openGatewayLedger` */
export async function openStores(
  options: StoreOptions & { readonly gate: FolderGate },
  config: Config,
  need: StoresNeed,
): Promise<GatewayStores> {
  if (options.store === undefined && config.store.kind === 'postgres') {
    return openStoresAt(config.store.url, options, { ...need, config });
  }
  const dir = storeDirOf(options, config);
  const audit =
    dir === undefined ? undefined : await auditIn(dir, { gate: options.gate, now: options.clock ?? Date.now });
  const { recorder, close } = await openGatewayRecorder(options, config, { ...need, audit });
  const charges = (options.accessKeys ?? []).flatMap((key) => chargesOfKey(key, config.teams));
  const isLimited = charges.some(({ limits }) => hasLimits(limits));
  const ledger = options.ledger ?? (await openGatewayLedger(options.moneyDir ?? dir, isLimited, need.log));
  const issuedIds = await openIssuedIds(dir, options, warner(options));
  const views = dir === undefined ? undefined : await openRecordViews(dir);
  return {
    dir,
    certificates: dir === undefined ? undefined : certificatesIn(dir),
    lock: dir === undefined ? undefined : lockIn(dir),
    recorder,
    audit,
    ledger,
    issuedIds,
    sharedSessions: undefined,
    views,
    close: async () => {
      await ledger.close();
      await views?.close();
      await issuedIds?.close();
      await close();
    },
  };
}

/** A server that does not answer when a gateway starts is told at once: what its user believes to be kept must be kept. */
async function openStoresAt(
  address: Secret,
  options: StoreOptions,
  { config, redactor, log }: StoresNeed & { readonly config: Config },
): Promise<GatewayStores> {
  const store = await openPostgresStore(address);
  try {
    const onWriteError = warner(options);
    const now = options.clock ?? Date.now;
    const recorder = await store.recorder({
      redactor,
      onWriteError,
      onRestored: () => log.warn('Records are stored again'),
    });
    const ledger =
      options.ledger ??
      (await store.ledger(gatewayNotices(log, 'until it can be again, calls on a budget are refused')));
    const issuedIds = await store.issuedIds({ now, onWriteError });
    const sharedSessions = await store.sharedSessions({ onWriteError });
    const views = store.views();
    const audit = store.audit(now);
    const audited = auditSteps(recorder, audit, onWriteError);
    const kept = store.keepRecords(config, { clock: now, onError: onWriteError, firstAfterMs: FIRST_AFTER_MS });
    return {
      dir: undefined,
      certificates: certificatesAt(store.documents(), store.place),
      lock: lockAt(store.documents(), store.place),
      recorder: audited,
      audit,
      ledger,
      issuedIds,
      sharedSessions,
      views,
      close: async () => {
        await kept.close();
        await ledger.close();
        await views.close();
        await issuedIds.close();
        await sharedSessions.close();
        await audited.close();
        await store.close();
      },
    };
  } catch (thrown) {
    await store.close();
    throw thrown;
  }
}

/** `undefined`: nothing outlives the process. */
function storeDirOf({ store }: StoreOptions, config: Config): string | undefined {
  if (store === 'memory') return undefined;
  return path.resolve(store?.dir ?? (config.store.kind === 'sqlite' ? config.store.dir : ''));
}

const ISSUED_FILE = 'issued-ids.db';

/** Nobody is kept from working by a file that cannot be opened: ids are then known to this process alone. */
async function openIssuedIds(
  dir: string | undefined,
  { clock = Date.now }: StoreOptions,
  onWriteError: (error: PointsmanError) => void,
): Promise<IssuedIds | undefined> {
  if (dir === undefined) return undefined;
  const { openSqliteIssuedIds } = await import('../recorder/sqlite/sqlite-issued-ids.ts');
  try {
    const file = path.join(dir, ISSUED_FILE);
    keepToOwner(file);
    return openSqliteIssuedIds({ file, now: clock, onWriteError });
  } catch (thrown) {
    onWriteError(toPointsmanError(thrown, 'record-unwritable'));
    return undefined;
  }
}

interface OpenedRecorder {
  readonly recorder: Recorder;
  readonly close: () => Promise<void>;
}

async function openGatewayRecorder(
  options: StoreOptions & { readonly gate: FolderGate },
  config: Config,
  { redactor, log, audit }: StoresNeed & { readonly audit: AuditTrail | undefined },
): Promise<OpenedRecorder> {
  const onWriteError = warner(options);
  if (options.store === 'memory') {
    const recorder = createMemoryRecorder({ redactor, onWriteError });
    return { recorder, close: () => recorder.close() };
  }
  const dir = storeDirOf(options, config) ?? '';
  const { openSqliteRecorder } = await import('../recorder/sqlite/sqlite-recorder.ts');
  makeFolder(dir);
  const file = path.join(dir, RECORDS_FILE);
  const written = openRecorder(onWriteError, redactor, () =>
    // Past this nothing is written until the oldest have been removed.
    openSqliteRecorder({
      file,
      redactor,
      onWriteError,
      onRestored: () => log.warn('Records are stored again'),
      maxFileBytes: 1.25 * config.maxRecordsBytes,
    }),
  );
  const recorder = audit === undefined ? written : auditSteps(written, audit, onWriteError);
  claimStoreOrWarn(options.gate, dir, onWriteError);
  const isKeeper = options.siblings?.keepsRecords ?? true;
  const kept = isKeeper
    ? await keepRecords(file, config, { clock: options.clock ?? Date.now, onError: onWriteError })
    : undefined;
  return {
    recorder,
    close: async () => {
      await kept?.close();
      await recorder.close();
    },
  };
}
