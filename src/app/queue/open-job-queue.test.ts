import { setTimeout as wait } from 'node:timers/promises';
import { PgBoss } from 'pg-boss';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../config/secret.ts';
import { asId, type JobId } from '../../domain/ids.ts';
import { storeAddressOf } from '../../postgres/store-address.ts';
import { openTestPostgres } from '../../testing/internal/postgres/test-store.ts';
import { openJobQueue } from './open-job-queue.ts';

const server = await openTestPostgres();

describe.skipIf(server === undefined)('the queue of a store', () => {
  test('knows the job that a schedule began, though it lies there under the name of the schedule', async () => {
    const address = server?.freshAddress() ?? '';
    const queue = await openJobQueue({ kind: 'postgres', url: new Secret(address, 'test') });
    const { connectionString, schema } = storeAddressOf(address);
    const boss = new PgBoss({ connectionString, schema: `${schema}_queue`, supervise: false, schedule: false });
    await boss.start();
    const id = await boss.send('jobs', { request: { task: 'x' } }, { singletonKey: 'nightly', priority: 3 });
    const jobId = asId<JobId>(`job-${String(id).replaceAll('-', '')}`);
    expect(await queue.remove(jobId)).toBe(true);
    expect(await queue.remove(jobId)).toBe(false);
    expect(await queue.again(jobId)).toBe(true);
    expect(await boss.findJobs('jobs', { key: jobId })).toMatchObject([{ data: { jobId }, priority: 3 }]);
    expect(await queue.again(asId<JobId>('job-never'))).toBe(false);
    await boss.stop({ graceful: false });
    await queue.close();
  }, 30_000);

  test('says what is wrong with a schedule, and does not put it down to the store', async () => {
    const queue = await openJobQueue({ kind: 'postgres', url: new Secret(server?.freshAddress() ?? '', 'test') });
    const good = { cron: '0 3 * * *', name: 'nightly', timeZone: 'UTC' };
    for (const bad of [{ cron: 'bogus' }, { timeZone: 'Foo/Bar' }, { name: 'a b' }])
      await expect(queue.schedule({ ...good, ...bad }, { task: 'x', workspace: '/tmp' }, {})).rejects.toMatchObject({
        code: 'request-invalid',
      });
    await queue.schedule(good, { task: 'x', workspace: '/tmp' }, {});
    await queue.close();
  }, 30_000);

  test('puts back what is answered while the worker that asked still lets go of it', async () => {
    const address = server?.freshAddress() ?? '';
    const queue = await openJobQueue({ kind: 'postgres', url: new Secret(address, 'test') });
    const { connectionString, schema } = storeAddressOf(address);
    const boss = new PgBoss({ connectionString, schema: `${schema}_queue`, supervise: false, schedule: false });
    await boss.start();
    const jobId = asId<JobId>('job-asks');
    await queue.add(jobId, {});
    const [taken] = await boss.fetch('jobs');
    const answered = queue.again(jobId);
    await wait(300);
    await boss.complete('jobs', taken?.id ?? '');
    expect(await answered).toBe(true);
    expect((await boss.findJobs('jobs', { key: jobId })).map(({ state }) => state).toSorted()).toEqual([
      'completed',
      'created',
    ]);
    await boss.stop({ graceful: false });
    await queue.close();
  }, 30_000);

  test('tells what work failed of, which is tried again', async () => {
    const queue = await openJobQueue({ kind: 'postgres', url: new Secret(server?.freshAddress() ?? '', 'test') });
    await queue.add(asId<JobId>('job-fails'), {});
    const faults: unknown[] = [];
    const working = await queue.work({ jobCount: 1, onFault: (thrown) => faults.push(thrown) }, async () => {
      throw new Error('no such folder here');
    });
    await expect.poll(() => String(faults[0]), { timeout: 10_000 }).toContain('no such folder here');
    await working.stop();
    await queue.close();
  }, 30_000);
});
