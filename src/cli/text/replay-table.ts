import { billGrid } from '../../replay/metrics/bill.ts';
import { bestSingleModel, gammaSentence, listedPolicies, optimumName } from '../../replay/our-policies.ts';
import { percent, percentInterval, usd } from '../../replay/report/amounts.ts';
import type { PolicyReport, ReplayReport } from '../../replay/report/replay-report.ts';
import { shortened } from '../width/display-width.ts';
import { textTable, type Column } from '../width/text-table.ts';

const POLICY_COLUMNS: readonly Column[] = [
  { title: 'policy' },
  { title: 'bill', align: 'right' },
  { title: 'vs billed', align: 'right' },
  { title: '95 %' },
  { title: 'failures γ', align: 'right' },
  { title: 'bill + γ', align: 'right' },
];

const INTERVAL_COLUMN = POLICY_COLUMNS.findIndex(({ title }) => title === '95 %');

/** Longest name that leaves room for the figures within 80 columns. */
const NAME_COLUMNS = 20;

/** Switches and shares of caches stand in the page and the JSON. */
export function policySection(report: ReplayReport): string {
  const listed = listedPolicies(report);
  const rows = listed.map((policy) => [
    shortened(policy.name, NAME_COLUMNS),
    usd(policy.costNanoUsd),
    percent(policy.costVsRecordedRatio),
    percentInterval(policy.costVsRecordedInterval),
    usd(policy.failureNanoUsd),
    usd(policy.totalNanoUsd),
  ]);
  const { optimum } = report;
  const single = bestSingleModel(report);
  if (single !== undefined)
    rows.push([shortened(`* ${single.model}`, NAME_COLUMNS), '', '', '', '', usd(single.totalNanoUsd)]);
  if (optimum !== undefined) {
    const { costNanoUsd, failureNanoUsd, totalNanoUsd } = optimum;
    rows.push(['* optimum', usd(costNanoUsd), '', '', usd(failureNanoUsd), usd(totalNanoUsd)]);
  }
  // Few sessions give no intervals.
  const isShown = (at: number): boolean =>
    at !== INTERVAL_COLUMN || listed.some((policy) => policy.costVsRecordedInterval !== undefined);
  const shown = rows.map((row) => row.filter((_, at) => isShown(at)));
  const columns = POLICY_COLUMNS.filter((_, at) => isShown(at));
  return `What each policy would have billed (${labelsOf(listed)})\n${textTable(columns, shown)}${hindsightText(report)}  ${gammaSentence(report)}\n`;
}

/** Which rows were measured; the others are said to be what they are. */
function labelsOf(listed: readonly PolicyReport[]): string {
  const measured = listed.filter(({ label }) => label === 'measured').map(({ name }) => name);
  return measured.length === 0 ? 'modelled' : `${measured.join(', ')}: measured, the others modelled`;
}

function hindsightText(report: ReplayReport): string {
  const single = bestSingleModel(report);
  const names = [
    ...(single === undefined ? [] : [`always ${single.model}`]),
    ...(report.optimum === undefined ? [] : [optimumName(report)]),
  ];
  return names.length === 0 ? '' : `  * seen afterwards: ${names.join('; ')}.\n`;
}

/** γ is a choice, so the reader sees at which price of failure another policy would have been the best. */
export function gammaSection(report: ReplayReport): string {
  const lines = billGrid(listedPolicies(report)).map(({ factor, ranked }) => {
    const byBill = Map.groupBy(ranked, ({ billNanoUsd }) => usd(billNanoUsd));
    const [best, next] = [...byBill].map(([bill, equals]) => `${bill} ${namesOf(equals)}`);
    return `  ${factor} × γ: best ${best ?? '–'}${next === undefined ? '' : `, next ${next}`}`;
  });
  return `Bill and failures together, should a failed step cost more or less than γ (modelled)\n${lines.join('\n')}\n`;
}

const MAX_EQUALS = 4;

/** Policies that came to the same, the first few by name. */
function namesOf(equals: readonly { readonly policy: { readonly name: string } }[]): string {
  const names = equals.slice(0, MAX_EQUALS).map(({ policy }) => policy.name);
  const rest = equals.length - names.length;
  return names.join(' = ') + (rest > 0 ? ` = ${rest} more` : '');
}
