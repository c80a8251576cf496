import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PointsmanError } from '../../domain/errors.ts';
import { asId, type CallId, type DecisionId, type JobId } from '../../domain/ids.ts';
import { DAY_MS, type At } from '../../domain/time.ts';
import { aDecideInput } from '../../testing/decision-builders.ts';
import { aCallRecord, aDecision, aJobRecord, anOutcomeRecord, aStepRecord } from '../../testing/record-builders.ts';
import type { StepRecord } from '../record.ts';
import type { Recorder } from '../recorder.ts';
import { LEARNING_JOB_COUNT, type PruneResult } from '../retention.ts';
import { keepDays } from './keep-days.ts';
import { pruneStore } from './prune-store.ts';
import { pruneToSize } from './prune-to-size.ts';
import { openSqliteRecorder } from './sqlite-recorder.ts';
import { summariseStore } from './summarise-store.ts';

let folder = '';
let file = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'prune-'));
  file = path.join(folder, 'records.db');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const NOW = Date.UTC(2026, 10, 22);
const before = NOW - 30 * DAY_MS;
const old = NOW - 31 * DAY_MS;

function open(): Recorder {
  return openSqliteRecorder({ file, onWriteError: (error) => expect.fail(error.message) });
}

/** Different pools for the old and the new, so that they share no part. */
function step(id: string, startedAt: At, jobId?: string): StepRecord {
  const decisionId = asId<DecisionId>(id);
  const policy = aDecideInput().policy;
  const input = aDecideInput({ decisionId, policy: { ...policy, version: startedAt < before ? 1 : 2 } });
  const record = aStepRecord({ input, decision: aDecision({ decisionId }), startedAt });
  return { ...record, jobId: jobId === undefined ? undefined : asId<JobId>(jobId) };
}

function writeCall(recorder: Recorder, id: string, startedAt: At, jobId?: string): void {
  const call = aCallRecord({ callId: asId<CallId>(id), startedAt });
  recorder.writeCall({ ...call, jobId: jobId === undefined ? undefined : asId<JobId>(jobId) });
}

function countOf(table: string): number {
  const database = new DatabaseSync(file, { readOnly: true });
  const count = Number(database.prepare(`select count(*) as n from ${table}`).get()?.['n']);
  database.close();
  return count;
}

/** Newer jobs than any other here, so that age alone decides over those. */
function fillNewest(recorder: Recorder): void {
  for (let n = 0; n < LEARNING_JOB_COUNT; n += 1) {
    recorder.writeJob(aJobRecord({ jobId: asId<JobId>(`new-${n}`), startedAt: NOW, endedAt: NOW, status: 'done' }));
  }
}

