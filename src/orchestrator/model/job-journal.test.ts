import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { asId, type JobId } from '../../domain/ids.ts';
import { AS_STORED } from '../../domain/live-values.ts';
import { aCallEntry, aJobEntry, anAnswer } from '../../testing/internal/job-builders.ts';
import { createMemoryJournal } from '../journal/memory-journal.ts';
import { openSqliteJournal } from '../journal/sqlite/sqlite-journal.ts';
import type { JobJournal } from './job-journal.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'pointsman-journal-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

const job = asId<JobId>('job-1');

/** One suite over every journal. */
describe.each<readonly [string, () => { readonly journal: JobJournal; readonly reopen: () => JobJournal }]>([
  [
    'memory',
    () => {
      const journal = createMemoryJournal();
      return { journal, reopen: () => journal };
    },
  ],
  [
    'sqlite',
    () => {
      const file = path.join(folder, `${(files += 1)}.db`);
      const journal = openSqliteJournal(file, AS_STORED);
      return {
        journal,
        reopen: () => {
          journal.close();
          return openSqliteJournal(file, AS_STORED);
        },
      };
    },
  ],
])('%s journal', (_name, open) => {
  test('a job is what was last said of it, in the reopened store', () => {
    const { journal, reopen } = open();
    journal.createJob(aJobEntry({ jobId: job }));
    journal.updateJob(job, { status: 'failed', failure: { code: 'internal', message: 'm', mend: undefined } });
    const again = reopen();
    expect(again.job(job)).toMatchObject({ status: 'failed', failure: { code: 'internal', message: 'm' } });
    expect(again.job(asId<JobId>('none'))).toBeUndefined();
  });

  test('the first value of a fact stands, and facts come in the order in which they were settled', () => {
    const { journal, reopen } = open();
    expect(journal.settle(job, 'route/b', { a: 1 })).toEqual({ a: 1 });
    expect(journal.settle(job, 'route/b', { a: 2 })).toEqual({ a: 1 });
    journal.settle(job, 'route/a', 3);
    journal.settle(asId<JobId>('job-2'), 'route/a', 4);
    journal.settle(job, 'router', 5);
    const again = reopen();
    expect(again.fact(job, 'route/b')).toEqual({ a: 1 });
    expect(again.facts(job, 'route/')).toEqual([
      ['route/b', { a: 1 }],
      ['route/a', 3],
    ]);
  });

  test('a call that ended is kept with its answer; one that did not is known as begun', () => {
    const { journal, reopen } = open();
    const first = journal.beginCall(aCallEntry({ jobId: job }));
    journal.endCall(first, anAnswer('hello'));
    const second = journal.beginCall(aCallEntry({ jobId: job, callIndex: 1 }));
    const calls = reopen().calls(job);
    expect(calls.map((call) => call.callId)).toEqual([first, second]);
    expect(calls[0]?.end).toMatchObject({ kind: 'answered', result: { finishReason: 'stop' } });
    expect(calls[1]?.end).toBeUndefined();
  });

  test('each try of a slot has an id of its own', () => {
    const { journal } = open();
    const ids = [0, 1, 2].map(() => journal.beginCall(aCallEntry({ jobId: job })));
    expect(new Set(ids).size).toBe(3);
  });

  test('a job is held by one at a time', () => {
    const { journal } = open();
    expect(journal.isHeld(job, 1000)).toBe(false);
    expect(journal.acquire(job, 1000)).toBe(true);
    expect(journal.acquire(job, 2000)).toBe(false);
    expect(journal.renew(job, 3000)).toBe(true);
    expect(journal.isHeld(job, 3000)).toBe(true);
    journal.release(job);
    expect(journal.isHeld(job, 4000)).toBe(false);
    expect(journal.renew(job, 4000)).toBe(false);
    expect(journal.acquire(job, 5000)).toBe(true);
    journal.release(job);
  });

  test('jobs are listed newest first', () => {
    const { journal } = open();
    journal.createJob(aJobEntry({ jobId: asId<JobId>('old'), startedAt: 1 }));
    journal.createJob(aJobEntry({ jobId: asId<JobId>('new'), startedAt: 2 }));
    expect(journal.jobs(1).map((entry) => entry.jobId)).toEqual(['new']);
  });
});

test('a journal that cannot be opened says which, under a code, with the mend', () => {
  expect(() => openSqliteJournal(path.join(folder, 'no', 'such', 'folder.db'), AS_STORED)).toThrow(
    expect.objectContaining({ code: 'record-unwritable', message: expect.stringContaining('folder.db') }) as Error,
  );
});
