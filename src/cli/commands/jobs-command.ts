import path from 'node:path';
import { parseArgs } from 'node:util';
import { PointsmanError } from '../../domain/errors.ts';
import { formatUsd } from '../../domain/money.ts';
import type { JobRecord } from '../../recorder/record.ts';
import type { CliCommand } from '../input/command.ts';
import { EXIT } from '../input/exit-code.ts';
import { toNumber } from '../input/job-arguments.ts';
import { withPointsman } from '../input/open-pointsman.ts';
import { placeText } from '../text/job-text.ts';
import { jsonText } from '../text/json-text.ts';
import { textTable } from '../width/text-table.ts';

export const command: CliCommand = {
  name: 'jobs',
  usage: '[--limit N] [--json] [--config FILE]',
  async run(args, io) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        limit: { type: 'string', default: '20' },
        json: { type: 'boolean', default: false },
        config: { type: 'string' },
      },
    });
    const limit = toLimit(values.limit);
    return withPointsman(io, { configFile: values.config, looksOnly: true }, async (pointsman) => {
      const jobs = await pointsman.jobs({ limit });
      if (values.json) io.stdout(jsonText('jobs', jobs));
      else io.stdout(jobs.length === 0 ? 'No jobs yet.\n' : table(jobs));
      return EXIT.ok;
    });
  },
};

function table(jobs: readonly JobRecord[]): string {
  return textTable(
    [
      { title: 'JOB', isWhole: true },
      { title: 'STARTED', isWhole: true },
      { title: 'STATUS' },
      { title: 'USD', align: 'right' },
    ],
    jobs.map((job) => [
      job.jobId,
      new Date(job.startedAt).toISOString().slice(0, 16).replace('T', ' '),
      statusText(job),
      formatUsd(job.spentNanoUsd),
    ]),
    { below: (index) => (jobs[index] === undefined ? undefined : whatLines(jobs[index])) },
  );
}

const WAITS_FOR = {
  plan: 'planned, not run',
  gone: 'stopped: its process is gone',
  queued: 'waits for a worker',
  budget: 'paused: asks for budget',
  permission: 'paused: asks for permission',
  question: 'paused: a tool server asks',
} as const;

function statusText({ status, pause, failure }: JobRecord): string {
  const kind = status === 'paused' ? pause?.kind : undefined;
  if (kind !== undefined && kind !== 'failure') return WAITS_FOR[kind];
  if (pause?.code === 'aborted') return 'paused: it was stopped';
  const code = pause?.code ?? failure?.code;
  return code === undefined ? status : `${status} (${code})`;
}

/** @throws PointsmanError `request-invalid` */
function toLimit(text: string): number {
  const limit = toNumber('--limit', text) ?? 0;
  if (Number.isSafeInteger(limit) && limit >= 1) return limit;
  throw new PointsmanError('request-invalid', `--limit takes a whole number from 1; ${text} is not.`, {
    hint: 'Leave it out for the latest 20.',
  });
}

function whatLines({ workspace, task, place }: JobRecord): readonly string[] {
  const text = placeText(place);
  return [`  ${path.basename(workspace)}: ${oneLine(task)}`, ...(text === undefined ? [] : [`  ${text}`])];
}

function oneLine(task: string): string {
  const line = task.replaceAll(/\s+/gu, ' ').trim();
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}
