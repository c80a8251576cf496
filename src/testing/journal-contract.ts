import assert from 'node:assert/strict';
import { asId, type JobId } from '../domain/ids.ts';
import { factKey, type FactFamily } from '../orchestrator/model/fact-key.ts';
import type { JobJournal } from '../orchestrator/model/job-journal.ts';
import type { ContractCase } from './contract-case.ts';
import { aCallEntry, aJobEntry, anAnswer } from './internal/job-builders.ts';

/** An empty journal, and how to open what it wrote anew, as after the death of its process. */
export interface OpenedJournal {
  readonly journal: JobJournal;
  readonly reopen: () => Promise<JobJournal>;
}

const job = asId<JobId>('job-1');
const other = asId<JobId>('job-2');

/**
 * What every journal must do, whatever it stores in. Not covered, because each store fails in its own way: failed writes,
 * unreadable files and leases of other processes.
 */
export function journalContract(open: () => Promise<OpenedJournal>): readonly ContractCase[] {
  const cases: ContractCase[] = [];
  const promise: Promised = (name, check) => {
    const run = async (): Promise<void> => {
      const opened = await open();
      let last = opened.journal;
      try {
        await check(opened.journal, async () => (last = await opened.reopen()));
      } finally {
        await last.close();
      }
    };
    cases.push({ name, run });
  };
  aboutJobs(promise);
  aboutCalls(promise);
  aboutFacts(promise);
  aboutRights(promise);
  return cases;
}

type Promised = (
  name: string,
  check: (journal: JobJournal, reopen: () => Promise<JobJournal>) => Promise<void>,
) => void;

function aboutJobs(promise: Promised): void {
  promise('an empty journal has nothing, and says so without failing', async (journal) => {
    assert.equal(await journal.job(job), undefined);
    assert.deepEqual(await journal.jobs(10), []);
    assert.deepEqual(await journal.calls(job), []);
    assert.equal(await journal.fact(job, factKey('policy')), undefined);
    assert.equal(await journal.isHeld(job, 0), false);
    await journal.updateJob(job, { status: 'done' });
    assert.equal(await journal.job(job), undefined);
  });
  promise('a job is what was last said of it, in the reopened store', async (journal, reopen) => {
    await journal.createJob(aJobEntry({ jobId: job }));
    const failure = { code: 'internal', message: 'm', hint: undefined } as const;
    await journal.updateJob(job, { status: 'failed', failure });
    const again = await (await reopen()).job(job);
    assert.equal(again?.status, 'failed');
    assert.equal(again.failure?.message, 'm');
    assert.deepEqual(again.request, aJobEntry().request);
  });
  promise('jobs are listed newest first, as many as are asked for', async (journal) => {
    for (const [index, name] of ['old', 'middle', 'new'].entries()) {
      await journal.createJob(aJobEntry({ jobId: asId<JobId>(name), startedAt: index }));
    }
    const listed = await journal.jobs(2);
    assert.deepEqual(
      listed.map(({ jobId }) => jobId),
      ['new', 'middle'],
    );
  });
}

function aboutCalls(promise: Promised): void {
  promise('a call that ended is kept with its answer; one that did not is known as begun', async (journal, reopen) => {
    const first = await journal.beginCall(aCallEntry({ jobId: job }));
    await journal.endCall(first, anAnswer('hello'));
    const second = await journal.beginCall(aCallEntry({ jobId: job, callIndex: 1 }));
    await journal.beginCall(aCallEntry({ jobId: other }));
    const calls = await (await reopen()).calls(job);
    assert.deepEqual(
      calls.map(({ callId }) => callId),
      [first, second],
    );
    const [answered, begun] = calls.map(({ end }) => end);
    assert.equal(answered?.kind === 'answered' ? answered.result.finishReason : undefined, 'stop');
    assert.equal(begun, undefined);
  });
  promise('each try of a slot has an id of its own, also when they begin at once', async (journal) => {
    const ids = await Promise.all([0, 1, 2].map(() => journal.beginCall(aCallEntry({ jobId: job }))));
    assert.equal(new Set(ids).size, 3);
  });
}

