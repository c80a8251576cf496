import { parseArgs } from 'node:util';
import { PointsmanError, isPointsmanError } from '../../domain/errors.ts';
import { asId, type DecisionId, type JobId } from '../../domain/ids.ts';
import { didYouMean } from '../../domain/nearest.ts';
import { VERIFIER_KINDS, VERIFIER_NAMES } from '../../domain/quality.ts';
import type { Pointsman } from '../../orchestrator/model/pointsman.ts';
import type { StepRecord } from '../../recorder/record.ts';
import { shownLine, shownLines } from '../../trust/shown.ts';
import type { CliCommand } from '../input/command.ts';
import { EXIT } from '../input/exit-code.ts';
import { withPointsman } from '../input/open-pointsman.ts';
import { namedOrLatestJob } from '../jobs/latest-job.ts';
import { jsonText } from '../text/json-text.ts';

export const command: CliCommand = {
  name: 'explain',
  usage: '[JOB|DECISION] [--all] [--why-not MODEL[/MODE]] [--json] [--config FILE]',
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        all: { type: 'boolean', default: false },
        'why-not': { type: 'string' },
        json: { type: 'boolean', default: false },
        config: { type: 'string' },
      },
    });
    const [id] = positionals;
    if (positionals.length > 1) {
      throw new PointsmanError('request-invalid', 'One job or one decision is expected, or none for the latest job.', {
        hint: 'See pointsman jobs.',
      });
    }
    return withPointsman(io, { configFile: values.config, looksOnly: true }, async (pointsman) => {
      const whyNot = values['why-not'];
      const decisions = await decisionsOf(pointsman, id ?? (await namedOrLatestJob(pointsman, undefined, io)));
      const explained = [];
      for (const { step, title } of decisions) {
        const decisionId = step.decision.decisionId;
        const { text } = await pointsman.explainDecision(decisionId, {
          all: values.all,
          ...(whyNot === undefined ? {} : { whyNot }),
        });
        const said = saidOf(step);
        const whole = said === '' ? text : `${text}\n${said}`;
        const { kind, attempt, decision, outcome } = step;
        const checks = outcome?.checks ?? [];
        explained.push({ decisionId, title, kind, attempt, decision, checks, text: whole });
      }
      const texts = explained.map(
        ({ title, decisionId, text }) => `${shownLine(title)}  [${decisionId}]\n${shownLines(text)}\n`,
      );
      io.stdout(values.json ? jsonText('explain', explained) : texts.join('\n'));
      return EXIT.ok;
    });
  },
};

/** What each check said of what came of it. */
function saidOf({ outcome }: StepRecord): string {
  const checks = (outcome?.checks ?? []).filter(({ verifierId }) => verifierId !== 'contract');
  if (checks.length === 0) return '';
  const rows = checks.map(({ verifierId, passed, summary }) => {
    const kind = VERIFIER_KINDS.find((one) => one === verifierId);
    return `  ${passed ? '✓' : '✗'} ${kind === undefined ? verifierId : VERIFIER_NAMES[kind]}: ${summary}`;
  });
  return ['', 'Checks said:', ...rows].join('\n');
}

interface ExplainedStep {
  readonly step: StepRecord;
  readonly title: string;
}

/** All decisions of a job, in order, or the one. */
async function decisionsOf(pointsman: Pointsman, id: string): Promise<readonly ExplainedStep[]> {
  const steps = await pointsman.jobSteps(asId<JobId>(id)).catch((thrown: unknown) => {
    if (isPointsmanError(thrown) && thrown.code === 'not-found') return undefined;
    throw thrown;
  });
  if (steps === undefined) {
    const step = await pointsman.decision(asId<DecisionId>(id)).catch(async (thrown: unknown) => {
      throw isPointsmanError(thrown) && thrown.code === 'not-found' ? await unknown(pointsman, id, thrown) : thrown;
    });
    return [{ step, title: titleOf(step) }];
  }
  return steps.map((step) => ({ step, title: titleOf(step) }));
}

/** What was typed may have been meant as either. */
async function unknown(pointsman: Pointsman, id: string, thrown: PointsmanError): Promise<PointsmanError> {
  const jobs = (await pointsman.jobs({ limit: 200 })).map((job) => job.jobId);
  if (jobs.some((job) => id.startsWith(`${job}.`))) return thrown;
  return new PointsmanError('not-found', `There is no job and no decision "${id}".${didYouMean(id, jobs)}`, {
    hint: 'See pointsman jobs.',
    cause: thrown,
  });
}

function titleOf(step: StepRecord): string {
  const again = step.attempt === 0 ? '' : `, attempt ${step.attempt + 1}`;
  return `${step.kind}: ${step.title}${again}`;
}
