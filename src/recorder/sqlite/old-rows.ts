import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import type { At } from '../../domain/time.ts';
import { STARTED_AT, startedAtOf } from '../packing/step-body.ts';
import { LEARNING_JOB_COUNT } from '../retention.ts';

/** Tables whose rows go by age, steps first: a job's row goes when nothing of it is left. */
export const AGING_TABLES = ['steps', 'calls'] as const;
export type AgingTable = (typeof AGING_TABLES)[number];

/** Rows looked at in one go. Rows lie in the order of their first write: after so many newer ones no old one is expected. */
const SCAN_COUNT = 1000;

/** Whether a row stays whatever its age: steps that somebody reported on are what training learns from. */
export const isKept: Readonly<Record<AgingTable, string>> = {
  steps: 'exists (select 1 from outcomes where outcomes.decision_id = steps.decision_id)',
  calls: '0',
};

/**
 * Rows that may go, in batches, oldest first: what started before `before`, but for steps with a reported outcome, and all
 * of jobs that are not finished, ended later or are among the newest. A row that cannot be read stays.
 */
export function* oldRows(database: DatabaseSync, table: AgingTable, before: At): Generator<readonly number[]> {
  const jobs = new Set(removableJobs(database, before));
  const known = database.prepare('select 1 from jobs where job_id = ?');
  const mayGo = (jobId: SQLOutputValue | undefined): boolean =>
    typeof jobId !== 'string' || jobs.has(jobId) || known.get(jobId) === undefined;
  const scan = database.prepare(
    `select seq, job_id as jobId, ${STARTED_AT} as at, ${isKept[table]} as kept from ${table} where seq > ? order by seq limit ${SCAN_COUNT}`,
  );
  for (let after = 0; ;) {
    const rows = scan.all(after);
    const old = rows.filter(({ at }) => (startedAtOf(at) ?? before) < before);
    const seqs = old.filter(({ kept, jobId }) => kept === 0 && mayGo(jobId)).map(({ seq }) => Number(seq));
    if (seqs.length > 0) yield seqs;
    if (rows.length < SCAN_COUNT || old.length === 0) return;
    after = Number(rows.at(-1)?.['seq'] ?? Infinity);
  }
}

/** Finished jobs that ended before `before`, without the newest. */
export function removableJobs(database: DatabaseSync, before: At): readonly string[] {
  const rows = database
    .prepare(
      `select job_id as jobId from jobs where started_at < ? and json_valid(body)
         and json_extract(body, '$.status') in ('done', 'failed', 'cancelled')
         and json_extract(body, '$.endedAt') < ?
         and seq not in (select seq from jobs order by started_at desc, seq desc limit ${LEARNING_JOB_COUNT})`,
    )
    .all(before, before);
  return rows.map(({ jobId }) => String(jobId));
}

/** When the oldest of the first rows started; `undefined` for an empty table. */
export function oldestOf(database: DatabaseSync, table: AgingTable): At | undefined {
  const first = database.prepare(`select ${STARTED_AT} as at from ${table} order by seq limit ${SCAN_COUNT}`).all();
  const known = first.map(({ at }) => startedAtOf(at)).filter((at) => at !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
