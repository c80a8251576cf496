import { hostname } from 'node:os';
import type { StatementSync } from 'node:sqlite';
import { PointsmanError } from '../../../domain/errors.ts';
import type { CallId, JobId } from '../../../domain/ids.ts';
import type { LiveValues } from '../../../domain/live-values.ts';
import type { Ms } from '../../../domain/time.ts';
import type { StepPacker } from '../../../recorder/packing/step-packer.ts';
import { openWalFile } from '../../../sqlite/open-wal-file.ts';
import type { FactFamily, FactKey } from '../../model/fact-key.ts';
import { LEASE_MS, callIdOf, type CallEntry, type JobEntry, type JobJournal } from '../../model/job-journal.ts';
import { packedFact } from '../decision-fact.ts';
import { openForm, type FromStored } from './journal-form.ts';
import { openStoredFacts } from './stored-facts.ts';

const SCHEMA = `
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS job (job_id TEXT PRIMARY KEY, started_at INTEGER NOT NULL, entry TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS call (
    call_id TEXT PRIMARY KEY, job_id TEXT NOT NULL, step_id TEXT NOT NULL, attempt INTEGER NOT NULL,
    call_index INTEGER NOT NULL, entry TEXT NOT NULL, ended TEXT) STRICT;
  CREATE INDEX IF NOT EXISTS call_slot ON call (job_id, step_id, attempt, call_index);
  CREATE TABLE IF NOT EXISTS lease (
    job_id TEXT PRIMARY KEY, host TEXT NOT NULL, pid INTEGER NOT NULL, renewed_at INTEGER NOT NULL) STRICT;
`;

/** Another process writes for about a millisecond at a time. */
const BUSY_TIMEOUT_MS: Ms = 5000;

const CALL = 'INTO call (call_id, job_id, step_id, attempt, call_index, entry) VALUES (?, ?, ?, ?, ?, ?)';

type JournalRow = Record<string, unknown>;

/** How what is stored becomes what was written. */
interface Reader {
  readonly live: LiveValues;
  readonly fromStored: FromStored;
}

/** What this process holds: after a restart in a container a new process may have the dead one's number. */
const heldHere = new Set<string>();

/**
 * The journal in one SQLite file (WAL): a finished write survives the death of the process, and several processes may
 * work on different jobs of one file. What it stores is free of secrets; whoever reads it gets what was written.
 * @param packer that the flight recorder has too, of the redactor behind `live`
 * @throws PointsmanError `record-unwritable` when the file cannot be opened or written, `record-unreadable` when it is no
 *   database.
 */
