import { shown } from '../../trust/shown.ts';
import { broken, displayWidth } from './display-width.ts';
import { fitted, USUAL_COLUMNS, wrapped } from './wrapped.ts';

/** A column: its heading, and on which side its cells stand. */
export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** Of names that are copied: no cell of it is broken. */
  readonly isWhole?: true;
}

/** What goes across all columns: of which row, and what. */
export interface TableLayout {
  readonly width?: number | undefined;
  readonly above?: (index: number) => string | undefined;
  readonly below?: (index: number) => string | readonly string[] | undefined;
}

const GAP = '  ';
/** Words are kept whole as long as every column of words has so much. */
const WORD_COLUMNS = 24;
const LEAST_COLUMNS = 6;

/**
 * Rows under headings, two spaces between columns, no line longer than its text needs nor wider than `columns`: cells of words, on
 * the left, go on below where there is no room for them.
 */
export function textTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { width = USUAL_COLUMNS, above, below }: TableLayout = {},
): string {
  const all = [columns.map((column) => column.title), ...rows.map((row) => row.map((cell) => shown(cell)))];
  const widths = narrowed(columns, all, width);
  const across = (texts: string | readonly string[] = []): readonly string[] =>
    [texts].flat().map((text) => fitted(shown(text), width));
  return all
    .flatMap((row, at) =>
      at === 0
        ? rowLines(columns, row, widths)
        : [...across(above?.(at - 1)), ...rowLines(columns, row, widths), ...across(below?.(at - 1))],
    )
    .map((line) => `${line}\n`)
    .join('');
}

function rowLines(columns: readonly Column[], row: readonly string[], widths: readonly number[]): readonly string[] {
  const cells = columns.map((_, at) => cellLines(row[at] ?? '', widths[at] ?? 0));
  const height = Math.max(...cells.map((lines) => lines.length));
  return Array.from({ length: height }, (_unused, index) =>
    columns
      .map(({ align }, at) => pad(cells[at]?.[index] ?? '', widths[at] ?? 0, align ?? 'left'))
      .join(GAP)
      .trimEnd(),
  );
}

function cellLines(cell: string, width: number): readonly string[] {
  if (displayWidth(cell) <= width) return [cell];
  return wrapped(cell, width, '')
    .split('\n')
    .flatMap((line) => broken(line, width));
}

/** The widest column of words gives way first: as far as its words are whole, then further. Figures stay as they are. */
function narrowed(columns: readonly Column[], rows: readonly (readonly string[])[], most: number): readonly number[] {
  const widths = columns.map((_, at) => Math.max(...rows.map((row) => displayWidth(row[at] ?? ''))));
  const longestWord = columns.map((_, at) =>
    Math.max(...rows.flatMap((row) => (row[at] ?? '').split(' ').map((word) => displayWidth(word)))),
  );
  const floors = [
    columns.map((_, at) => Math.max(longestWord[at] ?? 0, LEAST_COLUMNS)),
    columns.map((_, at) => Math.max(Math.min(longestWord[at] ?? 0, WORD_COLUMNS), LEAST_COLUMNS)),
    columns.map((_, at) => Math.max(Math.min(longestWord[at] ?? 0, WORD_COLUMNS / 2), LEAST_COLUMNS)),
    columns.map(() => LEAST_COLUMNS),
  ];
  const room = most - GAP.length * (columns.length - 1);
  for (const floor of floors) {
    while (widths.reduce((sum, one) => sum + one, 0) > room) {
      const gives = columns
        .map(({ align, isWhole }, at) => ({
          at,
          over: align === 'right' || isWhole === true ? 0 : (widths[at] ?? 0) - (floor[at] ?? 0),
        }))
        .filter(({ over }) => over > 0)
        .toSorted((one, other) => (widths[other.at] ?? 0) - (widths[one.at] ?? 0))[0];
      if (gives === undefined) break;
      widths[gives.at] = (widths[gives.at] ?? 0) - 1;
    }
  }
  return widths;
}

function pad(text: string, width: number, align: 'left' | 'right'): string {
  const gap = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return align === 'left' ? text + gap : gap + text;
}