describe('pruning', () => {
  test('removes steps and calls from before, and keeps what came later', async () => {
    const recorder = open();
    for (const n of [1, 2, 3]) {
      recorder.writeStep(step(`old-${n}`, old));
      writeCall(recorder, `old-${n}`, old);
    }
    recorder.writeStep(step('at', before));
    writeCall(recorder, 'at', before);
    await recorder.flush();
    expect(await pruneStore({ file, before })).toMatchObject({
      jobCount: 0,
      stepCount: 3,
      callCount: 3,
      shrinks: true,
    });
    expect(await recorder.step(asId<DecisionId>('old-1'))).toBeUndefined();
    expect(await recorder.step(asId<DecisionId>('at'))).toEqual(step('at', before));
    expect([countOf('steps'), countOf('calls')]).toEqual([1, 1]);
    expect(await pruneStore({ file, before })).toMatchObject({ stepCount: 0, callCount: 0 });
    await recorder.close();
  });

  test('a dry run counts the same and changes no byte', async () => {
    const recorder = open();
    fillNewest(recorder);
    recorder.writeJob(aJobRecord({ jobId: asId<JobId>('gone'), status: 'done', startedAt: old, endedAt: old }));
    recorder.writeStep(step('one', old, 'gone'));
    recorder.writeStep(step('two', old));
    writeCall(recorder, 'one', old, 'gone');
    await recorder.close();
    const bytes = readFileSync(file);
    const counted = await pruneStore({ file, before, dryRun: true });
    expect(readFileSync(file).equals(bytes)).toBe(true);
    expect(counted).toMatchObject({ jobCount: 1, stepCount: 2, callCount: 1, freedBytes: 0 });
    const { freedBytes, ...removed } = await pruneStore({ file, before });
    expect({ ...removed, freedBytes: 0 }).toEqual(counted);
    expect(freedBytes).toBeGreaterThanOrEqual(0);
  });

  test.each(['running', 'paused'] as const)('never touches a job that is %s, however old', async (status) => {
    const recorder = open();
    fillNewest(recorder);
    recorder.writeJob(aJobRecord({ jobId: asId<JobId>('open'), status, startedAt: old }));
    recorder.writeStep(step('open', old, 'open'));
    writeCall(recorder, 'open', old, 'open');
    await recorder.flush();
    expect(await pruneStore({ file, before })).toMatchObject({ jobCount: 0, stepCount: 0, callCount: 0 });
    expect(await recorder.steps(asId<JobId>('open'))).toHaveLength(1);
    expect(await recorder.calls(asId<JobId>('open'))).toHaveLength(1);
    await recorder.close();
  });

  test('keeps the newest jobs whole, of which routing learns, and one that ended later than it should have', async () => {
    const recorder = open();
    for (let n = 0; n <= LEARNING_JOB_COUNT; n += 1) {
      const jobId = asId<JobId>(`job-${n}`);
      recorder.writeJob(aJobRecord({ jobId, status: 'done', startedAt: old + n, endedAt: old + n }));
      recorder.writeStep(step(`step-${n}`, old + n, `job-${n}`));
    }
    recorder.writeJob(aJobRecord({ jobId: asId<JobId>('long'), status: 'failed', startedAt: old - 1, endedAt: NOW }));
    recorder.writeStep(step('long', old - 1, 'long'));
    await recorder.flush();
    expect(await pruneStore({ file, before })).toMatchObject({ jobCount: 1, stepCount: 1 });
    expect(await recorder.job(asId<JobId>('job-0'))).toBeUndefined();
    expect(await recorder.steps(asId<JobId>('job-1'))).toHaveLength(1);
    expect(await recorder.steps(asId<JobId>('long'))).toHaveLength(1);
    await recorder.close();
  });

  test('keeps steps that somebody reported on, with their job and the outcome', async () => {
    const recorder = open();
    fillNewest(recorder);
    recorder.writeJob(aJobRecord({ jobId: asId<JobId>('told'), status: 'done', startedAt: old, endedAt: old }));
    for (const id of ['told', 'untold']) recorder.writeStep(step(id, old, 'told'));
    recorder.writeStep(step('advice', old));
    for (const id of ['told', 'advice']) recorder.writeOutcome(anOutcomeRecord({ decisionId: asId<DecisionId>(id) }));
    await recorder.flush();
    expect(await pruneStore({ file, before, dryRun: true })).toMatchObject({ jobCount: 0, stepCount: 1 });
    expect(await pruneStore({ file, before })).toMatchObject({ jobCount: 0, stepCount: 1 });
    expect(await recorder.step(asId<DecisionId>('advice'))).toBeDefined();
    expect(await recorder.job(asId<JobId>('told'))).toBeDefined();
    expect((await recorder.steps(asId<JobId>('told'))).map(({ decision }) => decision.decisionId)).toEqual(['told']);
    expect(await recorder.outcomes({ limit: 9 })).toHaveLength(2);
    await recorder.close();
  });

  test('gives the room back to the disk', async () => {
    const recorder = open();
    for (let n = 0; n < 3000; n += 1) writeCall(recorder, `call-${n}`, n < 2900 ? old : NOW);
    await recorder.close();
    const sizeBefore = statSync(file).size;
    const { freedBytes } = await pruneStore({ file, before });
    expect(statSync(file).size).toBe(sizeBefore - freedBytes);
    expect(statSync(file).size).toBeLessThan(sizeBefore / 5);
    expect(summariseStore(file)).toMatchObject({ callCount: 100, freeBytes: 0, oldestAt: NOW });
  });

  test('removes parts that no step refers to, and a writer who had stored them stores them again', async () => {
    const recorder = open();
    recorder.writeStep(step('old', old));
    recorder.writeStep(step('new', NOW));
    await recorder.flush();
    const partCount = countOf('parts');
    await pruneStore({ file, before });
    expect(countOf('parts')).toBe(partCount - 1);
    // The same pool and policy as the one that is gone, from the process that had written it.
    const again = { ...step('again', old), startedAt: NOW };
    recorder.writeStep(again);
    expect(await recorder.step(asId<DecisionId>('again'))).toEqual(again);
    await recorder.close();
  });

  test('goes on beside a writer, and loses nothing of what it writes', async () => {
    const recorder = open();
    for (let n = 0; n < 4000; n += 1) writeCall(recorder, `old-${n}`, old);
    for (let n = 0; n < 50; n += 1) recorder.writeStep(step(`old-${n}`, old));
    await recorder.flush();
    const state = { running: true };
    const pruning = pruneStore({ file, before }).finally(() => (state.running = false));
    let written = 0;
    for (; state.running || written < 20; written += 1) {
      recorder.writeStep(step(`new-${written}`, NOW));
      writeCall(recorder, `new-${written}`, NOW);
      await recorder.flush();
      await nextTurn();
    }
    expect(await pruning).toMatchObject({ callCount: 4000, stepCount: 50 });
    for (let n = 0; n < written; n += 1) expect(await recorder.step(asId<DecisionId>(`new-${n}`))).toBeDefined();
    expect(countOf('calls')).toBe(written);
    await recorder.close();
  });

  test('stops between two transactions', async () => {
    const recorder = open();
    for (let n = 0; n < 900; n += 1) writeCall(recorder, `call-${n}`, old);
    await recorder.close();
    await expect(pruneStore({ file, before, signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' });
    const left = countOf('calls');
    expect(left).toBeLessThan(900);
    expect(await pruneStore({ file, before })).toMatchObject({ callCount: left });
  });
});

describe('a file that is no store', () => {
  const unreadable = { code: 'record-unreadable', hint: expect.any(String) as string };

  test.each([true, false])('is refused and left as it is (dry run: %s)', async (dryRun) => {
    writeFileSync(file, 'no database at all, but long enough to look like one\n'.repeat(99));
    const bytes = readFileSync(file);
    await expect(pruneStore({ file, before, dryRun })).rejects.toMatchObject(unreadable);
    expect(() => summariseStore(file)).toThrow(expect.objectContaining(unreadable));
    expect(readFileSync(file).equals(bytes)).toBe(true);
  });

  test.each([true, false])("of another program's is not touched (dry run: %s)", async (dryRun) => {
    const other = new DatabaseSync(file);
    other.exec("create table calls (seq integer, body text); insert into calls values (1, '{}');");
    other.close();
    await expect(pruneStore({ file, before, dryRun })).rejects.toMatchObject(unreadable);
    expect(countOf('calls')).toBe(1);
  });

  test('that is damaged inside is told as such', async () => {
    const recorder = open();
    for (let n = 0; n < 3000; n += 1) writeCall(recorder, `call-${n}`, old);
    await recorder.close();
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.fill(0xab, 8192, bytes.length - 8192));
    await expect(pruneStore({ file, before })).rejects.toMatchObject(unreadable);
  });

  test('and is not there holds nothing, and is not made', async () => {
    expect(await pruneStore({ file, before })).toMatchObject({ stepCount: 0, freedBytes: 0 });
    expect(summariseStore(file)).toBeUndefined();
    expect(existsSync(file)).toBe(false);
  });

  test('a row that cannot be read stays where it is', async () => {
    const recorder = open();
    writeCall(recorder, 'whole', old);
    await recorder.close();
    const database = new DatabaseSync(file);
    database.exec(
      "insert into calls (call_id, body) values ('torn', '{\"startedAt\": 1'), ('odd', '{\"startedAt\": \"1\"}')",
    );
    database.close();
    expect(await pruneStore({ file, before })).toMatchObject({ callCount: 1 });
    expect(countOf('calls')).toBe(2);
  });
});

test('a store of before is pruned as well, and says that it cannot shrink', async () => {
  const recorder = open();
  for (let n = 0; n < 500; n += 1) writeCall(recorder, `call-${n}`, old);
  await recorder.close();
  const database = new DatabaseSync(file);
  database.exec('pragma journal_mode = delete; pragma auto_vacuum = none; vacuum;');
  database.close();
  expect(await pruneStore({ file, before })).toEqual({
    jobCount: 0,
    stepCount: 0,
    callCount: 500,
    freedBytes: 0,
    shrinks: false,
  });
  expect(summariseStore(file)?.freeBytes).toBeGreaterThan(0);
});

describe('keeping records to their days', () => {
  test('prunes at once, in a thread of its own, and again when the time comes', async () => {
    const recorder = open();
    writeCall(recorder, 'old', old);
    writeCall(recorder, 'new', NOW);
    await recorder.flush();
    const results: PruneResult[] = [];
    const kept = keepDays({
      file,
      keepDays: 30,
      maxBytes: 1e9,
      clock: () => NOW,
      onError: (error) => expect.fail(error.message),
      onPruned: (result) => results.push(result),
      everyMs: 20,
    });
    await expect.poll(() => results.length).toBeGreaterThan(1);
    await kept.close();
    expect(results[0]).toMatchObject({ callCount: 1 });
    expect(countOf('calls')).toBe(1);
    await recorder.close();
  });

  test('removes the older half again and again until the rest fits its size', async () => {
    const recorder = open();
    for (let day = 20; day >= 0; day -= 1)
      for (let index = 0; index < 40; index += 1)
        writeCall(recorder, `${day}-${index}-${'x'.repeat(500)}`, NOW - day * DAY_MS);
    await recorder.flush();
    const before = NOW - 30 * DAY_MS;
    const whole = await pruneToSize({ file, now: NOW, before, maxBytes: 1e9 });
    expect(whole.callCount).toBe(0);
    const sizeBytes = summariseStore(file)?.sizeBytes ?? 0;
    const cut = await pruneToSize({ file, now: NOW, before, maxBytes: sizeBytes / 3 });
    expect(cut.callCount).toBeGreaterThan(0);
    const { sizeBytes: left = 0, freeBytes = 0 } = summariseStore(file) ?? {};
    expect(left - freeBytes).toBeLessThanOrEqual(sizeBytes / 3);
    expect(countOf('calls')).toBeGreaterThanOrEqual(40);
    await recorder.close();
  });

  test('waits with the first time as long as it is told, and not at all for its own end', async () => {
    const results: PruneResult[] = [];
    const options = {
      file,
      keepDays: 30,
      maxBytes: 1e9,
      clock: () => NOW,
      onPruned: (one: PruneResult) => results.push(one),
    };
    const onError = (error: PointsmanError): never => expect.fail(error.message);
    await keepDays({ ...options, onError, firstAfterMs: 3_600_000 }).close();
    expect(results).toEqual([]);
    const kept = keepDays({ ...options, onError, firstAfterMs: 20 });
    await expect.poll(() => results.length).toBe(1);
    await kept.close();
  });

  test('tells of a store that cannot be read, and stands in nobody’s way', async () => {
    writeFileSync(file, 'no database at all, but long enough to look like one\n'.repeat(99));
    const errors: PointsmanError[] = [];
    const kept = keepDays({
      file,
      keepDays: 30,
      maxBytes: 1e9,
      clock: () => NOW,
      onError: (error) => errors.push(error),
    });
    await expect.poll(() => errors.length).toBe(1);
    await kept.close();
    expect(errors[0]).toMatchObject({ code: 'record-unreadable', hint: expect.any(String) as string });
  });
});
