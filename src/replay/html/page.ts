// One file: the report page from top to bottom, in the order in which it is read.

import { billGrid, costPerSuccess } from '../metrics/bill.ts';
import { bestSingleModel, dialOf, gammaSentence, listedPolicies, optimumName, successCount } from '../our-policies.ts';
import { moment, percent, percentInterval, tokens, usd } from '../report/amounts.ts';
import {
  PROVED_HEADING,
  type AvoidableEvent,
  type MoneyRow,
  type PolicyReport,
  type ReplayReport,
} from '../report/replay-report.ts';
import { LOSS_HEADS, OPTION_HEADS, warmthRows } from '../report/warmth-names.ts';
import { verdictOf } from '../verdict.ts';
import { chartsOf, type Chart } from './charts.ts';
import { PAGE_SCRIPT } from './page-script.ts';
import { PAGE_STYLE } from './page-style.ts';

/**
 * The report as one self-contained HTML file: no request leaves it. `chartLibrary` is the text of Chart.js; the charts are
 * drawn from JSON inside the page, and every chart has its figures in a table too.
 */
export function reportPage(report: ReplayReport, chartLibrary: string): string {
  const charts = chartsOf(report);
  const configs = Object.fromEntries(charts.map((chart) => [chart.id, chart.config]));
  const [headline, detail] = headlineOf(report);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:">
<title>pointsman replay</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<header>
<p class="brand">pointsman replay</p>
<h1>${headline}</h1>
<p class="lead">${detail}</p>
${tiles(report)}
</header>
<main>
${charts
  .filter((chart) => !chart.id.startsWith('timeline-'))
  .map(figure)
  .join('\n')}
${policyTable(report)}
${dialTable(report)}
${gammaTable(report)}
${eventTable(report.events)}
${moneyTables(report)}
${cacheTable(report)}
${warmthTables(report)}
${charts
  .filter((chart) => chart.id.startsWith('timeline-'))
  .map(figure)
  .join('\n')}
${standsOn(report)}
</main>
<script type="application/json" id="charts">${embed(configs)}</script>
<script>${chartLibrary.replaceAll('</script', '<\\/script')}</script>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`;
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/gu, (sign) => `&#${sign.codePointAt(0)};`);
}

/** JSON that cannot close the script element it stands in. */
function embed(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll('<', '\\u003c')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029');
}

/** The verdict in the words of the text and of the JSON; bad news stands in the same place and size as good. */
function headlineOf(report: ReplayReport): readonly [string, string] {
  const { headline, paid, simplest, routing, more } = verdictOf(report);
  return [
    escapeHtml(headline),
    escapeHtml(
      `${[paid, simplest, routing, ...more].join(' ')} Modelled: another model would have written other words.`,
    ),
  ];
}

/** What a step that is predicted to succeed was billed. */
function perSuccess(policy: PolicyReport): string {
  const cost = costPerSuccess(policy.costNanoUsd, successCount(policy));
  return cost === undefined ? '' : usd(cost);
}

function success(policy: PolicyReport): string {
  return `${(policy.meanSuccessRatio * 100).toFixed(1)} %`;
}

