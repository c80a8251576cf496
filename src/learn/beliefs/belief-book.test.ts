import { describe, expect, test } from 'vitest';
import { PointsmanError } from '../../domain/errors.ts';
import { asId, type DecisionId, type JobId, type ModelId } from '../../domain/ids.ts';
import { toNanoUsd } from '../../domain/money.ts';
import { createMemoryRecorder } from '../../recorder/memory-recorder.ts';
import type { OutcomeRecord, StepRecord } from '../../recorder/record.ts';
import type { Recorder } from '../../recorder/recorder.ts';
import { aDecideInput, aQuality, TEST_NOW } from '../../testing/decision-builders.ts';
import { aDecision, aJobRecord, anOutcomeRecord, aStepRecord } from '../../testing/record-builders.ts';
import { createBeliefBook, type BeliefBook, type BeliefBookOptions } from './belief-book.ts';

const DAY = 86_400_000;

/** A recorder that counts what is read from it. */
function openBook(overrides: Partial<BeliefBookOptions> = {}): {
  readonly recorder: Recorder;
  readonly book: BeliefBook;
  readonly reads: Record<string, number>;
  readonly clock: { now: number };
} {
  const memory = createMemoryRecorder();
  const reads: Record<string, number> = {};
  const counted = <Key extends 'jobs' | 'steps' | 'step' | 'outcomes' | 'job'>(key: Key): Recorder[Key] =>
    ((...given: never[]) => {
      reads[key] = (reads[key] ?? 0) + 1;
      return (memory[key] as (...all: never[]) => unknown)(...given);
    }) as Recorder[Key];
  const clock = { now: TEST_NOW };
  const book = createBeliefBook({
    recorder: {
      job: counted('job'),
      jobs: counted('jobs'),
      steps: counted('steps'),
      step: counted('step'),
      outcomes: counted('outcomes'),
    },
    clock: () => clock.now,
    priorDrift: () => 0.02,
    scripted: true,
    ...overrides,
  });
  return { recorder: memory, book, reads, clock };
}

function stepOf(decision: string, job: string | undefined): StepRecord {
  const decisionId = asId<DecisionId>(decision);
  return aStepRecord({
    jobId: job === undefined ? undefined : asId<JobId>(job),
    input: aDecideInput({ decisionId, quality: [aQuality('claude-test', 0.8)] }),
    decision: aDecision({ decisionId }),
    endedAt: TEST_NOW,
    outcome: { status: 'accepted', checks: [], summary: '', errorCode: undefined },
  });
}

function addJob(recorder: Recorder, name: string, overrides: { readonly scripted?: boolean } = {}): void {
  recorder.writeJob(aJobRecord({ jobId: asId(name), status: 'done', endedAt: TEST_NOW, ...overrides }));
  for (let index = 0; index < 5; index += 1) recorder.writeStep(stepOf(`${name}.${index}`, name));
}

function failed(decision: string): OutcomeRecord {
  return anOutcomeRecord({ decisionId: asId(decision), verdict: 'failed' });
}

