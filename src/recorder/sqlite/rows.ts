import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { StoredRow } from '../packing/stored-row.ts';

const inserts: Readonly<Record<StoredRow['kind'], string>> = {
  job: `insert into jobs (job_id, started_at, body) values (?, ?, ?)
        on conflict (job_id) do update set started_at = excluded.started_at, body = excluded.body`,
  step: `insert into steps (decision_id, job_id, body) values (?, ?, ?)
         on conflict (decision_id) do update set job_id = excluded.job_id, body = excluded.body`,
  call: 'insert into calls (call_id, job_id, body) values (?, ?, ?) on conflict (call_id) do nothing',
  outcome: 'insert into outcomes (content, decision_id, at, body) values (?, ?, ?, ?) on conflict (content) do nothing',
};

function valuesOf(row: StoredRow): readonly (string | number | Uint8Array | null)[] {
  switch (row.kind) {
    case 'job':
      return [row.record.jobId, row.record.startedAt, row.body];
    case 'step':
      return [row.decisionId, row.jobId ?? null, row.body];
    case 'call':
      return [row.record.callId, row.record.jobId ?? null, row.body];
    case 'outcome':
      return [row.content, row.record.decisionId, row.record.at, row.body];
  }
}

/** Stores rows in one transaction: all of them or, when it throws, none. */
export function createRowWriter(database: DatabaseSync): (rows: readonly StoredRow[]) => void {
  const statements = Object.fromEntries(
    Object.entries(inserts).map(([kind, sql]) => [kind, database.prepare(sql)]),
  ) as Record<StoredRow['kind'], StatementSync>;
  const insertPart = database.prepare('insert into parts (hash, body) values (?, ?) on conflict (hash) do nothing');
  const stored = new Set<string>();
  const dataVersion = database.prepare('pragma data_version');
  let seenVersion: unknown;
  return (rows) => {
    const fresh = new Set<string>();
    database.exec('begin immediate');
    try {
      // Changes when another connection has written: it may have removed parts that no step referred to.
      const version = dataVersion.get()?.['data_version'];
      if (version !== seenVersion) stored.clear();
      seenVersion = version;
      for (const row of rows) {
        for (const part of row.kind === 'step' ? row.parts : []) {
          if (stored.has(part.hash) || fresh.has(part.hash)) continue;
          insertPart.run(part.hash, part.body);
          fresh.add(part.hash);
        }
        statements[row.kind].run(...valuesOf(row));
      }
      database.exec('commit');
    } catch (thrown) {
      if (database.isTransaction) database.exec('rollback');
      throw thrown;
    }
    for (const hash of fresh) stored.add(hash);
  };
}
