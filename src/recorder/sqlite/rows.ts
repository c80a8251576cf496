import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { KindedRecord } from '../read-record.ts';
import { outcomeKey } from '../record-key.ts';
import type { Redactor } from '../redact.ts';
import { packStep } from './pack-step.ts';
import type { SharedPart, PartCache } from './shared-parts.ts';
import { packBody } from './step-body.ts';

/** One record as the values of its insert. */
export interface StoredRow {
  readonly kind: KindedRecord['kind'];
  readonly values: readonly (string | number | Uint8Array | null)[];
  readonly parts: readonly SharedPart[];
}

/**
 * Redacts and serialises. Ids are redacted like everything else, so that a secret used as an id is not stored either.
 * @throws TypeError where JSON cannot hold the record.
 */
export function toRow(item: KindedRecord, redactor: Redactor, cache: PartCache): StoredRow {
  switch (item.kind) {
    case 'job': {
      const job = redactor.record(item.record);
      return { kind: 'job', values: [job.jobId, job.startedAt, JSON.stringify(job)], parts: [] };
    }
    case 'step': {
      const { record, parts } = packStep(item.record, cache);
      const step = redactor.record(record) as typeof item.record;
      const body = packBody(JSON.stringify(step), step.startedAt);
      return { kind: 'step', values: [step.decision.decisionId, step.jobId ?? null, body], parts };
    }
    case 'call': {
      const call = redactor.record(item.record);
      return { kind: 'call', values: [call.callId, call.jobId ?? null, JSON.stringify(call)], parts: [] };
    }
    case 'outcome': {
      const outcome = redactor.record(item.record);
      const values = [outcomeKey(outcome), outcome.decisionId, outcome.at, JSON.stringify(outcome)];
      return { kind: 'outcome', values, parts: [] };
    }
  }
}

const inserts: Readonly<Record<KindedRecord['kind'], string>> = {
  job: `insert into jobs (job_id, started_at, body) values (?, ?, ?)
        on conflict (job_id) do update set started_at = excluded.started_at, body = excluded.body`,
  step: `insert into steps (decision_id, job_id, body) values (?, ?, ?)
         on conflict (decision_id) do update set job_id = excluded.job_id, body = excluded.body`,
  call: 'insert into calls (call_id, job_id, body) values (?, ?, ?) on conflict (call_id) do nothing',
  outcome: 'insert into outcomes (content, decision_id, at, body) values (?, ?, ?, ?) on conflict (content) do nothing',
};

/** Stores rows in one transaction: all of them or, when it throws, none. */
export function createRowWriter(database: DatabaseSync): (rows: readonly StoredRow[]) => void {
  const statements = Object.fromEntries(
    Object.entries(inserts).map(([kind, sql]) => [kind, database.prepare(sql)]),
  ) as Record<KindedRecord['kind'], StatementSync>;
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
        for (const part of row.parts) {
          if (stored.has(part.hash) || fresh.has(part.hash)) continue;
          insertPart.run(part.hash, part.body);
          fresh.add(part.hash);
        }
        statements[row.kind].run(...row.values);
      }
      database.exec('commit');
    } catch (thrown) {
      if (database.isTransaction) database.exec('rollback');
      throw thrown;
    }
    for (const hash of fresh) stored.add(hash);
  };
}
