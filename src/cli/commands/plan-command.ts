import { PointsmanError } from '../../domain/errors.ts';
import { formatUsd } from '../../domain/money.ts';
import type { PlanPreview } from '../../orchestrator/model/pointsman.ts';
import type { CliCommand } from '../input/command.ts';
import { EXIT } from '../input/exit-code.ts';
import { JOB_USAGE, parseJobArguments } from '../input/job-arguments.ts';
import { withPointsman } from '../input/open-pointsman.ts';
import { followJob } from '../jobs/follow-job.ts';
import { exitOf, jobText } from '../text/job-text.ts';
import { jsonText } from '../text/json-text.ts';
import { textTable } from '../text/text-table.ts';

export const command: CliCommand = {
  name: 'plan',
  usage: JOB_USAGE.replace('"TASK"', '"TASK" --dry-run'),
  async run(args, io) {
    const { request, json, configFile, dryRun, pings } = parseJobArguments(args, io.cwd);
    if (!dryRun) {
      throw new PointsmanError(
        'request-invalid',
        'pointsman plan only plans; it wants --dry-run, so that nobody waits.',
        {
          hint: 'Add --dry-run, or use pointsman run.',
        },
      );
    }
    return withPointsman(io, { configFile, pings, workspace: request.workspace }, async (pointsman) => {
      const preview = await followJob(io, json, (options) => pointsman.planJob(request, options));
      const isPlanned = preview.steps.length > 0;
      if (json) io.stdout(jsonText('plan', preview));
      else io.stdout(isPlanned ? planText(preview) : jobText(preview.report, io));
      return isPlanned ? EXIT.ok : exitOf(preview.report, io);
    });
  },
};

function planText(preview: PlanPreview): string {
  const { steps, jobId, report } = preview;
  const rows = steps.map((step) => [
    step.id,
    step.kind,
    step.mode ?? '',
    step.model ?? 'none',
    step.expectedNanoUsd === undefined ? '-' : formatUsd(step.expectedNanoUsd),
    step.dependsOn.join(', '),
    step.title,
  ]);
  const table = textTable(
    [
      { title: 'STEP' },
      { title: 'KIND' },
      { title: 'MODE' },
      { title: 'MODEL' },
      { title: 'EXPECTED', align: 'right' },
      { title: 'AFTER' },
      { title: 'WHAT' },
    ],
    rows,
  );
  return (
    `${table}\n${billText(preview)} The plan itself billed ${formatUsd(report.bill.spentNanoUsd)}.\n` +
    `Run it: pointsman resume ${jobId}\n`
  );
}

function billText({ steps, expectedNanoUsd, lowNanoUsd, highNanoUsd, label }: PlanPreview): string {
  const stop = steps.find((step) => step.model === undefined);
  const until = stop === undefined ? '' : ` up to step ${stop.id}, which no model may take (${stop.why})`;
  return (
    `Expected ${formatUsd(expectedNanoUsd)}${until}, 90 % between ${formatUsd(lowNanoUsd)} and ` +
    `${formatUsd(highNanoUsd)} (${label}).`
  );
}
