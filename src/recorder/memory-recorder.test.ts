import { describe, expect, test } from 'vitest';
import { aJobRecord } from '../testing/record-builders.ts';
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
