import type { CallId, JobId } from '../../../domain/ids.ts';
import type { SharedLiveValues } from '../../../domain/live-values.ts';
import { columnText } from '../../../postgres/column-text.ts';
import { createGuard } from '../../../postgres/guard.ts';
import { migrate, type Layout } from '../../../postgres/migrate.ts';
import type { Postgres } from '../../../postgres/postgres.ts';
import { unpackStep } from '../../../recorder/packing/pack-step.ts';
import { createPlainPacker, type CleanText, type StepPacker } from '../../../recorder/packing/step-packer.ts';
import type { FactFamily, FactKey } from '../../model/fact-key.ts';
import { AGAIN, permissionKey, replyKey } from '../../model/job-facts.ts';
import { callIdOf, type CallEntry, type JobEntry, type JobJournal } from '../../model/job-journal.ts';
import { packedFact } from '../decision-fact.ts';
import { LEASE_TABLE, type Leases } from './leases.ts';

export const JOBS_LAYOUT: Layout = {
  name: 'jobs',
  steps: [
    `${LEASE_TABLE}
     create table job_entries (seq bigint generated always as identity, job_id text primary key, started_at float8 not null, entry text not null);
     create index job_entries_by_time on job_entries (started_at desc, seq desc);
     create table job_calls (seq bigint generated always as identity, call_id text primary key, job_id text not null, slot text not null, entry text not null, ended text);
     create index job_calls_of_a_job on job_calls (job_id, seq);
     create index job_calls_of_a_slot on job_calls (slot);
     create table job_facts (seq bigint generated always as identity, job_id text, key text, value text not null, parts text[] not null, primary key (job_id, key));
     create table job_parts (hash text primary key, body text not null);
     create table job_checkpoints (thread_id text, checkpoint_ns text, checkpoint_id text, parent_checkpoint_id text, type text, checkpoint bytea not null,
       metadata bytea not null, primary key (thread_id, checkpoint_ns, checkpoint_id));
     create table job_checkpoint_writes (thread_id text, checkpoint_ns text, checkpoint_id text, task_id text, idx integer, channel text not null, type text,
       value bytea, task_path text not null, primary key (thread_id, checkpoint_ns, checkpoint_id, task_id, idx));
     create table job_tool_calls (key text primary key, fingerprint text not null, started_at float8 not null, result text);`,
  ],
};

/** Facts of a job that this process runs: settled once, so they never go stale, and nobody else may settle any but a few. */
interface HeldFacts {
  readonly values: Map<string, unknown>;
  /** Of all that are in the store, in the order in which they were settled. */
  readonly names: Set<string>;
}

/** What a person answers, and that a job is to be taken up again, may come from a process that does not run it. */
const OF_OTHERS: readonly string[] = [permissionKey('').name, replyKey('').name, AGAIN.prefix];

function isOfOthers(name: string): boolean {
  return OF_OTHERS.some((prefix) => name.startsWith(prefix) || prefix.startsWith(name));
}

interface CallRow {
  readonly entry: string;
  readonly ended: string | null;
}

/**
 * The journal on PostgreSQL: what a promise resolves for is committed, and every write of whoever holds a job checks its fence.
 * What is stored is free of secrets; whoever reads it gets what was written. Closing leaves the connections open.
 * @param options.packer that the flight recorder has too, of the redactor behind `live`
 * @throws PointsmanError `record-unwritable`, `record-unreadable`
 */
