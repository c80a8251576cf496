import { formatUsd } from '../../domain/money.ts';
import { tokens } from '../../replay/report/amounts.ts';
import type { Grouping } from '../../spend/group-key.ts';
import type { SpendReport, SpendRow } from '../../spend/spend-table.ts';
import { shownLine } from '../../trust/shown.ts';
import { shortened } from '../width/display-width.ts';
import { textTable, type Column } from '../width/text-table.ts';
import { csvLine } from './csv-line.ts';
import { decimalUsd, jsonText } from './json-text.ts';

/** A report with what was met on the way to it. */
export interface SpendShown {
  readonly report: SpendReport;
  /** Calls of logs that the gateway recorded, too. */
  readonly repeatedCount: number;
  readonly fileCount: number;
  /** Files that lie where logs do, of no form that is known here. */
  readonly unrecognisedCount: number;
  readonly unreadable: readonly { readonly path: string; readonly why: string }[];
  readonly droppedRowCount: number;
}

const COLUMNS: readonly Column[] = [
  { title: 'CALLS', align: 'right' },
  { title: 'INPUT', align: 'right' },
  { title: 'READ', align: 'right' },
  { title: 'WRITE', align: 'right' },
  { title: 'OUTPUT', align: 'right' },
  { title: 'USD', align: 'right' },
];

/** Longest name that leaves room for the figures within 80 columns. */
const KEY_COLUMNS = 26;

/** At most 80 columns wide. */
export function spendText(shown: SpendShown): string {
  const { report } = shown;
  if (report.total.callCount === 0) {
    const none =
      'Nothing was spent that is known here: no jobs, no calls through the gateway, no session logs in this span.';
    return `${[none, ...losses(shown)].join('\n')}\n`;
  }
  const shownRows = [...report.rows, report.total, ...(report.reader === undefined ? [] : [report.reader])];
  const rows = shownRows.map((row) => cells(row, report.by));
  const table = textTable([{ title: TITLES[report.by] }, ...COLUMNS], rows);
  return `${table}\n${notes(shown).join('\n')}\n`;
}

const TITLES: Readonly<Record<Grouping, string>> = {
  day: 'DAY',
  week: 'WEEK',
  month: 'MONTH',
  project: 'PROJECT',
  model: 'MODEL',
  harness: 'HARNESS',
  key: 'KEY',
  session: 'SESSION',
  block: 'FROM (UTC)',
};

/** A bill that is not whole bears a plus: it is that, and more. One of which nothing is known is no zero. */
function cells(row: SpendRow, by: Grouping): readonly string[] {
  const { usage } = row;
  const isWhole = row.unknownBillCallCount === 0 && row.mayHaveBilledNanoUsd === 0;
  return [
    row.key === 'total' ? row.key : row.key === 'reader' ? 'of it: reader' : keyText(row.key, by),
    String(row.callCount),
    tokens(usage.uncachedTokens),
    tokens(usage.cacheReadTokens ?? 0),
    tokens(usage.cacheWriteTokens ?? 0),
    tokens(usage.outputTokens),
    row.unknownBillCallCount === row.callCount && row.billNanoUsd === 0
      ? '?'
      : `${formatUsd(row.billNanoUsd)}${isWhole ? '' : '+'}`,
  ];
}

/** Of a path the end tells more, of everything else the beginning. */
function keyText(key: string, by: Grouping): string {
  return shortened(key, KEY_COLUMNS, by === 'project' ? 'end' : 'start');
}

function notes(shown: SpendShown): readonly string[] {
  const { report, repeatedCount, fileCount } = shown;
  const { unknownBillCallCount, mayHaveBilledNanoUsd } = report.total;
  const lines = [
    'Tokens measured by providers, priced from the catalogue: list prices, even',
    `where a subscription paid. ${fileCount > 0 ? `${fileCount} log files read. ` : ''}Days in ${report.timeZone}.`,
    'INPUT is what no cache held, READ and WRITE are the prompt cache.',
  ];
  if (report.reader !== undefined) lines.push('reader: a small model was asked what steps need, as the policy says.');
  if (unknownBillCallCount > 0) {
    lines.push(`+ ${unknownBillCallCount} of ${report.total.callCount} calls are not, or not wholly, in the amounts:`);
    for (const { what, callCount } of report.unpriced.slice(0, 8))
      lines.push(`    ${callCount} for want of: ${shownLine(what)}`);
  }
  if (mayHaveBilledNanoUsd > 0)
    lines.push(`+ cut calls may have billed up to ${formatUsd(mayHaveBilledNanoUsd)} more.`);
  if (repeatedCount > 0)
    lines.push(`${repeatedCount} calls stand in a log and in the gateway's records: counted once.`);
  return [...lines, ...losses(shown)];
}

/** What may hold calls that are in no amount. */
function losses({ unreadable, droppedRowCount, unrecognisedCount }: SpendShown): readonly string[] {
  const files =
    unrecognisedCount === 1
      ? '1 file that lies where logs do is'
      : `${unrecognisedCount} files that lie where logs do are`;
  return [
    ...(droppedRowCount > 0 ? [`! ${droppedRowCount} rows of logs could not be read.`] : []),
    ...(unrecognisedCount > 0 ? [`${files} of no form that is known here.`] : []),
    ...unreadable.map(({ path, why }) => shownLine(`! ${path} could not be read: ${why}`)),
  ];
}

/** The envelope adds USD beside each amount. */
export function spendJson({ report, ...met }: SpendShown): string {
  const { by, timeZone, rows, total, reader, unpriced } = report;
  const ofReader = reader === undefined ? {} : { reader };
  return jsonText('spend', { by, timeZone, rows, total, ...ofReader, unpriced, ...met });
}

/** One line a row, the total left out: a spreadsheet makes its own. */
export function spendCsv({ report }: SpendShown): string {
  const head = [
    report.by,
    'calls',
    'input_tokens',
    'cache_read_tokens',
    'cache_write_tokens',
    'output_tokens',
    'usd',
    'unknown_bill_calls',
    'may_have_billed_usd',
  ];
  const rows = report.rows.map((row) => [
    row.key,
    row.callCount,
    row.usage.uncachedTokens,
    row.usage.cacheReadTokens ?? '',
    row.usage.cacheWriteTokens ?? '',
    row.usage.outputTokens,
    decimalUsd(row.billNanoUsd),
    row.unknownBillCallCount,
    decimalUsd(row.mayHaveBilledNanoUsd),
  ]);
  return [head, ...rows].map(csvLine).join('');
}
