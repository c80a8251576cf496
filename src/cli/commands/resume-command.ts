import { parseArgs } from 'node:util';
import { PointsmanError } from '../../domain/errors.ts';
import type { ResumeAnswer } from '../../orchestrator/model/pointsman.ts';
import type { CliCommand } from '../input/command.ts';
import { toNumber } from '../input/job-arguments.ts';
import { withPointsman } from '../input/open-pointsman.ts';
import { answerPauses } from '../jobs/answer-pauses.ts';
import { followJob } from '../jobs/follow-job.ts';
import { namedOrLatestJob } from '../jobs/latest-job.ts';
import { exitOf, jobText } from '../text/job-text.ts';
import { jsonText } from '../text/json-text.ts';

export const command: CliCommand = {
  name: 'resume',
  usage:
    '[JOB] [--allow [--once | --always] | --deny | --yes | --answer TEXT] [--add-budget USD] [--no-pings] [--json] [--config FILE]',
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        allow: { type: 'boolean', default: false },
        answer: { type: 'string' },
        once: { type: 'boolean', default: false },
        always: { type: 'boolean', default: false },
        deny: { type: 'boolean', default: false },
        yes: { type: 'boolean', default: false },
        'add-budget': { type: 'string' },
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
    const answer = toAnswer(values);
    return withPointsman(io, { configFile: values.config, pings: !values['no-pings'] }, async (pointsman) => {
      const id = await namedOrLatestJob(pointsman, job, io);
      const report = await followJob(io, values.json, async (options, progress) => {
        const handle = await pointsman.resumeJob(id, { ...options, ...(answer === undefined ? {} : { answer }) });
        return answerPauses(await handle.result, { io, pointsman, progress });
      });
      io.stdout(values.json ? jsonText('resume', report) : jobText(report, io));
      return exitOf(report, io);
    });
  },
};

function toAnswer(values: {
  readonly allow: boolean;
  readonly answer?: string | undefined;
  readonly once: boolean;
  readonly always: boolean;
  readonly deny: boolean;
  readonly yes: boolean;
  readonly 'add-budget'?: string | undefined;
}): ResumeAnswer | undefined {
  const addUsd = toNumber('--add-budget', values['add-budget']);
  const given = [values.allow, values.deny, values.yes, values.answer !== undefined, addUsd !== undefined].filter(
    Boolean,
  ).length;
  if (given > 1)
    throw new PointsmanError('request-invalid', 'Give one answer: --allow, --deny, --yes, --answer or --add-budget.');
  if ((values.once || values.always) && (!values.allow || values.once === values.always)) {
    throw new PointsmanError('request-invalid', 'Use --once or --always together with --allow, one of them.');
  }
  if (addUsd !== undefined) {
    if (addUsd > 0) return { kind: 'budget', addUsd };
    throw new PointsmanError('request-invalid', `--add-budget takes an amount above 0; ${addUsd} is not.`);
  }
  if (values.answer !== undefined) return { kind: 'reply', text: values.answer };
  if (values.yes) return { kind: 'all-permissions' };
  const scope = values.once ? 'once' : values.always ? 'always' : 'job';
  return values.allow || values.deny ? { kind: 'permission', allow: values.allow, scope } : undefined;
}
