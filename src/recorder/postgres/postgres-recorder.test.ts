import { describe, expect, test } from 'vitest';
import { asId, type DecisionId } from '../../domain/ids.ts';
import { openPostgres } from '../../postgres/open-postgres.ts';
import { aDecideInput } from '../../testing/decision-builders.ts';
import { openTestPostgres } from '../../testing/internal/postgres/test-store.ts';
import { aModel } from '../../testing/model-builders.ts';
import { aCallRecord, aDecision, aJobRecord, aStepRecord } from '../../testing/record-builders.ts';
import { recorderContract } from '../../testing/recorder-contract.ts';
import type { Recorder } from '../recorder.ts';
import { openPostgresRecorder } from './postgres-recorder.ts';

const server = await openTestPostgres();

async function open(address: string): Promise<Recorder> {
  const postgres = await openPostgres(address);
  const recorder = await openPostgresRecorder(postgres, {
    onWriteError: (error) => {
      throw error;
    },
  });
  return {
    ...recorder,
    close: async () => {
      await recorder.close();
      await postgres.close();
    },
  };
}

describe.skipIf(server === undefined)('the PostgreSQL recorder', () => {
  const fresh = (): string => server?.freshAddress() ?? '';

  describe('keeps the contract', () => {
    test.each(recorderContract(() => open(fresh())))('$name', ({ run }) => run());
  });

  test('has in one place what several processes wrote, and pool and policy once', async () => {
    const address = fresh();
    const [one, other] = [await open(address), await open(address)];
    const models = Array.from({ length: 12 }, (_, index) => aModel({ id: asId(`model-${index}`) }));
    const steps = Array.from({ length: 40 }, (_, index) => {
      const decisionId = asId<DecisionId>(`decision-${index}`);
      const input = aDecideInput({ decisionId, models: [...models] });
      return aStepRecord({ decision: aDecision({ decisionId }), input });
    });
    steps.forEach((step, index) => (index % 2 === 0 ? one : other).writeStep(step));
    one.writeJob(aJobRecord());
    await Promise.all([one.flush(), other.flush()]);
    const found = await other.steps(aJobRecord().jobId);
    const texts = (records: readonly unknown[]): readonly string[] => records.map((record) => JSON.stringify(record));
    expect(texts(found).toSorted()).toEqual(texts(steps).toSorted());
    const postgres = await openPostgres(address);
    const { rows } = await postgres.query('select count(*) as n from parts');
    expect(Number(rows[0]?.['n'])).toBeLessThan(8);
    await Promise.all([postgres.close(), one.close(), other.close()]);
  });

  test('takes every text that JSON can hold, in ids as well', async () => {
    const recorder = await open(fresh());
    const odd = asId<never>('a\0b\ud800 \u{1f600} \\ \' " $1');
    recorder.writeCall(aCallRecord({ callId: odd, sessionId: odd, requestId: odd }));
    recorder.writeJob(aJobRecord({ jobId: odd, task: odd }));
    expect((await recorder.job(odd))?.task).toBe(odd);
    expect((await recorder.calls(aCallRecord().jobId ?? odd))[0]?.sessionId).toBe(odd);
    await recorder.close();
  });
});
