import { displayWidth } from './display-width.ts';

/** What a terminal has where nobody says how wide it is, and what a pipe gets. */
export const USUAL_COLUMNS = 80;

/** Words on lines of at most `columns`; lines after the first are indented. A longer word stands alone, and a share keeps its sign. */
export function wrapped(text: string, columns: number = USUAL_COLUMNS, indent = '  '): string {
  const lines: string[] = [];
  let line = '';
  for (const [at, word] of text.split(/ (?!%)/u).entries()) {
    const longer = at === 0 ? word : `${line} ${word}`;
    if (line.trim() !== '' && displayWidth(longer) > columns) {
      lines.push(line.trimEnd());
      line = `${indent}${word}`;
    } else line = longer;
  }
  return [...lines, line].join('\n');
}

/** Every line within `columns`; what goes on in the next line stands below the words that it belongs to. What fits stays as it is. */
export function fitted(text: string, columns: number): string {
  return text
    .split('\n')
    .map((line) => (displayWidth(line) <= columns ? line : wrapped(line, columns, ' '.repeat(hang(line, columns)))))
    .join('\n');
}

/** Below what stands behind a label and a gap, else a little further in than the line. */
function hang(line: string, columns: number): number {
  const most = Math.floor(columns / 3);
  const label = /^ *(?:\S+(?: \S+)* {2,})+/u.exec(line.slice(0, most + 1))?.[0].length ?? 0;
  const own = /^ */u.exec(line)?.[0].length ?? 0;
  return label > 0 && label <= most ? label : Math.min(own + 2, most);
}