interface ExampleFact {
  readonly a: number;
  readonly list?: readonly string[];
}

function aboutFacts(promise: Promised): void {
  const family: FactFamily<ExampleFact> = { prefix: 'row/' };
  promise('the first value of a fact stands and is what settling gives back', async (journal, reopen) => {
    const key = factKey<ExampleFact>('row/b');
    assert.deepEqual(await journal.settle(job, key, { a: 1, list: ['x'] }), { a: 1, list: ['x'] });
    assert.deepEqual(await journal.settle(job, key, { a: 2 }), { a: 1, list: ['x'] });
    const again = await reopen();
    assert.deepEqual(await again.fact(job, key), { a: 1, list: ['x'] });
    assert.deepEqual(await again.settle(job, key, { a: 3 }), { a: 1, list: ['x'] });
  });
  promise('whoever settles a fact at the same time as others gets the same value as they', async (journal) => {
    const key = factKey<number>('n');
    const values = await Promise.all([1, 2, 3].map((value) => journal.settle(job, key, value)));
    assert.equal(new Set(values).size, 1);
    assert.equal(await journal.fact(job, key), values[0]);
  });
  promise('values that are falsy are values', async (journal, reopen) => {
    for (const [name, value] of Object.entries({ no: false, zero: 0, empty: '', none: null })) {
      await journal.settle<unknown>(job, factKey(name), value);
      assert.equal(await journal.settle<unknown>(job, factKey(name), 'later'), value);
    }
    const again = await reopen();
    assert.equal(await again.fact(job, factKey<boolean>('no')), false);
    assert.equal(await again.fact(job, factKey<string>('empty')), '');
  });
  promise(
    'facts of a family come in the order in which they were settled, of this job alone',
    async (journal, reopen) => {
      await journal.settle(job, factKey<ExampleFact>('row/b'), { a: 1 });
      await journal.settle(job, factKey<ExampleFact>('row/a'), { a: 2 });
      await journal.settle(other, factKey<ExampleFact>('row/a'), { a: 3 });
      await journal.settle(job, factKey<number>('rowing'), 4);
      assert.deepEqual(await journal.facts(job, family), [{ a: 1 }, { a: 2 }]);
      assert.deepEqual(await (await reopen()).facts(job, family), [{ a: 1 }, { a: 2 }]);
    },
  );
  promise('what was settled does not change with the object that it was settled from', async (journal) => {
    const list = ['x'];
    await journal.settle(job, factKey<ExampleFact>('row/a'), { a: 1, list });
    list.push('y');
    assert.deepEqual(await journal.fact(job, factKey<ExampleFact>('row/a')), { a: 1, list: ['x'] });
  });
}

function aboutRights(promise: Promised): void {
  promise('a job is held by one at a time', async (journal) => {
    assert.equal(await journal.isHeld(job, 1000), false);
    assert.equal(await journal.acquire(job, 1000), true);
    assert.equal(await journal.acquire(job, 2000), false);
    assert.equal(await journal.renew(job, 3000), true);
    assert.equal(await journal.isHeld(job, 3000), true);
    assert.equal(await journal.acquire(other, 3000), true);
    await journal.release(job);
    assert.equal(await journal.isHeld(job, 4000), false);
    assert.equal(await journal.renew(job, 4000), false);
    assert.equal(await journal.acquire(job, 5000), true);
    await journal.release(job);
    await journal.release(other);
  });
  promise('of those who want a job at once, one gets it', async (journal) => {
    const got = await Promise.all([1, 2, 3].map(() => journal.acquire(job, 1000)));
    assert.deepEqual(got.filter(Boolean), [true]);
    await journal.release(job);
  });
}
