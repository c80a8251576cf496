import { describe, expect, test } from 'vitest';
import { PointsmanError } from '../../domain/errors.ts';
import { asId, type DecisionId, type JobId } from '../../domain/ids.ts';
import { createMemoryRecorder } from '../../recorder/memory-recorder.ts';
import type { OutcomeRecord, StepRecord } from '../../recorder/record.ts';
import type { Recorder } from '../../recorder/recorder.ts';
import { aDecideInput, aQuality, TEST_NOW } from '../../testing/decision-builders.ts';
import { aDecision, aJobRecord, anOutcomeRecord, aStepRecord } from '../../testing/record-builders.ts';
import { createBeliefSource, type BeliefSource, type BeliefSourceOptions } from './belief-source.ts';

const DAY = 86_400_000;

/** A recorder that counts what is read from it. */
function openSource(overrides: Partial<BeliefSourceOptions> = {}): {
  readonly recorder: Recorder;
  readonly source: BeliefSource;
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
  const source = createBeliefSource({
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
  return { recorder: memory, source, reads, clock };
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
    const { recorder, source, reads } = openSource();
    addJob(recorder, 'one');
    expect(reads).toEqual({});
    const [first, second] = await Promise.all([source.current(), source.current()]);
    expect(first).toBe(second);
    expect(reads).toEqual({ jobs: 1, steps: 1, outcomes: 1 });
    await source.current();
    expect(reads).toEqual({ jobs: 1, steps: 1, outcomes: 1 });

    addJob(recorder, 'two');
    source.noticeRecords();
    await source.current();
    expect(reads).toEqual({ jobs: 2, steps: 2, outcomes: 2 });
  });

  test('learns of reports on steps of jobs and on advice, each with a new version', async () => {
    const { recorder, source } = openSource();
    addJob(recorder, 'one');
    expect((await source.current()).version).toBe('beliefs-2.none');
    for (let index = 0; index < 5; index += 1) recorder.writeOutcome(failed(`one.${index}`));
    source.noticeRecords();
    const taught = await source.current();
    expect(Object.keys(taught.abilities)).toEqual(['any/claude-test', 'code/claude-test']);
    recorder.writeStep(stepOf('advice', undefined));
    recorder.writeOutcome(failed('advice'));
    source.noticeRecords();
    const more = await source.current();
    expect(more.abilities['code/claude-test']?.logit).toBeLessThan(taught.abilities['code/claude-test']?.logit ?? -9);
    expect(more.version).not.toBe(taught.version);
  });

  test('takes the steps of a job that has just stopped as they are, and learns what reading them would teach', async () => {
    const { recorder, source, reads } = openSource();
    addJob(recorder, 'one');
    for (const job of ['one', 'two']) {
      for (let index = 0; index < 5; index += 1) recorder.writeOutcome(failed(`${job}.${index}`));
    }
    const before = await source.current();
    addJob(recorder, 'two');
    const job = { jobId: asId<JobId>('two'), scripted: true, endedAt: TEST_NOW };
    source.noticeSteps(job, await recorder.steps(job.jobId));
    const taught = await source.current();
    expect(taught.version).not.toBe(before.version);
    expect(await source.current()).toBe(taught);
    const { jobs, steps } = reads;
    expect({ jobs, steps }).toEqual({ jobs: 1, steps: 1 });

    source.noticeRecords();
    expect(await source.current()).toEqual(taught);
    expect(reads['steps']).toBe(steps);
    const { source: other } = openSource({ recorder });
    expect(await other.current()).toEqual(taught);
  });

  test('a job that waits teaches what it has so far, and is read again when it may have gone on elsewhere', async () => {
    const { recorder, source, reads } = openSource();
    await source.current();
    const steps = [0, 1, 2, 3, 4].map((index) => stepOf(`one.${index}`, 'one'));
    for (const step of steps) {
      recorder.writeStep(step);
      recorder.writeOutcome(failed(step.decision.decisionId));
    }
    recorder.writeJob(aJobRecord({ jobId: asId('one'), status: 'paused', endedAt: undefined }));
    source.noticeSteps({ jobId: asId<JobId>('one'), scripted: true, endedAt: undefined }, steps);
    source.noticeRecords();
    expect((await source.current()).version).not.toBe('beliefs-2.none');
    expect(reads['steps']).toBe(1);
  });

  test('real jobs and scripted ones do not teach each other, neither by checks nor by reports', async () => {
    const { recorder, source } = openSource({ scripted: false });
    addJob(recorder, 'one', { scripted: true });
    const job = { jobId: asId<JobId>('one'), scripted: true, endedAt: TEST_NOW };
    source.noticeSteps(job, await recorder.steps(job.jobId));
    for (let index = 0; index < 5; index += 1) recorder.writeOutcome(failed(`one.${index}`));
    expect((await source.current()).version).toBe('beliefs-2.none');
  });

  test('keeps the newest steps where there are more than it can hold', async () => {
    const { recorder, source, reads } = openSource();
    for (let job = 0; job < 90; job += 1) {
      recorder.writeJob(aJobRecord({ jobId: asId(`job-${job}`), status: 'done', endedAt: TEST_NOW }));
      for (let step = 0; step < 50; step += 1) recorder.writeStep(stepOf(`job-${job}.${step}`, `job-${job}`));
    }
    recorder.writeOutcome(failed('job-89.0'));
    await source.current();
    // Known from its job, so that it was not asked for by itself.
    expect(reads['step']).toBeUndefined();
  });

  test('asks no twice for a decision that is not kept', async () => {
    const { recorder, source, reads } = openSource();
    recorder.writeOutcome(failed('gone'));
    await source.current();
    source.noticeRecords();
    await source.current();
    expect(reads['step']).toBe(1);
  });

  test('looks again after ten minutes, for what other processes wrote, and forgets with the days', async () => {
    const { recorder, source, clock, reads } = openSource();
    addJob(recorder, 'one');
    for (let index = 0; index < 5; index += 1) recorder.writeOutcome(failed(`one.${index}`));
    const first = await source.current();
    clock.now += 5 * 60_000;
    expect(await source.current()).toBe(first);
    clock.now += 6 * 60_000;
    expect((await source.current()).version).toBe(first.version);
    expect(reads['jobs']).toBe(2);
    clock.now += 30 * DAY;
    const shiftIn = ({ abilities }: typeof first): number => abilities['code/claude-test']?.logit ?? 0;
    expect(shiftIn(first)).toBeLessThan(-0.1);
    expect(shiftIn(await source.current())).toBeCloseTo(shiftIn(first) / 4, 3);
  });

  test('a job that cannot be read is told of once, and the others still teach', async () => {
    const warnings: string[] = [];
    const { recorder, clock } = openSource();
    addJob(recorder, 'bad');
    addJob(recorder, 'good');
    for (let index = 0; index < 5; index += 1) recorder.writeOutcome(failed(`good.${index}`));
    const source = createBeliefSource({
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
    expect((await source.current()).version).not.toBe('beliefs-2.none');
    source.noticeRecords();
    await source.current();
    expect(warnings).toEqual(['record-unreadable']);
  });

  test('a store that cannot be read at all teaches nothing and stops nothing', async () => {
    const warnings: string[] = [];
    const torn = (): Promise<never> => Promise.reject(new Error('disk'));
    const source = createBeliefSource({
      recorder: { job: torn, jobs: torn, steps: torn, step: torn, outcomes: torn },
      clock: () => TEST_NOW,
      priorDrift: () => 0.02,
      scripted: true,
      onWarning: (error) => warnings.push(error.code),
    });
    expect((await source.current()).version).toBe('beliefs-2.none');
    expect(warnings).toEqual(['record-unreadable']);
  });
});
