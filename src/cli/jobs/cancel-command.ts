import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openJobQueue } from '../../app/queue/open-job-queue.ts';
import type { StoreConfig } from '../../config/config.ts';
import { isPointsmanError, PointsmanError } from '../../domain/errors.ts';
import { asId, type JobId } from '../../domain/ids.ts';
import { SECOND_MS } from '../../domain/time.ts';
import type { JobReport } from '../../orchestrator/model/job-report.ts';
import type { Pointsman } from '../../orchestrator/model/pointsman.ts';
import { shownLine } from '../../trust/shown.ts';
import type { CliCommand, CommandIo } from '../input/command.ts';
import { EXIT } from '../input/exit-code.ts';
import { withPointsman } from '../input/open-pointsman.ts';
import { jsonText } from '../text/json-text.ts';
import { latestJob } from './latest-job.ts';

/** A worker hears of it within a few seconds, and then lets go of the job. */
const LONGEST_TRIES = 60;

export const command: CliCommand = {
  name: 'cancel',
  usage: '[JOB] | --schedule NAME [--json] [--config FILE]',
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { schedule: { type: 'string' }, json: { type: 'boolean', default: false }, config: { type: 'string' } },
    });
    const { schedule, json } = values;
    if (positionals.length > (schedule === undefined ? 1 : 0)) {
      throw new PointsmanError('request-invalid', 'One job or one schedule is expected, not several.', {
        hint: 'See pointsman jobs; a schedule is ended with --schedule NAME alone.',
      });
    }
    return withPointsman(io, { configFile: values.config, looksOnly: true }, async (pointsman, { store }) => {
      if (schedule !== undefined) return endSchedule(schedule, store, { io, json });
      const [named] = positionals;
      const jobId = named === undefined ? await agreedLatest(pointsman, io) : asId<JobId>(named);
      const { status } = await cancelAnywhere(pointsman, jobId, { store, io });
      io.stdout(json ? jsonText('cancel', { jobId, status }) : `${jobId} is ${status}.\n`);
      return status === 'cancelled' ? EXIT.ok : EXIT.failed;
    });
  },
};

/**
 * What is cancelled does not go on: the latest job is taken only where somebody says yes to it.
 * @throws PointsmanError `request-invalid` where nobody does; `not-found` where there is none
 */
async function agreedLatest(pointsman: Pick<Pointsman, 'jobs'>, io: CommandIo): Promise<JobId> {
  const { jobId, task, status } = await latestJob(pointsman, io);
  const question = `The latest job here is ${jobId} (${status}): ${shownLine(task)}\nCancel it? [y/N] `;
  if (/^y(?:es)?$/iu.test(((await io.ask?.(question)) ?? '').trim())) return jobId;
  throw new PointsmanError('request-invalid', 'Nothing was cancelled: nobody said yes to it.', {
    hint: `The latest job here is ${jobId}: pointsman cancel ${jobId}.`,
  });
}

async function endSchedule(
  name: string,
  store: StoreConfig,
  { io, json }: { readonly io: CommandIo; readonly json: boolean },
): Promise<number> {
  const queue = await openJobQueue(store);
  try {
    if (await queue.unschedule(name)) {
      io.stdout(json ? jsonText('cancel', { ended: name }) : `${name} runs no more; jobs that it began go on.\n`);
      return EXIT.ok;
    }
    const names = (await queue.schedules()).map((known) => known.name);
    throw new PointsmanError('not-found', `There is no schedule "${name}".`, {
      hint: names.length === 0 ? 'There is none at all.' : `There are: ${names.join(', ')}.`,
    });
  } finally {
    await queue.close();
  }
}

async function cancelAnywhere(
  pointsman: Pick<Pointsman, 'cancelJob' | 'jobStatus'>,
  jobId: JobId,
  { store, io }: { readonly store: StoreConfig; readonly io: CommandIo },
): Promise<JobReport> {
  await pointsman.jobStatus(jobId);
  const isTaken = store.kind === 'postgres' && (await takeOut(jobId, store));
  for (let tries = 1; ; tries += 1) {
    try {
      return await pointsman.cancelJob(jobId);
    } catch (thrown) {
      const isHeld = isPointsmanError(thrown) && thrown.code === 'request-invalid';
      if (!isHeld || !isTaken || tries === LONGEST_TRIES || io.signal.aborted) throw thrown;
      await wait(SECOND_MS);
    }
  }
}

async function takeOut(jobId: JobId, store: StoreConfig): Promise<boolean> {
  const queue = await openJobQueue(store);
  try {
    return await queue.remove(jobId);
  } finally {
    await queue.close();
  }
}
