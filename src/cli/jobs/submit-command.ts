import { parseArgs } from 'node:util';
import type { JobQueue, QueuePlace } from '../../app/queue/job-queue.ts';
import { openJobQueue } from '../../app/queue/open-job-queue.ts';
import { PointsmanError, toPointsmanError } from '../../domain/errors.ts';
import type { JobId } from '../../domain/ids.ts';
import { DAY_MS, MINUTE_MS, type Ms } from '../../domain/time.ts';
import type { Pointsman } from '../../orchestrator/model/pointsman.ts';
import { spanMs } from '../input/age.ts';
import type { CliCommand } from '../input/command.ts';
import { EXIT } from '../input/exit-code.ts';
import { JOB_USAGE, parseJobArguments, toNumber } from '../input/job-arguments.ts';
import { withPointsman } from '../input/open-pointsman.ts';
import { jsonText } from '../text/json-text.ts';

const MAX_PRIORITY = 1_000_000;
const MAX_AFTER_MS: Ms = 366 * DAY_MS;

const OWN = {
  priority: { type: 'string' },
  team: { type: 'string' },
  after: { type: 'string' },
  cron: { type: 'string' },
  'time-zone': { type: 'string' },
  name: { type: 'string' },
} as const;

export const command: CliCommand = {
  name: 'submit',
  usage: `[--priority N] [--team NAME] [--after 30m|2h|1d | --cron "0 3 * * *" --name NAME [--time-zone ZONE]] ${JOB_USAGE}`,
  async run(args, io) {
    const { own, rest } = splitArguments(args);
    const { request, json, configFile } = parseJobArguments(rest, io.cwd);
    const place = placeOf(own);
    const hour = scheduleOf(own);
    return withPointsman(io, { configFile, workspace: request.workspace }, async (pointsman, { store }) => {
      const queue = await openJobQueue(store);
      try {
        if (hour !== undefined) {
          await queue.schedule(hour, request, place);
          io.stdout(
            json ? jsonText('submit', { schedule: hour }) : `${hour.name} runs at ${hour.cron} (${hour.timeZone}).\n`,
          );
          return EXIT.ok;
        }
        const jobId = await pointsman.keepJob(request);
        await addOrCancel(jobId, place, { queue, pointsman });
        io.stdout(json ? jsonText('submit', { jobId }) : submittedText(jobId));
        return EXIT.ok;
      } finally {
        await queue.close();
      }
    });
  },
};

/** Whether a place that was not confirmed is taken nobody knows: a job that is given again is not to run twice, nor to wait for nobody. */
async function addOrCancel(
  jobId: JobId,
  place: QueuePlace,
  { queue, pointsman }: { readonly queue: JobQueue; readonly pointsman: Pick<Pointsman, 'cancelJob'> },
): Promise<void> {
  try {
    await queue.add(jobId, place);
  } catch (thrown) {
    const error = toPointsmanError(thrown);
    const isCancelled = await pointsman.cancelJob(jobId).then(
      () => true,
      () => false,
    );
    throw new PointsmanError(
      error.code,
      isCancelled
        ? `The job ${jobId} was cancelled again, because it found no place in the queue: ${error.message}`
        : `The job ${jobId} is kept, and may have no place in the queue: ${error.message}`,
      {
        cause: thrown,
        hint: isCancelled
          ? (error.hint ?? 'Give it again once the store answers.')
          : `Once the store answers, pointsman cancel ${jobId} ends it and pointsman resume ${jobId} runs it here.`,
      },
    );
  }
}

function submittedText(jobId: string): string {
  return `${jobId} waits for a worker.\npointsman jobs says how it stands, pointsman answer and pointsman cancel reach it from any machine.\n`;
}

interface Own {
  readonly priority?: string | undefined;
  readonly team?: string | undefined;
  readonly after?: string | undefined;
  readonly cron?: string | undefined;
  readonly 'time-zone'?: string | undefined;
  readonly name?: string | undefined;
}

/** What is about the queue, and what is about the job. */
function splitArguments(args: readonly string[]): { readonly own: Own; readonly rest: readonly string[] } {
  const { values, tokens } = parseArgs({
    args: [...args],
    options: OWN,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const taken = new Set(
    tokens.flatMap((token) =>
      token.kind === 'option' && Object.hasOwn(OWN, token.name)
        ? [token.index, ...(token.inlineValue === false ? [token.index + 1] : [])]
        : [],
    ),
  );
  for (const [name, value] of Object.entries(values)) {
    if (Object.hasOwn(OWN, name) && typeof value !== 'string')
      throw new PointsmanError('request-invalid', `--${name} takes a value.`);
  }
  return { own: values as Own, rest: args.filter((_, index) => !taken.has(index)) };
}

function placeOf({ priority, team, after }: Own): QueuePlace {
  const wanted = toNumber('--priority', priority);
  if (wanted !== undefined && !(Number.isInteger(wanted) && Math.abs(wanted) <= MAX_PRIORITY)) {
    throw new PointsmanError(
      'request-invalid',
      `--priority takes a whole number up to ${MAX_PRIORITY}; ${wanted} is none.`,
    );
  }
  if (team === '') throw new PointsmanError('request-invalid', '--team takes a name.');
  return { priority: wanted, team, notBefore: after === undefined ? undefined : Date.now() + waitOf(after) };
}

function waitOf(after: string): number {
  const minutes = /^(\d{1,6})m$/u.exec(after)?.[1];
  const wait = minutes === undefined ? spanMs(after) : Number(minutes) * MINUTE_MS;
  if (wait !== undefined && wait <= MAX_AFTER_MS) return wait;
  throw new PointsmanError('request-invalid', `--after takes 30m, 2h or 1d, up to 366d; "${after}" is none of these.`);
}

function scheduleOf({
  cron,
  name,
  after,
  'time-zone': timeZone,
}: Own): Parameters<JobQueue['schedule']>[0] | undefined {
  if (cron === undefined) return undefined;
  if (after !== undefined) throw new PointsmanError('request-invalid', 'Say --after or --cron, not both.');
  if (name === undefined) {
    throw new PointsmanError('request-invalid', 'A schedule needs a name.', {
      hint: 'Say --name NAME; the same name again changes it, pointsman cancel --schedule NAME ends it.',
    });
  }
  return { cron, name, timeZone: timeZone ?? 'UTC' };
}