export async function openPostgresJournal(
  postgres: Postgres,
  {
    live,
    leases,
    packer,
  }: { readonly live: SharedLiveValues; readonly leases: Leases; readonly packer?: StepPacker | undefined },
): Promise<JobJournal> {
  await migrate(postgres, JOBS_LAYOUT);
  const facts = createFacts(postgres, leases);
  const calls = createCalls(postgres, leases);
  /** Jobs that this process runs. */
  const held = new Map<JobId, HeldFacts>();
  const guarded = createGuard(postgres);
  const write = async <Result>(act: () => Promise<Result>): Promise<Result> =>
    guarded('record-unwritable', async () => {
      await live.flush();
      return act();
    });
  const read = <Result>(act: () => Promise<Result>): Promise<Result> => guarded('record-unreadable', act);
  const toJob = async (text: string): Promise<JobEntry> => {
    const stored = JSON.parse(text) as JobEntry;
    await live.load(stored.jobId);
    const entry = { ...stored, request: live.toLive(stored.jobId, 'request', stored.request) };
    return { ...entry, pause: entry.pause, failure: entry.failure, endedAt: entry.endedAt };
  };
  const toText = (entry: JobEntry): string =>
    JSON.stringify({ ...entry, request: live.toStored(entry.jobId, 'request', entry.request) });
  const job = async (jobId: JobId): Promise<JobEntry | undefined> => {
    const { rows } = await postgres.query<{ entry: string }>('select entry from job_entries where job_id = $1', [
      columnText(jobId),
    ]);
    return rows[0] === undefined ? undefined : toJob(rows[0].entry);
  };
  const toCall = ({ entry: text, ended }: CallRow): CallEntry => {
    const entry = JSON.parse(text) as Omit<CallEntry, 'end'>;
    if (ended === null) return { ...entry, end: undefined };
    return { ...entry, end: live.toLive(entry.jobId, entry.callId, JSON.parse(ended) as CallEntry['end']) };
  };
  const factOf = async (jobId: JobId, name: string): Promise<unknown> => {
    const here = held.get(jobId);
    const known = here?.values.get(name);
    if (known !== undefined) return known;
    if (here !== undefined && !here.names.has(name) && !isOfOthers(name)) return undefined;
    const stored = await facts.read(jobId, name);
    if (stored === undefined) return undefined;
    await live.load(jobId);
    const value = live.toLive(jobId, `fact ${name}`, stored);
    held.get(jobId)?.values.set(name, value);
    return value;
  };
  const namesOf = async (jobId: JobId, prefix: string): Promise<readonly string[]> => {
    const here = held.get(jobId);
    if (here === undefined || isOfOthers(prefix)) return facts.names(jobId, prefix);
    return [...here.names].filter((name) => name.startsWith(prefix));
  };
  return {
    createJob: async (entry) => {
      const text = toText(entry);
      await write(() =>
        postgres.query('insert into job_entries (job_id, started_at, entry) values ($1, $2, $3)', [
          columnText(entry.jobId),
          entry.startedAt,
          text,
        ]),
      );
    },
    job: (jobId) => read(() => job(jobId)),
    updateJob: async (jobId, change) => {
      const entry = await read(() => job(jobId));
      if (entry === undefined) return;
      const changed = { ...entry, ...change };
      const text = toText(changed);
      await write(() => leases.write(jobId, 'update job_entries set entry = $3 from fenced where job_id = $1', [text]));
      if (changed.status !== 'done' && changed.status !== 'cancelled') return;
      live.forget(jobId);
      await live.flush();
    },
    jobs: (limit) =>
      read(async () => {
        const sql = 'select entry from job_entries order by started_at desc, seq desc limit $1';
        const { rows } = await postgres.query<{ entry: string }>(sql, [limit]);
        return Promise.all(rows.map(({ entry }) => toJob(entry)));
      }),
    beginCall: (call) => write(() => calls.begin(call)),
    endCall: async (callId: CallId, end) => {
      const jobId = await read(() => calls.jobOf(callId));
      const text = JSON.stringify(live.toStored(jobId, callId, end));
      await write(() =>
        leases.write(
          jobId,
          'update job_calls set ended = coalesce(ended, $4) from fenced where call_id = $3 and job_id = $1',
          [columnText(callId), text],
        ),
      );
    },
    calls: (jobId) =>
      read(async () => {
        await live.load(jobId);
        const sql = 'select entry, ended from job_calls where job_id = $1 order by seq';
        return (await postgres.query<CallRow>(sql, [columnText(jobId)])).rows.map(toCall);
      }),
    fact: async <Value>(jobId: JobId, key: FactKey<Value>) =>
      read(() => factOf(jobId, key.name) as Promise<Value | undefined>),
    facts: async <Value>(jobId: JobId, { prefix }: FactFamily<Value>) =>
      read(async () => {
        const values: Value[] = [];
        for (const name of await namesOf(jobId, prefix)) values.push((await factOf(jobId, name)) as Value);
        return values;
      }),
    settle: async <Value>(jobId: JobId, { name }: FactKey<Value>, value: Value) => {
      const packed = packedFact(packer, name, value);
      const stored = packed === undefined ? live.toStored(jobId, `fact ${name}`, value) : value;
      const isFirst = await write(() => facts.add(jobId, name, stored, packed));
      held.get(jobId)?.names.add(name);
      if (isFirst) held.get(jobId)?.values.set(name, value);
      return isFirst ? value : ((await read(() => factOf(jobId, name))) as Value);
    },
    acquire: (jobId) =>
      write(async () => {
        const isOurs = await leases.acquire(jobId);
        if (isOurs) held.set(jobId, { values: new Map(), names: new Set(await facts.names(jobId, '')) });
        return isOurs;
      }),
    renew: (jobId) => write(() => leases.renew(jobId)),
    release: (jobId) => {
      held.delete(jobId);
      return write(() => leases.release(jobId));
    },
    isHeld: (jobId) => read(() => leases.isHeld(jobId)),
    close: async () => undefined,
  };
}

