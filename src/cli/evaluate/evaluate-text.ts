import { formatUsd } from '../../domain/money.ts';
import type { CostBound } from '../../evaluate/bound-cost.ts';
import { MAX_TURNS } from '../../evaluate/do-task.ts';
import { DIFFICULTY_DEVIATION, type AbilityEstimate } from '../../evaluate/estimate-ability.ts';
import { PROBES } from '../../evaluate/probes.ts';
import type { Evaluation } from '../../evaluate/run-evaluation.ts';
import type { EvaluationReport } from '../../evaluate/to-report.ts';
import { shownLine } from '../../trust/shown.ts';
import { textTable } from '../width/text-table.ts';

const STATES = { yes: 'yes', no: 'no', refused: 'refused', unknown: 'not known' } as const;

/** What it will take, before it begins. */
export function costText(
  { callCount, toolTaskCount, promptTokens, mostOutputTokens, mostNanoUsd }: CostBound,
  ownCount: number,
): string {
  const tokens = `${callCount} calls with about ${promptTokens.toLocaleString('en-US')} tokens of prompt, and at most ${mostOutputTokens.toLocaleString('en-US')} of answers`;
  const usd =
    mostNanoUsd === undefined
      ? 'What that costs is not known, because nobody has stated the price; it is not 0. --price IN/OUT states it.'
      : mostNanoUsd === 0
        ? 'Nothing is billed, as its price says.'
        : `At its price that is ${formatUsd(mostNanoUsd)} at most, and usually far less: few answers are as long as they may be.`;
  const own =
    ownCount === 0
      ? ''
      : ` Beside them ${ownCount} of your own jobs are done again, whose calls nobody can count beforehand; --budget holds them, too.`;
  const longer =
    toolTaskCount === 0 || mostNanoUsd === 0
      ? ''
      : ` That holds where each of the ${toolTaskCount} tasks with tools goes the shortest way; one may take ${MAX_TURNS} calls, each with all that was said before, and only --budget holds those.`;
  return `${tokens}. ${usd}${longer}${own}\n`;
}

export function evaluationText(evaluation: Evaluation, report: EvaluationReport, columns: number | undefined): string {
  const parts = [
    abilityTable(report, columns),
    quirkTable(evaluation, columns),
    measured(report),
    remarks(evaluation, report),
  ];
  return parts.filter((part) => part !== '').join('\n');
}

function abilityTable({ abilities }: EvaluationReport, width: number | undefined): string {
  const rows = Object.entries(abilities).map(([kind, estimate]) => [
    kind,
    `${estimate.rightCount} of ${estimate.taskCount}`,
    signed(estimate.mean),
    interval(estimate),
  ]);
  if (rows.length === 0) return 'Nothing was graded.\n';
  const table = textTable(
    [{ title: 'kind' }, { title: 'right', align: 'right' }, { title: 'ability', align: 'right' }, { title: '95 %' }],
    rows,
    { width },
  );
  const how = `Ability: logits, 0 is a mid-field model of mid-2026. Answers are measured; how hard the tasks are is assumed, by ${DIFFICULTY_DEVIATION} logits more or less, and the intervals hold that.\n`;
  return `${table}${how}`;
}

function interval({ low, high }: AbilityEstimate): string {
  return `${signed(low)} to ${signed(high)}`;
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`;
}

function quirkTable({ probes }: Evaluation, width: number | undefined): string {
  const rows = PROBES.flatMap(({ id, title }) => {
    const found = probes.find((probe) => probe.id === id);
    return found === undefined ? [] : [[title, STATES[found.state], shownLine(found.detail, 160)]];
  });
  return rows.length === 0 ? '' : textTable([{ title: 'the server' }, { title: '' }, { title: '' }], rows, { width });
}

function measured({ ttftMs, outputTokensPerSecond, context }: EvaluationReport): string {
  const speed =
    outputTokensPerSecond === undefined
      ? 'tokens a second: not known, for no tokens were told or answers were too short'
      : `${outputTokensPerSecond} tokens a second`;
  const first = ttftMs === undefined ? '' : `first token after ${Math.round(ttftMs)} ms, `;
  const { foundTokens, lostTokens } = context;
  const long =
    foundTokens === undefined && lostTokens === undefined
      ? 'Long prompts were not tried'
      : foundTokens === undefined
        ? `In the shortest long prompt, ${lostTokens} tokens, something was lost`
        : `Everything was found in ${foundTokens} tokens${lostTokens === undefined ? ', the longest prompt that was tried' : `, and not in ${lostTokens}`}`;
  return `Speed: ${first}${speed} (medians). ${long}.\n`;
}

function remarks(
  { leftOut, unanswered, spentNanoUsd, unknownBillCount }: Evaluation,
  { cutCount }: EvaluationReport,
): string {
  const lines = [
    ...leftOut.map(({ what, why }) => `Left out: ${what}, because ${shownLine(why, 300)}.`),
    ...(unanswered.length === 0
      ? []
      : [
          `Not graded, for no answer came: ${unanswered.length}, the first with ${unanswered[0]?.code}: ${shownLine(unanswered[0]?.message ?? '', 200)}`,
        ]),
    ...(cutCount === 0
      ? []
      : [
          `${cutCount} answers were cut at the longest that was allowed and graded as they stood: --max-output allows more.`,
        ]),
    `Billed: ${formatUsd(spentNanoUsd)}${unknownBillCount === 0 ? '' : `, and ${unknownBillCount} calls whose bill is not known`}.`,
  ];
  return `${lines.join('\n')}\n`;
}
