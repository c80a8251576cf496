import { hostname } from 'node:os';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { asId, type JobId } from '../../../domain/ids.ts';
import { openPostgres } from '../../../postgres/open-postgres.ts';
import type { Postgres } from '../../../postgres/postgres.ts';
import { openPostgresLiveValues } from '../../../recorder/postgres/postgres-live-values.ts';
import { createRedactor } from '../../../recorder/redact.ts';
import { aCallEntry, aJobEntry, anAnswer } from '../../../testing/internal/job-builders.ts';
import { openTestPostgres } from '../../../testing/internal/postgres/test-store.ts';
import { journalContract } from '../../../testing/journal-contract.ts';
import { createPostgresToolJournal } from '../../../tools/postgres/postgres-tool-journal.ts';
import type { ToolJournal } from '../../../tools/tool-journal.ts';
import { factKey } from '../../model/fact-key.ts';
import { permissionKey } from '../../model/job-facts.ts';
import type { JobJournal } from '../../model/job-journal.ts';
import { CheckpointSaver } from '../checkpoint-saver.ts';
import { createLeases } from './leases.ts';
import { createPostgresCheckpointRows } from './postgres-checkpoint-rows.ts';
import { openPostgresJournal } from './postgres-journal.ts';

const server = await openTestPostgres();
const job = asId<JobId>('job-1');
const SECRET = `sk-ant-api03-${'a1B2'.repeat(8)}`;

interface Worker {
  readonly postgres: Postgres;
  readonly journal: JobJournal;
  readonly tools: ToolJournal;
  readonly saver: CheckpointSaver;
}

async function open(address: string): Promise<Worker> {
  const postgres = await openPostgres(address);
  onTestFinished(() => postgres.close());
  const live = await openPostgresLiveValues(postgres, { redactor: createRedactor() });
  const leases = createLeases(postgres);
  const journal = await openPostgresJournal(postgres, { live, leases });
  const saver = new CheckpointSaver(createPostgresCheckpointRows(postgres, { live, leases }), { live });
  return { postgres, journal, tools: createPostgresToolJournal(postgres, { live, leases }), saver };
}

