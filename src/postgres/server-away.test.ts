import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PointsmanError } from '../domain/errors.ts';
import { asId, type CallId } from '../domain/ids.ts';
import { toNanoUsd } from '../domain/money.ts';
import { accountOf, type BudgetLimits } from '../money/ledger.ts';
import { openPostgresLedger } from '../money/postgres/postgres-ledger.ts';
import { openPostgresRecorder } from '../recorder/postgres/postgres-recorder.ts';
import { findPrograms, removeCluster, start, startCluster, stopCluster } from '../testing/internal/postgres/cluster.ts';
import { openTestPostgres } from '../testing/internal/postgres/test-store.ts';
import { aCallRecord } from '../testing/record-builders.ts';
import { openPostgres } from './open-postgres.ts';

// Says where there is none; this one is stopped, which others must not notice.
const hasServer = (await openTestPostgres()) !== undefined;
const folder = `/tmp/pm-pg-${randomBytes(5).toString('hex')}`;
const programs = findPrograms() ?? '';
const KEY = accountOf('key', 'k');
let address = '';

describe.skipIf(!hasServer)('a server that goes away and comes back', () => {
  beforeAll(async () => {
    address = (await startCluster(folder, programs)).url;
  });
  afterAll(() => removeCluster(folder, programs));

  test('gets every record and every bill, and meanwhile no call passes a limit unseen', async () => {
    const postgres = await openPostgres(address);
    const faults: PointsmanError[] = [];
    const restored: string[] = [];
    const onFault = (error: PointsmanError): unknown => faults.push(error);
    const recorder = await openPostgresRecorder(postgres, {
      onWriteError: onFault,
      onRestored: () => restored.push('records'),
    });
    const ledger = await openPostgresLedger(postgres, { onFault, onRestored: () => restored.push('money') });
    const ask = (id: string, limits: BudgetLimits) => {
      const charges = [{ account: KEY, limits }];
      return { id, charges, expectedNanoUsd: toNanoUsd(5), worstNanoUsd: toNanoUsd(9), at: 0 };
    };
    const limits = { total: toNanoUsd(100) };
    await ledger.reserve(ask('under way', limits));
    recorder.writeCall(aCallRecord({ callId: asId<CallId>('before') }));
    await recorder.flush();

    await stopCluster(folder, programs, 'immediate');
    recorder.writeCall(aCallRecord({ callId: asId<CallId>('meanwhile') }));
    ledger.settle('under way', { kind: 'billed', nanoUsd: toNanoUsd(7) });
    expect(await ledger.reserve(ask('unlimited', {}))).toEqual({ kind: 'reserved', heldNanoUsd: 9 });
    ledger.settle('unlimited', { kind: 'billed', nanoUsd: toNanoUsd(4) });
    await expect(ledger.reserve(ask('limited', limits))).rejects.toMatchObject({
      code: 'record-unwritable',
      retryable: true,
    });
    await recorder.flush();

    await start(folder, programs);
    await expect.poll(() => restored.toSorted()).toEqual(['money', 'records']);
    expect((await ledger.standings(KEY, 0)).total).toEqual({ spentNanoUsd: 11, unknownNanoUsd: 0, heldNanoUsd: 0 });
    expect((await recorder.calls(aCallRecord().jobId as never)).map(({ callId }) => callId)).toEqual([
      'before',
      'meanwhile',
    ]);
    for (const { code, message } of faults) {
      expect(code).toBe('record-unwritable');
      expect(message).not.toContain('horse');
    }
    await recorder.close();
    await ledger.close();
    await postgres.close();
  });
});
