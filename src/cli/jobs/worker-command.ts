import { once } from 'node:events';
import { parseArgs } from 'node:util';
import type { DoWork, QueuedWork } from '../../app/queue/job-queue.ts';
import { openJobQueue } from '../../app/queue/open-job-queue.ts';
import { PointsmanError, toPointsmanError } from '../../domain/errors.ts';
import type { JobId } from '../../domain/ids.ts';
import { MINUTE_MS } from '../../domain/time.ts';
import type { Pointsman } from '../../orchestrator/model/pointsman.ts';
import { failureLine } from '../error-line.ts';
import type { CliCommand, CommandIo } from '../input/command.ts';
import { EXIT } from '../input/exit-code.ts';
import { toNumber } from '../input/job-arguments.ts';
import { withPointsman } from '../input/open-pointsman.ts';
import { placeLostJobs } from './lost-jobs.ts';

export const command: CliCommand = {
  name: 'worker',
  usage: '[--jobs N] [--team-jobs N] [--no-pings] [--json] [--config FILE]',
  async run(args, io) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        jobs: { type: 'string', default: '1' },
        'team-jobs': { type: 'string' },
        'no-pings': { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        config: { type: 'string' },
      },
    });
    const jobCount = countIn('--jobs', values.jobs) ?? 1;
    const teamJobCount = countIn('--team-jobs', values['team-jobs']);
    const writeEvent: WriteEvent = (data, text) => io.stdout(values.json ? `${JSON.stringify(data)}\n` : `${text}\n`);
    const opened = { configFile: values.config, pings: !values['no-pings'] };
    return withPointsman(io, opened, async (pointsman, { store }) => {
      const queue = await openJobQueue(store);
      const onFault = (thrown: unknown): void => io.stderr(failureLine(toPointsmanError(thrown), io.env));
      try {
        const working = await queue.work({ jobCount, teamJobCount, onFault }, workWith(pointsman, io, writeEvent));
        writeEvent(
          { jobCount },
          `Takes ${jobCount} ${jobCount === 1 ? 'job' : 'jobs'} at once from the queue; Ctrl-C hands them on.`,
        );
        const look = async (): Promise<void> => {
          for (const jobId of await placeLostJobs(pointsman, queue, Date.now()))
            writeEvent({ jobId, status: 'placed' }, `${jobId} was kept without a place in the queue, and has one now`);
        };
        const looking = setInterval(() => void look().catch(onFault), MINUTE_MS);
        await look().catch(onFault);
        if (!io.signal.aborted) await once(io.signal, 'abort');
        clearInterval(looking);
        await working.stop();
        return EXIT.ok;
      } finally {
        await queue.close();
      }
    });
  },
};

function countIn(name: string, text: string | undefined): number | undefined {
  const count = toNumber(name, text);
  if (count === undefined || (Number.isInteger(count) && count >= 1 && count <= 1000)) return count;
  throw new PointsmanError('request-invalid', `${name} takes a whole number from 1 to 1000; ${count} is none.`);
}

/** Says what a person reads, or as one line of JSON what a program does. */
type WriteEvent = (data: object, text: string) => void;

/** A job that ended, or that asks its user, is out of the queue; one that was broken off is another worker's. */
function workWith(
  pointsman: Pick<Pointsman, 'keepJob' | 'jobStatus' | 'resumeJob'>,
  io: CommandIo,
  writeEvent: WriteEvent,
): DoWork {
  return async (work, signal) => {
    const jobId = await idOf(pointsman, work);
    const { status } = await pointsman.jobStatus(jobId);
    if (status === 'done' || status === 'cancelled' || status === 'failed') return;
    const job = await pointsman.resumeJob(jobId, { signal: AbortSignal.any([signal, io.signal]) });
    writeEvent({ jobId, status: 'began' }, `${jobId} began`);
    const report = await job.result;
    const { pause } = report;
    writeEvent(
      { jobId, status: report.status, pause },
      `${jobId} ${report.status}${pause === undefined ? '' : `: ${pause.question}`}`,
    );
    if (report.status === 'paused' && pause?.code === 'aborted') {
      throw new PointsmanError('aborted', `The job ${jobId} was broken off here.`);
    }
  };
}

async function idOf(pointsman: Pick<Pointsman, 'keepJob'>, work: QueuedWork): Promise<JobId> {
  return work.kind === 'job' ? work.jobId : pointsman.keepJob(work.request, work.jobId);
}