describe.skipIf(server === undefined)('jobs on PostgreSQL', () => {
  const fresh = (): string => server?.freshAddress() ?? '';

  describe('the journal keeps the contract', () => {
    test.each(
      journalContract(async () => {
        const address = fresh();
        return { journal: (await open(address)).journal, reopen: async () => (await open(address)).journal };
      }),
    )('$name', ({ run }) => run());
  });

  test('who holds a job knows which facts it has without asking, but for what others may answer', async () => {
    const address = fresh();
    const [ours, theirs] = [await open(address), await open(address)];
    await ours.journal.createJob(aJobEntry({ jobId: job }));
    await theirs.journal.settle(job, factKey('before'), 1);
    expect(await ours.journal.acquire(job, 0)).toBe(true);
    const asked = vi.spyOn(ours.postgres, 'query');
    expect(await ours.journal.fact(job, factKey('executed/one/0'))).toBeUndefined();
    expect(await ours.journal.facts(job, { prefix: 'route/' })).toEqual([]);
    await ours.journal.settle(job, factKey('route/one/0'), 2);
    expect(await ours.journal.facts(job, { prefix: 'route/' })).toEqual([2]);
    expect(asked).toHaveBeenCalledTimes(1);
    expect(await ours.journal.fact(job, factKey('before'))).toBe(1);
    expect(await ours.journal.fact(job, permissionKey('push'))).toBeUndefined();
    await theirs.journal.settle(job, permissionKey('push'), true);
    expect(await ours.journal.fact(job, permissionKey('push'))).toBe(true);
  });

  const checkpoint = (id: string, word: string) => ({
    v: 4,
    id,
    ts: '2026-11-30T00:00:00.000Z',
    channel_values: { job: { word } },
    channel_versions: { job: 1 },
    versions_seen: {},
  });
  const metadata = { source: 'loop' as const, step: 1, parents: {} };
  const at = (id?: string) => ({
    configurable: { thread_id: job, checkpoint_ns: '', ...(id === undefined ? {} : { checkpoint_id: id }) },
  });

  test('a process that slept while another took over writes nothing of the job any more', async () => {
    const address = fresh();
    const [slow, next] = [await open(address), await open(address)];
    await slow.journal.createJob(aJobEntry({ jobId: job }));
    expect(await slow.journal.acquire(job, 0)).toBe(true);
    const begun = await slow.journal.beginCall(aCallEntry({ jobId: job }));
    expect(await next.journal.acquire(job, 0)).toBe(false);
    await next.postgres.query("update job_leases set renewed_at = renewed_at - interval '40 seconds'");
    expect(await next.journal.isHeld(job, 0)).toBe(false);
    expect(await next.journal.acquire(job, 0)).toBe(true);
    const writes = [
      () => slow.journal.updateJob(job, { status: 'done' }),
      () => slow.journal.beginCall(aCallEntry({ jobId: job, callIndex: 1 })),
      () => slow.journal.endCall(begun, anAnswer('late')),
      () => slow.journal.settle(job, factKey<number>('n'), 1),
      () => slow.tools.start(`${job}/plan/0/1`, { fingerprint: 'f', startedAt: 1 }),
      () => slow.saver.put(at(), checkpoint('1', 'late'), metadata),
    ];
    for (const write of writes) await expect(write()).rejects.toMatchObject({ code: 'record-unwritable' });
    expect(await slow.journal.renew(job, 0)).toBe(false);
    await slow.journal.release(job);
    expect(await next.journal.isHeld(job, 0)).toBe(true);
    expect((await next.journal.job(job))?.status).toBe(aJobEntry().status);
    expect(await next.journal.calls(job)).toMatchObject([{ end: undefined }]);
    expect(await next.journal.settle(job, factKey<number>('n'), 2)).toBe(2);
    await next.tools.start(`${job}/plan/0/1`, { fingerprint: 'f', startedAt: 1 });
    await next.saver.put(at(), checkpoint('1', 'mine'), metadata);
    await next.journal.release(job);
  });

  test.skipIf(process.platform !== 'linux')('a machine of the same name is another one', async () => {
    const { journal, postgres } = await open(fresh());
    // The longest number that Linux gives a process is 2²².
    const values = [job, hostname(), 2 ** 30];
    await postgres.query('insert into job_leases values ($1, 1, $2, $3, true, clock_timestamp())', values);
    expect(await journal.isHeld(job, 0)).toBe(true);
    expect(await journal.acquire(job, 0)).toBe(false);
  });

  test('another machine goes on with the very words, and what is stored holds no secret', async () => {
    const address = fresh();
    const [one, other] = [await open(address), await open(address)];
    const entry = aJobEntry({ jobId: job, request: { ...aJobEntry().request, task: `use ${SECRET}` } });
    await one.journal.createJob(entry);
    await one.journal.settle(job, factKey<string>('word'), SECRET);
    await one.journal.endCall(await one.journal.beginCall(aCallEntry({ jobId: job })), anAnswer(SECRET));
    await one.saver.put(at(), checkpoint('1', SECRET), metadata);
    const result = {
      type: 'tool-result',
      toolCallId: 'c',
      toolName: 't',
      content: [{ type: 'text', text: SECRET }],
      isError: false,
    } as const;
    await one.tools.start(`${job}/a`, { fingerprint: 'f', startedAt: 1 });
    await one.tools.finish(`${job}/a`, result);
    expect((await other.journal.job(job))?.request.task).toBe(`use ${SECRET}`);
    expect(await other.journal.fact(job, factKey<string>('word'))).toBe(SECRET);
    expect(JSON.stringify(await other.journal.calls(job))).toContain(SECRET);
    expect((await other.saver.getTuple(at()))?.checkpoint.channel_values).toEqual({ job: { word: SECRET } });
    expect(await other.tools.get(`${job}/a`)).toEqual({ state: 'finished', fingerprint: 'f', startedAt: 1, result });
    const stored = ['job_entries', 'job_calls', 'job_facts', 'job_checkpoints', 'job_tool_calls'];
    for (const table of stored) {
      const { rows } = await one.postgres.query(`select t::text as text from ${table} t`);
      expect(rows.length).toBeGreaterThan(0);
      expect(JSON.stringify(rows)).not.toContain('a1B2a1B2');
    }
    // Of a process that began long ago as well: another one that begins removes what is old.
    const young =
      "select 1 from live_values where at > extract(epoch from clock_timestamp() - interval '1 hour') * 1000";
    expect((await one.postgres.query(young)).count).toBeGreaterThan(0);
    await one.journal.updateJob(job, { status: 'done' });
    expect((await one.postgres.query('select 1 from live_values')).count).toBe(0);
  });

  test('checkpoints come latest first, writes once or the latest of them, and all of a thread goes', async () => {
    const { saver } = await open(fresh());
    for (const id of ['1', '2', '3']) await saver.put(at(), checkpoint(id, id), metadata);
    await saver.putWrites(at('3'), [['job', 'first']], 'task');
    await saver.putWrites(at('3'), [['job', 'second']], 'task');
    await saver.putWrites(at('3'), [['__interrupt__', 'one']], 'task');
    await saver.putWrites(at('3'), [['__interrupt__', 'two']], 'task');
    const latest = await saver.getTuple(at());
    expect(latest?.checkpoint.id).toBe('3');
    expect(latest?.pendingWrites?.map(([, channel, value]) => [channel, value]).toSorted()).toEqual([
      ['__interrupt__', 'two'],
      ['job', 'first'],
    ]);
    const listed: string[] = [];
    for await (const tuple of saver.list(at(), { before: at('3'), limit: 5 })) listed.push(tuple.checkpoint.id);
    expect(listed).toEqual(['2', '1']);
    await saver.deleteThread(job);
    expect(await saver.getTuple(at())).toBeUndefined();
  });
});