export function openSqliteJournal(file: string, live: LiveValues, packer?: StepPacker): JobJournal {
  let fromStored: FromStored = (value) => value;
  const database = guard(file, () =>
    openWalFile(file, {
      busyTimeoutMs: BUSY_TIMEOUT_MS,
      layOut: (opened) => {
        fromStored = openForm(opened);
        opened.exec(SCHEMA);
      },
    }),
  );
  const facts = guard(file, () => openStoredFacts(database));
  const host = hostname();
  const reader: Reader = { live, fromStored };
  const sql = {
    createJob: database.prepare('INSERT INTO job (job_id, started_at, entry) VALUES (?, ?, ?)'),
    job: database.prepare('SELECT entry FROM job WHERE job_id = ?'),
    updateJob: database.prepare('UPDATE job SET entry = ? WHERE job_id = ?'),
    jobs: database.prepare('SELECT entry FROM job ORDER BY started_at DESC, rowid DESC LIMIT ?'),
    tries: database.prepare(
      'SELECT count(*) AS n FROM call WHERE job_id = ? AND step_id = ? AND attempt = ? AND call_index = ?',
    ),
    beginCall: database.prepare(`INSERT ${CALL}`),
    beginFirst: database.prepare(`INSERT OR IGNORE ${CALL}`),
    endCall: database.prepare('UPDATE call SET ended = ? WHERE call_id = ? AND ended IS NULL'),
    jobOf: database.prepare('SELECT job_id FROM call WHERE call_id = ?'),
    calls: database.prepare('SELECT entry, ended FROM call WHERE job_id = ? ORDER BY rowid'),
    lease: database.prepare('SELECT host, pid, renewed_at FROM lease WHERE job_id = ?'),
    take: database.prepare('INSERT OR REPLACE INTO lease (job_id, host, pid, renewed_at) VALUES (?, ?, ?, ?)'),
    renew: database.prepare('UPDATE lease SET renewed_at = ? WHERE job_id = ? AND host = ? AND pid = ?'),
    release: database.prepare('DELETE FROM lease WHERE job_id = ? AND host = ? AND pid = ?'),
  };
  const write = <Result>(act: () => Result): Result => guard(file, act);
  /** Facts of the jobs that this process runs: settled once, so they never go stale. */
  const settled = new Map<JobId, Map<string, unknown>>();
  /** Jobs of the calls that this process has under way. */
  const begun = new Map<CallId, JobId>();
  const factOf = (jobId: JobId, name: string): unknown => {
    const known = settled.get(jobId)?.get(name);
    if (known !== undefined) return known;
    const stored = facts.read(jobId, name);
    if (stored === undefined) return undefined;
    const value = fromStored(live.toLive(jobId, `fact ${name}`, stored));
    settled.get(jobId)?.set(name, value);
    return value;
  };

  const journal: JobJournal = {
    createJob: async (entry) =>
      void write(() => sql.createJob.run(entry.jobId, entry.startedAt, JSON.stringify(storedJob(live, entry)))),
    job: async (jobId) => toJob(reader, sql.job.get(jobId)),
    updateJob: async (jobId, change) => {
      const entry = toJob(reader, sql.job.get(jobId));
      if (entry === undefined) return;
      const changed = { ...entry, ...change };
      write(() => sql.updateJob.run(JSON.stringify(storedJob(live, changed)), jobId));
      if (changed.status === 'done' || changed.status === 'cancelled') live.forget(jobId);
    },
    jobs: async (limit) => sql.jobs.all(limit).flatMap((row) => toJob(reader, row) ?? []),
    beginCall: async (call) => {
      const slot = [call.jobId, call.stepId, call.attempt, call.callIndex] as const;
      const begin = (statement: StatementSync, callId: CallId): boolean =>
        write(() => statement.run(callId, ...slot, JSON.stringify({ ...call, callId }))).changes === 1;
      // Most slots have one try: how many there were is asked where the first is taken.
      let callId = callIdOf(call, 0);
      if (!begin(sql.beginFirst, callId)) {
        callId = callIdOf(call, Number(sql.tries.get(...slot)?.['n']));
        begin(sql.beginCall, callId);
      }
      begun.set(callId, call.jobId);
      return callId;
    },
    endCall: async (callId: CallId, end) => {
      const jobId = begun.get(callId) ?? String(sql.jobOf.get(callId)?.['job_id']);
      begun.delete(callId);
      write(() => sql.endCall.run(JSON.stringify(live.toStored(jobId, callId, end)), callId));
    },
    calls: async (jobId) => sql.calls.all(jobId).flatMap((row) => toCall(reader, row) ?? []),
    fact: async <Value>(jobId: JobId, key: FactKey<Value>) => factOf(jobId, key.name) as Value | undefined,
    facts: async <Value>(jobId: JobId, { prefix }: FactFamily<Value>) =>
      facts.names(jobId, prefix).map((name) => factOf(jobId, name) as Value),
    settle: async <Value>(jobId: JobId, { name }: FactKey<Value>, value: Value) => {
      const packed = packedFact(packer, name, value);
      const isFirst = write(() =>
        packed === undefined
          ? facts.add(jobId, name, live.toStored(jobId, `fact ${name}`, value))
          : facts.add(jobId, name, value, packed),
      );
      if (isFirst) settled.get(jobId)?.set(name, value);
      return isFirst ? value : (factOf(jobId, name) as Value);
    },
    acquire: async (jobId, now) =>
      write(() => {
        database.exec('BEGIN IMMEDIATE');
        try {
          const free = isFree(sql.lease.get(jobId), { host, now, heldHere: heldHere.has(`${file} ${jobId}`) });
          if (free) sql.take.run(jobId, host, process.pid, now);
          if (free) heldHere.add(`${file} ${jobId}`);
          if (free) settled.set(jobId, new Map());
          database.exec('COMMIT');
          return free;
        } catch (thrown) {
          database.exec('ROLLBACK');
          throw thrown;
        }
      }),
    renew: async (jobId, now) => write(() => sql.renew.run(now, jobId, host, process.pid).changes === 1),
    release: async (jobId) => {
      heldHere.delete(`${file} ${jobId}`);
      settled.delete(jobId);
      write(() => sql.release.run(jobId, host, process.pid));
    },
    isHeld: async (jobId, now) =>
      !isFree(sql.lease.get(jobId), { host, now, heldHere: heldHere.has(`${file} ${jobId}`) }),
    close: async () => database.close(),
  };
  return journal;
}

/** On one's own machine a dead holder is known at once; elsewhere its silence must last. */
function isFree(
  lease: JournalRow | undefined,
  at: { readonly host: string; readonly now: number; readonly heldHere: boolean },
): boolean {
  if (lease === undefined) return true;
  const pid = Number(lease['pid']);
  if (lease['host'] === at.host && (pid === process.pid ? !at.heldHere : !isAlive(pid))) return true;
  return at.now - Number(lease['renewed_at']) > LEASE_MS;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return thrown instanceof Error && 'code' in thrown && thrown.code === 'EPERM';
  }
}

/** Of a job's entry, only the request is the user's own words. */
function storedJob(live: LiveValues, entry: JobEntry): JobEntry {
  return { ...entry, request: live.toStored(entry.jobId, 'request', entry.request) };
}

function toJob({ live, fromStored }: Reader, row: JournalRow | undefined): JobEntry | undefined {
  if (row === undefined) return undefined;
  const stored = JSON.parse(String(row['entry'])) as JobEntry;
  const entry = fromStored({ ...stored, request: live.toLive(stored.jobId, 'request', stored.request) });
  return { ...entry, pause: entry.pause, failure: entry.failure, endedAt: entry.endedAt };
}

function toCall({ live, fromStored }: Reader, row: JournalRow | undefined): CallEntry | undefined {
  if (row === undefined) return undefined;
  const ended = row['ended'];
  const entry = JSON.parse(String(row['entry'])) as Omit<CallEntry, 'end'>;
  if (typeof ended !== 'string') return { ...entry, end: undefined };
  const end = live.toLive(entry.jobId, entry.callId, JSON.parse(ended) as CallEntry['end']);
  return { ...entry, end: fromStored(end) };
}

function guard<Result>(file: string, act: () => Result): Result {
  try {
    return act();
  } catch (thrown) {
    if (thrown instanceof PointsmanError) throw thrown;
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    if (/not a database|malformed/u.test(why)) {
      throw new PointsmanError('record-unreadable', `The job journal ${file} cannot be read: ${why}.`, {
        cause: thrown,
        hint: 'Move the file away, or name another folder with POINTSMAN_STORE.',
      });
    }
    throw new PointsmanError('record-unwritable', `The job journal ${file} cannot be written: ${why}.`, {
      cause: thrown,
      retryable: /locked|busy/u.test(why),
      hint: 'Free space or name another folder with POINTSMAN_STORE, then resume the job.',
    });
  }
}
