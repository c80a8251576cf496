import path from 'node:path';
import type { AuditTrail } from '../../audit/audit-trail.ts';
import type { StoreConfig } from '../../config/config.ts';
import type { At } from '../../domain/time.ts';
import type { FolderGate } from '../../trust/folder-gate.ts';
import { makeFolder } from '../open-recorder.ts';
import { openPostgresStore } from '../postgres-store.ts';

const FILE = 'audit.db';

/** The audit trail in a store's folder; both are made with the first entry. */
export async function auditIn(
  dir: string,
  { gate, now }: { readonly gate: Pick<FolderGate, 'claim'>; readonly now: () => At },
): Promise<AuditTrail> {
  const { openSqliteTrail } = await import('../../audit/sqlite/sqlite-trail.ts');
  const trail = openSqliteTrail(path.join(dir, FILE), now);
  return {
    ...trail,
    append: async (wishes) => {
      if (wishes.length === 0) return;
      makeFolder(dir);
      await trail.append(wishes);
      gate.claim(dir);
    },
  };
}

/** Hands the audit trail of a configured store to `act`. @throws PointsmanError `record-unreadable` where PostgreSQL does not answer */
export async function withAudit<Result>(
  { store, gate }: { readonly store: StoreConfig; readonly gate: Pick<FolderGate, 'claim'> },
  act: (trail: AuditTrail) => Promise<Result>,
): Promise<Result> {
  const postgres = store.kind === 'postgres' ? await openPostgresStore(store.url) : undefined;
  const trail = store.kind === 'sqlite' ? await auditIn(store.dir, { gate, now: Date.now }) : postgres?.audit(Date.now);
  try {
    if (trail === undefined) throw new Error('a store is a folder or an address');
    return await act(trail);
  } finally {
    await trail?.close();
    await postgres?.close();
  }
}
