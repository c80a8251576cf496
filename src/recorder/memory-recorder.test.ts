import { describe, expect, test } from 'vitest';
import { asId } from '../domain/ids.ts';
import { aCallRecord, aJobRecord } from '../testing/record-builders.ts';
import { recorderContract } from '../testing/recorder-contract.ts';
import { createMemoryRecorder } from './memory-recorder.ts';

describe('the memory recorder keeps the contract', () => {
  test.each(recorderContract(async () => createMemoryRecorder()))('$name', ({ run }) => run());
});

test('a record that JSON cannot hold is reported, and nothing is thrown', async () => {
  const errors: string[] = [];
  const recorder = createMemoryRecorder({ onWriteError: (error) => errors.push(error.code) });
  recorder.writeJob(aJobRecord({ result: 1n as never }));
  expect(errors).toEqual(['record-unwritable']);
  expect(await recorder.jobs({ limit: 1 })).toEqual([]);
});

test('past its bound the oldest go first, and the newest stays however large it is', async () => {
  const length = JSON.stringify(aCallRecord({ callId: asId('call_000') })).length;
  const recorder = createMemoryRecorder({ maxTextLength: 10 * length });
  for (let index = 100; index < 1000; index++) recorder.writeCall(aCallRecord({ callId: asId(`call_${index}`) }));
  const kept = await recorder.calls(asId('job-1'));
  expect(kept.length).toBeGreaterThan(7);
  expect(kept.length).toBeLessThanOrEqual(10);
  expect(kept.at(-1)?.callId).toBe('call_999');

  recorder.writeJob(aJobRecord({ jobId: asId('job_large'), result: 'x'.repeat(20 * length) }));
  expect(await recorder.calls(asId('job-1'))).toEqual([]);
  expect(await recorder.job(asId('job_large'))).toBeDefined();
});

test('a record that is written again counts once', async () => {
  const job = aJobRecord({ jobId: asId('job_again') });
  const recorder = createMemoryRecorder({ maxTextLength: 3 * JSON.stringify(job).length });
  recorder.writeJob(aJobRecord({ jobId: asId('job_first') }));
  for (let times = 0; times < 50; times++) recorder.writeJob(job);
  expect(await recorder.jobs({ limit: 9 })).toHaveLength(2);
});
