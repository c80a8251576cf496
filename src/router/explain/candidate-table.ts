import type { CandidateRow } from '../../domain/decision.ts';
import { formatUsd, sumNanoUsd, ZERO_USD, type NanoUsd } from '../../domain/money.ts';
import type { StepMode } from '../../domain/step.ts';

/** A mode in a person's words. */
export type SaidMode = (mode: StepMode) => string;

/** A candidate as a person names it: its model, and the effort where it tries again with more. */
export function rowName(row: Pick<CandidateRow, 'model' | 'effort'> | undefined, model: string): string {
  return row?.effort === undefined ? model : `${model} at effort ${row.effort}`;
}

/** The terms of a row, as named in the table and in sentences. */
export const TERMS = [
  ['bill', 'billNanoUsd', 'its bill for this step'],
  ['frontier', 'frontierPenaltyNanoUsd', 'the frontier penalty'],
  ['failure', 'failureNanoUsd', 'the price of its likely failures'],
  ['waiting', 'latencyNanoUsd', 'waiting for it'],
  ['host', 'hostNanoUsd', 'the failures of its host'],
  ['ladder', 'ladderNanoUsd', 'checks and second tries'],
  ['future', 'futureNanoUsd', 'the steps that follow'],
] as const;

/** As wide as a terminal usually is: terms that say less stand together where there are many, and a long name is cut in its middle. */
const TABLE_COLUMNS = 80;
const LEAST_NAME_COLUMNS = 12;
/** What is told apart in any case. */
const MAIN_TERMS: ReadonlySet<string> = new Set(['bill', 'failure', 'future']);

type Term = readonly [name: string, amount: (row: CandidateRow) => NanoUsd];

/** One line a candidate, under its headings. */
export function candidateTable(rows: readonly CandidateRow[], said: SaidMode): readonly string[] {
  const used = TERMS.filter(([, key]) => rows.some((row) => (row[key] ?? 0) !== 0));
  const apart = used.map(([name, key]): Term => [name, (row) => row[key] ?? ZERO_USD]);
  const whole = tableCells(rows, said, apart);
  const gap = [WIDE_GAP, GAP].find((one) => tableWidth(whole, one) <= TABLE_COLUMNS);
  if (gap !== undefined) return tableLines(whole, gap);
  const others = apart.filter(([name]) => !MAIN_TERMS.has(name));
  const other: Term = ['other', (row) => sumNanoUsd(others.map(([, amount]) => amount(row)))];
  const main = apart.filter(([name]) => MAIN_TERMS.has(name));
  const cells = others.length < 2 ? whole : tableCells(rows, said, [...main, other]);
  const nameColumns = Math.max(0, ...cells.map(([name = '']) => name.length));
  const most = Math.max(LEAST_NAME_COLUMNS, nameColumns - (tableWidth(cells, GAP) - TABLE_COLUMNS));
  return tableLines(
    cells.map(([name = '', ...rest]) => [cutInMiddle(name, most), ...rest]),
    GAP,
  );
}

function tableCells(
  rows: readonly CandidateRow[],
  said: SaidMode,
  terms: readonly Term[],
): readonly (readonly string[])[] {
  const header = ['model', 'mode', 'p', 'warm', ...terms.map(([name]) => name), 'total'];
  const body = rows.map((row) => [
    rowName(row, row.model),
    said(row.mode),
    row.successRatio.toFixed(2),
    row.warmTokens === 0 ? '–' : String(Math.round(row.warmTokens)),
    ...terms.map(([, amount]) => formatUsd(amount(row))),
    `${row.beatenBy === undefined ? '' : '≥ '}${formatUsd(row.totalNanoUsd)}`,
  ]);
  return [header, ...body];
}

const WIDE_GAP = '  ';
const GAP = ' ';

function widthsOf(cells: readonly (readonly string[])[]): readonly number[] {
  return (cells[0] ?? []).map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
}

function tableWidth(cells: readonly (readonly string[])[], gap: string): number {
  const widths = widthsOf(cells);
  return widths.reduce((sum, width) => sum + width, 0) + gap.length * (widths.length - 1);
}

function tableLines(cells: readonly (readonly string[])[], gap: string): readonly string[] {
  const widths = widthsOf(cells);
  return cells.map((line) =>
    line
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join(gap)
      .trimEnd(),
  );
}

function cutInMiddle(name: string, columns: number): string {
  if (name.length <= columns) return name;
  const head = Math.ceil((columns - 1) / 2);
  return `${name.slice(0, head)}…${name.slice(name.length - (columns - 1 - head))}`;
}
