import { describe, expect, onTestFinished, test } from 'vitest';
import { asId, type CallId, type DecisionId, type JobId, type SessionId } from '../../domain/ids.ts';
import { DAY_MS, HOUR_MS } from '../../domain/time.ts';
import { openDocuments } from '../../postgres/documents.ts';
import { openPostgres } from '../../postgres/open-postgres.ts';
import type { Postgres } from '../../postgres/postgres.ts';
import { openTestPostgres } from '../../testing/internal/postgres/test-store.ts';
import { aCallRecord, aDecision, aJobRecord, anOutcomeRecord, aStepRecord } from '../../testing/record-builders.ts';
import type { Recorder } from '../recorder.ts';
import { LEARNING_JOB_COUNT } from '../retention.ts';
import { keepPostgresRecords } from './keep-records.ts';
import { openPostgresRecorder } from './postgres-recorder.ts';
import { openPostgresViews } from './postgres-views.ts';
import { openPostgresRecords, type PostgresRecords } from './retention.ts';

const server = await openTestPostgres();
const NOW = Date.UTC(2026, 10, 20);

async function open(): Promise<{ postgres: Postgres; recorder: Recorder; records: PostgresRecords }> {
  const postgres = await openPostgres(server?.freshAddress() ?? '');
  const recorder = await openPostgresRecorder(postgres, {
    onWriteError: (error) => {
      throw error;
    },
  });
  onTestFinished(async () => {
    await recorder.close();
    await postgres.close();
  });
  return { postgres, recorder, records: openPostgresRecords(postgres) };
}

/** A job of some days ago with one step and one call. */
function writeJob(recorder: Recorder, name: string, days: number, isDone = true): void {
  const [jobId, at] = [asId<JobId>(name), NOW - days * DAY_MS];
  const ended = isDone ? { status: 'done' as const, endedAt: at + HOUR_MS } : {};
  recorder.writeJob(aJobRecord({ jobId, startedAt: at, ...ended }));
  const decision = aDecision({ decisionId: asId<DecisionId>(`of ${name}`) });
  recorder.writeStep(aStepRecord({ jobId, startedAt: at, decision }));
  recorder.writeCall(aCallRecord({ jobId, callId: asId<CallId>(`of ${name}`), startedAt: at }));
}

