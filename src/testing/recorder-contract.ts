import assert from 'node:assert/strict';
import { asId, type CallId, type DecisionId, type JobId, type StepId } from '../domain/ids.ts';
import { toNanoUsd } from '../domain/money.ts';
import { exportRecords, readExport } from '../recorder/export-records.ts';
import type { KindedRecord } from '../recorder/read-record.ts';
import type { Recorder } from '../recorder/recorder.ts';
import type { ContractCase } from './contract-case.ts';
import { aCallRecord, aDecision, aJobRecord, anOutcomeRecord, aStepRecord } from './record-builders.ts';

const jobId = asId<JobId>('job-1');
const otherJob = asId<JobId>('job-2');
const decisionId = (text: string): DecisionId => asId<DecisionId>(text);
/** Records as they come back: keys that were `undefined` are gone. */
const stored = <Value>(value: Value): Value => JSON.parse(JSON.stringify(value)) as Value;

/**
 * What every recorder must do, whatever it stores in. `makeRecorder` gives an empty one each time; the case closes it.
 * Not covered, because each store fails in its own way: failed writes and unreadable files.
 */
export function recorderContract(makeRecorder: () => Promise<Recorder>): readonly ContractCase[] {
  const cases: ContractCase[] = [];
  const promise = (name: string, check: (recorder: Recorder) => Promise<void>): void => {
    const run = async (): Promise<void> => {
      const recorder = await makeRecorder();
      try {
        await check(recorder);
      } finally {
        await recorder.close();
      }
    };
    cases.push({ name, run });
  };
  aboutJobs(promise);
  aboutSteps(promise);
  aboutCalls(promise);
  aboutOutcomes(promise);
  aboutSecrets(promise);
  aboutExport(promise);
  return cases;
}

type Promised = (name: string, check: (recorder: Recorder) => Promise<void>) => void;

function aboutJobs(promise: Promised): void {
  promise('an empty recorder has nothing, and says so without failing', async (recorder) => {
    assert.equal(await recorder.job(jobId), undefined);
    assert.deepEqual(await recorder.jobs({ limit: 10 }), []);
    assert.deepEqual(await recorder.steps(jobId), []);
    assert.equal(await recorder.step(decisionId('none')), undefined);
    assert.deepEqual(await recorder.calls(jobId), []);
    assert.deepEqual(await recorder.callsWithoutJob({ limit: 10 }), []);
    assert.deepEqual(await recorder.outcomes({ limit: 10 }), []);
  });
  promise('a job comes back as it was written, and its latest write stands', async (recorder) => {
    recorder.writeJob(aJobRecord());
    recorder.writeJob(
      aJobRecord({ status: 'done', endedAt: 5, result: { summary: 'ünïcödé \u2028 "x"', list: [1, null] } }),
    );
    const job = await recorder.job(jobId);
    assert.deepEqual(
      job,
      stored(aJobRecord({ status: 'done', endedAt: 5, result: { summary: 'ünïcödé \u2028 "x"', list: [1, null] } })),
    );
    assert.equal((await recorder.jobs({ limit: 10 })).length, 1);
  });
  promise('jobs come newest first and no more than asked for', async (recorder) => {
    for (const n of [2, 1, 3]) recorder.writeJob(aJobRecord({ jobId: asId<JobId>(`job-${n}`), startedAt: n }));
    assert.deepEqual(
      (await recorder.jobs({ limit: 2 })).map((job) => job.jobId),
      ['job-3', 'job-2'],
    );
    assert.deepEqual(await recorder.jobs({ limit: 0 }), []);
    assert.deepEqual(await recorder.jobs({ limit: -1 }), []);
  });
}

function aboutSteps(promise: Promised): void {
  promise('the input of a decision comes back with the same bytes', async (recorder) => {
    const record = aStepRecord();
    recorder.writeStep(record);
    const [step] = await recorder.steps(jobId);
    assert.equal(JSON.stringify(step), JSON.stringify(record));
    assert.equal(JSON.stringify((await recorder.step(decisionId('decision-1')))?.input), JSON.stringify(record.input));
  });
  promise('a step that gets its outcome stays one step, in its place', async (recorder) => {
    const second = aStepRecord({
      stepId: asId<StepId>('step-2'),
      decision: aDecision({ decisionId: decisionId('decision-2') }),
    });
    recorder.writeStep(aStepRecord());
    recorder.writeStep(second);
    await recorder.flush();
    const outcome = { status: 'accepted', checks: [], summary: 'done', errorCode: undefined } as const;
    recorder.writeStep(aStepRecord({ endedAt: 9, outcome }));
    const steps = await recorder.steps(jobId);
    assert.deepEqual(
      steps.map((step) => [step.stepId, step.outcome?.status]),
      [
        ['step-1', 'accepted'],
        ['step-2', undefined],
      ],
    );
  });
  promise('a step without a job is found by its decision, and belongs to no job', async (recorder) => {
    recorder.writeStep(aStepRecord({ jobId: undefined }));
    assert.equal((await recorder.step(decisionId('decision-1')))?.stepId, 'step-1');
    assert.deepEqual(await recorder.steps(jobId), []);
  });
}