/** Calls as they begin. */
function createCalls(postgres: Postgres, leases: Leases) {
  /** Jobs of the calls that this process has under way. */
  const begun = new Map<CallId, JobId>();
  return {
    begin: async (call: Parameters<JobJournal['beginCall']>[0]): Promise<CallId> => {
      const slot = JSON.stringify([call.jobId, call.stepId, call.attempt, call.callIndex]);
      // Most slots have one try: how many there were is asked where the first is taken, or began at the same time.
      for (let tries = 0; ;) {
        const callId = callIdOf(call, tries);
        const { count } = await leases.write(
          call.jobId,
          'insert into job_calls (job_id, call_id, slot, entry) select $1, $3, $4, $5 from fenced on conflict do nothing',
          [columnText(callId), slot, JSON.stringify({ ...call, callId })],
        );
        if (count === 1) {
          begun.set(callId, call.jobId);
          return callId;
        }
        const sql = 'select count(*) as n from job_calls where slot = $1';
        tries = (await postgres.query<{ n: number }>(sql, [slot])).rows[0]?.n ?? 0;
      }
    },
    /** Of one that ends. Empty: there is none of that name. */
    jobOf: async (callId: CallId): Promise<string> => {
      const known = begun.get(callId);
      begun.delete(callId);
      if (known !== undefined) return known;
      const sql = 'select job_id from job_calls where call_id = $1';
      return (await postgres.query<{ job_id: string }>(sql, [columnText(callId)])).rows[0]?.job_id ?? '';
    },
  };
}

/** Facts with what decisions share, once: as in the file (`sqlite/stored-facts.ts`). */
function createFacts(postgres: Postgres, leases: Leases) {
  const packer = createPlainPacker();
  const known = new Map<string, string>();
  return {
    read: async (jobId: JobId, key: string): Promise<unknown> => {
      const sql = 'select value, parts from job_facts where job_id = $1 and key = $2';
      const { rows } = await postgres.query<{ value: string; parts: readonly string[] }>(sql, [
        columnText(jobId),
        columnText(key),
      ]);
      const row = rows[0];
      if (row === undefined) return undefined;
      const missing = row.parts.filter((hash) => !known.has(hash));
      const parts =
        missing.length === 0
          ? []
          : (
              await postgres.query<{ hash: string; body: string }>(
                'select hash, body from job_parts where hash = any($1)',
                [missing],
              )
            ).rows;
      for (const { hash, body } of parts) known.set(hash, body);
      return row.parts.length === 0 ? JSON.parse(row.value) : unpackStep(row.value, (hash) => known.get(hash));
    },
    names: async (jobId: JobId, prefix: string): Promise<readonly string[]> => {
      const sql = 'select key from job_facts where job_id = $1 and starts_with(key, $2) order by seq';
      return (await postgres.query<{ key: string }>(sql, [columnText(jobId), columnText(prefix)])).rows.map(
        ({ key }) => key,
      );
    },
    add: async (jobId: JobId, key: string, value: unknown, clean?: CleanText): Promise<boolean> => {
      const { text, parts } = clean ?? packedFact(packer, key, value) ?? { text: JSON.stringify(value), parts: [] };
      const fresh = parts.filter(({ hash }) => !known.has(hash));
      if (fresh.length > 0) {
        const sql =
          'insert into job_parts select * from unnest($1::text[], $2::text[]) order by 1 on conflict do nothing';
        await postgres.query(sql, [fresh.map(({ hash }) => hash), fresh.map(({ body }) => body)]);
        for (const { hash, body } of fresh) known.set(hash, body);
      }
      const sql =
        'insert into job_facts (job_id, key, value, parts) select $1, $3, $4, $5::text[] from fenced on conflict do nothing';
      const values = [columnText(key), text, parts.map(({ hash }) => hash)];
      return (await leases.write(jobId, sql, values)).count === 1;
    },
  };
}
