import type { PostgresClient } from '../../postgres/postgres.ts';
import { unpackStep } from '../packing/pack-step.ts';
import { unpackBody } from '../packing/step-body.ts';
import { checkRecord, readRecord } from '../read-record.ts';
import type { CallRecord, JobRecord, OutcomeRecord, StepRecord } from '../record.ts';

interface BodyRow {
  readonly body: string;
}
interface StepRow {
  readonly body: Uint8Array;
  readonly parts: readonly string[];
}

/** Parts stay what they are, and are asked for by every step of a session. */
const MAX_PARTS = 200;

/** Reads what `rows.ts` wrote. Rejects with the driver's errors, and `record-unreadable` for what is no record. */
export interface RecordReader {
  jobs(sql: string, values: readonly unknown[]): Promise<readonly JobRecord[]>;
  /** Selects `body, parts`. */
  steps(sql: string, values: readonly unknown[]): Promise<readonly StepRecord[]>;
  calls(sql: string, values: readonly unknown[]): Promise<readonly CallRecord[]>;
  outcomes(sql: string, values: readonly unknown[]): Promise<readonly OutcomeRecord[]>;
}

export function createRecordReader(asking: PostgresClient): RecordReader {
  const parts = new Map<string, string>();
  const load = async (hashes: ReadonlySet<string>): Promise<void> => {
    const missing = [...hashes].filter((hash) => !parts.has(hash));
    if (missing.length === 0) return;
    for (const hash of parts.keys()) {
      if (parts.size + missing.length <= MAX_PARTS) break;
      if (!hashes.has(hash)) parts.delete(hash);
    }
    const sql = 'select hash, body from parts where hash = any($1)';
    const { rows } = await asking.query<{ hash: string; body: string }>(sql, [missing]);
    for (const { hash, body } of rows) parts.set(hash, body);
  };
  return {
    jobs: async (sql, values) =>
      (await asking.query<BodyRow>(sql, values)).rows.map(({ body }) => readRecord('job', body)),
    steps: async (sql, values) => {
      const { rows } = await asking.query<StepRow>(sql, values);
      await load(new Set(rows.flatMap((row) => row.parts)));
      return rows.map(({ body }) =>
        checkRecord(
          'step',
          unpackStep(unpackBody(body), (hash) => parts.get(hash)),
        ),
      );
    },
    calls: async (sql, values) =>
      (await asking.query<BodyRow>(sql, values)).rows.map(({ body }) => readRecord('call', body)),
    outcomes: async (sql, values) =>
      (await asking.query<BodyRow>(sql, values)).rows.map(({ body }) => readRecord('outcome', body)),
  };
}
