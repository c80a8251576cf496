import { formatUsd } from '../../domain/money.ts';
import type { JobForesight, PlanPreview } from '../../orchestrator/model/pointsman.ts';
import type { CliCommand } from '../input/command.ts';
import { EXIT } from '../input/exit-code.ts';
import { JOB_USAGE, parseJobArguments } from '../input/job-arguments.ts';
import { withPointsman } from '../input/open-pointsman.ts';
import { followJob } from '../jobs/follow-job.ts';
import { exitOf, jobText } from '../text/job-text.ts';
import { jsonText } from '../text/json-text.ts';
import { textTable } from '../width/text-table.ts';

export const command: CliCommand = {
  name: 'plan',
  usage: JOB_USAGE.replace('"TASK"', '"TASK" [--ask]'),
  async run(args, io) {
    const { request, json, configFile, asksModel, pings } = parseJobArguments(args, io.cwd);
    const opening = { configFile, pings, workspace: request.workspace, looksOnly: !asksModel };
    return withPointsman(io, opening, async (pointsman) => {
      if (!asksModel) {
        const foreseen = await pointsman.foreseeJob(request);
        io.stdout(json ? jsonText('plan', foreseen) : foreseenText(foreseen));
        return foreseen.steps.some(({ model }) => model === undefined) ? EXIT.refused : EXIT.ok;
      }
      const preview = await followJob(io, json, (options) => pointsman.planJob(request, options));
      const isPlanned = preview.steps.length > 0;
      if (json) io.stdout(jsonText('plan', preview));
      else io.stdout(isPlanned ? planText(preview) : jobText(preview.report, io));
      return isPlanned ? EXIT.ok : exitOf(preview.report, io);
    });
  },
};

function foreseenText(foreseen: JobForesight): string {
  const rows = foreseen.steps.map((step) => [
    step.kind,
    step.mode ?? '',
    step.model ?? 'none',
    step.expectedNanoUsd === undefined ? '-' : formatUsd(step.expectedNanoUsd),
  ]);
  const table = textTable(
    [{ title: 'STEP' }, { title: 'MODE' }, { title: 'MODEL' }, { title: 'EXPECTED', align: 'right' }],
    rows,
  );
  return (
    `The steps that such a job usually has; no model was asked and nothing was billed.\n\n${table}\n` +
    `${billText({ ...foreseen, steps: foreseen.steps.map((step) => ({ ...step, id: step.kind })) })}\n` +
    'Have a model make the real plan, which bills: add --ask\n'
  );
}

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
    `${table}\n${billText(preview)} A model was asked for it, which billed ${formatUsd(report.bill.spentNanoUsd)}.\n` +
    `Run it: pointsman resume ${jobId}\n`
  );
}

type PlannedBill = Pick<PlanPreview, 'expectedNanoUsd' | 'lowNanoUsd' | 'highNanoUsd' | 'label'> & {
  readonly steps: readonly Pick<PlanPreview['steps'][number], 'id' | 'model' | 'why'>[];
};

function billText({ steps, expectedNanoUsd, lowNanoUsd, highNanoUsd, label }: PlannedBill): string {
  const stop = steps.find((step) => step.model === undefined);
  const until = stop === undefined ? '' : ` up to step ${stop.id}, which no model may take (${stop.why})`;
  return (
    `Expected ${formatUsd(expectedNanoUsd)}${until}, 90 % between ${formatUsd(lowNanoUsd)} and ` +
    `${formatUsd(highNanoUsd)} (${label}).`
  );
}
