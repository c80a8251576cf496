import { parseArgs } from 'node:util';
import { openJobQueue } from '../../app/queue/open-job-queue.ts';
import { PointsmanError } from '../../domain/errors.ts';
import type { CliCommand } from '../input/command.ts';
import { EXIT } from '../input/exit-code.ts';
import { withPointsman } from '../input/open-pointsman.ts';
import { jsonText } from '../text/json-text.ts';
import { ANSWER_OPTIONS, answerIn } from './answer-options.ts';
import { namedOrLatestJob } from './latest-job.ts';

export const command: CliCommand = {
  name: 'answer',
  usage:
    '[JOB] --allow [--once | --always] | --deny | --yes | --answer TEXT | --add-budget USD [--json] [--config FILE]',
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { ...ANSWER_OPTIONS, json: { type: 'boolean', default: false }, config: { type: 'string' } },
    });
    const answer = answerIn(values);
    if (answer === undefined || positionals.length > 1) {
      throw new PointsmanError('request-invalid', 'One job and one answer are expected.', {
        hint: 'Say --allow, --deny, --yes, --answer TEXT or --add-budget USD; pointsman jobs shows who asks what.',
      });
    }
    return withPointsman(io, { configFile: values.config, looksOnly: true }, async (pointsman, { store }) => {
      const queue = await openJobQueue(store);
      try {
        const jobId = await namedOrLatestJob(pointsman, positionals[0], io);
        await pointsman.answerJob(jobId, answer);
        const waits = await queue.again(jobId);
        if (values.json) io.stdout(jsonText('answer', { jobId, isQueued: waits }));
        else
          io.stdout(
            waits
              ? `${jobId} is answered, and waits for a worker.\n`
              : `${jobId} is answered. It was never in the queue; go on with: pointsman resume ${jobId}\n`,
          );
        return EXIT.ok;
      } finally {
        await queue.close();
      }
    });
  },
};