describe.skipIf(server === undefined)('records on PostgreSQL', () => {
  test('where there are none yet are read as none, and nothing is made for that', async () => {
    const postgres = await openPostgres(server?.freshAddress() ?? '');
    onTestFinished(() => postgres.close());
    const records = openPostgresRecords(postgres);
    const views = openPostgresViews(postgres);
    const documents = openDocuments(postgres);
    expect(await records.summary()).toBeUndefined();
    expect(await records.prune({ before: NOW })).toMatchObject({ callCount: 0 });
    expect(await records.callsOfSession('s')).toEqual({ calls: [], mayLackOlder: false });
    for await (const call of records.calls(undefined)) expect.fail(call.call.callId);
    expect(await views.spend({}, 'UTC')).toEqual([]);
    expect(await views.job(asId<JobId>('j'))).toBeUndefined();
    expect(await views.workspaces(['j'])).toEqual({});
    expect(await documents.read('d')).toBeUndefined();
    const schemas = 'select 1 from pg_namespace where nspname = $1';
    expect((await postgres.query(schemas, [postgres.schema])).count).toBe(0);

    const recorder = await openPostgresRecorder(postgres, { onWriteError: (error) => expect.fail(error.message) });
    recorder.writeCall(aCallRecord({ startedAt: NOW }));
    await recorder.close();
    await documents.change('d', () => 'text');
    expect(await records.summary()).toMatchObject({ callCount: 1 });
    expect((await views.calls({}, { limit: 9 })).length).toBe(1);
    expect(await documents.read('d')).toEqual({ text: 'text', version: 1 });
  });

  test('that are old go, but for what is not finished, was reported on, or is among the newest jobs', async () => {
    const { recorder, records, postgres } = await open();
    for (let index = 0; index < LEARNING_JOB_COUNT; index += 1) {
      recorder.writeJob(
        aJobRecord({ jobId: asId<JobId>(`new-${index}`), startedAt: NOW - index, status: 'done', endedAt: NOW }),
      );
    }
    writeJob(recorder, 'old', 40);
    writeJob(recorder, 'open', 40, false);
    writeJob(recorder, 'reported', 40);
    recorder.writeOutcome(anOutcomeRecord({ decisionId: asId<DecisionId>('of reported') }));
    recorder.writeCall(
      aCallRecord({ jobId: undefined, callId: asId<CallId>('foreign'), startedAt: NOW - 31 * DAY_MS }),
    );
    recorder.writeCall(aCallRecord({ jobId: undefined, callId: asId<CallId>('young'), startedAt: NOW - 29 * DAY_MS }));
    await recorder.flush();
    const before = NOW - 30 * DAY_MS;
    const counts = { jobCount: 1, stepCount: 1, callCount: 3 };
    expect(await records.prune({ before, dryRun: true })).toMatchObject(counts);
    expect(await records.summary()).toMatchObject({
      jobCount: 103,
      callCount: 5,
      unfinishedJobCount: 1,
      oldestAt: NOW - 40 * DAY_MS,
    });
    expect(await records.prune({ before })).toMatchObject(counts);
    expect(await records.prune({ before })).toMatchObject({ jobCount: 0, stepCount: 0, callCount: 0 });
    const { rows } = await postgres.query('select call_id from calls order by 1');
    expect(rows.map((row) => row['call_id'])).toEqual(['of open', 'young']);
    expect(await recorder.job(asId<JobId>('old'))).toBeUndefined();
    expect((await recorder.steps(asId<JobId>('reported'))).length).toBe(1);
  });

  test('that take more than they may go, the oldest first', async () => {
    const { recorder, records } = await open();
    for (let index = 0; index < 300; index += 1) {
      recorder.writeCall(
        aCallRecord({
          jobId: undefined,
          callId: asId<CallId>(`call-${index}`),
          startedAt: NOW - index * HOUR_MS,
          requestId: 'x'.repeat(600),
        }),
      );
    }
    await recorder.flush();
    await records.pruneToSize({ now: NOW, before: NOW - 300 * DAY_MS, maxBytes: 100_000 });
    const left: number[] = [];
    for await (const { call } of records.calls(undefined)) left.push(call.startedAt);
    expect(left.length).toBeGreaterThan(5);
    expect(left.length).toBeLessThan(150);
    expect(Math.max(...left)).toBe(NOW);
    expect(Math.min(...left)).toBe(NOW - (left.length - 1) * HOUR_MS);
  });

  test('are kept by one gateway at a time, and closing stops it', async () => {
    const { recorder, postgres, records } = await open();
    writeJob(recorder, 'old', 40);
    recorder.writeCall(
      aCallRecord({ jobId: undefined, callId: asId<CallId>('foreign'), startedAt: NOW - 31 * DAY_MS }),
    );
    await recorder.flush();
    const errors: unknown[] = [];
    const options = { keepDays: 30, maxBytes: 1e9, clock: () => NOW, onError: (error: unknown) => errors.push(error) };
    const kept = [1, 2].map(() => keepPostgresRecords(postgres, { ...options, firstAfterMs: 0, everyMs: 20 }));
    await expect.poll(async () => (await records.summary())?.callCount).toBe(1);
    for (const one of kept) await one.close();
    expect(errors).toEqual([]);
  });

  test('of a session are those of its threads as well, the oldest first', async () => {
    const { recorder, records } = await open();
    for (const [index, name] of ['s', 's/agent', 's0', 's/', 't'].entries()) {
      const sessionId = asId<SessionId>(name);
      recorder.writeCall(aCallRecord({ callId: asId<CallId>(`call-${index}`), sessionId, startedAt: NOW + index }));
    }
    recorder.writeJob(aJobRecord());
    await recorder.flush();
    const found = await records.callsOfSession('s');
    expect(found.calls.map(({ sessionId }) => sessionId)).toEqual(['s', 's/agent', 's/']);
    expect(found.mayLackOlder).toBe(false);
    const listed: unknown[] = [];
    for await (const { call, workspace } of records.calls(NOW + 3)) listed.push([call.sessionId, workspace]);
    expect(listed).toEqual([
      ['s/', '/workspace'],
      ['t', '/workspace'],
    ]);
  });
});
