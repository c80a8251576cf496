import { parseArgs } from 'node:util';
import { PointsmanError } from '../../domain/errors.ts';
import type { CliCommand } from '../input/command.ts';
import { withPointsman } from '../input/open-pointsman.ts';
import { ANSWER_OPTIONS, answerIn } from '../jobs/answer-options.ts';
import { answerPauses } from '../jobs/answer-pauses.ts';
import { followJob } from '../jobs/follow-job.ts';
import { namedOrLatestJob } from '../jobs/latest-job.ts';
import { exitOf, jobText } from '../text/job-text.ts';
import { jsonText } from '../text/json-text.ts';

export const command: CliCommand = {
  name: 'resume',
  usage:
    '[JOB] [--again] [--allow [--once | --always] | --deny | --yes | --answer TEXT] [--add-budget USD] [--no-pings] [--json] [--config FILE]',
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        ...ANSWER_OPTIONS,
        again: { type: 'boolean', default: false },
        'no-pings': { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        config: { type: 'string' },
      },
    });
    const [job] = positionals;
    if (positionals.length > 1) {
      throw new PointsmanError('request-invalid', 'One job is expected, or none for the latest.', {
        hint: 'See pointsman jobs.',
      });
    }
    const answer = answerIn(values);
    return withPointsman(io, { configFile: values.config, pings: !values['no-pings'] }, async (pointsman) => {
      const id = await namedOrLatestJob(pointsman, job, io);
      const report = await followJob(io, values.json, async (options, progress) => {
        const handle = await pointsman.resumeJob(id, {
          ...options,
          again: values.again,
          ...(answer === undefined ? {} : { answer }),
        });
        return answerPauses(await handle.result, { io, pointsman, progress });
      });
      io.stdout(values.json ? jsonText('resume', report) : jobText(report, io));
      return exitOf(report, io);
    });
  },
};