function tiles({ recorded }: ReplayReport): string {
  const cells: readonly (readonly [string, string])[] = [
    [usd(recorded.billedNanoUsd), `billed (${recorded.inferredReadsSessionCount === 0 ? 'measured' : 'modelled'})`],
    [String(recorded.sessionCount), 'sessions'],
    [String(recorded.callCount), 'calls'],
    [tokens(recorded.tokens.cacheRead), 'tokens read from cache'],
    [tokens(recorded.tokens.cacheWrite + recorded.tokens.uncached), 'tokens paid as new'],
    [tokens(recorded.tokens.output), 'tokens written'],
  ];
  return `<dl class="tiles">${cells.map(([value, name]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`).join('')}</dl>`;
}

function figure(chart: Chart): string {
  return `<figure><h2>${escapeHtml(chart.title)}</h2><div class="chart"><canvas id="${chart.id}" role="img" aria-label="${escapeHtml(`${chart.title}. ${chart.caption}`)}"></canvas></div><figcaption>${escapeHtml(chart.caption)}</figcaption></figure>`;
}

/** A text, a number, or a text with a smaller one under it. */
type Cell = string | number | readonly [text: string, under: string];

/** Longer cells may wrap; shorter ones stay on one line. */
const LONG_CELL_CHARS = 28;
/** Amounts, counts and shares stand on the right, one under the other. */
const AMOUNT = /^[−+$]?\s?[\d.,]+\s?[kM%]?$/u;

function table(title: string, heads: readonly string[], rows: readonly (readonly Cell[])[], note = ''): string {
  if (rows.length === 0) return '';
  const isAmount = (at: number): boolean => at > 0 && rows.some((row) => classOf(row[at] ?? '') === 'amount');
  const head = (text: string, at: number): string =>
    `<th scope="col"${isAmount(at) ? ' class="amount"' : ''}>${escapeHtml(text)}</th>`;
  return `<section><h2>${escapeHtml(title)}</h2><div class="wide"><table><thead><tr>${heads.map(head).join('')}</tr></thead><tbody>${rows.map((row) => `<tr>${row.map(cellHtml).join('')}</tr>`).join('')}</tbody></table></div>${note === '' ? '' : `<p class="small">${escapeHtml(note)}</p>`}</section>`;
}

function cellHtml(value: Cell, at: number): string {
  const [text, under] = typeof value === 'object' ? value : [String(value), ''];
  const inner = escapeHtml(text) + (under === '' ? '' : `<small>${escapeHtml(under)}</small>`);
  if (at === 0) return `<th scope="row">${inner}</th>`;
  const name = classOf(value);
  return `<td${name === '' ? '' : ` class="${name}"`}>${inner}</td>`;
}

function classOf(value: Cell): 'amount' | 'text' | '' {
  const text = typeof value === 'object' ? value[0] : String(value);
  if (AMOUNT.test(text)) return 'amount';
  return text.length > LONG_CELL_CHARS ? 'text' : '';
}

function policyTable(report: ReplayReport): string {
  const listed = listedPolicies(report);
  // Few sessions give no intervals, and a column without anything in it pushes others off the page.
  const hasIntervals = listed.some((policy) => policy.costVsRecordedInterval !== undefined);
  const rows: Cell[][] = listed.map((policy) => [
    [policy.name, policy.summary],
    ...billCells(policy, ...(hasIntervals ? [percentInterval(policy.costVsRecordedInterval)] : [])),
    policy.switchCount,
    `${(policy.cacheHitRatio * 100).toFixed(0)} %`,
    policy.underServedStepCount,
    success(policy),
    perSuccess(policy),
    policy.label,
  ]);
  const { optimum } = report;
  const single = bestSingleModel(report);
  const gap: readonly Cell[] = hasIntervals ? ['', ''] : [''];
  if (single !== undefined) {
    const name: Cell = [`always ${single.model}`, 'Hindsight: the best single model, known only afterwards.'];
    rows.push([name, '', ...gap, '', usd(single.totalNanoUsd), 0, '', '', '', '', 'modelled']);
  }
  if (optimum !== undefined) {
    const name: Cell = [optimumName(report), 'Hindsight: knows the whole session beforehand; no router can.'];
    const bill = [usd(optimum.costNanoUsd), ...gap, usd(optimum.failureNanoUsd), usd(optimum.totalNanoUsd)];
    rows.push([name, ...bill, optimum.switchCount, '', '', '', '', 'modelled']);
  }
  const interval = hasIntervals ? ['95 % interval'] : [];
  const counts = ['switches', 'cache hits', 'under-served', 'success', 'per success', 'label'];
  const heads = ['policy', 'bill', 'vs billed', ...interval, 'failures γ', 'bill + γ', ...counts];
  return table('Every policy on the same sessions', heads, rows, gammaSentence(report));
}

function billCells(policy: PolicyReport, ...interval: readonly string[]): readonly Cell[] {
  return [
    usd(policy.costNanoUsd),
    percent(policy.costVsRecordedRatio).trim(),
    ...interval,
    usd(policy.failureNanoUsd),
    usd(policy.totalNanoUsd),
  ];
}

function dialTable({ policies }: ReplayReport): string {
  const rows = policies
    .filter((policy) => dialOf(policy) !== undefined)
    .map((policy): readonly Cell[] => [
      String(dialOf(policy)),
      ...billCells(policy),
      policy.switchCount,
      success(policy),
    ]);
  return table(
    'The dial in figures',
    ['dial', 'bill', 'vs billed', 'failures γ', 'bill + γ', 'switches', 'success'],
    rows,
  );
}

/** γ is a choice: at which price of a failure would another policy have been the best? */
function gammaTable(report: ReplayReport): string {
  const rows = billGrid(listedPolicies(report)).map(({ factor, ranked }): readonly Cell[] => {
    const byBill = Map.groupBy(ranked, ({ billNanoUsd }) => usd(billNanoUsd));
    const places = [...byBill].slice(0, 2);
    return [
      `${factor} × γ`,
      ...places.flatMap(([bill, equals]) => [bill, equals.map((row) => row.policy.name).join(', ')]),
    ];
  });
  return table('Should a failed step cost more or less', ['a failure costs', 'best', '', 'next', ''], rows);
}

function eventTable(events: readonly AvoidableEvent[]): string {
  return table(
    'The dearest avoidable events',
    ['USD', 'when (UTC)', 'session', 'model', 'what happened', 'what would mend it'],
    events.map((event) => [
      usd(event.costNanoUsd),
      moment(event.at),
      `${event.client} ${event.sessionId}, call ${event.callIndex + 1}`,
      event.model,
      event.text === undefined ? event.what : [event.what, `Asked for: ${event.text}`],
      event.hint,
    ]),
  );
}

const BUCKETS: Readonly<Record<string, string>> = {
  cacheRead: 'read from cache',
  cacheWrite: 'written to cache',
  uncached: 'not cached',
  output: 'output',
};

function moneyTables({ money }: ReplayReport): string {
  const rows = (list: readonly MoneyRow[]): Cell[][] =>
    list.map((row) => [row.name, row.callCount, usd(row.costNanoUsd)]);
  return `<div class="columns">${[
    table('By model', ['model', 'calls', 'USD'], rows(money.byModel)),
    table('By kind of step', ['kind', 'calls', 'USD'], rows(money.byKind)),
    table('By agent', ['agent', 'calls', 'USD'], rows(money.byAgent)),
    table(
      'By kind of token',
      ['bucket', 'USD'],
      money.byBucket.map((row) => [BUCKETS[row.name] ?? row.name, usd(row.costNanoUsd)]),
    ),
  ].join('')}</div>`;
}

function cacheTable({ cache }: ReplayReport): string {
  return table(
    'Broken caches, by cause',
    ['cause', 'calls', 'tokens paid again', 'USD'],
    cache.misses.map((miss) => [miss.cause, miss.callCount, tokens(miss.lostTokens), usd(miss.costNanoUsd)]),
  );
}

/** What cold prefixes cost, and what keeping them warm would have saved on the same models. */
function warmthTables({ warmth }: ReplayReport): string {
  const { losses, options } = warmthRows(warmth);
  return `<div class="columns">${table('Cold prefixes, beyond reading the same from the cache', LOSS_HEADS, losses)}${table(
    'What would have kept them warm, on the same models',
    OPTION_HEADS,
    options,
    'Hindsight: no one knows it beforehand. Pauses and sizes are as recorded.',
  )}</div>`;
}

function provedPart(proved: ReplayReport['proved']): string {
  if (proved === undefined) return '';
  return `<section><h2>${PROVED_HEADING}</h2><ul>${proved.map((line) => `<li>${escapeHtml(line)}</li>`).join('')}</ul></section>`;
}

function standsOn(report: ReplayReport): string {
  const assumed = Object.entries(
    report.assumptions as unknown as Record<
      string,
      { value: number; low: number; high: number; label: string; source: string }
    >,
  );
  return `${table(
    'What the modelled figures stand on',
    ['assumption', 'value', 'range', 'label', 'source'],
    assumed.map(([name, row]) => [name, row.value, `${row.low} to ${row.high}`, row.label, row.source]),
  )}${provedPart(report.proved)}<section><h2>What replay cannot know</h2><ul>${report.limits.map((limit) => `<li>${escapeHtml(limit)}</li>`).join('')}</ul><p class="small">Predictor ${escapeHtml(report.predictorVersion)}, seed ${report.seed}. Intervals: bootstrap over sessions.</p></section>`;
}
