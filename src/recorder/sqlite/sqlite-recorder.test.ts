import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PointsmanError } from '../../domain/errors.ts';
import { asId, type CallId, type DecisionId, type JobId } from '../../domain/ids.ts';
import { aDecideInput } from '../../testing/decision-builders.ts';
import { aModel } from '../../testing/model-builders.ts';
import { aCallRecord, aDecision, aJobRecord, aStepRecord } from '../../testing/record-builders.ts';
import { recorderContract } from '../../testing/recorder-contract.ts';
import type { Recorder } from '../recorder.ts';
import { openSqliteRecorder, type SqliteRecorderOptions } from './sqlite-recorder.ts';
import { CALL_COLUMNS } from './views/call-columns.ts';

let folder = '';
let count = 0;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'recorder-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const jobId = asId<JobId>('job-1');
const freshFile = (): string => path.join(folder, `made-${(count += 1)}`, 'records.db');

interface Opened {
  readonly recorder: Recorder;
  readonly errors: PointsmanError[];
  readonly file: string;
}

function open(options: Partial<SqliteRecorderOptions> = {}): Opened {
  const file = options.file ?? freshFile();
  const errors: PointsmanError[] = [];
  const recorder = openSqliteRecorder({ onWriteError: (error) => errors.push(error), ...options, file });
  return { recorder, errors, file };
}

function rejectionOf(act: () => unknown): PointsmanError {
  try {
    act();
  } catch (thrown) {
    return thrown as PointsmanError;
  }
  throw new Error('nothing was thrown');
}

describe('the sqlite recorder keeps the contract', () => {
  test.each(recorderContract(async () => open().recorder))('$name', ({ run }) => run());
});

describe('the file', () => {
  test('belongs to its user alone', async () => {
    const { recorder, file } = open();
    recorder.writeJob(aJobRecord());
    await recorder.flush();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(`${file}-wal`).mode & 0o777).toBe(0o600);
    expect(statSync(path.dirname(file)).mode & 0o777).toBe(0o700);
    await recorder.close();
  });

  test('holds what was written after it is closed and opened again', async () => {
    const first = open();
    first.recorder.writeStep(aStepRecord());
    await first.recorder.close();
    const second = open({ file: first.file });
    expect(JSON.stringify(await second.recorder.steps(jobId))).toBe(JSON.stringify([aStepRecord()]));
    await second.recorder.close();
  });

  test('holds the pool and the policy once, and gives every step its own bytes back', async () => {
    const { recorder, file } = open();
    const models = Array.from({ length: 12 }, (_, index) => aModel({ id: asId(`model-${index}`) }));
    const steps = Array.from({ length: 50 }, (_, index) => {
      const decisionId = asId<DecisionId>(`decision-${index}`);
      return aStepRecord({
        decision: aDecision({ decisionId }),
        input: aDecideInput({ decisionId, models: [...models] }),
      });
    });
    for (const step of steps) recorder.writeStep(step);
    expect(JSON.stringify(await recorder.steps(jobId))).toBe(JSON.stringify(steps));
    const database = new DatabaseSync(file, { readOnly: true });
    expect(database.prepare('select count(*) as n from parts').get()?.['n']).toBe(2);
    database.close();
    await recorder.close();
  });

  test('written in the first layout is brought forward, and its records stay readable', async () => {
    const { recorder, file } = open();
    recorder.writeStep(aStepRecord());
    await recorder.close();
    const old = new DatabaseSync(file);
    old.exec(`drop trigger call_added; drop trigger call_removed; drop table call_sums; drop index calls_by_time; drop index calls_of_a_session;
      ${CALL_COLUMNS.map(({ name }) => `alter table calls drop column ${name};`).join(' ')}
      drop index steps_of_a_job; drop index calls_of_a_job; create index steps_of_job on steps (job_id, seq);
      create index calls_of_job on calls (job_id, seq); pragma user_version = 1;`);
    old.close();
    const second = open({ file });
    second.recorder.writeCall(aCallRecord());
    expect(JSON.stringify(await second.recorder.steps(jobId))).toBe(JSON.stringify([aStepRecord()]));
    expect(await second.recorder.calls(jobId)).toHaveLength(1);
    await second.recorder.close();
    const now = new DatabaseSync(file, { readOnly: true });
    expect(now.prepare('pragma user_version').get()?.['user_version']).toBe(4);
    const plan = now.prepare('explain query plan select body from calls where job_id = ? order by seq').all('job-1');
    expect(JSON.stringify(plan)).toContain('calls_of_a_job');
    now.close();
  });

  test('can be read by another process while it is written', async () => {
    const { recorder, file } = open();
    const reader = open({ file });
    recorder.writeJob(aJobRecord());
    await recorder.flush();
    recorder.writeJob(aJobRecord({ status: 'done' }));
    expect((await reader.recorder.job(jobId))?.status).toBe('running');
    await recorder.flush();
    expect((await reader.recorder.job(jobId))?.status).toBe('done');
    await recorder.close();
    await reader.recorder.close();
  });
});