describe('the book of beliefs', () => {
  test('reads nothing before it is asked, then once, then only what is new', async () => {
    const { recorder, book, reads } = openBook();
    addJob(recorder, 'one');
    expect(reads).toEqual({});
    const [first, second] = await Promise.all([book.current(), book.current()]);
    expect(first).toBe(second);
    expect(reads).toEqual({ jobs: 1, steps: 1, outcomes: 1 });
    await book.current();
    expect(reads).toEqual({ jobs: 1, steps: 1, outcomes: 1 });

    addJob(recorder, 'two');
    book.noticeRecords();
    await book.current();
    expect(reads).toEqual({ jobs: 2, steps: 2, outcomes: 2 });
  });

  test('learns of reports on steps of jobs and on advice, each with a new version', async () => {
    const { recorder, book } = openBook();
    addJob(recorder, 'one');
    expect((await book.current()).version).toBe('beliefs-1.none');
    for (let index = 0; index < 5; index += 1) recorder.writeOutcome(failed(`one.${index}`));
    book.noticeRecords();
    const taught = await book.current();
    expect(Object.keys(taught.successes)).toEqual(['code/claude-test']);
    recorder.writeStep(stepOf('advice', undefined));
    recorder.writeOutcome(failed('advice'));
    book.noticeRecords();
    const more = await book.current();
    expect(more.successes['code/claude-test']?.no).toBeCloseTo(6, 5);
    expect(more.version).not.toBe(taught.version);
  });

  test('takes the steps of a job that has just stopped as they are, and learns what reading them would teach', async () => {
    const { recorder, book, reads } = openBook();
    addJob(recorder, 'one');
    for (const job of ['one', 'two']) {
      for (let index = 0; index < 5; index += 1) recorder.writeOutcome(failed(`${job}.${index}`));
    }
    const before = await book.current();
    addJob(recorder, 'two');
    const job = { jobId: asId<JobId>('two'), scripted: true, endedAt: TEST_NOW };
    book.noticeSteps(job, await recorder.steps(job.jobId));
    const taught = await book.current();
    expect(taught.version).not.toBe(before.version);
    expect(await book.current()).toBe(taught);
    const { jobs, steps } = reads;
    expect({ jobs, steps }).toEqual({ jobs: 1, steps: 1 });

    book.noticeRecords();
    expect(await book.current()).toEqual(taught);
    expect(reads['steps']).toBe(steps);
    const { book: other } = openBook({ recorder });
    expect(await other.current()).toEqual(taught);
  });

  test('a job that waits teaches what it has so far, and is read again when it may have gone on elsewhere', async () => {
    const { recorder, book, reads } = openBook();
    await book.current();
    const steps = [0, 1, 2, 3, 4].map((index) => stepOf(`one.${index}`, 'one'));
    for (const step of steps) {
      recorder.writeStep(step);
      recorder.writeOutcome(failed(step.decision.decisionId));
    }
    recorder.writeJob(aJobRecord({ jobId: asId('one'), status: 'paused', endedAt: undefined }));
    book.noticeSteps({ jobId: asId<JobId>('one'), scripted: true, endedAt: undefined }, steps);
    book.noticeRecords();
    expect((await book.current()).version).not.toBe('beliefs-1.none');
    expect(reads['steps']).toBe(1);
  });

  test('real jobs and scripted ones do not teach each other, neither by checks nor by reports', async () => {
    const { recorder, book } = openBook({ scripted: false });
    addJob(recorder, 'one', { scripted: true });
    const job = { jobId: asId<JobId>('one'), scripted: true, endedAt: TEST_NOW };
    book.noticeSteps(job, await recorder.steps(job.jobId));
    for (let index = 0; index < 5; index += 1) recorder.writeOutcome(failed(`one.${index}`));
    expect((await book.current()).version).toBe('beliefs-1.none');
  });

  test('keeps the newest steps where there are more than it can hold', async () => {
    const { recorder, book, reads } = openBook();
    for (let job = 0; job < 90; job += 1) {
      recorder.writeJob(aJobRecord({ jobId: asId(`job-${job}`), status: 'done', endedAt: TEST_NOW }));
      for (let step = 0; step < 50; step += 1) recorder.writeStep(stepOf(`job-${job}.${step}`, `job-${job}`));
    }
    recorder.writeOutcome(failed('job-89.0'));
    await book.current();
    // Known from its job, so that it was not asked for by itself.
    expect(reads['step']).toBeUndefined();
  });

  test('asks no twice for a decision that is not kept', async () => {
    const { recorder, book, reads } = openBook();
    recorder.writeOutcome(failed('gone'));
    await book.current();
    book.noticeRecords();
    await book.current();
    expect(reads['step']).toBe(1);
  });

  test('looks again after ten minutes, for what other processes wrote, and forgets with the days', async () => {
    const { recorder, book, clock, reads } = openBook();
    addJob(recorder, 'one');
    for (let index = 0; index < 5; index += 1) recorder.writeOutcome(failed(`one.${index}`));
    const first = await book.current();
    clock.now += 5 * 60_000;
    expect(await book.current()).toBe(first);
    clock.now += 6 * 60_000;
    expect((await book.current()).version).toBe(first.version);
    expect(reads['jobs']).toBe(2);
    clock.now += 30 * DAY;
    expect((await book.current()).successes['code/claude-test']?.no).toBeCloseTo(2.5, 5);
  });

  test('raises an alarm when the strongest takes what a cheaper one was expected to do', async () => {
    const { recorder, book } = openBook();
    expect(await book.alarms()).toEqual([]);
    const [strong] = aDecision().candidates;
    if (strong === undefined) expect.fail('A decision has a candidate');
    const cheap = { ...strong, model: asId<ModelId>('cheap'), billNanoUsd: toNanoUsd(1) };
    recorder.writeJob(aJobRecord({ status: 'done', endedAt: TEST_NOW }));
    for (let index = 0; index < 60; index += 1) {
      const step = stepOf(`d-${index}`, 'job-1');
      recorder.writeStep({ ...step, decision: { ...step.decision, candidates: [strong, cheap] } });
    }
    book.noticeRecords();
    expect(await book.alarms()).toEqual([expect.objectContaining({ code: 'collapse', value: 1 })]);
  });

  test('a job that cannot be read is told of once, and the others still teach', async () => {
    const warnings: string[] = [];
    const { recorder, clock } = openBook();
    addJob(recorder, 'bad');
    addJob(recorder, 'good');
    for (let index = 0; index < 5; index += 1) recorder.writeOutcome(failed(`good.${index}`));
    const book = createBeliefBook({
      recorder: {
        ...recorder,
        steps: (jobId) =>
          jobId === 'bad' ? Promise.reject(new PointsmanError('record-unreadable', 'torn')) : recorder.steps(jobId),
      },
      clock: () => clock.now,
      priorDrift: () => 0.02,
      scripted: true,
      onWarning: (error) => warnings.push(error.code),
    });
    expect((await book.current()).version).not.toBe('beliefs-1.none');
    book.noticeRecords();
    await book.current();
    expect(warnings).toEqual(['record-unreadable']);
  });

  test('a store that cannot be read at all teaches nothing and stops nothing', async () => {
    const warnings: string[] = [];
    const torn = (): Promise<never> => Promise.reject(new Error('disk'));
    const book = createBeliefBook({
      recorder: { job: torn, jobs: torn, steps: torn, step: torn, outcomes: torn },
      clock: () => TEST_NOW,
      priorDrift: () => 0.02,
      scripted: true,
      onWarning: (error) => warnings.push(error.code),
    });
    expect((await book.current()).version).toBe('beliefs-1.none');
    expect(warnings).toEqual(['record-unreadable']);
  });
});
