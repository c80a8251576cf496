import path from 'node:path';
import { parseArgs } from 'node:util';
import { PointsmanError } from '../../domain/errors.ts';
import { shown } from '../../trust/shown.ts';
import type { CliCommand } from '../input/command.ts';
import { EXIT } from '../input/exit-code.ts';
import { writePrivate } from '../input/gateway-files.ts';
import { withPointsman } from '../input/open-pointsman.ts';
import { jsonText } from '../text/json-text.ts';
import { namedOrLatestJob } from './latest-job.ts';

/** Shows what a job did to files, takes it back, or does it again. */
export function changeCommand(name: 'diff' | 'undo' | 'apply'): CliCommand {
  return name === 'diff' ? diffCommand : movingCommand(name);
}

const diffCommand: CliCommand = {
  name: 'diff',
  usage: '[JOB] [--out FILE] [--json] [--config FILE]',
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { out: { type: 'string' }, json: { type: 'boolean', default: false }, config: { type: 'string' } },
    });
    const named = oneJob(positionals);
    const report = await withPointsman(io, { configFile: values.config, looksOnly: true }, async (pointsman) => {
      const jobId = await namedOrLatestJob(pointsman, named, io);
      return { jobId, patch: await pointsman.jobDiff(jobId) };
    });
    const { patch } = report;
    if (patch === '') io.stderr('It changed no file.\n');
    if (values.out === undefined) io.stdout(values.json ? jsonText('diff', report) : patch, 'verbatim');
    else writePrivate(path.resolve(io.cwd, values.out), patch);
    return EXIT.ok;
  },
};

function movingCommand(name: 'undo' | 'apply'): CliCommand {
  return {
    name,
    usage: '[JOB] [--json] [--config FILE]',
    async run(args, io) {
      const { values, positionals } = parseArgs({
        args: [...args],
        allowPositionals: true,
        options: { json: { type: 'boolean', default: false }, config: { type: 'string' } },
      });
      const named = oneJob(positionals);
      const report = await withPointsman(io, { configFile: values.config, looksOnly: true }, async (pointsman) => {
        const jobId = await namedOrLatestJob(pointsman, named, io);
        return { jobId, files: await (name === 'undo' ? pointsman.undoJob(jobId) : pointsman.applyJob(jobId)) };
      });
      io.stdout(values.json ? jsonText(name, report) : movedText(name, report));
      return EXIT.ok;
    },
  };
}

function movedText(
  name: 'undo' | 'apply',
  { jobId, files }: { readonly jobId: string; readonly files: readonly string[] },
): string {
  if (files.length === 0) return `${jobId} changed no file.\n`;
  const list = files.map((file) => `  ${shown(file)}\n`).join('');
  return `${name === 'undo' ? 'Taken back' : 'Done again'}, what ${jobId} did to:\n${list}`;
}

function oneJob(positionals: readonly string[]): string | undefined {
  if (positionals.length <= 1) return positionals[0];
  throw new PointsmanError('request-invalid', 'One job is expected, or none for the latest.', {
    hint: 'See pointsman jobs.',
  });
}
