import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { JobQueue } from '../../app/queue/job-queue.ts';
import { openJobQueue } from '../../app/queue/open-job-queue.ts';
import { Secret } from '../../config/secret.ts';
import { asId, type JobId } from '../../domain/ids.ts';
import { MINUTE_MS } from '../../domain/time.ts';
import { openPostgres } from '../../postgres/open-postgres.ts';
import { openQueuedJobs, type QueuedJobs } from '../../testing/internal/postgres/queued-jobs.ts';
import { openTestPostgres } from '../../testing/internal/postgres/test-store.ts';
import { command as jobsCommand } from '../commands/jobs-command.ts';
import type { CliCommand, CommandIo } from '../input/command.ts';
import { EXIT } from '../input/exit-code.ts';
import { command as answer } from './answer-command.ts';
import { command as cancel } from './cancel-command.ts';
import { command as submit } from './submit-command.ts';
import { command as worker } from './worker-command.ts';

const server = await openTestPostgres();

describe.skipIf(server === undefined)('a queue of jobs', () => {
  let jobs: QueuedJobs;
  let address = '';
  let count = 0;
  beforeAll(async () => {
    address = server?.freshAddress() ?? '';
    jobs = await openQueuedJobs(address);
  });
  afterAll(() => jobs.close());

  const openQueue = (): Promise<JobQueue> => openJobQueue({ kind: 'postgres', url: new Secret(address, 'test') });
  const said: string[] = [];
  const ioWith = (signal: AbortSignal, keep = (text: string): unknown => said.push(text)): CommandIo => ({
    stdout: keep,
    stderr: keep,
    env: jobs.env,
    cwd: jobs.folder,
    isTerminal: false,
    signal,
  });
  const run = async (command: CliCommand, ...args: readonly string[]): Promise<string> => {
    let text = '';
    await command.run(
      args,
      ioWith(new AbortController().signal, (part) => void (text += part)),
    );
    return text;
  };
  const submitOne = async (...more: readonly string[]): Promise<string> => {
    const workspace = jobs.workspace(`w${(count += 1)}`);
    const flags = ['--workspace', workspace, '--yes', '--in-place', '--json', ...more];
    const text = await run(submit, 'Mend the failing tests.', ...flags);
    return (JSON.parse(text) as { readonly data: { readonly jobId: string } }).data.jobId;
  };
  const statusOf = async (jobId: string): Promise<string | undefined> =>
    (await run(jobsCommand)).split('\n').find((line) => line.includes(jobId));
  /** Workers from `act` on, until it ends. */
  const withWorker = async (args: readonly string[], act: () => Promise<void>): Promise<void> => {
    const controller = new AbortController();
    const working = worker.run(args, ioWith(controller.signal));
    try {
      await act();
    } finally {
      controller.abort();
      expect(await working).toBe(EXIT.ok);
    }
  };
  /** What a worker says as lines of JSON; nothing of a line that is none. */
  const statusIn = (line: string): object => {
    if (!line.startsWith('{')) return {};
    const { jobId, status } = JSON.parse(line) as { readonly jobId?: string; readonly status?: string };
    return { jobId, status };
  };
  const LONG = { timeout: 60_000, interval: 200 };

  test('runs what waits, the most urgent first, and not before its hour', async () => {
    const later = await submitOne('--after', '1h');
    const second = await submitOne('--priority=1');
    const first = await submitOne('--priority', '5', '--team', 'red');
    expect(await statusOf(second)).toContain('waits for a worker');
    await withWorker([], async () => {
      await expect.poll(() => statusOf(second), LONG).toContain('done');
    });
    expect(await statusOf(later)).toContain('waits for a worker');
    expect(said.filter((line) => line.includes(' began')).map((line) => line.split(' ')[0])).toEqual([first, second]);
    expect(await run(cancel, later)).toContain('cancelled');
    expect(await statusOf(later)).toContain('cancelled');
  }, 120_000);

  test('a job that a worker runs is cancelled from another machine', async () => {
    const jobId = await submitOne();
    await withWorker([], async () => {
      await expect.poll(() => said.join(''), LONG).toContain(`${jobId} began`);
      expect(await run(cancel, jobId)).toContain(`${jobId} is cancelled`);
    });
    expect(await statusOf(jobId)).toContain('cancelled');
  }, 120_000);

  test('a schedule puts a job there, under a name that ends it', async () => {
    const flags = ['--workspace', jobs.workspace('nightly'), '--cron', '0 3 * * *', '--name', 'nightly'];
    expect(await run(submit, 'Mend the failing tests.', ...flags, '--time-zone', 'Europe/Vienna')).toContain(
      'nightly runs at 0 3 * * *',
    );
    await expect(run(cancel, '--schedule', 'weekly')).rejects.toMatchObject({
      code: 'not-found',
      hint: 'There are: nightly.',
    });
    expect(JSON.parse(await run(cancel, '--schedule', 'nightly', '--json'))).toMatchObject({
      data: { ended: 'nightly' },
    });
    await expect(run(submit, 'x', '--cron', '* * * * *')).rejects.toMatchObject({ code: 'request-invalid' });
  });

  test('what the queue would not take leaves no job behind that waits for ever', async () => {
    const before = await run(jobsCommand);
    for (const bad of ['--priority=99999999999', '--team=', '--after=367d', '--after=999999999w'])
      await expect(submitOne(bad), bad).rejects.toMatchObject({ code: 'request-invalid' });
    expect(await run(jobsCommand)).toBe(before);
  });

  test('nor does a queue that is away, so that the same job may be given again', async () => {
    const postgres = await openPostgres(address);
    const queue = `${postgres.schema}_queue`;
    await (await openQueue()).close();
    await postgres.query(`alter table ${queue}.job_common rename to away`);
    await expect(submitOne()).rejects.toThrow(/cancelled again/u);
    await postgres.query(`alter table ${queue}.away rename to job_common`);
    await postgres.close();
    expect(await run(jobsCommand)).not.toContain('waits for a worker');
  });

  test('a job whose giver was killed before it had its place is found and run', async () => {
    const jobId = await submitOne();
    const postgres = await openPostgres(address);
    await postgres.query(`delete from ${postgres.schema}_queue.job_common where singleton_key = '${jobId}'`);
    await postgres.close();
    const now = Date.now;
    const later = vi.spyOn(Date, 'now').mockImplementation(() => now() + 2 * MINUTE_MS);
    try {
      await withWorker([], async () => {
        await expect.poll(() => statusOf(jobId), LONG).toContain('done');
      });
    } finally {
      later.mockRestore();
    }
  });

  test('what a job fails of is told without the keys', async () => {
    const queue = await openQueue();
    const named = asId<JobId>('no-real-key-0001');
    await queue.add(named, {});
    said.length = 0;
    await withWorker([], async () => {
      await expect.poll(() => said.join(''), LONG).toContain('[not-found] There is no job');
    });
    expect(said.join('')).not.toContain(named);
    expect(await queue.remove(named)).toBe(true);
    await queue.close();
  }, 120_000);

  test('cancel takes one job or one schedule, and nothing beside it', async () => {
    for (const args of [
      ['job-1', 'job-2'],
      ['job-1', '--schedule', 'nightly'],
    ])
      await expect(run(cancel, ...args)).rejects.toMatchObject({ code: 'request-invalid' });
  });

  test('a question is answered from another machine, and any worker goes on', async () => {
    const jobId = await submitOne('--budget', '0.0001');
    await withWorker(['--jobs', '2', '--json'], async () => {
      await expect.poll(() => said.map(statusIn), LONG).toContainEqual({ jobId, status: 'paused' });
      expect(JSON.parse(await run(answer, jobId, '--add-budget', '5', '--json'))).toMatchObject({
        data: { jobId, isQueued: true },
      });
      await expect.poll(() => statusOf(jobId), LONG).toContain('done');
    });
  }, 120_000);
});