describe('a write that fails', () => {
  test('on a full disk is reported, loses nothing, and passes once there is room', async () => {
    const { recorder, errors, file } = open({ maxFileBytes: 150_000 });
    const filler = new DatabaseSync(file);
    filler.exec('create table filler (a); insert into filler values (zeroblob(70000));');
    filler.close();
    for (let index = 0; index < 50; index += 1)
      recorder.writeCall(aCallRecord({ callId: asId<CallId>(`call-${index}`) }));
    await recorder.flush();
    expect(errors.map((error) => [error.code, error.details['recordCount'], error.details['sqliteCode']])).toEqual([
      ['record-unwritable', 50, 13],
    ]);
    expect(errors[0]?.hint).toContain('disk space');
    expect(await recorder.jobs({ limit: 9 })).toHaveLength(0);
    const other = new DatabaseSync(file);
    other.exec('drop table filler;');
    other.close();
    expect(await recorder.calls(jobId)).toHaveLength(50);
    await recorder.close();
  });

  test('on a full disk is tried again by itself, also where nothing more is written', async () => {
    let restored = (): void => undefined;
    const isRestored = new Promise<void>((resolve) => (restored = resolve));
    const { recorder, errors, file } = open({ maxFileBytes: 150_000, onRestored: () => restored() });
    const other = new DatabaseSync(file);
    other.exec('create table filler (a); insert into filler values (zeroblob(70000));');
    for (let index = 0; index < 50; index += 1)
      recorder.writeCall(aCallRecord({ callId: asId<CallId>(`call-${index}`) }));
    await recorder.flush();
    expect(errors).toHaveLength(1);
    other.exec('drop table filler;');
    await isRestored;
    expect(other.prepare('select count(*) as count from calls').get()).toEqual({ count: 50 });
    other.close();
    await recorder.close();
  });

  test('because another process holds the file waits, then passes', async () => {
    const { recorder, errors, file } = open();
    const other = new DatabaseSync(file);
    other.exec('begin immediate');
    recorder.writeCall(aCallRecord());
    const flushed = recorder.flush();
    setTimeout(() => other.exec('commit'), 50);
    await flushed;
    expect(errors).toEqual([]);
    expect(await recorder.calls(jobId)).toHaveLength(1);
    other.close();
    await recorder.close();
  });

  test('takes no other record of its batch along', async () => {
    const { recorder, errors } = open();
    recorder.writeJob(aJobRecord({ jobId: asId<JobId>('bad'), startedAt: Number.NaN }));
    recorder.writeJob(aJobRecord({ jobId: asId<JobId>('worse'), result: 1n as never }));
    recorder.writeJob(aJobRecord());
    expect((await recorder.jobs({ limit: 9 })).map((job) => job.jobId)).toEqual(['job-1']);
    expect(errors.map((error) => error.code)).toEqual(['record-unwritable', 'record-unwritable']);
    await recorder.close();
  });

  test('is told even where the listener throws, and after the end', async () => {
    const recorder = openSqliteRecorder({
      file: freshFile(),
      onWriteError: () => {
        throw new Error('listener');
      },
    });
    recorder.writeJob(aJobRecord({ result: 1n as never }));
    await recorder.close();
    expect(() => recorder.writeJob(aJobRecord())).not.toThrow();
    await recorder.close();
  });
});

describe('a store that cannot be opened says why and what to do', () => {
  test('rubbish in the file', () => {
    const file = path.join(folder, 'rubbish.db');
    writeFileSync(file, 'no database at all '.repeat(500));
    const error = rejectionOf(() => open({ file }));
    expect([error.code, error.hint]).toEqual(['record-unreadable', expect.stringContaining('move it away')]);
  });

  test('the database of another program', () => {
    const file = path.join(folder, 'foreign.db');
    const database = new DatabaseSync(file);
    database.exec('create table theirs (a)');
    database.close();
    expect(rejectionOf(() => open({ file })).message).toContain('another program');
  });

  test('a newer layout', async () => {
    const { recorder, file } = open();
    await recorder.close();
    const database = new DatabaseSync(file);
    database.exec('pragma user_version = 99');
    database.close();
    const error = rejectionOf(() => open({ file }));
    expect([error.code, error.hint]).toEqual(['record-unreadable', expect.stringContaining('Update pointsman')]);
  });

  test('a folder that cannot be made', () => {
    const blocked = path.join(folder, 'file-not-folder');
    writeFileSync(blocked, '');
    const error = rejectionOf(() => open({ file: path.join(blocked, 'records.db') }));
    expect([error.code, error.hint !== undefined]).toEqual(['record-unwritable', true]);
  });

  test('a row that was tampered with', async () => {
    const { recorder, file } = open();
    recorder.writeJob(aJobRecord());
    recorder.writeStep(aStepRecord());
    await recorder.flush();
    const other = new DatabaseSync(file);
    other.exec(`update jobs set body = '{"v":1}'; delete from parts;`);
    other.close();
    await expect(recorder.job(jobId)).rejects.toMatchObject({ code: 'record-unreadable' });
    await expect(recorder.steps(jobId)).rejects.toMatchObject({ code: 'record-unreadable' });
    await recorder.close();
  });

  test('a file cut in the middle of its life', async () => {
    const { recorder, errors, file } = open();
    recorder.writeJob(aJobRecord());
    await recorder.close();
    writeFileSync(file, Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(4000, 7)]));
    const error = rejectionOf(() => open({ file }));
    expect(['record-unreadable', 'record-unwritable']).toContain(error.code);
    expect(errors).toEqual([]);
  });
});