function aboutCalls(promise: Promised): void {
  promise('a call is counted once, however often it is written', async (recorder) => {
    recorder.writeCall(aCallRecord());
    recorder.writeCall(aCallRecord({ billNanoUsd: toNanoUsd(999) }));
    await recorder.flush();
    recorder.writeCall(aCallRecord({ billNanoUsd: toNanoUsd(998) }));
    recorder.writeCall(aCallRecord({ callId: asId<CallId>('call-2') }));
    const calls = await recorder.calls(jobId);
    assert.deepEqual(
      calls.map((call) => [call.callId, call.billNanoUsd]),
      [
        ['call-1', 12_000_000],
        ['call-2', 12_000_000],
      ],
    );
  });
  promise('calls of other jobs stay apart, and an unknown bill stays unknown', async (recorder) => {
    recorder.writeCall(aCallRecord({ jobId: otherJob, usage: undefined, billNanoUsd: undefined }));
    assert.deepEqual(await recorder.calls(jobId), []);
    const [call] = await recorder.calls(otherJob);
    assert.equal(call?.billNanoUsd, undefined);
    assert.equal(call?.usage, undefined);
  });
}

function aboutOutcomes(promise: Promised): void {
  promise('outcomes come newest first, and saying the same twice is one', async (recorder) => {
    recorder.writeOutcome(anOutcomeRecord({ at: 1 }));
    recorder.writeOutcome(anOutcomeRecord({ at: 2, verdict: 'failed' }));
    recorder.writeOutcome(anOutcomeRecord({ at: 1 }));
    const outcomes = await recorder.outcomes({ limit: 10 });
    assert.deepEqual(
      outcomes.map((outcome) => outcome.verdict),
      ['failed', 'good_fit'],
    );
    assert.equal((await recorder.outcomes({ limit: 1 })).length, 1);
  });
  promise('outcomes can be asked for by job', async (recorder) => {
    recorder.writeStep(aStepRecord());
    recorder.writeOutcome(anOutcomeRecord());
    recorder.writeOutcome(anOutcomeRecord({ decisionId: decisionId('foreign') }));
    assert.deepEqual(
      (await recorder.outcomes({ limit: 9, jobId })).map((outcome) => outcome.decisionId),
      ['decision-1'],
    );
    assert.deepEqual(await recorder.outcomes({ limit: 9, jobId: otherJob }), []);
  });
}

function aboutSecrets(promise: Promised): void {
  promise('secrets never come back, wherever they stood', async (recorder) => {
    const key = `sk-ant-api03-${'a1B2'.repeat(8)}`;
    recorder.writeJob(
      aJobRecord({ task: `use ${key}`, result: { nested: [{ note: key, authorization: 'Basic abc' }] } }),
    );
    recorder.writeStep(
      aStepRecord({
        title: key,
        outcome: {
          status: 'failed',
          checks: [{ verifierId: 'tests', passed: false, summary: key }],
          summary: key,
          errorCode: undefined,
        },
      }),
    );
    recorder.writeCall(aCallRecord({ requestId: key }));
    recorder.writeOutcome(anOutcomeRecord({ note: key }));
    const all = JSON.stringify([
      await recorder.job(jobId),
      await recorder.steps(jobId),
      await recorder.calls(jobId),
      await recorder.outcomes({ limit: 9 }),
    ]);
    assert.ok(!all.includes(key) && !all.includes('Basic abc'));
    assert.equal(all.match(/\[redacted:anthropickey\]/gu)?.length, 7);
  });
}

function aboutExport(promise: Promised): void {
  promise('what is exported reads back as what is stored', async (recorder) => {
    recorder.writeJob(aJobRecord());
    recorder.writeStep(aStepRecord());
    recorder.writeCall(aCallRecord());
    recorder.writeOutcome(anOutcomeRecord());
    const rows: KindedRecord[] = [];
    for await (const row of readExport(exportRecords(recorder, jobId))) rows.push(row);
    assert.deepEqual(
      rows.map((row) => row.kind),
      ['job', 'step', 'call', 'outcome'],
    );
    assert.equal(JSON.stringify(rows[1]?.record), JSON.stringify(aStepRecord()));
  });
}
