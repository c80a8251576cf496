import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { openPostgres } from '../../postgres/open-postgres.ts';
import { openQueuedJobs } from '../../testing/internal/postgres/queued-jobs.ts';
import { openTestPostgres } from '../../testing/internal/postgres/test-store.ts';

const server = await openTestPostgres();
const MAIN = path.resolve(import.meta.dirname, '../main.ts');
const JOB_COUNT = 6;
/** Past the half minute after which a job may be taken from whoever holds it. */
const STOPPED_MS = 45_000;

describe.skipIf(server === undefined)('workers on one queue', () => {
  test('killed with -9, and stopped until others have their jobs, lose none and repeat nothing', async () => {
    const address = server?.freshAddress() ?? '';
    const jobs = await openQueuedJobs(address);
    const postgres = await openPostgres(address);
    const workers: ChildProcess[] = [];
    const start = (...args: readonly string[]): ChildProcess =>
      spawn(process.execPath, [MAIN, ...args], { env: jobs.env, cwd: jobs.folder, stdio: 'ignore' });
    const startWorker = (): void => void workers.push(start('worker', '--jobs', '2'));
    try {
      const workspaces = Array.from({ length: JOB_COUNT }, (_, index) => jobs.workspace(`w${index}`));
      for (const workspace of workspaces) {
        const [code] = (await once(
          start('submit', 'Mend the failing tests.', '--workspace', workspace, '--yes', '--in-place'),
          'exit',
        )) as [number];
        expect(code).toBe(0);
      }
      const holders = async (): Promise<readonly number[]> => {
        const sql = 'select distinct pid from job_leases where is_held';
        return (await postgres.query<{ pid: number }>(sql)).rows.map(({ pid }) => pid);
      };
      const pidHolding = async (): Promise<number> => {
        for (;;) {
          const pid = (await holders()).find((held) =>
            workers.some((one) => one.pid === held && one.exitCode === null && one.signalCode === null),
          );
          if (pid !== undefined) return pid;
          await wait(100);
        }
      };
      for (let count = 0; count < 3; count += 1) startWorker();
      process.kill(await pidHolding(), 'SIGKILL');
      startWorker();
      await wait(2000);
      const stopped = await pidHolding();
      process.kill(stopped, 'SIGSTOP');
      await wait(STOPPED_MS);
      process.kill(stopped, 'SIGCONT');
      const doneCount = async (): Promise<number | undefined> =>
        (
          await postgres.query<{ n: number }>(
            `select count(*) as n from job_entries where entry::json->>'status' = 'done'`,
          )
        ).rows[0]?.n;
      await expect.poll(doneCount, { timeout: 240_000, interval: 500 }).toBe(JOB_COUNT);
      const takeovers = await postgres.query<{ n: number }>('select max(fence) as n from job_leases');
      expect(takeovers.rows[0]?.n).toBeGreaterThan(1);
      const answered = (await postgres.query('select slot from job_calls where ended is not null')).rows;
      expect(new Set(answered.map(({ slot }) => slot)).size).toBe(answered.length);
      for (const workspace of workspaces) {
        const tests = readFileSync(path.join(workspace, 'test/cart.test.js'), 'utf8');
        expect(tests.match(/nine parcels bring no discount/gu)).toHaveLength(1);
      }
    } finally {
      for (const one of workers) one.kill('SIGKILL');
      await postgres.close();
      await jobs.close();
    }
  }, 600_000);
});
