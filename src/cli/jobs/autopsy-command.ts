import { parseArgs } from 'node:util';
import type { Cause } from '../../autopsy/suspicion.ts';
import { PointsmanError } from '../../domain/errors.ts';
import { formatUsd } from '../../domain/money.ts';
import type { JobAutopsy } from '../../orchestrator/model/pointsman.ts';
import { shownLine } from '../../trust/shown.ts';
import type { CliCommand } from '../input/command.ts';
import { EXIT } from '../input/exit-code.ts';
import { withPointsman } from '../input/open-pointsman.ts';
import { jsonText } from '../text/json-text.ts';
import { namedOrLatestJob } from './latest-job.ts';

export const command: CliCommand = {
  name: 'autopsy',
  usage: '[JOB|SESSION] [--json] [--config FILE]',
  facts:
    'Of a session of a harness through the gateway no words are kept: what tells is how its calls ended, what failed over, what was cut or left out on the\nway, and what hooks (pointsman hook) or record_outcome reported. The ids of sessions stand on the page and in pointsman spend --by session.',
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { json: { type: 'boolean', default: false }, config: { type: 'string' } },
    });
    if (positionals.length > 1) {
      throw new PointsmanError('request-invalid', 'One job or session is expected, or none for the latest job.', {
        hint: 'See pointsman jobs.',
      });
    }
    const found = await withPointsman(io, { configFile: values.config, looksOnly: true }, async (pointsman) =>
      pointsman.autopsy(await namedOrLatestJob(pointsman, positionals[0], io)),
    );
    io.stdout(values.json ? jsonText('autopsy', found) : autopsyText(found));
    return EXIT.ok;
  },
};

const WORDS: Readonly<Record<Cause, string>> = {
  model: 'the model was not up to it',
  context: 'what it needed had fallen out of its context',
  'hand-off': 'a fact was not handed on',
  provider: 'the provider failed',
  tool: 'a tool failed',
  plan: 'the plan asked for the wrong thing',
  prompt: 'the form of the answer was beyond every model',
  check: 'the check judged by chance',
  stopped: 'it was stopped',
};

function autopsyText(found: JobAutopsy): string {
  const others = found.others
    .slice(0, 3)
    .map(({ stepId, cause, confidenceRatio }) => `${cause} in ${stepId} (${percent(confidenceRatio)})`);
  const lines =
    found.kind === 'blamed'
      ? [
          `${found.id}: most likely step ${found.stepId}: ${WORDS[found.cause]} (${percent(found.confidenceRatio)} sure).`,
          ...found.evidence.map((line) => `  - ${line}.`),
          `Cheapest to change: ${found.change}`,
        ]
      : [`${found.id}: ${found.kind === 'cannot-tell' ? 'cannot tell. ' : ''}${found.why}`];
  const { again } = found;
  if (again !== undefined)
    lines.push(
      `Decided again without that model: ${again.model} (${again.mode}), expected to bill ${formatUsd(again.expectedNanoUsd)}.`,
    );
  if (found.wastedNanoUsd > 0) lines.push(`Tries that came to nothing billed ${formatUsd(found.wastedNanoUsd)}.`);
  if (others.length > 0) lines.push(`Less likely: ${others.join(', ')}.`);
  return `${lines.map((line) => shownLine(line)).join('\n')}\n`;
}

const percent = (ratio: number): string => `${Math.round(ratio * 100)} %`;
