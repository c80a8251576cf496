import { chartsOf, type Chart } from './charts.ts';
import { bestOfOurs } from '../our-policies.ts';
import { moment, percent, percentInterval, tokens, usd } from '../amounts.ts';
import { PAGE_SCRIPT } from './page-script.ts';
import { PAGE_STYLE } from './page-style.ts';
import type { AvoidableEvent, MoneyRow, ReplayReport } from '../replay-report.ts';

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
${eventTable(report.events)}
${moneyTables(report)}
${cacheTable(report)}
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

/** The best of our policies against what was billed: said as plainly when it loses. */
function headlineOf(report: ReplayReport): readonly [string, string] {
  const ours = bestOfOurs(report);
  const billed = usd(report.recorded.billedNanoUsd);
  if (ours === undefined) return [`${billed} billed`, 'No policy of ours was asked for.'];
  const change = ours.costVsRecordedRatio;
  const verb =
    change < -0.005 ? 'would have saved' : change > 0.005 ? 'would have cost' : 'would have changed nothing of';
  const amount = Math.abs(change) <= 0.005 ? billed : usd(Math.abs(ours.costNanoUsd - report.recorded.billedNanoUsd));
  const tail = change > 0.005 ? ' more' : '';
  return [
    `Routing ${verb} ${amount}${tail} ${Math.abs(change) <= 0.005 ? '' : `of ${billed}`}`.trim(),
    escapeHtml(
      `Policy “${ours.name}”: ${usd(ours.costNanoUsd)} instead of ${billed} (${percent(change)} ${percentInterval(ours.costVsRecordedInterval)}), with ${usd(ours.failureNanoUsd)} of expected failures. Modelled: another model would have written other words.`,
    ),
  ];
}

function tiles({ recorded }: ReplayReport): string {
  const cells: readonly (readonly [string, string])[] = [
    [usd(recorded.billedNanoUsd), 'billed (measured)'],
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

type Cell = string | number;

/** Longer cells may wrap; shorter ones stay on one line. */
const LONG_CELL_CHARS = 28;

function table(title: string, heads: readonly string[], rows: readonly (readonly Cell[])[]): string {
  if (rows.length === 0) return '';
  const cell = (value: Cell, at: number): string =>
    at === 0
      ? `<th scope="row">${escapeHtml(String(value))}</th>`
      : `<td${String(value).length > LONG_CELL_CHARS ? ' class="text"' : ''}>${escapeHtml(String(value))}</td>`;
  return `<section><h2>${escapeHtml(title)}</h2><div class="wide"><table><thead><tr>${heads.map((head) => `<th scope="col">${escapeHtml(head)}</th>`).join('')}</tr></thead><tbody>${rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('')}</tbody></table></div></section>`;
}

function policyTable({ policies, optimum }: ReplayReport): string {
  const rows: Cell[][] = policies.map((policy) => [
    policy.name,
    usd(policy.costNanoUsd),
    percent(policy.costVsRecordedRatio),
    percentInterval(policy.costVsRecordedInterval),
    usd(policy.failureNanoUsd),
    usd(policy.totalNanoUsd),
    policy.switchCount,
    `${(policy.cacheHitRatio * 100).toFixed(0)} %`,
    policy.underServedStepCount,
    policy.label,
    policy.summary,
  ]);
  if (optimum !== undefined) {
    rows.push([
      'optimum (hindsight)',
      usd(optimum.costNanoUsd),
      '',
      '',
      usd(optimum.failureNanoUsd),
      usd(optimum.totalNanoUsd),
      optimum.switchCount,
      '',
      '',
      'modelled',
      'Knows the whole session beforehand; no router can.',
    ]);
  }
  return table(
    'Every policy on the same sessions',
    [
      'policy',
      'bill',
      'vs billed',
      '95 % interval',
      'failures γ',
      'bill + γ',
      'switches',
      'cache hits',
      'under-served steps',
      'label',
      'rule',
    ],
    rows,
  );
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
      event.what,
      event.mend,
    ]),
  );
}

function moneyTables({ money }: ReplayReport): string {
  const rows = (list: readonly MoneyRow[]): Cell[][] =>
    list.map((row) => [row.name, row.callCount, usd(row.costNanoUsd)]);
  return `<div class="columns">${[
    table('By model', ['model', 'calls', 'USD'], rows(money.byModel)),
    table('By kind of step', ['kind', 'calls', 'USD'], rows(money.byKind)),
    table('By agent', ['agent', 'calls', 'USD'], rows(money.byAgent)),
    table('By kind of token', ['bucket', 'calls', 'USD'], rows(money.byBucket)),
  ].join('')}</div>`;
}

function cacheTable({ cache }: ReplayReport): string {
  return table(
    'Broken caches, by cause',
    ['cause', 'calls', 'tokens paid again', 'USD'],
    cache.misses.map((miss) => [miss.cause, miss.callCount, tokens(miss.lostTokens), usd(miss.costNanoUsd)]),
  );
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
  )}<section><h2>What replay cannot know</h2><ul>${report.limits.map((limit) => `<li>${escapeHtml(limit)}</li>`).join('')}</ul><p class="small">Predictor ${escapeHtml(report.predictorVersion)}, seed ${report.seed}. Intervals: bootstrap over sessions.</p></section>`;
}
