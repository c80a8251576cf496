import { parseArgs } from 'node:util';
import { openViewsOf } from '../../app/open-views.ts';
import { PointsmanError } from '../../domain/errors.ts';
import { formatUsd } from '../../domain/money.ts';
import { sessionSummary, type SessionSummary } from '../../page/views/session-summary.ts';
import type { StoreViews } from '../../recorder/store-views.ts';
import { shownLine } from '../../trust/shown.ts';
import type { CliCommand } from '../input/command.ts';
import { EXIT } from '../input/exit-code.ts';
import { loadSettings } from '../input/load-settings.ts';
import { jsonText } from '../text/json-text.ts';
import { wrapped } from '../width/wrapped.ts';

export const command: CliCommand = {
  name: 'session',
  usage: '[SESSION|JOB] [--json] [--config FILE]',
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { json: { type: 'boolean', default: false }, config: { type: 'string' } },
    });
    if (positionals.length > 1) throw new PointsmanError('request-invalid', 'One session or job at a time.');
    const { config } = await loadSettings(io, values.config);
    const { views, close } = await openViewsOf(config.store);
    try {
      const summary = await summaryOf(views, positionals[0]);
      io.stdout(values.json ? jsonText('session', summary) : textOf(summary));
      return EXIT.ok;
    } finally {
      await close();
    }
  },
};

/** @throws PointsmanError `not-found` with the sessions that there are */
async function summaryOf(views: StoreViews, named: string | undefined): Promise<SessionSummary> {
  const latest = await views.sessions({}, { limit: 3, offset: 0 });
  const ids = latest.map(({ jobId, sessionId }) => jobId ?? sessionId);
  const id = named ?? ids[0];
  const summary = id === undefined ? undefined : await sessionSummary(views, id);
  if (summary !== undefined) return summary;
  throw new PointsmanError(
    'not-found',
    named === undefined ? 'No call was recorded yet.' : `No call of "${named}" is recorded.`,
    {
      hint:
        ids.length === 0
          ? 'Calls through the gateway and of jobs are: pointsman serve, or pointsman run.'
          : `The latest: ${ids.join(', ')}. A log of another client: pointsman spend --by session.`,
    },
  );
}

/** As in: where it stands, what each model took, what was decided last and why, and what to type to see more. */
function textOf(summary: SessionSummary): string {
  const { id, harness, callCount, firstAt, lastAt, model, warmRatio, decision } = summary;
  const warm = warmRatio === undefined ? '' : ` · warm ${Math.round(warmRatio * 100)} %`;
  const by = harness === undefined ? '' : `, ${harness}`;
  const lines = [
    `${shownLine(id)}${shownLine(by)}: ${callCount} ${callCount === 1 ? 'call' : 'calls'}, ${momentOf(firstAt)} to ${momentOf(lastAt)}`,
    `${shownLine(model)}${warm} · ${moneyOf(summary)}`,
    ...(summary.models.length > 1 ? [summary.models.map(partOf).join(' · ')] : []),
    ...(decision === undefined
      ? ['No decision of it is recorded.']
      : [
          `Last decision, ${momentOf(decision.at)}: ${decisionText(decision)}`,
          `pointsman explain ${shownLine(decision.decisionId)}`,
        ]),
  ];
  return `${lines.map((line) => wrapped(line)).join('\n')}\n`;
}

function moneyOf({ billNanoUsd, unknownBillCallCount, mayHaveBilledNanoUsd, isCut }: SessionSummary): string {
  const least = unknownBillCallCount > 0 || isCut ? 'at least ' : '';
  const unknown =
    unknownBillCallCount === 0
      ? ''
      : `; ${unknownBillCallCount} with an unknown bill may have cost ${formatUsd(mayHaveBilledNanoUsd)} more`;
  return `${least}${formatUsd(billNanoUsd)}${unknown}`;
}

function partOf({ model, callCount, billNanoUsd }: SessionSummary['models'][number]): string {
  return `${shownLine(model)} ${callCount} for ${formatUsd(billNanoUsd)}`;
}

function decisionText({ kind, to, mode, policyId, reason }: NonNullable<SessionSummary['decision']>): string {
  const where = to === undefined ? '' : ` ${to}${mode === undefined ? '' : `, ${mode}`}`;
  return shownLine(`${kind}${where}: ${reason} (policy ${policyId})`);
}

function momentOf(at: number): string {
  return new Date(at).toLocaleString('sv-SE', { dateStyle: 'short', timeStyle: 'short' });
}
